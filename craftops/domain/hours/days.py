"""Days as people write them, and the moments between which a day lies in its zone."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

FIRST, LAST = date(1900, 1, 1), date(2999, 12, 31)
"""Days that may be written down: around each of them there are more, in any zone, whatever is counted from it."""
ONE = timedelta(days=1)


def written_day(text: str) -> date:
    """The day of "2026-11-26", to be kept. Raises ValueError for what is no day between ``FIRST`` and
    ``LAST``."""
    return _to_keep(date.fromisoformat(text))


def written_moment(text: str, zone: ZoneInfo) -> datetime:
    """The moment of "2026-11-26T14:00", in this zone if it names none, aware UTC. Raises ValueError as above."""
    at = datetime.fromisoformat(text)
    _to_keep(at.date())
    return at.replace(tzinfo=at.tzinfo or zone).astimezone(UTC)


def begin_of(day: date, zone: ZoneInfo) -> datetime:
    """When any day begins in this zone, aware UTC; before the first moment that there is: that one."""
    try:
        return datetime.combine(day, time(), zone).astimezone(UTC)
    except OverflowError:
        return _beyond(day)


def end_of(day: date, zone: ZoneInfo) -> datetime:
    """When any day ends in this zone, aware UTC; after the last moment that there is: that one."""
    return begin_of(day + ONE, zone) if day < date.max else _beyond(day)


def _to_keep(day: date) -> date:
    if not FIRST <= day <= LAST:
        raise ValueError("no day that anything happens on")
    return day


def _beyond(day: date) -> datetime:
    return (datetime.min if day < FIRST else datetime.max).replace(tzinfo=UTC)
