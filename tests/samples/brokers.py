"""Brokers that really run, a client that remembers, and a shop whose bridge listens on them."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from craftops.bridges.bridge import Bridge
from craftops.bridges.broker.base import SERVER, Broker, find_mosquitto, server_password
from craftops.bridges.broker.embedded import EmbeddedBroker
from craftops.bridges.broker.mosquitto import MosquittoBroker
from craftops.processes.broker import credentials
from craftops.processes.ports import free_port
from craftops.sdk.machine import BrokerAddress
from craftops.store.doorbell import Doorbell, bell_folder
from craftops.testing import Workshop

WAIT = 15.0


def brokers() -> list[str]:
    return ["mosquitto", "embedded"]


def make(kind: str, folder: Path, address: BrokerAddress) -> Broker:
    if kind == "embedded":
        return EmbeddedBroker(address)
    program = find_mosquitto()
    if program is None:
        if os.environ.get("CRAFTOPS_SERVICES") == "required":
            pytest.fail("mosquitto is not installed, and CI asks for it")
        pytest.skip("mosquitto is not installed here")
    return MosquittoBroker(program, folder, address)


class Client:
    """A client that remembers what it hears and why it was refused."""

    def __init__(
        self, address: BrokerAddress, name: str, password: str | None = None, *, will: str = "", client_id: str = "",
        **more: bool,
    ) -> None:  # fmt: skip
        self.client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=client_id or f"test-{name}-{id(self)}", **more)
        self.client.username_pw_set(name, f"secret-{name}" if password is None else password)
        if will:
            self.client.will_set(will, b"0", qos=1, retain=True)
        self.heard: list[tuple[str, bytes, bool]] = []
        self.news = threading.Condition()
        self.code: object = None
        self.granted: list[object] = []
        self.client.on_connect = self._connected
        self.client.on_message = self._message
        self.client.on_subscribe = self._subscribed
        self.client.connect(address.host, address.port)
        self.client.loop_start()
        self.until(lambda: self.code is not None)

    def _connected(self, _c: object, _u: object, _f: object, code: object, _p: object) -> None:
        with self.news:
            self.code = code
            self.news.notify_all()

    def _message(self, _c: object, _u: object, message: mqtt.MQTTMessage) -> None:
        with self.news:
            self.heard.append((message.topic, bytes(message.payload), message.retain))
            self.news.notify_all()

    def _subscribed(self, _c: object, _u: object, _m: object, codes: list[object], _p: object) -> None:
        with self.news:
            self.granted = codes
            self.news.notify_all()

    def until(self, true: Callable[[], bool]) -> None:
        with self.news:
            assert self.news.wait_for(true, WAIT)

    def subscribe(self, topic: str) -> None:
        self.granted = []
        self.client.subscribe(topic, 1)
        self.until(lambda: bool(self.granted))

    def say(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        self.client.publish(topic, payload, qos=1, retain=retain).wait_for_publish(WAIT)

    def close(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()


class BrokeredShop:
    """A broker for the machines that the shop has by now, and its bridge, which may be stopped and started anew."""

    def __init__(self, workshop: Workshop, kind: str, folder: Path) -> None:
        self.workshop = workshop
        self.address = BrokerAddress("127.0.0.1", free_port("127.0.0.1"))
        self.broker = make(kind, folder, self.address)
        self.broker.start(credentials(workshop.shop.config, workshop.shop))
        self.start_bridge()

    def start_bridge(self) -> None:
        config = self.workshop.shop.config
        self.bell = Doorbell(bell_folder(config.data), "bridge")
        self.bridge = bridge = Bridge(
            self.workshop.shop, self.address, SERVER, server_password(config.keys().broker), self.bell
        )
        self.stop, ready = threading.Event(), threading.Event()
        self.thread = threading.Thread(target=bridge.run, args=(self.stop, ready.set))
        self.thread.start()
        assert ready.wait(WAIT)

    def stop_bridge(self) -> None:
        self.stop.set()
        self.bell.ring_again()  # or it listens for a second more
        self.thread.join(WAIT)
        assert not self.thread.is_alive()
        self.bell.close()

    def close(self) -> None:
        self.stop_bridge()
        self.broker.stop()
