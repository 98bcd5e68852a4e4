"""Laws of a proposal: it is possible, it is the same every time, and one job alone ends as soon as it can."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from craftops.domain.hours.calendar import Calendar, Hours
from craftops.domain.schedule.capability import Block, MachineCapability, Need, why_not
from craftops.domain.schedule.proposal import WantedJob, propose
from craftops.domain.schedule.slots import QueuedRun, plan_slots

BERLIN = ZoneInfo("Europe/Berlin")
WEEK = Calendar(BERLIN, {day: (Hours(time(9), time(18)),) for day in range(5)})
NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)  # Tuesday, 9:00 in Berlin
FLOOR = (
    MachineCapability(1, "a", "A", "fdm", bed=(200, 200, 200), loaded=(("pla", "Black"),)),
    MachineCapability(2, "b", "B", "fdm", materials=frozenset({"pla"}), auto_start=True),
    MachineCapability(3, "c", "C", "laser", unattended=False),
    MachineCapability(4, "d", "D", "fdm", enabled=False),
    MachineCapability(5, "e", "E", "cnc", blocks=(Block(NOW, NOW + timedelta(days=1), "oil"),)),
)
QUEUES = [(machine, [QueuedRun(900 + machine.machine_id, 7200.0, "pla", "Black")]) for machine in FLOOR]


@st.composite
def wishes(draw: st.DrawFn, most: int = 8) -> list[WantedJob]:
    found = []
    for id_ in range(1, draw(st.integers(1, most)) + 1):
        process = draw(st.sampled_from(["fdm", "fdm", "laser", "cnc", "sla"]))
        material, colour = draw(st.sampled_from([("pla", "Black"), ("pla", "White"), ("petg", "Black")]))
        size = draw(st.sampled_from([None, (100.0, 100.0, 10.0), (300.0, 300.0, 10.0)]))
        run = QueuedRun(id_, float(draw(st.integers(300, 100_000))), material, colour)
        due = draw(st.none() | st.integers(1, 200).map(lambda hours: NOW + timedelta(hours=hours)))
        found.append(WantedJob(run, Need(process, material, material.upper(), colour, size), due))
    return found


@given(wishes(), st.randoms())
def test_every_job_has_one_possible_place_or_a_reason(jobs: list[WantedJob], dice: object) -> None:
    found = propose(jobs, QUEUES, WEEK, NOW)
    placed = [slot.job_id for slot in found.slots]
    assert sorted([*placed, *found.impossible]) == sorted(one.run.job_id for one in jobs)
    machines = {machine.machine_id: machine for machine in FLOOR}
    needs = {one.run.job_id: one.need for one in jobs}
    for slot in found.slots:
        assert why_not(needs[slot.job_id], machines[slot.machine_id], NOW) == ""
    assert all(found.impossible.values())
    shuffled = list(jobs)
    dice.shuffle(shuffled)  # type: ignore[attr-defined]
    assert propose(shuffled, list(reversed(QUEUES)), WEEK, NOW) == found


@given(wishes())
def test_what_is_proposed_is_what_the_schedule_would_show(jobs: list[WantedJob]) -> None:
    found = propose(jobs, QUEUES, WEEK, NOW)
    runs = {one.run.job_id: one.run for one in jobs}
    after = [
        (machine, [*queue, *(runs[id_] for id_ in found.added().get(machine.machine_id, ()))])
        for machine, queue in QUEUES
    ]
    shown = plan_slots(after, WEEK, NOW)
    for slot in found.slots:
        assert slot in shown[slot.machine_id]


@given(wishes(most=1))
def test_one_job_alone_ends_as_soon_as_it_can(jobs: list[WantedJob]) -> None:
    found = propose(jobs, QUEUES, WEEK, NOW)
    ends = [
        plan_slots([(machine, [*queue, jobs[0].run])], WEEK, NOW)[machine.machine_id][-1].end
        for machine, queue in QUEUES
        if not why_not(jobs[0].need, machine, NOW)
    ]
    assert [slot.end for slot in found.slots] == ([min(ends)] if ends else [])


def wanted(id_: int, hours: float, due: datetime | None = None) -> WantedJob:
    return WantedJob(QueuedRun(id_, hours * 3600), Need("fdm"), due)


def test_the_long_one_takes_the_night() -> None:
    queue = [(replace(FLOOR[0], loaded=()), [])]
    found = propose([wanted(1, 11), wanted(2, 2), wanted(3, 3)], queue, WEEK, NOW)
    assert [slot.job_id for slot in found.slots] == [3, 2, 1]
    assert found.nights == {1}


def test_a_promise_outranks_the_night() -> None:
    queue = [(replace(FLOOR[0], loaded=()), [])]
    due = NOW + timedelta(hours=12)
    found = propose([wanted(1, 11, due), wanted(2, 2), wanted(3, 3)], queue, WEEK, NOW)
    assert found.slots[0].job_id == 1
    assert found.slots[0].end <= due


def test_nowhere_says_why() -> None:
    sla = WantedJob(QueuedRun(1, 60.0), Need("sla"))
    assert propose([sla], QUEUES, WEEK, NOW).impossible == {1: "A works by fdm, and this job needs sla."}
    assert propose([sla], [], WEEK, NOW).impossible == {1: "There is no machine yet."}
