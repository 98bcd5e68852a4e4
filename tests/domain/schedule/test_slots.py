"""Laws of slots: hands in shop hours, machines over night, nothing through maintenance."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from craftops.domain.estimation.estimate import Floor, Left, MachineQueue
from craftops.domain.estimation.queue_simulation import QueueSimulation
from craftops.domain.estimation.statistics import RunStatistics
from craftops.domain.hours.calendar import Calendar, Hours
from craftops.domain.production.jobs import Job, JobState
from craftops.domain.schedule.capability import Block, Changeover, MachineCapability
from craftops.domain.schedule.slots import FAR, QueuedRun, Slot, plan_slots, spans_of

BERLIN = ZoneInfo("Europe/Berlin")
WEEK = Calendar(BERLIN, {day: (Hours(time(9), time(18)),) for day in range(5)})
NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)  # Tuesday, 10:00 in Berlin
PRINTER = MachineCapability(1, "p", "Prusa", "fdm")
HOUR = timedelta(hours=1)
moments = st.datetimes(datetime(2026, 2, 1), datetime(2026, 12, 20)).map(lambda d: d.replace(tzinfo=UTC))
spools = st.tuples(st.sampled_from(["pla", "petg"]), st.sampled_from(["Black", "White"]))


@st.composite
def machines(draw: st.DrawFn, now: datetime) -> MachineCapability:
    starts = draw(st.lists(st.integers(-20, 300), max_size=3))
    blocks = tuple(Block(now + i * HOUR, now + (i + draw(st.integers(1, 40))) * HOUR) for i in starts)
    return MachineCapability(
        1, "p", "P", "fdm", loaded=tuple(draw(st.lists(spools, max_size=2))), unattended=draw(st.booleans()),
        hours=draw(st.sampled_from([None, Hours(time(6), time(22)), Hours(time(12), time(0))])),
        auto_start=draw(st.booleans()), blocks=blocks,
    )  # fmt: skip


@st.composite
def plans(draw: st.DrawFn) -> tuple[datetime, MachineCapability, Calendar, list[QueuedRun], list[Slot]]:
    now = draw(moments)
    machine = draw(machines(now))
    calendar = draw(st.sampled_from([WEEK, Calendar(BERLIN), replace(WEEK, weekly={5: (Hours(time(20), time(0)),)})]))
    lengths = draw(st.lists(st.integers(60, 40 * 3600), max_size=6))
    runs = [QueuedRun(i, float(length), *draw(spools)) for i, length in enumerate(lengths)]
    if runs and draw(st.booleans()):
        runs[0] = replace(runs[0], since=now - HOUR)
    return now, machine, calendar, runs, plan_slots([(machine, runs)], calendar, now)[1]


@given(plans())
def test_whatever_the_queue_the_plan_can_be_carried_out(
    plan: tuple[datetime, MachineCapability, Calendar, list[QueuedRun], list[Slot]],
) -> None:
    now, machine, calendar, runs, slots = plan
    assert [slot.job_id for slot in slots] == [run.job_id for run in runs]
    for before, after in pairwise(slots):
        assert after.hands_from >= before.end or after.start >= before.end
        assert after.start >= before.end
    for run, slot in zip(runs, slots, strict=True):
        if slot.active:
            assert slot.start == run.since
            assert slot.interrupted == (slot.end - now > timedelta(seconds=run.seconds + 1))
            continue
        assert slot.start >= now
        work = timedelta(seconds=run.seconds)
        exact = timedelta(milliseconds=1)
        assert slot.end - slot.start >= work - exact
        assert slot.interrupted or slot.end - slot.start <= work + exact
        if slot.hands_from < slot.start:
            assert calendar.is_open(slot.start - timedelta(seconds=1)), "somebody is there to start it"
        if not machine.auto_start or slot.change is not Changeover.NONE:
            assert slot.hands_from < slot.start
        for block in machine.blocks:
            assert block.end is not None
            assert slot.interrupted or slot.start >= block.end or slot.end <= block.start + exact
            assert not block.start <= slot.start < block.end
        if not machine.unattended and not slot.interrupted:
            assert calendar.is_open(slot.start)
            assert calendar.closes_at(slot.start) is None or slot.end <= calendar.closes_at(slot.start) + exact


@given(plans(), st.integers(60, 20 * 3600))
def test_what_comes_behind_moves_nothing_before_it(
    plan: tuple[datetime, MachineCapability, Calendar, list[QueuedRun], list[Slot]], seconds: int
) -> None:
    now, machine, calendar, runs, slots = plan
    longer = [*runs, QueuedRun(99, float(seconds), "pla", "Black")]
    assert plan_slots([(machine, longer)], calendar, now)[1][:-1] == slots


def laid(machine: MachineCapability, *hours: float) -> list[tuple[str, str]]:
    runs = [QueuedRun(i, h * 3600.0) for i, h in enumerate(hours)]
    slots = plan_slots([(machine, runs)], WEEK, NOW)[1]
    return [(f"{slot.start.astimezone(BERLIN):%a %H:%M}", f"{slot.end.astimezone(BERLIN):%a %H:%M}") for slot in slots]


def test_a_person_starts_and_the_night_is_the_machines() -> None:
    assert laid(PRINTER, 20, 1) == [("Tue 10:10", "Wed 06:10"), ("Wed 09:10", "Wed 10:10")]


def test_a_machine_that_starts_by_itself_goes_on_at_night() -> None:
    assert laid(replace(PRINTER, auto_start=True), 20, 1) == [("Tue 10:00", "Wed 06:00"), ("Wed 06:00", "Wed 07:00")]


def test_what_may_not_run_alone_waits_for_the_morning_or_is_interrupted() -> None:
    laser = replace(PRINTER, unattended=False)
    assert laid(laser, 6, 4) == [("Tue 10:10", "Tue 16:10"), ("Wed 09:10", "Wed 13:10")]
    assert laid(laser, 12) == [("Tue 10:10", "Wed 13:10")]


def test_what_fits_a_day_only_without_its_setting_up_is_interrupted_and_not_put_off_for_ever() -> None:
    assert laid(replace(PRINTER, unattended=False), 8.9) == [("Tue 10:10", "Wed 10:04")]


def test_maintenance_without_an_end_is_no_time_at_all() -> None:
    resting = replace(PRINTER, blocks=(Block(NOW + timedelta(hours=3), None, "waits for a part"),))
    slots = plan_slots([(resting, [QueuedRun(1, 7200.0), QueuedRun(2, 7200.0), QueuedRun(3, 60.0)])], WEEK, NOW)[1]
    assert [slot.unknown for slot in slots] == [False, True, True]


def test_nothing_runs_through_maintenance() -> None:
    block = Block(datetime(2026, 11, 24, 12, tzinfo=UTC), datetime(2026, 11, 24, 14, tzinfo=UTC), "belts")
    assert laid(replace(PRINTER, blocks=(block,)), 2, 5) == [("Tue 10:10", "Tue 12:10"), ("Tue 15:10", "Tue 20:10")]


def at_work(
    machine: MachineCapability, seconds: float, now: datetime = NOW, calendar: Calendar = WEEK, *, stands: bool = False
) -> Slot:
    """The slot of a job that began an hour ago and has these seconds left."""
    return plan_slots([(machine, [QueuedRun(1, seconds, since=now - HOUR, stands=stands)])], calendar, now)[1][0]


LASER = replace(PRINTER, unattended=False)
BELTS = Block(NOW + 2 * HOUR, NOW + 5 * HOUR, "belts")


@pytest.mark.parametrize(
    ("machine", "now", "hours", "end"),
    [
        (PRINTER, NOW, 12, "Tue 22:00"),
        (LASER, NOW, 8, "Tue 18:00"),
        (LASER, NOW, 12, "Wed 13:00"),
        (replace(PRINTER, hours=Hours(time(6), time(22))), NOW, 13, "Wed 07:00"),
        (replace(PRINTER, blocks=(BELTS,)), NOW, 3, "Tue 16:00"),
        (LASER, NOW.replace(hour=20), 12, "Wed 09:00"),  # it works at 21:00 although it may not
        (replace(PRINTER, blocks=(BELTS,)), NOW + 3 * HOUR, 3, "Tue 16:00"),  # it works in its maintenance
    ],
)
def test_what_runs_rests_while_its_machine_may_not_work(
    machine: MachineCapability, now: datetime, hours: int, end: str
) -> None:
    slot = at_work(machine, hours * 3600.0, now)
    assert f"{slot.end.astimezone(BERLIN):%a %H:%M}" == end
    assert slot.interrupted == (slot.end > now + hours * HOUR)
    assert slot.active


def test_what_runs_into_maintenance_without_an_end_ends_when_nobody_knows() -> None:
    resting = replace(PRINTER, blocks=(Block(NOW + HOUR, None, "waits for a part"),))
    slot = at_work(resting, 7200.0)
    assert (slot.start, slot.end) == (NOW - HOUR, FAR)
    assert slot.endless
    assert slot.interrupted
    assert not slot.unknown


@given(st.data(), moments, st.floats(0, 60 * 3600))
def test_what_runs_ends_when_the_estimate_says(data: st.DataObject, now: datetime, seconds: float) -> None:
    machine = data.draw(machines(now))
    calendar = data.draw(
        st.sampled_from([WEEK, Calendar(BERLIN), replace(WEEK, weekly={5: (Hours(time(20), time(0)),)})])
    )
    stands = data.draw(st.booleans())
    slot = at_work(machine, seconds, now, calendar, stands=stands)
    assume(slot.end < now + timedelta(days=390))
    state = JobState.PAUSED if stands else JobState.RUNNING
    job = Job(1, "J-1", 1, 1, 1, state, seconds, machine_id=1, started_at=now - HOUR, reported_at=now)
    sure = RunStatistics(1.0, 0.001, 0.001, 0.0, 0.0)
    queue = MachineQueue(1, (job,), usual=sure, left=Left(seconds, seconds, seconds), limits=machine.limits)
    middle = float(np.median(QueueSimulation(Floor([queue]), now, calendar).ends(1)))
    assert slot.end.timestamp() == pytest.approx(middle, abs=0.01)


@pytest.mark.parametrize(
    ("loaded", "start"), [((), "10:10"), ((("pla", "White"),), "10:25"), ((("pla", "Red"),), "10:10")]
)
def test_another_colour_takes_hands(loaded: tuple[tuple[str, str], ...], start: str) -> None:
    machine = replace(PRINTER, loaded=loaded, changeover_minutes=15)
    slot = plan_slots([(machine, [QueuedRun(1, 60.0, "pla", "Red")])], WEEK, NOW)[1][0]
    assert f"{slot.start.astimezone(BERLIN):%H:%M}" == start


@given(moments, st.floats(0, 3000))
def test_spans_walk_as_the_calendar_does(at: datetime, minutes: float) -> None:
    spans = spans_of(WEEK, at)
    ended = spans.after_work(at.timestamp(), minutes * 60)
    assert ended == pytest.approx(WEEK.after_hand_work(at, minutes).timestamp(), abs=0.01)
    assert spans.open_at(at.timestamp()) == WEEK.is_open(at)


def test_a_night_shift_is_one_shift_and_nobody_stops_at_midnight() -> None:
    night = Calendar(BERLIN, {day: (Hours(time(0), time(6)), Hours(time(20), time(0))) for day in range(7)})
    attended = replace(PRINTER, unattended=False)
    evening = datetime(2026, 11, 24, 20, 0, tzinfo=UTC)  # 21:00 in Berlin
    (slot,) = plan_slots([(attended, [QueuedRun(1, 5 * 3600.0)])], night, evening)[1]
    assert not slot.interrupted
    assert slot.start < evening + HOUR
    assert slot.end < datetime(2026, 11, 25, 5, 0, tzinfo=UTC)
    walked = QueueSimulation(
        Floor(
            [
                MachineQueue(
                    1,
                    (Job(1, "J", 1, 1, 1, JobState.QUEUED, 5 * 3600.0, machine_id=1),),
                    usual=RunStatistics(1.0, 0.01, 0.01, 0.0),
                )
            ]
        ),
        evening,
        night,
    )
    assert abs(float(np.median(walked.ends(1))) - slot.end.timestamp()) < 1800
