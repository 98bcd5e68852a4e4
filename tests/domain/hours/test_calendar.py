"""The shop's hours."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from craftops.domain.hours.calendar import Calendar, Hours

BERLIN = ZoneInfo("Europe/Berlin")
WEEK = Calendar(BERLIN, {day: (Hours(time(9), time(18)),) for day in range(5)}, frozenset({date(2026, 12, 25)}))
moments = st.datetimes(datetime(2026, 1, 1), datetime(2027, 6, 1)).map(lambda d: d.replace(tzinfo=UTC))


@given(moments, st.floats(0, 5000))
def test_hand_work_ends_while_somebody_is_there_and_never_before_it_could(at: datetime, minutes: float) -> None:
    end = WEEK.after_hand_work(at, minutes)
    assert end >= at + timedelta(minutes=minutes) - timedelta(milliseconds=1)
    local = end.astimezone(BERLIN)
    if minutes > 0:
        assert local.weekday() < 5
        assert time(9) <= local.time() <= time(18)


@given(moments, st.floats(0, 3000), st.floats(0, 3000))
def test_more_work_never_ends_earlier(at: datetime, one: float, other: float) -> None:
    less, more = sorted((one, other))
    assert WEEK.after_hand_work(at, less) <= WEEK.after_hand_work(at, more)


@given(moments)
def test_the_next_opening_is_open_and_the_first(at: datetime) -> None:
    opens = WEEK.next_open(at)
    assert opens >= at
    assert WEEK.is_open(opens)
    if opens > at:
        assert not WEEK.is_open(at)


def test_the_night_that_loses_an_hour() -> None:
    spring = Calendar(BERLIN, {6: (Hours(time(1), time(5)),)})
    start = datetime(2026, 3, 29, 0, 0, tzinfo=UTC)  # 01:00 local; at 02:00 it is 03:00
    assert spring.after_hand_work(start, 180) == datetime(2026, 3, 29, 3, 0, tzinfo=UTC)


def test_a_closed_day_is_stepped_over() -> None:
    thursday = datetime(2026, 12, 24, 16, 30, tzinfo=UTC)  # 17:30 local, half an hour before closing
    assert WEEK.after_hand_work(thursday, 60) == datetime(2026, 12, 28, 8, 30, tzinfo=UTC)


def test_a_shop_that_told_no_hours_is_always_open() -> None:
    always = Calendar(BERLIN)
    at = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
    assert always.is_open(at)
    assert always.closes_at(at) is None
    assert always.after_hand_work(at, 90) == at + timedelta(minutes=90)


def test_midnight_ends_the_day() -> None:
    late = Calendar(BERLIN, {1: (Hours(time(20), time(0)),)})
    at = datetime(2026, 11, 24, 21, 0, tzinfo=UTC)
    assert late.closes_at(at) == datetime(2026, 11, 24, 23, 0, tzinfo=UTC)
