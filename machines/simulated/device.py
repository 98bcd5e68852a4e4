"""The simulated machine as a real MQTT client: its own credential, a Last Will, retained status, obeyed commands."""

from __future__ import annotations

import json
import logging
import os
import time
from dataclasses import replace
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Event
from typing import Any

import orjson
import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from craftops.sdk.machine import BrokerAddress, MachineFacts
from craftops.sdk.mqtt_contract import PREFIX

from .physics import Simulated, from_json, obey, status, tick, to_json

log = logging.getLogger("craftops.machines.simulated")
REPORT_EVERY_S = 1.0
IDLE_REPORT_EVERY_S = 5.0
STEP_S = 0.25


class Device:
    """One simulated machine; ``run`` blocks until its event is set."""

    def __init__(
        self, facts: MachineFacts, broker: BrokerAddress, *, speed: float, hiccups: bool, folder: Path | None
    ) -> None:
        self.facts = facts
        self.broker = broker
        self.speed = speed
        self.hiccups = hiccups
        self.file = folder / f"simulated-{facts.key}.json" if folder else None
        self.commands: SimpleQueue[dict[str, Any]] = SimpleQueue()
        self.machine = self._load()

    def run(self, stop: Event) -> None:
        """Sign in and live, reconnecting by itself, until ``stop``."""
        client = self._client()
        client.connect_async(self.broker.host, self.broker.port, keepalive=15)
        client.loop_start()
        told: tuple[str, str] = ("", "")
        told_at = 0.0
        try:
            while not stop.wait(STEP_S):
                now = time.time()
                self.machine = tick(self.machine, now)
                self._obey(now)
                fresh = (self.machine.state, self.machine.message)
                pause = IDLE_REPORT_EVERY_S if self.machine.state == "idle" else REPORT_EVERY_S
                if client.is_connected() and (fresh != told or now - told_at >= pause):
                    self._tell(client, now)
                    told, told_at = fresh, now
        finally:
            client.publish(self._topic("online"), b"0", qos=1, retain=True)
            client.disconnect()
            client.loop_stop()

    def _client(self) -> mqtt.Client:
        client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=f"{self.facts.key}-simulated")
        client.username_pw_set(self.facts.key, self.facts.secret)
        client.will_set(self._topic("online"), b"0", qos=1, retain=True)
        client.suppress_exceptions = True
        client.reconnect_delay_set(1, 10)
        client.on_connect = self._connected
        client.on_message = self._heard
        return client

    def _connected(self, client: mqtt.Client, _userdata: Any, _flags: Any, code: Any, _properties: Any) -> None:
        if code.is_failure:
            log.warning("the broker refused %s: %s", self.facts.key, code)
            return
        client.subscribe(self._topic("cmd"), qos=1)
        client.publish(self._topic("online"), b"1", qos=1, retain=True)
        meta = {"v": 1, "name": self.facts.name, "kind": self.facts.process.value, "report_interval_s": 5}
        client.publish(self._topic("meta"), orjson.dumps(meta), qos=1, retain=True)

    def _heard(self, _client: mqtt.Client, _userdata: Any, message: mqtt.MQTTMessage) -> None:
        try:
            command = orjson.loads(message.payload)
        except orjson.JSONDecodeError:
            return
        if isinstance(command, dict) and command.get("v") == 1:
            self.commands.put(command)

    def _obey(self, now: float) -> None:
        while True:
            try:
                command = self.commands.get_nowait()
            except Empty:
                return
            self.machine = obey(self.machine, command, now, speed=self.speed, hiccups=self.hiccups)

    def _tell(self, client: mqtt.Client, now: float) -> None:
        self.machine = replace(self.machine, seq=self.machine.seq + 1)
        client.publish(self._topic("status"), orjson.dumps(status(self.machine, now)), qos=1, retain=True)
        if self.file:
            draft = self.file.with_suffix(".draft")
            draft.write_text(json.dumps(to_json(self.machine)))
            os.replace(draft, self.file)

    def _load(self) -> Simulated:
        fresh = Simulated(now=time.time(), since=time.time())
        try:
            return from_json(json.loads(self.file.read_text())) if self.file else fresh
        except (OSError, ValueError, TypeError, KeyError):
            return fresh

    def _topic(self, leaf: str) -> str:
        return f"{PREFIX}/{self.facts.key}/{leaf}"
