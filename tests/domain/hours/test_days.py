"""Any day lies between two moments in any zone, and a day that may be kept is told in any zone."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from craftops.domain.hours.days import FIRST, LAST, begin_of, end_of, written_day, written_moment

ZONES = st.sampled_from(("Pacific/Kiritimati", "Europe/Berlin", "UTC", "America/New_York", "Pacific/Pago_Pago")).map(
    ZoneInfo
)
ENDS = st.sampled_from((date.min, date.min + timedelta(days=1), date.max - timedelta(days=1), date.max))


@given(ENDS | st.dates(), ZONES)
def test_a_day_begins_where_the_one_before_it_ends(day: date, zone: ZoneInfo) -> None:
    begin, end = begin_of(day, zone), end_of(day, zone)
    assert begin.tzinfo is end.tzinfo is UTC
    assert begin < end
    if day > date.min:
        assert end_of(day - timedelta(days=1), zone) == begin
    if FIRST <= day <= LAST:
        assert begin.astimezone(zone).replace(tzinfo=None) in (
            datetime(day.year, day.month, day.day),
            datetime(day.year, day.month, day.day) + timedelta(days=1),
        ), "a zone that went over the date line has a day that it does not know"


@given(st.datetimes(), ZONES, ZONES)
def test_what_is_kept_is_told_in_any_zone(at: datetime, here: ZoneInfo, there: ZoneInfo) -> None:
    try:
        found = written_moment(at.isoformat(), here)
    except ValueError:
        assert not FIRST <= at.date() <= LAST
    else:
        assert FIRST <= at.date() <= LAST
        assert found.tzinfo is UTC
        assert abs((found + timedelta(days=800)).astimezone(there) - found) == timedelta(days=800)


@pytest.mark.parametrize("text", ["", "tomorrow", "2026-02-30", "0001-01-01", "1899-12-31", "3000-01-01", "9999-12-31"])
def test_what_is_no_day_is_kept_nowhere(text: str) -> None:
    with pytest.raises(ValueError, match=r"day|isoformat|month"):
        written_day(text)
    with pytest.raises(ValueError, match=r"day|isoformat|month"):
        written_moment(f"{text}T10:00", ZoneInfo("UTC"))
