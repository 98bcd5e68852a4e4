"""Laws of the walk through the shop's queues."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from craftops.domain.estimation.estimate import Basis, Floor, HandStep, Left, MachineQueue, OrderWork, Waiting
from craftops.domain.estimation.queue_simulation import QueueSimulation, estimate_order
from craftops.domain.estimation.statistics import RunStatistics
from craftops.domain.hours.calendar import Calendar, Hours, MachineHours
from craftops.domain.hours.open_hours import open_time
from craftops.domain.production.jobs import Job, JobState

BERLIN = ZoneInfo("Europe/Berlin")
WEEK = {day: (Hours(time(9), time(12)), Hours(time(13), time(18))) for day in range(5)}
OFFICE = Calendar(BERLIN, WEEK, frozenset({date(2026, 4, 3), date(2026, 4, 6)}))
ALWAYS = Calendar(BERLIN)
NOW = datetime(2026, 3, 27, 14, 0, tzinfo=UTC)
"""The Friday before clocks go forward."""
SHARES = (0.1, 0.5, 0.9)


def job(number: int, machine: int, planned: float = 7200.0, state: JobState = JobState.QUEUED) -> Job:
    at = NOW if state is not JobState.QUEUED else None
    return Job(
        number, f"J-{number}", number, number, 1, state, planned, machine_id=machine, started_at=at, reported_at=at
    )


def walked(
    queues: list[MachineQueue], calendar: Calendar, now: datetime = NOW, *waiting: Waiting
) -> dict[int, list[float]]:
    """Order → quantiles, each order having one job, an hour of hand work and a check."""
    walk = QueueSimulation(Floor(queues, waiting), now, calendar)
    works = [
        OrderWork(one.order_id, (one,), hand=HandStep(60.0), check=HandStep(15.0, 0.8))
        for one in (*(j for q in queues for j in q.jobs), *(w.job for w in waiting))
    ]
    return dict(zip([w.order_id for w in works], walk.quantiles(works, SHARES).tolist(), strict=True)) if works else {}


usuals = st.builds(
    RunStatistics,
    st.floats(0.6, 1.8),
    st.floats(0.0, 0.3),
    st.floats(0.0, 0.3),
    st.floats(0.0, 0.5),
    st.floats(0.0, 7200.0),
)


limits = st.none() | st.builds(
    MachineHours,
    st.none() | st.sampled_from([Hours(time(7), time(22)), Hours(time(10), time(16))]),
    st.booleans(),
    st.lists(
        st.builds(
            lambda start, length: (NOW + timedelta(hours=start), NOW + timedelta(hours=start + length)),
            st.integers(-5, 60), st.integers(1, 30),
        ),
        max_size=2,
    ).map(tuple),
)  # fmt: skip


@st.composite
def shops(draw: st.DrawFn) -> list[MachineQueue]:
    queues, number = [], 1
    for machine in range(1, draw(st.integers(1, 4)) + 1):
        jobs = []
        for place in range(draw(st.integers(0, 4))):
            state = draw(st.sampled_from(JobState)) if place == 0 else JobState.QUEUED
            state = state if state in (JobState.RUNNING, JobState.PAUSED, JobState.ATTENTION) else JobState.QUEUED
            jobs.append(job(number, machine, draw(st.floats(60.0, 80_000.0)), state))
            number += 1
        queue = MachineQueue(machine, tuple(jobs), usual=draw(usuals), auto_start=draw(st.booleans()))
        queues.append(replace(queue, limits=draw(limits)))
    return queues


calendars = st.sampled_from([ALWAYS, OFFICE])
some = settings(max_examples=40, deadline=None)


@some
@given(shops(), calendars, st.integers(0, 400))
def test_never_before_now_and_never_the_wrong_way_round(
    queues: list[MachineQueue], calendar: Calendar, hours: int
) -> None:
    now = NOW + timedelta(hours=hours)
    for low, middle, high in walked(queues, calendar, now).values():
        assert now.timestamp() <= low <= middle <= high


GRAIN_S = 0.25
"""Days are counted in floats of 32 bits, whose last place is a sixty-fourth of a second there: the same sum in another
order differs by a few of them (0.08 s were found)."""


@some
@given(shops(), calendars, st.data())
def test_more_work_makes_nobody_in_a_queue_earlier(
    queues: list[MachineQueue], calendar: Calendar, data: st.DataObject
) -> None:
    before = walked(queues, calendar)
    index = data.draw(st.integers(0, len(queues) - 1))
    jobs = queues[index].jobs
    at = data.draw(st.integers(1 if jobs and jobs[0].state is not JobState.QUEUED else 0, len(jobs)))
    fuller = replace(queues[index], jobs=(*jobs[:at], job(901, index + 1, 30_000.0), *jobs[at:]))
    after = walked([*queues[:index], fuller, *queues[index + 1 :]], calendar, NOW, Waiting(job(900, 0)))
    for order, window in before.items():
        assert all(later >= earlier - GRAIN_S for earlier, later in zip(window, after[order], strict=True))


@some
@given(shops(), calendars, st.data())
def test_a_pause_makes_nobody_earlier(queues: list[MachineQueue], calendar: Calendar, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(queues) - 1))
    left = Left(3000.0, 3600.0, 4500.0)
    running = job(800, index + 1, 7200.0, JobState.RUNNING)
    waiting = tuple(one for one in queues[index].jobs if one.state is JobState.QUEUED)
    runs = replace(queues[index], jobs=(running, *waiting), left=left)
    stands = replace(runs, jobs=(replace(running, state=JobState.PAUSED), *waiting))
    before, after = (walked([*queues[:index], one, *queues[index + 1 :]], calendar) for one in (runs, stands))
    for order, window in before.items():
        assert all(later >= earlier - GRAIN_S for earlier, later in zip(window, after[order], strict=True))


@some
@given(shops(), calendars)
def test_one_machines_change_moves_nobody_elsewhere_and_equals_a_fresh_walk(
    queues: list[MachineQueue], calendar: Calendar
) -> None:
    before = walked(queues, calendar)
    assert walked(queues, calendar) == before, "the same shop gives the same answer"
    changed = replace(queues[0], jobs=(*queues[0].jobs, job(700, 1, 50_000.0)), usual=RunStatistics(1.5, fails=0.3))
    walk = QueueSimulation(Floor(queues), NOW, calendar)
    walk.changed(changed)
    fresh = walked([changed, *queues[1:]], calendar)
    for queue in (changed, *queues[1:]):
        for one in queue.jobs:
            work = OrderWork(one.order_id, (one,), hand=HandStep(60.0), check=HandStep(15.0, 0.8))
            assert walk.quantiles([work], SHARES).tolist()[0] == pytest.approx(fresh[one.order_id], abs=0.01)
            if queue is not changed:
                assert fresh[one.order_id] == before[one.order_id]


@some
@given(shops(), st.integers(0, 400))
def test_orders_become_ready_when_somebody_is_there(queues: list[MachineQueue], hours: int) -> None:
    now = NOW + timedelta(hours=hours)
    opening = open_time(OFFICE, now)
    walk = QueueSimulation(Floor(queues), now, OFFICE)
    jobs = [one for queue in queues for one in queue.jobs]
    ready = walk._ready([OrderWork(one.order_id, (one,)) for one in jobs]) if jobs else np.empty((0, 1))
    assert (opening.next_open(ready) == ready).all()
    assert all(OFFICE.is_open(datetime.fromtimestamp(one, UTC)) for one in ready[:, 0].tolist())


@some
@given(shops(), st.integers(0, 400))
def test_no_window_begins_or_ends_while_nobody_is_there(queues: list[MachineQueue], hours: int) -> None:
    """Not even between two draws, of which one is ready in the evening and one in the morning."""
    ends = [at for found in walked(queues, OFFICE, NOW + timedelta(hours=hours)).values() for at in found]
    assert all(OFFICE.is_open(datetime.fromtimestamp(at, UTC)) for at in ends)


@some
@given(st.integers(0, 300 * 24 * 60), st.floats(0.01, 5000.0))
def test_the_arrays_walk_the_calendar_as_the_calendar_does(minutes: int, hand: float) -> None:
    """Also over both nights on which clocks change."""
    at = NOW + timedelta(minutes=minutes)
    opening = open_time(OFFICE, NOW)
    instant = np.array([at.timestamp()])
    assert opening.next_open(instant)[0] == OFFICE.next_open(at).timestamp()
    said = opening.after(instant, np.array([hand * 60.0]))[0]
    assert said == pytest.approx(OFFICE.after_hand_work(at, hand).timestamp(), abs=0.01)
    assert opening.open_seconds(at.timestamp(), said) == pytest.approx(hand * 60.0, abs=0.01)


def test_a_start_waits_for_monday_and_the_run_goes_through_the_night() -> None:
    friday = datetime(2026, 3, 27, 16, 55, tzinfo=UTC)  # 17:55 in Berlin, five minutes before closing
    sure = RunStatistics(1.0, 0.0, 0.0, 0.0, 900.0, 0.0)
    queue = MachineQueue(1, (job(1, 1, 12 * 3600.0),), usual=sure)
    window = estimate_order(OrderWork(1, queue.jobs), {1: queue}, friday, OFFICE).window
    assert window is not None
    # Five minutes on Friday, ten on Monday; then the run, and the shop is open again on Tuesday at nine.
    assert window.start == datetime(2026, 3, 31, 7, 0, tzinfo=UTC)
    alone = replace(queue, auto_start=True)
    at_once = estimate_order(OrderWork(1, queue.jobs), {1: alone}, friday, OFFICE).window
    assert at_once is not None
    assert at_once.start == datetime(2026, 3, 30, 7, 0, tzinfo=UTC)


def test_a_job_without_a_machine_goes_to_whichever_is_free_first() -> None:
    sure = RunStatistics(1.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    busy = MachineQueue(1, (job(1, 1, 36_000.0),), usual=sure, process="fdm")
    free = MachineQueue(2, (job(2, 2, 3600.0),), usual=sure, process="fdm")
    laser = MachineQueue(3, (), usual=sure, process="laser")
    walk = QueueSimulation(
        Floor([busy, free, laser], [Waiting(job(n, 0, 7200.0), "fdm") for n in (10, 11)]), NOW, ALWAYS
    )
    hours = [(walk.ends(n)[0] - NOW.timestamp()) / 3600.0 for n in (10, 11)]
    assert hours == pytest.approx([3.0, 5.0], abs=0.01)


def test_what_was_spent_on_hand_work_counts_and_never_runs_out() -> None:
    def middle(spent: float) -> float:
        work = OrderWork(1, hand=HandStep(60.0, 0.4, spent))
        window = estimate_order(work, {}, NOW, ALWAYS).window
        assert window is not None
        assert window.middle is not None
        return (window.middle - NOW).total_seconds() / 60.0

    assert middle(0.0) == pytest.approx(60.0, abs=1.0)
    assert 0.0 < middle(50.0) < middle(20.0) < 60.0
    assert middle(500.0) > 0.0


def test_a_check_that_has_lasted_far_too_long_may_well_last_on() -> None:
    """Otherwise it is told anew from hour to hour: over in ten minutes."""

    def left(spent: float) -> float:
        window = estimate_order(OrderWork(1, check=HandStep(35.0, 0.7, spent)), {}, NOW, ALWAYS).window
        assert window is not None
        return (window.end - NOW).total_seconds() / 60.0

    assert left(300.0) > 60.0
    assert left(600.0) > left(300.0)
    assert left(1e6) < 1e7


def test_the_chance_of_failure_widens_the_far_end_only() -> None:
    def window(fails: float) -> list[float]:
        queue = MachineQueue(1, (job(1, 1, 7200.0),), usual=RunStatistics(1.0, 0.05, 0.05, fails))
        return walked([queue], ALWAYS)[1]

    calm, prone = window(0.0), window(0.3)
    assert prone[2] - calm[2] > 3600.0
    assert prone[0] - calm[0] < 900.0


def test_review_comes_first() -> None:
    reviewed = OrderWork(1, (job(1, 0),), review=HandStep(60.0, 1.0))
    estimate = estimate_order(reviewed, {1: MachineQueue(1, ())}, NOW, ALWAYS)
    accepted = estimate_order(replace(reviewed, review=None), {1: MachineQueue(1, ())}, NOW, ALWAYS)
    assert estimate.basis is Basis.REVIEW
    assert estimate.window is not None
    assert accepted.window is not None
    assert estimate.window.start > accepted.window.start


SURE = RunStatistics(1.0, 0.001, 0.001, 0.0, 0.0)
"""A machine that keeps its slicer's time, whose next run begins as soon as hands are there."""


