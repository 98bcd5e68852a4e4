"""When a backup is due, and which old ones are kept."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

TRY_AGAIN_AFTER = timedelta(hours=1)
"""After one that failed."""
LATE_AFTER = 1.5
"""So many intervals after the last good one somebody is told."""


ALL_OF = timedelta(days=1)
"""Of so long nothing is taken away: whoever makes one by hand before something risky finds it again."""


class BackupState(StrEnum):
    """What became of a backup."""

    RUNNING = "running"
    GOOD = "good"
    """Written, read back and found whole."""
    FAILED = "failed"
    GONE = "gone"
    """It was good, and made room for newer ones."""


@dataclass(frozen=True, slots=True)
class BackupPolicy:
    """How often, and of how many days, weeks and months the newest one is kept."""

    every: timedelta
    daily: int = 7
    weekly: int = 4
    monthly: int = 12


class Safety(StrEnum):
    """How a shop stands with its backups."""

    NO_KEY = "no key"
    """There is nothing to lock backups with, so none is made."""
    NONE = "none"
    LATE = "late"
    SAFE = "safe"


def is_due(policy: BackupPolicy, last_begun: datetime | None, last_good: datetime | None, now: datetime) -> bool:
    """Whether the clock asks for a backup. ``last_begun``: when the last one was tried, whatever became of it."""
    if last_begun is not None and now - last_begun < min(TRY_AGAIN_AFTER, policy.every):
        return False
    return last_good is None or now - last_good >= policy.every


def safety(policy: BackupPolicy, has_key: bool, last_good: datetime | None, now: datetime) -> Safety:
    """How the shop stands."""
    if not has_key:
        return Safety.NO_KEY
    if last_good is None:
        return Safety.NONE
    return Safety.LATE if now - last_good > LATE_AFTER * policy.every else Safety.SAFE


def to_keep(moments: Iterable[datetime], policy: BackupPolicy) -> set[datetime]:
    """Which backups stay: all of the last day before the newest, and the newest of each of the last days, weeks and
    months that have one.

    The moments are aware UTC, and days are those of UTC.
    """
    newest_first = sorted(set(moments), reverse=True)
    kept = {at for at in newest_first if newest_first[0] - at < ALL_OF}
    for key, most in ((_day, policy.daily), (_week, policy.weekly), (_month, policy.monthly)):
        kept |= _newest_of_each(newest_first, key, most)
    return kept


def _newest_of_each(newest_first: list[datetime], key: Callable[[datetime], Hashable], most: int) -> set[datetime]:
    found: dict[Hashable, datetime] = {}
    for at in newest_first:
        found.setdefault(key(at), at)
    return set(list(found.values())[:most])


def _day(at: datetime) -> date:
    return at.date()


def _week(at: datetime) -> tuple[int, int]:
    return at.isocalendar()[:2]


def _month(at: datetime) -> tuple[int, int]:
    return at.year, at.month
