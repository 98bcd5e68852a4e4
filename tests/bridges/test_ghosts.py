"""A machine dies, and what the broker kept of it lives on: a bridge that is started anew tells the two apart."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import orjson
import pytest
from samples.brokers import BrokeredShop, Client, brokers
from samples.linked import RunningBridge, soon

from craftops.domain.machines.readings import MachineState, Reading
from craftops.sdk.machine import Availability, Word
from craftops.services.machines import reporting
from craftops.store.database import utcnow
from craftops.store.models import JobRow
from craftops.testing import Workshop

pytestmark = pytest.mark.broker
TOPIC = "craftops/v1/printer-1/"


@pytest.fixture(params=brokers())
def floor(
    request: pytest.FixtureRequest, workshop: Workshop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[BrokeredShop]:
    monkeypatch.setattr(reporting, "OFFLINE_DEBOUNCE", timedelta(seconds=0.3))
    secrets = {key: workshop.machine(key) for key in ("printer-1", "witness")}
    running = BrokeredShop(workshop, request.param, tmp_path / "broker")
    running.secrets = secrets
    yield running
    running.close()


def printing(floor: BrokeredShop, job: JobRow, progress: float) -> bytes:
    run = {"id": "r1", "ref": job.code}
    return orjson.dumps({"v": 1, "state": "running", "progress": progress, "remaining_s": 900, "job": run})


def dies(floor: BrokeredShop, job: JobRow) -> None:
    """It prints, and its power is cut."""
    machine = Client(floor.address, "printer-1", floor.secrets["printer-1"], will=f"{TOPIC}online")
    machine.say(f"{TOPIC}online", b"1", retain=True)
    machine.say(f"{TOPIC}status", printing(floor, job, 0.3), retain=True)
    soon(floor.workshop, lambda: floor.workshop.machine_row("printer-1").state == "running")
    machine.client.loop_stop()  # else it would come back by itself
    machine.client.socket().close()
    soon(floor.workshop, lambda: floor.workshop.machine_row("printer-1").state == "offline")


def start_and_hear_all(floor: BrokeredShop) -> None:
    """The word of the witness, of quality 0 while nobody listens, comes last and for being kept only."""
    witness = Client(floor.address, "witness", floor.secrets["witness"])
    witness.client.publish("craftops/v1/witness/online", b"1", qos=0, retain=True).wait_for_publish()
    witness.say("craftops/v1/witness/meta", b'{"v":1}')  # the broker has both
    floor.start_bridge()
    soon(floor.workshop, lambda: floor.workshop.machine_row("witness").online)
    witness.close()


def test_what_was_kept_of_a_dead_machine_says_nothing(floor: BrokeredShop) -> None:
    job = floor.workshop.accept(floor.workshop.place("ada"), "printer-1")
    dies(floor, job)
    reported = JobRow.get_by_id(job.id).reported_at
    floor.stop_bridge()
    start_and_hear_all(floor)
    machine = floor.workshop.machine_row("printer-1")
    assert (machine.state, machine.online) == ("offline", False)
    assert JobRow.get_by_id(job.id).reported_at == reported
    again = Client(floor.address, "printer-1", floor.secrets["printer-1"])
    for leaf, payload in (("online", b"1"), ("status", printing(floor, job, 0.4))):
        again.say(TOPIC + leaf, payload, retain=True)
    soon(floor.workshop, lambda: JobRow.get_by_id(job.id).progress == 0.4)
    assert floor.workshop.machine_row("printer-1").state == "running"
    again.close()


def test_one_that_comes_back_before_our_eyes_speaks_anew(workshop: Workshop) -> None:
    """Its sign of life comes now, and what was kept is from before its death."""
    workshop.machine("printer-1")
    bridge = RunningBridge(workshop)
    at = utcnow()
    words: list[Word] = [Reading(MachineState.RUNNING, at, progress=0.3, run_id="r1"), Availability(False, at)]
    bridge.bridge.hear([("printer-1", word) for word in words])
    reporting.settle_offline(workshop.shop, at=at + timedelta(minutes=1))
    ghost = Reading(MachineState.RUNNING, at + timedelta(seconds=1), True, progress=0.3, run_id="r1")
    bridge.bridge.hear([("printer-1", word) for word in (ghost, Availability(True, at))])
    machine = workshop.machine_row("printer-1")
    assert (machine.state, machine.online) == ("offline", True)
    bridge.bridge.hear([("printer-1", word) for word in (Availability(False, at), ghost)])
    reporting.settle_offline(workshop.shop, at=at + timedelta(minutes=2))
    bridge.bridge.hear([("printer-1", word) for word in (ghost, Availability(True, at, retained=True))])
    assert workshop.machine_row("printer-1").state == "running", "both were kept, so both are of now"
    bridge.stop()


def test_one_that_came_back_while_nobody_listened_is_believed(floor: BrokeredShop) -> None:
    job = floor.workshop.accept(floor.workshop.place("ada"), "printer-1")
    dies(floor, job)
    floor.stop_bridge()
    again = Client(floor.address, "printer-1", floor.secrets["printer-1"])
    for leaf, payload in (("status", printing(floor, job, 0.5)), ("online", b"1")):
        again.client.publish(TOPIC + leaf, payload, qos=0, retain=True)
    again.say(f"{TOPIC}meta", b'{"v":1}')  # the broker has both
    start_and_hear_all(floor)
    soon(floor.workshop, lambda: floor.workshop.machine_row("printer-1").state == "running")
    assert floor.workshop.machine_row("printer-1").online
    assert JobRow.get_by_id(job.id).progress == 0.5
    again.close()
