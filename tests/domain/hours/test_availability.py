"""Laws of when a machine may work: schedule and estimate say the same, and what they say is true."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from craftops.domain.hours.availability_arrays import LOOK_DAYS, machine_time
from craftops.domain.hours.calendar import Calendar, Hours, MachineHours
from craftops.domain.hours.open_hours import OpenTime
from craftops.domain.schedule.capability import Block, MachineCapability
from craftops.domain.schedule.slots import Spans, free_spans, spans_of

BERLIN = ZoneInfo("Europe/Berlin")
OFFICE = Calendar(BERLIN, {day: (Hours(time(9), time(12)), Hours(time(13), time(18))) for day in range(5)})
NOW = datetime(2026, 3, 27, 14, 0, tzinfo=UTC)
"""A Friday, 15:00 in Berlin, before clocks go forward."""
FAR_S = 390 * 86_400.0
zones = st.sampled_from(
    ["Europe/Berlin", "America/New_York", "Asia/Kolkata", "Pacific/Kiritimati", "Pacific/Pago_Pago"]
)
weeks = st.sampled_from(
    [
        {},
        OFFICE.weekly,
        {day: (Hours(time(0), time(6)), Hours(time(20), time(0))) for day in range(7)},
        {5: (Hours(time(20), time(0)),), 6: (Hours(time(1), time(5)),)},
        {6: (Hours(time(2), time(2, 30)),)},  # on one Sunday there is no such time
    ]
)
hours = st.sampled_from(
    [None, *(Hours(time(a), time(b)) for a, b in ((6, 22), (12, 0), (0, 0), (1, 3), (2, 3), (22, 0)))]
)
calendars = st.builds(
    lambda zone, week, closed: Calendar(ZoneInfo(zone), week, closed),
    zones, weeks, st.frozensets(st.dates(date(2026, 1, 1), date(2026, 12, 31)), max_size=4),
)  # fmt: skip
moments = st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31)).map(lambda d: d.replace(tzinfo=UTC))


@st.composite
def machines(draw: st.DrawFn, now: datetime) -> MachineCapability:
    starts = draw(st.lists(st.integers(-400, 1400), max_size=3))
    blocks = [(now + timedelta(hours=i), now + timedelta(hours=i + draw(st.integers(1, 400)))) for i in starts]
    return MachineCapability(
        1, "p", "P", "fdm", hours=draw(hours), unattended=draw(st.booleans()),
        blocks=tuple(Block(start, end) for start, end in blocks),
    )  # fmt: skip


def both(machine: MachineCapability, calendar: Calendar, now: datetime) -> tuple[Spans, OpenTime]:
    """As the schedule has it, and as the estimate has it."""
    limits = machine.limits or MachineHours()
    return (
        free_spans(machine, calendar, spans_of(calendar, now), now),
        machine_time(limits, calendar, now, hands=False).own,
    )


@st.composite
def cases(draw: st.DrawFn) -> tuple[MachineCapability, Calendar, datetime, list[float]]:
    """Instants at random, and those at which something begins or ends."""
    now, calendar = draw(moments), draw(calendars)
    machine = draw(machines(now))
    ahead = st.floats(0, 60 * 86_400.0) | st.integers(0, 60 * 24).map(lambda hour: hour * 3600.0)
    some = [now.timestamp() + seconds for seconds in draw(st.lists(ahead, min_size=1, max_size=6))]
    edges = [edge.timestamp() for one in machine.blocks for edge in (one.start, one.end) if edge and edge >= now]
    edges += free_spans(machine, calendar, spans_of(calendar, now), now).from_(some[0])
    return machine, calendar, now, [at for at in (*some, *edges) if now.timestamp() <= at < now.timestamp() + FAR_S]


@given(cases(), st.floats(0, 20 * 3600.0))
def test_schedule_and_estimate_agree_when_a_machine_may_work(
    case: tuple[MachineCapability, Calendar, datetime, list[float]], work: float
) -> None:
    machine, calendar, now, instants = case
    spans, own = both(machine, calendar, now)
    assume(spans.from_(now.timestamp())[0] < now.timestamp() + FAR_S)  # it may work at all
    for at in instants:
        opens = max(at, spans.from_(at)[0])
        assert own.next_open(np.array([at]))[0] == opens
        assert spans.open_at(at) == (opens == at)
        ends = spans.after_work(at, work)
        if ends < now.timestamp() + FAR_S:
            assert own.after(np.array([at]), np.array([work]))[0] == pytest.approx(ends, abs=0.01)


@given(cases())
def test_it_may_work_in_its_hours_while_it_must_not_be_alone_and_out_of_maintenance(
    case: tuple[MachineCapability, Calendar, datetime, list[float]],
) -> None:
    machine, calendar, now, instants = case
    spans = free_spans(machine, calendar, spans_of(calendar, now), now)
    own = Calendar(calendar.zone, dict.fromkeys(range(7), (machine.hours,) if machine.hours else ()))
    for seconds in instants:
        at = datetime.fromtimestamp(seconds, UTC)
        said = own.is_open(at) and (machine.unattended or calendar.is_open(at))
        said = said and not any(one.start <= at and (one.end is None or at < one.end) for one in machine.blocks)
        assert spans.open_at(at.timestamp()) == said


def test_an_end_that_nobody_knows_is_none_in_the_schedule_and_a_fortnight_in_the_estimate() -> None:
    start = NOW + timedelta(hours=5)
    spans, own = both(MachineCapability(1, "p", "P", "fdm", blocks=(Block(start, None),)), OFFICE, NOW)
    assert spans.from_(start.timestamp()) == (float("inf"), float("inf"))
    assert own.next_open(np.array([start.timestamp()]))[0] == (start + timedelta(days=LOOK_DAYS)).timestamp()


def test_limits_that_leave_no_time_are_far_away_in_the_schedule_and_none_in_the_estimate() -> None:
    night = MachineCapability(1, "p", "P", "fdm", unattended=False, hours=Hours(time(20), time(22)))
    spans, own = both(night, OFFICE, NOW)
    assert spans.from_(NOW.timestamp())[0] > NOW.timestamp() + FAR_S
    assert own.next_open(np.array([NOW.timestamp()]))[0] == NOW.timestamp()


def test_no_more_is_worked_out_than_somebody_asks() -> None:
    asked = []

    class Watched(Calendar):
        def spans(self, day: date) -> tuple[tuple[datetime, datetime], ...]:
            asked.append(day)
            return super().spans(day)

    laser = MachineCapability(1, "p", "P", "laser", unattended=False)
    free_spans(laser, OFFICE, spans_of(Watched(BERLIN, OFFICE.weekly), NOW), NOW).from_(NOW.timestamp())
    assert 0 < len(asked) < 8
