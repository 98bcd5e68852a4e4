"""The shop's hours as arrays, for many draws at once: when hands are there next, and when hand work ends.

All instants are seconds since 1970 UTC (float64), so that a day of 23 or 25 hours needs no thought here: the calendar
told its spans as UTC instants. A guide table (one entry for each ten minutes) finds a span without a search; it is
exact, because whatever ends inside an entry is stepped over one by one.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from craftops.domain.hours.availability import joined
from craftops.domain.hours.calendar import HORIZON_DAYS, Calendar, Hours

Array = NDArray[np.float64]
Draws = NDArray[np.float32]
GRAIN = 600.0
FOREVER = 1e13
"""The end of the last span: after the horizon the shop counts as open, as in ``Calendar``."""


class OpenTime:
    """Open spans from one day on. ``starts``, ``ends`` and ``before`` (open seconds before each) have one length."""

    def __init__(self, spans: list[tuple[float, float]], begin: float) -> None:
        known = [(0.0, FOREVER)]
        if spans:
            last = max(begin, *(end for _, end in spans))
            known = [*joined(sorted(span for span in spans if span[0] < span[1])), (last, FOREVER)]
        self.begin = begin
        self.starts = np.array([start for start, _ in known])
        self.ends = np.array([end for _, end in known])
        lengths = self.ends - self.starts
        self.before = np.concatenate(([0.0], np.cumsum(lengths)[:-1]))
        self.until = self.before + lengths
        self._closed = self.starts - self.before
        self._by_time, self._time_steps = _guide(self.ends[:-1] - begin, strict=True)
        self._by_open, self._open_steps = _guide(self.until[:-1], strict=False)

    def _span(self, at: Array) -> NDArray[np.intp]:
        """The first span that ends after each instant; nothing is asked of the time before ``begin``."""
        slot = at - self.begin
        slot /= GRAIN
        span = self._by_time.take(slot.astype(np.intp), mode="clip")
        for _ in range(self._time_steps):
            span += at >= self.ends.take(span)
        return span

    def next_open(self, at: Array) -> Array:
        """The first instant from each of ``at`` on at which somebody is there."""
        opened: Array = np.maximum(at, self.starts[self._span(at)])
        return opened

    def closing(self, at: Array) -> Array:
        """When the span ends that each of ``at`` lies in, or that comes next."""
        ends: Array = self.ends[self._span(at)]
        return ends

    def after(self, at: Array, seconds: Array | Draws) -> Array:
        """The end of hand work of ``seconds`` begun at each of ``at``, in opening hours only."""
        span = self._span(at)
        begun = self.starts.take(span)
        np.maximum(begun, at, out=begun)
        end: Array = begun - self._closed.take(span)
        end += seconds
        slot = end / GRAIN
        span = self._by_open.take(np.ceil(slot, out=slot).astype(np.intp), mode="clip")
        for _ in range(self._open_steps):
            span += end > self.until.take(span)
        end += self._closed.take(span)
        np.maximum(end, begun, out=end)
        return end

    def open_seconds(self, start: float, end: float) -> float:
        """Seconds in opening hours between two instants; 0 when they are the wrong way round."""
        low, high = (self._opened(np.array([at])) for at in (start, end))
        return max(0.0, float(high[0] - low[0]))

    def _opened(self, at: Array) -> Array:
        span = self._span(np.maximum(at, self.begin))
        opened: Array = self.before[span] + np.maximum(0.0, at - self.starts[span])
        return opened


def _guide(ends: Array, *, strict: bool) -> tuple[NDArray[np.intp], int]:
    """(span by slot, the most spans that end inside one slot). ``strict``: a span is over at its very end, and a slot
    begins at its mark; else a slot ends at its mark, so that hours told in whole slots never end inside one."""
    if not len(ends):
        return np.zeros(1, dtype=np.intp), 0
    marks = np.arange(-GRAIN, ends[-1] + 2 * GRAIN, GRAIN)
    over, before = np.searchsorted(ends, marks, side="right"), np.searchsorted(ends, marks, side="left")
    guide = over[1:-1] if strict else over[:-1]
    steps = int((before[2:] - guide).max() if strict else (before[1:] - guide).max())
    return guide.astype(np.intp), steps


def open_time(calendar: Calendar, now: datetime) -> OpenTime:
    """The calendar's hours from the day before ``now`` on (400 days); kept between calls."""
    weekly = tuple(sorted((day, tuple(hours)) for day, hours in calendar.weekly.items()))
    day = now.astimezone(calendar.zone).date() - timedelta(days=1)
    return _open_time(calendar.zone.key, weekly, calendar.closed_on, calendar.special, day)


@lru_cache(maxsize=8)
def _open_time(
    zone: str,
    weekly: tuple[tuple[int, tuple[Hours, ...]], ...],
    closed_on: frozenset[date],
    special: tuple[tuple[date, tuple[Hours, ...]], ...],
    day: date,
) -> OpenTime:
    calendar = Calendar(ZoneInfo(zone), dict(weekly), closed_on, special)
    begin = datetime.combine(day, datetime.min.time(), UTC).timestamp() - 86_400.0
    if calendar.always_open:
        return OpenTime([], begin)
    days = (day + timedelta(days=offset) for offset in range(HORIZON_DAYS))
    return OpenTime([(a.timestamp(), b.timestamp()) for one in days for a, b in calendar.spans(one)], begin)
