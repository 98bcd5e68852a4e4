"""The database is away for a while: what machines said meanwhile is not acknowledged, and stored when it is back."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path

import orjson
import pytest
from peewee import OperationalError
from samples.brokers import BrokeredShop, Client, brokers
from samples.linked import soon

from craftops.bridges import broker_link as links
from craftops.bridges import patience
from craftops.bridges.acknowledgements import AcknowledgementTracker, Message
from craftops.bridges.bridge import Bridge
from craftops.bridges.broker_link import BrokerLink
from craftops.bridges.inbox import LONGEST, Inbox, News
from craftops.bridges.patience import TRIES, StorePatience
from craftops.domain.machines.readings import MachineState, Reading
from craftops.sdk.machine import Availability, BrokerAddress, Word
from craftops.store.database import close_database, is_sqlite, utcnow
from craftops.store.models import JobRow, MachineRow, database
from craftops.testing import Workshop

TOPIC = "craftops/v1/printer-1/"
WAIT_S = 15.0
WORDS = 60
"""More than a broker hands out at once by its defaults."""
EVERY_S = 0.5


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "LONGEST_PAUSE_S", 0.2)


@contextmanager
def locked() -> Iterator[None]:
    """Another program holds the database, for longer than anybody waits for it."""
    other = sqlite3.connect(database.obj.database, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        other.execute("ROLLBACK")
        other.close()


@pytest.fixture(params=brokers())
def floor(request: pytest.FixtureRequest, workshop: Workshop, tmp_path: Path, quick: None) -> Iterator[BrokeredShop]:
    if not is_sqlite():
        pytest.skip("PostgreSQL lets nobody lock the whole database")
    secret = workshop.machine("printer-1")
    database.obj.pragma("busy_timeout", 50, permanent=True)
    close_database()  # so that every connection from now on has it
    running = BrokeredShop(workshop, request.param, tmp_path / "broker")
    running.secrets = {"printer-1": secret}
    yield running
    running.close()


def tell_a_run(machine: Client, job: JobRow, began: float) -> None:
    """A whole print, dated by the machine, none of it kept by the broker."""
    for word in range(WORDS + 1):
        state = "done" if word == WORDS else "running"
        run = {"id": "r1", "ref": job.code}
        said = {"v": 1, "state": state, "progress": word / WORDS, "job": run, "ts": began + word * EVERY_S, "seq": word}
        machine.say(f"{TOPIC}status", orjson.dumps(said))


@pytest.mark.broker
@pytest.mark.parametrize("ends", [False, True], ids=["it comes back", "the bridge ends before"])
def test_a_print_that_the_database_slept_through_is_in_the_books(floor: BrokeredShop, ends: bool) -> None:
    workshop = floor.workshop
    job = workshop.accept(workshop.place("ada"), "printer-1")
    machine = Client(floor.address, "printer-1", floor.secrets["printer-1"])
    machine.say(f"{TOPIC}online", b"1", retain=True)
    soon(workshop, lambda: workshop.machine_row("printer-1").online)
    began = utcnow() - timedelta(seconds=WORDS * EVERY_S + 5)
    with locked():
        tell_a_run(machine, job, began.timestamp())
        soon(workshop, lambda: floor.bridge.link.waits)
        if ends:
            floor.stop_bridge()
    if ends:
        floor.start_bridge()
    soon(workshop, lambda: JobRow.get_by_id(job.id).state == "done")
    row = JobRow.get_by_id(job.id)
    assert abs((row.started_at - began).total_seconds()) < 2, "its first word was stored, too"
    machine.close()


class Away:
    """A database that is away so often before it takes something, and so often before it takes a word."""

    def __init__(self, probes: int, words: int) -> None:
        self.probes, self.words, self.asked = probes, words, 0

    def can_store(self, _key: str) -> bool:
        self.asked += 1
        self.probes -= 1
        return self.probes < 0

    def take(self) -> None:
        self.words -= 1
        if self.words >= 0:
            raise OperationalError("database is locked")


def test_it_is_tried_until_it_is_stored(quick: None) -> None:
    away = Away(3, 1)
    waiting = StorePatience(threading.Event(), away.can_store)
    assert waiting.store("printer-1", away.take)
    assert (away.asked, waiting.waits) == (4, 1)


def test_it_is_given_up_when_it_is_time_to_stop(quick: None) -> None:
    stop = threading.Event()
    stop.set()
    assert not StorePatience(stop, Away(1000, 1000).can_store).store("printer-1", Away(0, 1000).take)


def test_what_fails_though_others_are_stored_fails_for_its_own_sake(quick: None) -> None:
    away = Away(0, 1000)
    waiting = StorePatience(threading.Event(), away.can_store)
    with pytest.raises(OperationalError):
        waiting.store("printer-1", away.take)
    assert (away.asked, waiting.waits) == (TRIES - 1, 0)


def test_a_bad_word_costs_itself_while_others_wait(quick: None, workshop: Workshop) -> None:
    workshop.machine()
    taken: list[str] = []

    def take(words: object) -> None:
        for _key, word in words:  # type: ignore[attr-defined]
            if word.message == "bad":
                raise OperationalError("no such column")
            taken.append(word.message)

    link = BrokerLink(BrokerAddress("127.0.0.1", 9), "x", "x", take, "x")
    said = [Reading(MachineState.IDLE, utcnow(), message=text) for text in ("one", "bad", "two")]
    assert link._tell([("printer-1", word) for word in said])
    assert taken[-2:] == ["one", "two"]
    assert link.counters["failed"] == 1


def test_what_could_not_be_held_comes_again(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[int] = []
    receipts = AcknowledgementTracker(told.append)
    one = Message(f"{TOPIC}status", b"a", False, utcnow(), 7, 1)
    assert receipts.take(one, again=False)
    receipts.forget(one)
    assert told == [], "the broker keeps it"
    again = Message(one.topic, one.payload, False, utcnow(), 7, 2)
    assert receipts.take(again, again=True)
    receipts.give([again], 2)
    assert told == [7]


@pytest.mark.broker
@pytest.mark.parametrize("kind", brokers())
def test_more_than_can_be_held_is_asked_for_again(
    workshop: Workshop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setattr(links, "QUEUE_LENGTH", 5)
    secret = workshop.machine("printer-1")
    go_on, taken = threading.Event(), []
    real = Bridge.hear

    def hear(bridge: Bridge, words: list[tuple[str, Word]]) -> None:
        assert go_on.wait(WAIT_S)
        taken.extend(word.progress for _, word in words if isinstance(word, Reading))
        real(bridge, words)

    monkeypatch.setattr(Bridge, "hear", hear)
    with closing(BrokeredShop(workshop, kind, tmp_path / "broker")) as floor:
        machine = Client(floor.address, "printer-1", secret)
        go_on.set()
        machine.say(f"{TOPIC}online", b"1", retain=True)
        soon(workshop, lambda: workshop.machine_row("printer-1").online)
        go_on.clear()
        for word in range(20):
            said = {"v": 1, "state": "running", "progress": word / 20, "job": {"id": "r1"}}
            machine.say(f"{TOPIC}status", orjson.dumps(said))
        go_on.set()
        soon(workshop, lambda: len(set(taken)) == 20)
        machine.close()


def test_an_end_of_a_link_waits_for_the_database_and_is_not_the_one_to_go(quick: None, workshop: Workshop) -> None:
    workshop.machine()
    taken: list[News] = []
    failing = Away(0, 1)

    def take(_key: str, word: News) -> None:
        failing.take()
        taken.append(word)

    inbox, at = Inbox(take), utcnow()
    end = Reading(MachineState.DONE, at, run_id="r")
    inbox.put("printer-1", end)
    for number in range(2 * LONGEST):
        state = MachineState.IDLE if number % 2 else MachineState.OFFLINE
        inbox.put("printer-1", Reading(state, at))
    inbox.start()
    soon(workshop, lambda: len(taken) == LONGEST)
    inbox.stop(5)
    assert taken[0] is end


def test_what_the_broker_kept_of_the_dead_is_not_lost_with_the_database(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    workshop.machine()
    bridge = Bridge(workshop.shop, BrokerAddress("127.0.0.1", 9), "x", "x", workshop.bell)
    at = utcnow()
    MachineRow.update(online=False).where(MachineRow.key == "printer-1").execute()
    bridge.hear([("printer-1", Reading(MachineState.RUNNING, at, True, progress=0.3, run_id="r1"))])
    failing = Away(0, 1)
    real = bridge._take_readings

    def take(readings: list[tuple[str, Reading]]) -> None:
        failing.take()
        real(readings)

    monkeypatch.setattr(bridge, "_take_readings", take)
    alive = Availability(True, at, retained=True)
    with pytest.raises(OperationalError):
        bridge.take("printer-1", alive)
    bridge.take("printer-1", alive)
    assert workshop.machine_row("printer-1").state == "running"
