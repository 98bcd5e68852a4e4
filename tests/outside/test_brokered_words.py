"""What others have reported of machines on a broker, and the right answers: each sequence in the pace in which it was
tried, and in that of a real print."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from craftops_machines.moonraker_mqtt import MoonrakerMqttDriver
from craftops_machines.mqtt import ContractDriver
from craftops_machines.octoprint_mqtt import OctoPrintMqttDriver
from craftops_machines.power import PowerDriver
from samples.outside import Floor, sequence

from craftops.sdk.machine import Availability
from craftops.services.machines import commands as floors
from craftops.store.models import JobRow
from craftops.testing import Workshop

PACES = [0.4, 90.0]
"""Seconds between two words: as it was tried, and as a print of half an hour tells them."""


@pytest.fixture(params=PACES, ids=["quick", "slow"])
def pace(request: pytest.FixtureRequest) -> float:
    found: float = request.param
    return found


@pytest.fixture
def bare(workshop: Workshop, monkeypatch: pytest.MonkeyPatch, pace: float) -> Floor:
    """A machine of the contract; two jobs wait for it."""
    found = Floor(workshop, ContractDriver(), monkeypatch, pace)
    found.wait_for_machine(2)
    return found


def bare_words(name: str, floor: Floor) -> None:
    for leaf, said, *_ in sequence(name):
        floor.say(leaf, said.encode())


def test_b01_a_percent_after_the_end_starts_nothing(bare: Floor) -> None:
    bare_words("b01-progress-100-after-done", bare)
    assert bare.states == ["done", "queued"]
    assert bare.machine.state == "done"
    assert "Machines that need hands" in bare.todo


def test_b02_what_the_broker_kept_is_no_news(bare: Floor) -> None:
    bare_words("b02-retained-progress-replayed", bare)
    assert bare.states == ["done", "queued"]
    for _ in range(2):
        bare.restart()
        assert bare.states == ["done", "queued"]
        assert bare.machine.state == "done"
        assert bare.machine.unclaimed_run == ""


def test_b03_the_percent_of_the_last_run_is_not_that_of_the_next(bare: Floor) -> None:
    for said in sequence("b03-stale-100-at-start"):
        bare.status(said)
    assert bare.states == ["running", "queued"]
    assert bare.job().progress == pytest.approx(0.1)


def test_b05_a_time_below_nothing_costs_only_itself(bare: Floor) -> None:
    for said in sequence("b05-negative-remaining"):
        bare.status(said)
    assert bare.states == ["done", "queued"]
    assert bare.machine.refused == 0


def test_b08_an_end_is_heard_though_the_machines_clock_was_set_back(bare: Floor) -> None:
    words = sequence("b08-clock-set-back-before-done")
    for back, said in words:
        at = bare.now.timestamp() + bare.gap_s + back
        bare.status({**said, "ts": at})
    assert bare.states == ["done", "queued"]


@pytest.mark.parametrize("zone", [3600, -18000])
def test_b09_local_time_told_as_universal_is_dated_by_us(bare: Floor, zone: float) -> None:
    words = sequence("b09-ts-in-local-time")
    seen = []
    for _, said in words:
        bare.status({**said, "ts": bare.now.timestamp() + bare.gap_s + zone})
        seen.append(bare.states[0])
        assert abs((bare.machine.heard_at - bare.now).total_seconds()) < 1
    assert seen == ["running", "running", "running", "paused", "done"]


def test_b21_the_same_file_twice_is_two_jobs(workshop: Workshop, monkeypatch: pytest.MonkeyPatch, pace: float) -> None:
    floor = Floor(workshop, ContractDriver(), monkeypatch, pace)
    floor.wait_for_machine(2, planned_s=8.0, file="hand8.gcode")
    for place, said in enumerate(sequence("b21-same-file-printed-twice"), 1):
        floor.status(said)
        assert place < 5 or floor.states[0] == "done"
    assert floor.states == ["done", "done"]
    assert floor.machine.unclaimed_run == ""


def test_b27_klipper_over_mqtt_prints_the_same_file_twice(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch, pace: float
) -> None:
    floor = Floor(workshop, MoonrakerMqttDriver(), monkeypatch, pace)
    floor.wait_for_machine(2, planned_s=8.0, file="hand8.gcode")
    floor.say("moonraker/status", b'{"server":"online"}')
    seen = []
    for leaf, value in sequence("b27-klipper-over-mqtt-same-file-twice"):
        floor.say(f"klipper/state/{leaf}", orjson.dumps({"eventtime": 1.0, "value": value}))
        seen.append(tuple(floor.states))
    assert seen[-1] == ("done", "done")
    assert ("paused", "queued") in seen
    assert ("done", "paused") in seen


def octo(kind: str, floor: Floor, **told: Any) -> None:
    topic = f"octoprint/event/{kind}" if kind != "progress" else "octoprint/progress/printing"
    said = {"path": "hand8.gcode", "location": "local", "_timestamp": floor.now.timestamp(), **told}
    floor.say(topic, orjson.dumps(said), retain=kind == "progress")


@pytest.mark.parametrize("name", ["hand8.gcode", ""])
def test_b20_octoprint_mqtt_as_it_comes(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch, pace: float, name: str
) -> None:
    """The real plugin at its defaults says 100 % after PrintDone, and the broker keeps it."""
    sequence("b20-octoprint-mqtt-default-settings")
    floor = Floor(workshop, OctoPrintMqttDriver(), monkeypatch, pace)
    floor.wait_for_machine(3, planned_s=8.0, file=name)
    octo("PrintStarted", floor)
    for percent in (0, 34, 67, 99):
        octo("progress", floor, progress=percent)
    octo("PrintDone", floor, time=7.6)
    for _ in range(3):
        octo("progress", floor, progress=100)
    floor.restart()
    octo("progress", floor, progress=0)
    floor.restart()
    assert floor.states == ["done" if name else "queued", "queued", "queued"]


def test_a_percent_that_is_reset_after_the_end_is_no_print_whatever_is_said_of_the_printer(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch, pace: float
) -> None:
    floor = Floor(workshop, OctoPrintMqttDriver(), monkeypatch, pace)
    floor.wait_for_machine(2, planned_s=6 * pace, file="hand8.gcode")
    late = {"printer_data": {"state": {"flags": {"printing": True}}, "progress": {"completion": 0.0, "printTime": 0}}}
    for jobs in (["done", "queued"], ["done", "done"]):
        octo("PrintStarted", floor)
        for percent in (10, 40, 70, 99):
            octo("progress", floor, progress=percent)
        octo("PrintDone", floor, time=7.6)
        octo("progress", floor, progress=0, **late)
        assert floor.states == jobs


@pytest.mark.parametrize("percents", [(0, 34, 67, 99), (0, 20)], ids=["its end was not heard", "it was killed"])
def test_a_print_that_begins_anew_under_one_name_is_another(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch, percents: tuple[int, ...]
) -> None:
    """Nobody knows what became of the first one."""
    floor = Floor(workshop, OctoPrintMqttDriver(), monkeypatch, 90.0)
    floor.wait_for_machine(2, planned_s=540.0, file="hand8.gcode")
    octo("PrintStarted", floor)
    for percent in percents:
        octo("progress", floor, progress=percent)
    octo("PrintStarted", floor)
    assert floor.states == ["attention", "queued"]
    for percent in (0, 34, 67, 99):
        octo("progress", floor, progress=percent)
    octo("PrintDone", floor, time=540.0)
    assert floor.states == ["attention", "queued"]
    assert floor.machine.unclaimed_run, "it is over, and may have been a job: staff are asked"


def power(workshop: Workshop, patch: pytest.MonkeyPatch, kind: str, start_s: str) -> Floor:
    given = {"kind": kind, "device": "plug-1", "on_w": "40", "off_w": "20", "start_s": start_s, "end_min": "0.5"}
    floor = Floor(workshop, PowerDriver(), patch, 0.0, given=given)
    floor.wait_for_machine(2)
    return floor


def test_b16_one_false_measurement_ends_nothing(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    floor = power(workshop, monkeypatch, "zigbee2mqtt", "10")
    at = 0.0
    for second, said in sequence("b16-false-zero-watts"):
        floor.look(second - at)
        at = second
        floor.hear("", orjson.dumps(said), topic="zigbee2mqtt/plug-1")
        if second == 16.5:
            assert floor.states == ["running", "queued"]
            for here in (False, True):
                floor.take(Availability(here, floor.now))
    assert floor.states == ["running", "queued"]
    for _ in range(4):
        floor.look(9.0)
    assert floor.states == ["done", "queued"]


def test_b19_the_odd_words_of_a_plug_are_one_run(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    floor = power(workshop, monkeypatch, "tasmota", "8")
    at = 0.0
    for second, said in sequence("b19-tasmota-odd-words"):
        floor.look(second - at)
        at = second
        floor.hear("", orjson.dumps(said), topic="tele/plug-1/SENSOR")
        if second == 13.0:
            floor.restart()
            floor.look(0.0)
    assert floor.states == ["running", "queued"]
    for _ in range(4):
        floor.look(9.0)
    assert floor.states == ["done", "queued"]


def test_a_file_that_stands_for_no_waiting_job_is_shown(bare: Floor) -> None:
    bare.status({"state": "running", "progress": 0.1, "job": {"file": "benchy.gcode"}})
    bare.status({"state": "done", "progress": 1, "job": {"file": "benchy.gcode"}})
    assert bare.states == ["queued", "queued"]
    assert bare.machine.unclaimed_run == ""


def test_nobody_saw_it_begin_so_staff_are_asked_and_say_which_job_it_was(bare: Floor) -> None:
    bare.say("state", b"idle")
    bare.say("progress", b"55%")
    assert bare.states == ["queued", "queued"]
    assert "nobody saw it begin" in bare.todo
    bare.say("progress", b"80%")
    bare.say("state", b"done")
    assert "nobody saw begin" in bare.todo, "it is over, and may have been a job"
    page = bare.workshop.browser("sam").see(f"/staff/machines/{bare.key}")
    assert "It is this one" in page
    assert "It is none of our jobs" in page
    floors.claim_run(bare.workshop.shop, bare.key, bare.jobs[1].id, actor=bare.sam, at=bare.now)
    assert bare.states == ["queued", "done"]
    assert "nobody saw" not in bare.todo


def test_a_question_is_put_aside_and_an_old_answer_touches_no_newer_one(bare: Floor) -> None:
    bare.say("state", b"idle")
    bare.say("progress", b"55%")
    sam = bare.workshop.browser("sam")
    where = f"/staff/machines/{bare.key}"
    sam.send(f"{where}/dismiss", {"run": "of yesterday"}, on=where)
    assert bare.machine.unclaimed_run
    sam.send(f"{where}/dismiss", {"run": bare.machine.unclaimed_run}, on=where)
    assert (bare.machine.unclaimed_run, bare.machine.unclaimed_why) == ("", "")
    bare.say("progress", b"60%")
    assert bare.states == ["queued", "queued"]
    assert bare.machine.unclaimed_run == "", "it was answered"


NONSENSE: list[dict[str, Any]] = [
    {"progress": 100}, {"progress": None}, {"layer": -1}, {"remaining_s": "soon"}, {"elapsed_s": -3},
    {"job": {"id": None, "file": "hand8.gcode"}}, {"job": None}, {"speed_factor": 0}, {"message": "x" * 400}, {"temps": []},
]  # fmt: skip


@pytest.mark.parametrize("nonsense", NONSENSE, ids=[next(iter(one)) + str(place) for place, one in enumerate(NONSENSE)])
def test_nonsense_beside_an_end_costs_itself_and_is_shown(bare: Floor, nonsense: dict[str, Any]) -> None:
    job = {"file": "hand8.gcode"} if "job" not in nonsense else {}
    for row in bare.jobs:
        JobRow.update(gcode_name="hand8.gcode").where(JobRow.id == row.id).execute()
    for tenth in range(1, 11):
        bare.status({"state": "running", "progress": tenth / 10, "job": job})
    bare.status({"state": "done", "job": job, **nonsense})
    assert bare.states == ["done", "queued"]
    assert bare.machine.refused == 1


def test_why_it_failed_is_kept_though_it_is_long(bare: Floor) -> None:
    for tenth in range(1, 6):
        bare.status({"state": "running", "progress": tenth / 10, "job": {"id": "r1"}})
    bare.status({"state": "failed", "layer": -1, "job": {"id": "r1"}, "error": {"text": "Thermal runaway. " * 40}})
    assert bare.states == ["failed", "queued"]
    assert bare.job().reason.startswith("Thermal runaway.")


@pytest.mark.parametrize("word", ["finishing", "attention", "paused"])
@pytest.mark.parametrize("rests", [False, True], ids=["at once", "after idle"])
@pytest.mark.parametrize("named", [False, True], ids=["nameless", "one file"])
def test_what_a_machine_wants_or_tidies_up_after_its_run_is_no_new_one(
    bare: Floor, word: str, rests: bool, named: bool
) -> None:
    job = {"job": {"file": "hand8.gcode"}} if named else {}
    for row in bare.jobs:
        values = {"planned_s": 5 * bare.gap_s, "gcode_name": "hand8.gcode" if named else ""}
        JobRow.update(values).where(JobRow.id == row.id).execute()
    for share in (0.1, 0.4, 0.7, 1.0):
        bare.status({"state": "running", "progress": share, **job})
    bare.status({"state": "done", "progress": 1.0, **job})
    if rests:
        bare.status({"state": "idle"})
    for more in ({}, {"progress": 1.0}):
        bare.status({"state": word, **job, **more})
        assert bare.states == ["done", "queued"]
        assert bare.machine.unclaimed_run == ""
        assert bare.machine.state == word, "it is shown"
    for share in (0.1, 0.4, 0.7, 1.0):
        bare.status({"state": "running", "progress": share, **job})
    bare.status({"state": "done", "progress": 1.0, **job})
    assert bare.states == ["done", "done"], "the next one is"


@pytest.mark.parametrize("end", ["done", "failed", "cancelled"])
@pytest.mark.parametrize("job", [{}, {"file": "hand8.gcode"}], ids=["nameless", "by its file"])
def test_b08_without_an_id_either(bare: Floor, end: str, job: dict[str, str]) -> None:
    for row in bare.jobs if job else ():
        JobRow.update(gcode_name="hand8.gcode").where(JobRow.id == row.id).execute()
    for back, state, share in ((0, "running", 0.1), (0, "running", 0.6), (-70, "running", 0.9), (-70, end, 1.0)):
        at = bare.now.timestamp() + bare.gap_s + back
        bare.status({"state": state, "progress": share, "job": job, "ts": at})
    assert bare.states == [end, "queued"]