def ready_at(limit: MachineHours | None, planned_s: float, calendar: Calendar = OFFICE) -> datetime:
    queue = MachineQueue(1, (job(1, 1, planned_s),), usual=SURE, limits=limit)
    walk = QueueSimulation(Floor([queue]), NOW, calendar)
    return datetime.fromtimestamp(60.0 * round(float(np.median(walk.ends(1))) / 60.0), BERLIN)


@pytest.mark.parametrize(
    ("limit", "hours", "expected"),
    [
        (None, 2.0, "Fri 17:00"),
        (None, 10.0, "Sat 01:00"),
        (MachineHours(unattended=False), 2.0, "Fri 17:00"),
        (MachineHours(unattended=False), 3.5, "Mon 16:30"),  # no room on Friday, nor before lunch
        (
            MachineHours(unattended=False),
            7.0,
            "Tue 11:00",
        ),  # longer than any room: from where there is most, with rests
        (MachineHours(hours=Hours(time(7), time(22))), 8.0, "Mon 17:00"),
        (MachineHours(hours=Hours(time(7), time(22))), 6.0, "Fri 21:00"),
        (MachineHours(blocks=((NOW, NOW + timedelta(hours=40)),)), 2.0, "Mon 11:00"),  # over on Sunday; hands on Monday
        (MachineHours(unattended=False, blocks=((NOW, NOW + timedelta(hours=69)),)), 2.0, "Mon 15:00"),
    ],
)
def test_a_machine_works_when_it_may(limit: MachineHours | None, hours: float, expected: str) -> None:
    assert f"{ready_at(limit, hours * 3600.0):%a %H:%M}" == expected


