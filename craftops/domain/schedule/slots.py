"""Slots: when each open job begins and ends on its machine, from the order of the queue.

Hands set a machine up, change its material and start it in the shop's hours; machine time runs on over night, unless
the machine may not work unattended or has hours of its own; nothing runs through maintenance. Inside, instants are
seconds since 1970, because a crowded shop asks for thousands of them on one page.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial

from craftops.domain.estimation.estimate import CHANGEOVER
from craftops.domain.hours.availability import Span, allowed, told
from craftops.domain.hours.calendar import Calendar, MachineHours
from craftops.domain.schedule.capability import Changeover, Loaded, MachineCapability, after_change, change_of

LOOK_S = 14 * 86_400.0
"""A job that fits into no span of the next fourteen days is interrupted at closing time."""
TRIES = 200
ROUNDING_S = 1.0
FAR = datetime(3000, 1, 1, tzinfo=UTC)
FAR_S = FAR.timestamp()
"""Stands for "nobody knows"."""


@dataclass(frozen=True, slots=True)
class QueuedRun:
    """The machine work of one open job. ``seconds`` are those left, ``since`` is when it began if it has."""

    job_id: int
    seconds: float
    material: str = ""
    colour: str = ""
    since: datetime | None = None
    stands: bool = False
    """It has begun and stands still: it goes on when somebody is there."""


@dataclass(frozen=True, slots=True)
class Slot:
    """A planned interval on a machine, aware UTC."""

    job_id: int
    machine_id: int
    start: datetime
    end: datetime
    hands_from: datetime
    """From when hands are busy with it before it runs; equals ``start`` where no hands are needed."""
    change: Changeover = Changeover.NONE
    interrupted: bool = False
    """It rests while its machine may not work."""
    active: bool = False

    @property
    def unknown(self) -> bool:
        """Whether nobody knows when: its machine is in maintenance without an end."""
        return self.start >= FAR

    @property
    def endless(self) -> bool:
        """Whether nobody knows when it ends: not even when it begins, or it rests in maintenance without an end."""
        return self.end >= FAR


class Spans:
    """Open spans in order, walked out as far as anybody asks and no further; after the last one never again."""

    def __init__(self, spans: Iterator[Span]) -> None:
        self._more = spans
        self._starts: list[float] = []
        self._ends: list[float] = []

    def __iter__(self) -> Iterator[Span]:
        at = -math.inf
        while at < math.inf:
            start, at = self.from_(at)
            if start < math.inf:
                yield start, at

    def from_(self, at: float) -> Span:
        """The first span that ends after ``at``."""
        while not self._ends or self._ends[-1] <= at:
            span = next(self._more, None)
            if span is None:
                return math.inf, math.inf
            self._starts.append(span[0])
            self._ends.append(span[1])
        index = bisect_right(self._ends, at)
        return self._starts[index], self._ends[index]

    def open_at(self, at: float) -> bool:
        return self.from_(at)[0] <= at

    def after_work(self, at: float, seconds: float) -> float:
        """The end of ``seconds`` of work begun at ``at``, in these spans only."""
        left = seconds
        while True:
            start, end = self.from_(at)
            start = max(start, at)
            if start + left <= end:
                return start + left
            left -= end - start
            at = end


def spans_of(calendar: Calendar, now: datetime) -> Spans:
    """The spans of a calendar from the day before ``now`` on; an always open one is one span without an end."""
    return Spans(told(calendar, now - timedelta(days=1)))


def free_spans(machine: MachineCapability, calendar: Calendar, shop: Spans, now: datetime) -> Spans:
    """The spans in which a machine may work; none of them after maintenance whose end nobody knows."""
    limits, since = machine.limits or MachineHours(), now - timedelta(days=1)
    return Spans(allowed(limits, calendar.zone, since, shop, endless_s=math.inf))


class Lane:
    """A machine while slots are laid on it, one after another."""

    def __init__(self, machine: MachineCapability, calendar: Calendar, shop: Spans, now: datetime) -> None:
        self.machine = machine
        self.loaded: tuple[Loaded, ...] = machine.loaded
        self._shop = shop
        self._now = now.timestamp()
        self.clock = self._now
        self._free = free_spans(machine, calendar, shop, now)
        self._longest = self._longest_free()

    def _longest_free(self) -> float:
        at, longest = self._now, 0.0
        while at < self._now + LOOK_S:
            start, end = self._free.from_(at)
            if start == math.inf:
                break
            longest = max(longest, end - max(start, at))
            at = end
        return longest

    def copy(self) -> Lane:
        """The same lane as it stands; what is laid on the copy does not touch this one."""
        twin = object.__new__(Lane)
        twin.__dict__.update(self.__dict__)
        return twin

    def active(self, run: QueuedRun, now: datetime) -> Slot:
        """The slot of what runs there already. It rests while the machine may not work, as the estimate has it, and
        one that stands still waits for somebody to come.

        One that works although it may not is believed to go on.
        """
        seconds = max(0.0, run.seconds)
        begin = max(self._now, self._shop.from_(self._now)[0]) if run.stands else self._now
        end = self._free.after_work(begin, seconds) if self._free.open_at(begin) else begin + seconds
        self.clock = end
        self.loaded = after_change(run.material, run.colour, self.loaded)
        since, rests = run.since or now, end > self._now + seconds + ROUNDING_S
        return Slot(run.job_id, self.machine.machine_id, since, _instant(end), since, interrupted=rests, active=True)

    def _hands(self, run: QueuedRun) -> tuple[Changeover, float]:
        change = change_of(run.material, run.colour, self.loaded)
        extra = 0.0 if change is Changeover.NONE else self.machine.changeover_minutes * 60.0
        return change, extra + (0.0 if self.machine.auto_start else 60.0 * CHANGEOVER.minutes)

    def try_(self, run: QueuedRun) -> Slot:
        """Where a run would go if it came next."""
        change, hands = self._hands(run)
        slot = partial(_laid, run.job_id, self.machine.machine_id, change=change)
        at, first = self.clock, math.nan
        for _ in range(TRIES):
            begins = self._shop.after_work(at, hands) if hands else at
            start, end = self._free.from_(begins)
            if start > begins:
                at = start  # hands come again when the machine may begin
                continue
            if begins + run.seconds <= end:
                return slot(begins, begins + run.seconds, begins - hands)
            first = begins if math.isnan(first) else first
            if run.seconds > self._longest or begins - first > LOOK_S:
                ends = self._free.after_work(first, run.seconds)
                return slot(first, ends, first - hands, interrupted=True)
            at = end
        return slot(at, at + run.seconds, at - hands)  # for ever closed: somewhere far away

    def take(self, run: QueuedRun) -> Slot:
        """Lay a run behind what is there."""
        slot = self.try_(run)
        self.clock = slot.end.timestamp()
        self.loaded = after_change(run.material, run.colour, self.loaded)
        return slot


def _instant(at: float) -> datetime:
    return datetime.fromtimestamp(min(at, FAR_S), UTC)


def _laid(
    job: int, machine: int, start: float, end: float, hands: float, change: Changeover, interrupted: bool = False
) -> Slot:
    return Slot(job, machine, _instant(start), _instant(end), _instant(hands), change, interrupted)


def lay(lane: Lane, runs: Iterable[QueuedRun], now: datetime) -> list[Slot]:
    """Lay a machine's open jobs on it: what runs, then what waits, in the order given."""
    return [lane.active(run, now) if run.since is not None else lane.take(run) for run in runs]


def plan_slots(
    queues: Sequence[tuple[MachineCapability, Sequence[QueuedRun]]], calendar: Calendar, now: datetime
) -> dict[int, list[Slot]]:
    """The slots of every machine, by its id, from its queue. A job that has begun comes first in its queue."""
    shop = spans_of(calendar, now)
    return {machine.machine_id: lay(Lane(machine, calendar, shop, now), runs, now) for machine, runs in queues}
