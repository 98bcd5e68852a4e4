"""What a calendar program is shown of the shop: events with names that stay."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
STEP = timedelta(minutes=5)
"""Times are told in steps: an estimate that moves by seconds is no news."""


@dataclass(frozen=True, slots=True)
class FeedEvent:
    """One entry. ``key`` is the same for the same thing, whenever the feed is read."""

    key: str
    title: str
    start: datetime | date
    """Aware UTC; a date for what takes whole days."""
    end: datetime | date
    """Not part of it any more."""
    made_at: datetime
    """When the thing came to be: it stays, so that a feed without news reads the same."""
    words: str = ""
    url: str = ""
    busy: bool = True
    sure: bool = True
    """False for what is only expected."""


def in_steps(at: datetime, *, up: bool = False) -> datetime:
    """The step that an instant is in, or the next one."""
    whole = -(-(at - EPOCH) // STEP) if up else (at - EPOCH) // STEP
    return EPOCH + whole * STEP


def days_in_rows(days: list[date]) -> list[tuple[date, date]]:
    """Days that follow one another as spans: the first day, and the one after the last."""
    spans: list[tuple[date, date]] = []
    for day in sorted(set(days)):
        if spans and spans[-1][1] == day:
            spans[-1] = (spans[-1][0], day + timedelta(days=1))
        else:
            spans.append((day, day + timedelta(days=1)))
    return spans