def test_a_run_that_is_going_on_although_it_may_not_is_believed() -> None:
    running = job(1, 1, 7200.0, JobState.RUNNING)
    night = NOW.replace(hour=22)
    queue = MachineQueue(
        1, (running,), usual=SURE, left=Left(3600.0, 3600.0, 3600.0), limits=MachineHours(unattended=False)
    )
    end = float(np.median(QueueSimulation(Floor([queue]), night, OFFICE).ends(1)))
    assert end == pytest.approx(night.timestamp() + 3600.0, abs=5)


def test_jobs_of_a_machine_that_is_down_go_where_they_are_done_first() -> None:
    broken = MachineHours(blocks=((NOW - timedelta(hours=1), None),))
    down = MachineQueue(1, (job(1, 1, 7200.0),), usual=SURE, process="fdm", limits=broken)
    busy = MachineQueue(2, (job(2, 2, 36_000.0),), usual=SURE, process="fdm")
    walk = QueueSimulation(Floor([down, busy]), NOW, ALWAYS)
    assert walk.given == {1: 2}
    assert float(np.median(walk.ends(1))) == pytest.approx(NOW.timestamp() + 43_200.0, abs=600)
    walk.changed(replace(down, limits=None))
    assert walk.given == {}
    assert float(np.median(walk.ends(1))) == pytest.approx(NOW.timestamp() + 7200.0, abs=600)
