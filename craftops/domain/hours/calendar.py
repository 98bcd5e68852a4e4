"""The shop's hours: when hands are there, and how hand work and starts walk through the calendar.

Machines run through the night; people do not. All instants are aware UTC; the calendar knows its zone,
so a day of 23 or 25 hours is walked rightly.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

HORIZON_DAYS = 400


@dataclass(frozen=True, slots=True)
class Hours:
    """One open span of a day, local time. ``end`` at 00:00 means the end of the day."""

    start: time
    end: time


@dataclass(frozen=True, slots=True)
class MachineHours:
    """When a machine may work, where that is less than always."""

    hours: Hours | None = None
    """Of each day, local time; None for around the clock."""
    unattended: bool = True
    """May work on when nobody is there."""
    blocks: tuple[tuple[datetime, datetime | None], ...] = ()
    """Maintenance from … to (aware UTC); None while nobody knows its end."""

    def down(self, at: datetime) -> bool:
        """Whether the machine rests, and nobody knows until when."""
        return any(start <= at and end is None for start, end in self.blocks)


@dataclass(frozen=True, slots=True)
class Calendar:
    """Opening hours by weekday (Monday is 0), closed days, and the zone that they are told in.

    A calendar without any hours counts as always open, so that a shop that has not told its hours yet
    still gets estimates.
    """

    zone: ZoneInfo
    weekly: dict[int, tuple[Hours, ...]] = field(default_factory=dict, hash=False)
    closed_on: frozenset[date] = frozenset()
    special: tuple[tuple[date, tuple[Hours, ...]], ...] = ()
    """Days with other hours than their weekday has, in order."""

    @property
    def facts(self) -> tuple[object, ...]:
        """All that it says, as one value that can be hashed."""
        return self.zone, tuple(self.weekly.items()), self.closed_on, self.special

    @property
    def always_open(self) -> bool:
        return not any(self.weekly.values())

    def spans(self, day: date) -> tuple[tuple[datetime, datetime], ...]:
        """The open spans of a local day as UTC instants."""
        return tuple(self._span(day, hours) for hours in self.hours_of(day))

    def hours_of(self, day: date) -> tuple[Hours, ...]:
        """The hours of a local day, whatever its weekday has."""
        if day in self.closed_on:
            return ()
        other = next((hours for one, hours in self.special if one == day), None) if self.special else None
        return other if other is not None else self.weekly.get(day.weekday(), ())

    def opens_on(self, day: date) -> bool:
        """Whether the shop opens on a local day at all."""
        return self.always_open or bool(self.hours_of(day))

    def _span(self, day: date, hours: Hours) -> tuple[datetime, datetime]:
        start = datetime.combine(day, hours.start, self.zone)
        last = day + timedelta(days=1) if hours.end == time(0) else day
        return start.astimezone(UTC), datetime.combine(last, hours.end, self.zone).astimezone(UTC)

    def walk(self, at: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Open spans from ``at`` on, the first one cut to begin no earlier; ends after 400 days."""
        if self.always_open:
            yield at, at + timedelta(days=HORIZON_DAYS)
            return
        day = at.astimezone(self.zone).date()
        for offset in range(HORIZON_DAYS):
            for start, end in self.spans(day + timedelta(days=offset)):
                if end > at:
                    yield max(start, at), end

    def is_open(self, at: datetime) -> bool:
        """Whether somebody is there at this instant."""
        span = next(self.walk(at), None)
        return span is not None and span[0] <= at

    def next_open(self, at: datetime) -> datetime:
        """The first instant from ``at`` on at which the shop is open; ``at`` itself if it is, or never."""
        span = next(self.walk(at), None)
        return span[0] if span else at

    def closes_at(self, at: datetime) -> datetime | None:
        """When the shop closes today if it is open at ``at``; None if it is closed or never closes."""
        if self.always_open:
            return None
        span = next(self.walk(at), None)
        return span[1] if span and span[0] <= at else None

    def after_hand_work(self, at: datetime, minutes: float) -> datetime:
        """The end of ``minutes`` of hand work begun at ``at``, in opening hours only."""
        left = timedelta(minutes=max(0.0, minutes))
        end = at
        for start, close in self.walk(at):
            if start + left <= close:
                return start + left
            left -= close - start
            end = close
        return end + left

    def open_seconds(self, start: datetime, end: datetime) -> float:
        """Seconds in opening hours between two instants; 0 when they are the wrong way round."""
        total = 0.0
        for begin, close in self.walk(start):
            if begin >= end:
                break
            total += (min(close, end) - begin).total_seconds()
        return total
