"""Ten thousand words, doubled and mixed up, while bridge and broker are killed: it ends as if nothing had happened."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import orjson
import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion
from samples.brokers import brokers, make
from samples.processes import below
from samples.stories import LONG_S, PHASES, Told, mixed, standing, tell_cleanly, took_s

from craftops.bridges.broker.base import SERVER, server_password
from craftops.domain.orders.order import Delivery
from craftops.domain.shop.profile import ShopProfile
from craftops.processes.ports import free_port
from craftops.sdk.machine import BrokerAddress
from craftops.services.orders import ordering
from craftops.services.orders.ordering import LineDraft
from craftops.store.database import unit_of_work, utcnow
from craftops.testing import Workshop

pytestmark = [pytest.mark.broker, pytest.mark.faults, pytest.mark.long]
MACHINES = 36
A_SECOND = 17
"""Words of one machine: a bridge reads twenty."""
WITNESS = "witness"
SEED = 20261125
AGAIN = 40
"""Words of each machine that are said once more to a broker that came back: it had taken some that it never passed on."""


class Shop:
    """The processes of a shop, which may be killed."""

    def __init__(self, workshop: Workshop) -> None:
        self.workshop = workshop
        config = workshop.shop.config
        self.environment = {**os.environ, "CRAFTOPS_DATA": str(config.data)}
        if config.database_url:
            self.environment["DATABASE_URL"] = config.database_url
        self.port = config.document.broker.port
        self.running: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, name: str) -> None:
        with (self.workshop.shop.config.data / f"{name}.log").open("ab") as log:
            command = [sys.executable, "-m", "craftops.cli", name]
            self.running[name] = subprocess.Popen(command, env=self.environment, stdout=log, stderr=log)

    def kill(self, name: str) -> None:
        """With everything below it, and without a goodbye."""
        process = self.running.pop(name)
        for pid in {process.pid, *below(process.pid)}:
            os.kill(pid, signal.SIGKILL)
        process.wait(10)

    def close(self) -> None:
        for name in list(self.running):
            self.kill(name)


class Network:
    """All machines over one connection, which says everything until the broker has it (quality of service 1)."""

    def __init__(self, workshop: Workshop) -> None:
        config = workshop.shop.config
        self.workshop = workshop
        self.spoken = 0
        self.client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="network")
        self.client.username_pw_set(SERVER, server_password(config.keys().broker))
        self.client.max_inflight_messages_set(1000)
        self.client.reconnect_delay_set(1, 1)
        self.client.connect_async("127.0.0.1", config.document.broker.port)
        self.client.loop_start()

    def say(self, topic: str, word: bytes) -> mqtt.MQTTMessageInfo:
        return self.client.publish(topic, word, qos=1, retain=True)

    def until_heard(self) -> None:
        """Until the bridge has stored what was said last: a word that goes the long way comes after all others. Said
        again, for whoever comes back has to sign in first."""
        self.spoken += 1
        deadline = time.monotonic() + 30
        pause = threading.Event()
        while time.monotonic() < deadline:
            said = {"v": 1, "state": "unknown", "seq": self.spoken, "ts": time.time()}
            self.say(f"craftops/v1/{WITNESS}/status", orjson.dumps(said))
            for _ in range(10):
                last = (self.workshop.machine_row(WITNESS).memory or {}).get("last") or {}
                if last.get("seq") == self.spoken:
                    return
                pause.wait(0.05)
        raise AssertionError("the bridge hears nothing")

    def close(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()


@pytest.fixture(params=brokers())
def shop(request: pytest.FixtureRequest, make_workshop: Callable[..., Workshop], tmp_path: Path) -> Iterator[Shop]:
    make(request.param, tmp_path, BrokerAddress("127.0.0.1", 1))  # skips where it is not installed
    workshop = make_workshop(f'[broker]\nport = {free_port("127.0.0.1")}\nurl = "{request.param}"\n')
    workshop.open(ShopProfile())
    running = Shop(workshop)
    yield running
    running.close()


def stories(workshop: Workshop, names: list[str], began: float) -> list[Told]:
    """An order for each machine, waiting for it."""
    endings, told = list(PHASES), []
    at, file = utcnow(), workshop.upload("ada")
    workshop.run_due()
    with unit_of_work():
        for number, key in enumerate(names):
            workshop.machine(key)
            order = ordering.place_order(
                workshop.shop, actor=workshop.actor("ada"), customer=workshop.people["ada"],
                lines=[LineDraft(file, 1, "pla", "Black", "as_made")], delivery=Delivery.PICKUP, at=at,
            )  # fmt: skip
            job = workshop.accept(order, key)
            told.append(Told(key, job.code, endings[number % len(endings)], began))
    return told


@pytest.mark.ci
def test_ten_thousand_words_over_a_bad_network_and_three_kills(shop: Shop) -> None:
    workshop, by = shop.workshop, random.Random(SEED)
    workshop.machine(WITNESS)
    clean = stories(workshop, [f"clean-{ending}" for ending in PHASES], time.time() - LONG_S)
    jobs = stories(workshop, [f"printer-{number}" for number in range(MACHINES)], 0)
    for told in clean:
        tell_cleanly(workshop, told)
    expected = {told.ending: standing(workshop, told) for told in clean}
    usual = {told.ending: took_s(told) for told in clean}
    for name in ("broker", "bridge"):
        shop.start(name)
    network = Network(workshop)
    network.until_heard()
    machines = [told.at(time.time() - LONG_S) for told in jobs]
    rows = [(told, mixed(told.words, by)) for told in machines]
    assert _tell_all(shop, network, rows) >= 10_000
    for told, words in rows:  # what comes late is what the broker keeps, and gives to a bridge that starts anew
        network.say(told.topic, by.choice(words[: len(words) // 2]))
    shop.kill("bridge")
    shop.start("bridge")
    network.until_heard()
    network.close()
    found = {told.machine: standing(workshop, told) for told in machines}
    assert found == {told.machine: expected[told.ending] for told in machines}
    for told in machines:
        assert took_s(told) == pytest.approx(usual[told.ending], abs=8)


def _tell_all(shop: Shop, network: Network, rows: list[tuple[Told, list[bytes]]]) -> int:
    """All machines at once, each at its pace, and the kills in between; how many words were said."""
    length = max(len(words) for _, words in rows)
    pause, began, said = threading.Event(), time.monotonic(), 0
    for place in range(length):
        if place == length // 4:
            shop.kill("bridge")
            shop.start("bridge")
        if place == length // 2:
            network.until_heard()
            shop.kill("broker")
            shop.start("broker")
            network.until_heard()
            said += _once_more(network, rows, place)
            began = time.monotonic() - place / A_SECOND
        pause.wait(max(0.0, began + place / A_SECOND - time.monotonic()))
        for told, words in rows:
            if place < len(words):
                network.say(told.topic, words[place])
                said += 1
    network.until_heard()
    return said


def _once_more(network: Network, rows: list[tuple[Told, list[bytes]]], place: int) -> int:
    """A network that got no answer says it again, as much as it can hold."""
    count = 0
    for told, words in rows:
        for word in words[max(0, place - AGAIN) : place]:
            network.say(told.topic, word)
            count += 1
    return count
