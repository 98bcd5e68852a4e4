"""A proposal: where each of some jobs ends soonest, long ones over night. Staff accept it, in part, or not at all.

Greedy and deterministic: the jobs that are due first choose first, the longest of equals before the shorter; each goes
behind the queue of the machine where it ends soonest. Then each machine's new jobs are put in order once more, so that
short ones run while somebody is there to start the next, and a long one takes the night; kept only if no promise
suffers.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from craftops.domain.hours.calendar import Calendar
from craftops.domain.schedule.capability import MachineCapability, Need, why_not
from craftops.domain.schedule.slots import Lane, QueuedRun, Slot, Spans, lay, spans_of


@dataclass(frozen=True, slots=True)
class WantedJob:
    """A job that wants a place, and until when its order was promised."""

    run: QueuedRun
    need: Need
    due: datetime | None = None


@dataclass(frozen=True, slots=True)
class Proposal:
    """``slots`` of the jobs that found a place, machine by machine in queue order; for the others why they did not."""

    slots: tuple[Slot, ...]
    impossible: dict[int, str]
    nights: frozenset[int]
    """Jobs that run on when the shop has closed."""

    def added(self) -> dict[int, tuple[int, ...]]:
        """Machine id -> jobs that come behind its queue, in their order."""
        found: dict[int, tuple[int, ...]] = {}
        for slot in self.slots:
            found[slot.machine_id] = (*found.get(slot.machine_id, ()), slot.job_id)
        return found


def _turn(wanted: WantedJob) -> tuple[float, float, int]:
    due = wanted.due.timestamp() if wanted.due else math.inf
    return due, -wanted.run.seconds, wanted.run.job_id


def propose(
    jobs: Sequence[WantedJob],
    queues: Sequence[tuple[MachineCapability, Sequence[QueuedRun]]],
    calendar: Calendar,
    now: datetime,
) -> Proposal:
    """Find a place for each of ``jobs`` behind the queues. The order in which they are given does not matter."""
    shop = spans_of(calendar, now)
    lanes: dict[int, Lane] = {}
    for machine, runs in sorted(queues, key=lambda queue: queue[0].machine_id):
        lanes[machine.machine_id] = Lane(machine, calendar, shop, now)
        lay(lanes[machine.machine_id], runs, now)
    tails = {id_: lane.copy() for id_, lane in lanes.items()}
    chosen: dict[int, list[WantedJob]] = {id_: [] for id_ in lanes}
    impossible: dict[int, str] = {}
    for wanted in sorted(jobs, key=_turn):
        fitting = [lane for lane in lanes.values() if not why_not(wanted.need, lane.machine, now)]
        if not fitting:
            impossible[wanted.run.job_id] = _why_nowhere(wanted.need, list(lanes.values()), now)
            continue
        best = min(fitting, key=lambda lane: (lane.try_(wanted.run).end, lane.machine.machine_id))
        best.take(wanted.run)
        chosen[best.machine.machine_id].append(wanted)
    slots = [slot for id_, wanted in chosen.items() for slot in _in_order(tails[id_], wanted, shop)]
    return Proposal(tuple(slots), impossible, frozenset(s.job_id for s in slots if not _ends_in_hours(s, shop)))


def _why_nowhere(need: Need, lanes: Sequence[Lane], now: datetime) -> str:
    """The reason of the machine that comes nearest: one of the right process, if there is one."""
    near = [lane for lane in lanes if need.process in (lane.machine.process, "other")] or list(lanes)
    return why_not(need, near[0].machine, now) if near else "There is no machine yet."


def _ends_in_hours(slot: Slot, shop: Spans) -> bool:
    """Whether somebody is still there from its start to its end."""
    start, end = shop.from_(slot.start.timestamp())
    return start <= slot.start.timestamp() and slot.end.timestamp() <= end


def _in_order(tail: Lane, jobs: list[WantedJob], shop: Spans) -> list[Slot]:
    """The slots of one machine's new jobs, in the better of two orders."""
    plain, by_night = jobs, _by_night(tail.copy(), jobs, shop)
    due = {one.run.job_id: one.due for one in jobs}
    found = []
    for order in (by_night, plain):
        lane = tail.copy()
        found.append([lane.take(one.run) for one in order])
    return min(found, key=lambda slots: _cost(slots, due))


def _by_night(lane: Lane, jobs: list[WantedJob], shop: Spans) -> list[WantedJob]:
    left, order = list(jobs), []
    while left:
        day = next((one for one in left if _ends_in_hours(lane.try_(one.run), shop)), None)
        pick = day or max(left, key=lambda one: (one.run.seconds, -one.run.job_id))
        left.remove(pick)
        lane.take(pick.run)
        order.append(pick)
    return order


def _cost(slots: Sequence[Slot], due: dict[int, datetime | None]) -> tuple[int, float, float, float]:
    """How bad an order is: broken promises, by how much, when the last one ends, all ends together (seconds)."""
    late = [
        (slot.end - promise).total_seconds()
        for slot in slots
        if (promise := due[slot.job_id]) is not None and slot.end > promise
    ]
    ends = [slot.end.timestamp() for slot in slots]
    return len(late), sum(late), max(ends, default=0.0), sum(ends)
