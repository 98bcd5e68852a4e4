"""How long design files are kept after their order has ended."""

from __future__ import annotations

import calendar
from datetime import datetime, timedelta
from enum import StrEnum

NOTICE = timedelta(days=30)
"""So long before, at least, the customer is told."""
A_YEAR = 12


class RetentionState(StrEnum):
    """How it stands with the files of an ended order."""

    TOLD = "told"
    """Their customer knows the day; from then on staff may delete them."""
    KEPT = "kept"
    """Somebody wanted them kept; they are told of again."""
    DELETED = "deleted"


def months_later(at: datetime, months: int) -> datetime:
    """The same time so many calendar months later, on the last day of a month that is too short."""
    year, month = divmod(at.year * 12 + at.month - 1 + months, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return at.replace(year=year, month=month + 1, day=min(at.day, last))


def due(ended_at: datetime, months: int, *, at: datetime) -> datetime | None:
    """When files of an order may be deleted, if it is time to tell of that day, else None.

    That is ``months`` after its end, and never sooner than a notice from now. With 0 months files are kept for ever.
    """
    if not months:
        return None
    day = months_later(ended_at, months)
    return max(day, at + NOTICE) if day - NOTICE <= at else None


def kept_until(due_at: datetime, *, at: datetime) -> datetime:
    """The new day when somebody wants them kept: a year after the day that was told, or after today."""
    return months_later(max(due_at, at), A_YEAR)
