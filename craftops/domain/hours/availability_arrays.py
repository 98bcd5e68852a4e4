"""When machines may work, as arrays: their own hours, hands beside them, maintenance. For many draws at once.

A run begins where there is room for it before the machine must stop; one that is longer than any such room begins
where there is most of it, and rests while the machine may not work. So more work never ends earlier.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import takewhile
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from craftops.domain.hours.availability import allowed, told
from craftops.domain.hours.calendar import HORIZON_DAYS, Calendar, Hours, MachineHours
from craftops.domain.hours.open_hours import Array, Draws, OpenTime, open_time

LOOK_DAYS = 14
TRIES = 60
ROUNDING_S = 1.0


class MachineTime:
    """The time of machines with one set of limits. ``own`` are the spans in which they may work.

    ``hands``: somebody must have set the machine up, in the shop's hours, before each beginning.
    """

    def __init__(self, own: OpenTime, shop: OpenTime, now: float, *, hands: bool) -> None:
        self.own = own
        self._shop = shop
        self._hands = hands
        self._now = now
        self._most = self._most_room()

    def _most_room(self) -> float:
        """Seconds of the longest run that ends before the machine must stop, once it has been set up."""
        soon = self.own.starts < self._now + LOOK_DAYS * 86_400.0
        starts = np.maximum(self.own.starts[soon], self._now)
        none = np.zeros(len(starts))
        begin = self._opened(self._shop.after(starts, none) if self._hands else starts, none)
        return float(np.max(self.own.closing(begin) - begin, initial=0.0))

    def _opened(self, ready: Array, changeover: Array | Draws) -> Array:
        """When runs may begin whose machine is set up at ``ready``; one that may not yet is set up when it may."""
        begin = self.own.next_open(ready)
        for _ in range(TRIES if self._hands else 0):
            early = begin > ready
            if not early.any():
                break
            ready = np.where(early, self._shop.after(begin, changeover), ready)
            begin = self.own.next_open(ready)
        return begin

    def run(self, ready: Array, seconds: Array | Draws, changeover: Array | Draws) -> tuple[Array, Array]:
        """When runs begin and end whose machine is free, and set up, at ``ready``."""
        begin = self._opened(ready, changeover)
        room = np.minimum(seconds, np.maximum(0.0, self._most - changeover) if self._hands else self._most)
        for _ in range(TRIES):
            closing = self.own.closing(begin)
            short = begin + room > closing + ROUNDING_S
            if not short.any():
                break
            after = self.own.next_open(closing[short])
            again = self._shop.after(after, changeover[short]) if self._hands else after
            begin[short] = self._opened(again, changeover[short])
        return begin, self.own.after(begin, seconds)

    def go_on(self, at: Array, seconds: Array) -> Array:
        """When runs end that are at work already. One that works although it may not is believed to go on."""
        allowed = self.own.next_open(at) <= at
        return np.where(allowed, self.own.after(at, seconds), at + seconds)


def machine_time(limits: MachineHours, calendar: Calendar, now: datetime, *, hands: bool) -> MachineTime:
    """The time of machines with these limits in this shop, from the day before ``now`` on; kept between calls."""
    weekly = tuple(sorted((day, tuple(hours)) for day, hours in calendar.weekly.items()))
    day = now.astimezone(calendar.zone).date() - timedelta(days=1)
    own = _own_time(calendar.zone.key, weekly, calendar.closed_on, calendar.special, day, limits)
    return MachineTime(own, open_time(calendar, now), now.timestamp(), hands=hands)


@lru_cache(maxsize=256)
def _own_time(
    zone: str,
    weekly: tuple[tuple[int, tuple[Hours, ...]], ...],
    closed_on: frozenset[date],
    special: tuple[tuple[date, tuple[Hours, ...]], ...],
    day: date,
    limits: MachineHours,
) -> OpenTime:
    shop = Calendar(ZoneInfo(zone), dict(weekly), closed_on, special)
    since = datetime.combine(day, datetime.min.time(), shop.zone)
    begin = datetime.combine(day, datetime.min.time(), UTC).timestamp() - 86_400.0
    end = begin + HORIZON_DAYS * 86_400.0
    spans = allowed(limits, shop.zone, since, told(shop, since), endless_s=LOOK_DAYS * 86_400.0)
    seen = takewhile(lambda span: span[0] < end, spans)
    return OpenTime([(max(low, begin), min(high, end)) for low, high in seen if high > begin], begin)


class Bounds:
    """Which machines of a walk (by their place in it) have limits, and their time."""

    def __init__(self, times: list[tuple[MachineTime, NDArray[np.bool_]]]) -> None:
        self._times = times

    def __bool__(self) -> bool:
        return bool(self._times)

    def ends(
        self, of: NDArray[np.intp], begin: Array, seconds: Array | Draws, changeover: Array | Draws
    ) -> tuple[Array, Array]:
        """When runs begin and end that are set up at ``begin``; ``of`` says which machine the first axis is."""
        end = begin + seconds
        if not self._times:
            return begin, end
        begin = begin.copy()
        for time, member in self._times:
            rows = np.flatnonzero(member[of])
            if len(rows):
                begin[rows], end[rows] = time.run(begin[rows], seconds[rows], changeover[rows])
        return begin, end

    def go_on(self, of: NDArray[np.intp], at: Array, seconds: Array) -> Array:
        """When runs end that are at work already."""
        end = at + seconds
        for time, member in self._times:
            rows = np.flatnonzero(member[of])
            if len(rows):
                end[rows] = time.go_on(at[rows], seconds[rows])
        return end


def bounds_of(limits: list[tuple[MachineHours | None, bool]], calendar: Calendar, now: datetime) -> Bounds:
    """The bounds of machines in this order, each with its limits and whether it starts without hands."""
    groups: dict[tuple[MachineHours, bool], list[int]] = {}
    for place, (limit, alone) in enumerate(limits):
        if limit is not None:
            groups.setdefault((limit, alone), []).append(place)
    times = []
    for (limit, alone), places in groups.items():
        member = np.zeros(len(limits), dtype=np.bool_)
        member[places] = True
        times.append((machine_time(limit, calendar, now, hands=not alone), member))
    return Bounds(times)
