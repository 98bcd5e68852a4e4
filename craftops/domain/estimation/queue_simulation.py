"""The walk through the real queue: every machine's jobs, the people who start them, the hand work after, in many draws.

The k-th job of every queue is taken at the same time, as arrays (machines × draws): a person starts it in opening
hours, the machine works through the night, and now and then it fails and somebody starts it again. Jobs without a
machine go where they would probably be done first. An order is ready when its last job, its hand work and its
check are. All times inside are seconds since 1970 UTC.

Each draw is a path that only grows with its work, and each machine, job and order has draws of its own: more work
never makes anybody in a queue earlier, and what happens on one machine does not move those who do not wait for it. (A
job without a machine may be sent to another by more work, one that is slower in the middle and surer at the far end.)
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from craftops.domain.estimation.estimate import (
    WINDOW_SHARES,
    Z90,
    Basis,
    Estimate,
    Floor,
    HandStep,
    MachineQueue,
    OrderWork,
    Waiting,
    basis_of,
    left_of,
    window_of,
)
from craftops.domain.estimation.random_draws import DRAWS, Of, normals
from craftops.domain.estimation.run_draws import Failures, Machines, Runs, hand_seconds
from craftops.domain.estimation.statistics import COLD
from craftops.domain.hours.availability_arrays import Bounds, bounds_of
from craftops.domain.hours.calendar import Calendar
from craftops.domain.hours.open_hours import Array, OpenTime, open_time
from craftops.domain.production.jobs import ACTIVE, Job, JobState

PORTION = 500
"""Runs that are drawn at once."""


class QueueSimulation:
    """One walk from ``now`` on. ``changed`` walks one machine again; the others stay as they are."""

    def __init__(self, floor: Floor, now: datetime, calendar: Calendar) -> None:
        self.now = now
        self.at = now.timestamp()
        self.opening: OpenTime = open_time(calendar, now)
        self._calendar = calendar
        self._waiting = tuple(floor.waiting)
        self._stranded: dict[int, tuple[Waiting, ...]] = {}
        self._row: dict[int, int] = {}
        self._ends = np.empty((sum(len(q.jobs) for q in floor.queues) + len(floor.waiting), DRAWS))
        self._free: dict[int, Array] = {}
        self.given: dict[int, int] = {}
        """Waiting job → the machine where it would probably be done first."""
        self.queues = {queue.machine_id: self._standing(queue) for queue in floor.queues}
        self._take(self.queues.values())
        self._give_out()

    def changed(self, queue: MachineQueue) -> None:
        """This machine is now like that. Orders that wait for it, or for any of its process, must be asked again."""
        before = self._stranded.get(queue.machine_id, ())
        self.queues[queue.machine_id] = standing = self._standing(queue)
        self._take([standing])
        if self._waiting or before or any(self._stranded.values()):
            self._give_out()

    def _standing(self, queue: MachineQueue) -> MachineQueue:
        """The queue without those who wait for a machine that rests until nobody knows when: they look for another."""
        if queue.limits is None or not queue.limits.down(self.now):
            self._stranded.pop(queue.machine_id, None)
            return queue
        active = tuple(job for job in queue.jobs if job.state in ACTIVE)
        stranded = (job for job in queue.jobs if job.state not in ACTIVE)
        self._stranded[queue.machine_id] = tuple(Waiting(job, queue.process) for job in stranded)
        return replace(queue, jobs=active, takes_new=False)

    def ends(self, job_id: int) -> Array:
        """When a job ends, by draw. Raises KeyError for a job that stands nowhere on the floor."""
        ends: Array = self._ends[self._row[job_id]]
        return ends

    def estimates(self, works: Sequence[OrderWork]) -> list[Estimate]:
        """The window of each order, its basis, and the age of the newest fact behind it."""
        walked = [work for work in works if not work.ready and not work.waits_for_customer]
        windows = iter(self.quantiles(walked, WINDOW_SHARES).tolist()) if walked else iter(())
        return [self._estimate(work, windows) for work in works]

    def _estimate(self, work: OrderWork, windows: Iterable[list[float]]) -> Estimate:
        if work.ready:
            return Estimate(None, Basis.DONE, self.now)
        if work.waits_for_customer:
            return Estimate(None, Basis.WAITING, self.now)
        window = window_of(next(iter(windows)))
        active = [job for job in work.jobs if job.state in ACTIVE]
        if not active:
            return Estimate(window, basis_of(work), self.now, paused=work.on_hold)
        reported = [job.reported_at for job in active if job.reported_at is not None]
        stale = any(self.queues[job.machine_id].stale for job in active if job.machine_id in self.queues)
        paused = work.on_hold or all(job.state is not JobState.RUNNING for job in active)
        return Estimate(window, Basis.MACHINE, max(reported, default=self.now), stale, paused)

    def quantiles(self, works: Sequence[OrderWork], at: Sequence[float]) -> Array:
        """(orders × shares) when the orders will be ready, seconds since 1970 UTC; never before now."""
        found = np.empty((len(works), len(at)))
        for first in range(0, len(works), PORTION):
            part = slice(first, first + PORTION)
            ready = self._ready(works[part])
            ready.sort(axis=1)
            for column, share in enumerate(at):
                place = min(DRAWS - 1.0, max(0.0, share * DRAWS - 0.5))
                low = int(place)
                high = min(low + 1, DRAWS - 1)
                found[part, column] = ready[:, low] + (place - low) * (ready[:, high] - ready[:, low])
        # Between two draws lies a night or a weekend, in which nothing becomes ready.
        return self.opening.next_open(found)

    def _ready(self, works: Sequence[OrderWork]) -> Array:
        row = self._row
        ready = np.full((len(works), DRAWS), self.at)
        rows = [[row[job.id] for job in work.jobs] for work in works]
        for k in range(max(map(len, rows), default=0)):
            having = [index for index, found in enumerate(rows) if len(found) > k]
            ends = self._ends[[rows[index][k] for index in having]]
            if len(having) == len(works):
                np.maximum(ready, ends, out=ready)
            else:
                ready[having] = np.maximum(ready[having], ends)
        reviewed = [index for index, work in enumerate(works) if work.review is not None]
        if reviewed:
            steps = [(works[index].order_id, works[index].review) for index in reviewed]
            ready[reviewed] = np.maximum(ready[reviewed], self._reviewed(steps))
        hand = hand_seconds(Of.HAND, [(work.order_id, work.hand) for work in works])
        hand += hand_seconds(Of.CHECK, [(work.order_id, work.check) for work in works])
        return self.opening.next_open(self.opening.after(ready, hand))

    def _reviewed(self, steps: Sequence[tuple[int, HandStep | None]]) -> Array:
        seconds = hand_seconds(Of.REVIEW, steps)
        return self.opening.after(np.full(seconds.shape, self.at), seconds)

    def _rows_for(self, jobs: Sequence[Job]) -> list[int]:
        """A row for each job, the one it has had before where it had one."""
        row = self._row
        rows = [row.setdefault(job.id, len(row)) for job in jobs]
        if len(row) > len(self._ends):
            self._ends = np.concatenate((self._ends, np.empty((len(row), DRAWS))))
        return rows

    def _take(self, queues: Iterable[MachineQueue]) -> None:
        """Walk these machines' queues, the longest first, so that those with a k-th job are always the first ones."""
        ordered = sorted(queues, key=lambda queue: -len(queue.jobs))
        free = np.full((len(ordered), DRAWS), self.at)
        bounds = bounds_of([(queue.limits, queue.auto_start) for queue in ordered], self._calendar, self.now)
        alone = np.array([queue.auto_start for queue in ordered])
        machines = Machines([queue.usual for queue in ordered], [queue.machine_id for queue in ordered])
        active = [i for i, queue in enumerate(ordered) if queue.jobs and queue.jobs[0].state in ACTIVE]
        for jobs, many in _portions(ordered):
            runs = machines.runs(jobs, np.concatenate([np.arange(count) for count in many]))
            at_work = self._at_work([ordered[i] for i in active], runs, active, bounds) if active else None
            self._walk(runs, self._rows_for(jobs), many, free, alone, bounds, (active, at_work))
            active = []
        for queue, at in zip(ordered, free, strict=True):
            self._free[queue.machine_id] = at

    def _walk(
        self,
        runs: Runs,
        rows: Sequence[int],
        many: Sequence[int],
        free: Array,
        alone: NDArray[np.bool_],
        bounds: Bounds,
        first: tuple[Sequence[int], tuple[Array, Array] | None],
    ) -> None:
        """The k-th jobs of all machines after the k-1st. ``free`` ends as when each machine has done everything."""
        failed = runs.failures()
        low = 0
        for count in many:
            high = low + count
            at = free[:count]
            begin = self.opening.after(at, runs.changeover[low:high])
            if alone[:count].any():
                begin = np.where(alone[:count, None], at, begin)
            begin, end = bounds.ends(np.arange(count), begin, runs.seconds[low:high], runs.changeover[low:high])
            active, at_work = first
            if low == 0 and at_work is not None:
                begin[active], end[active] = at_work
            self._fail(failed.between(low, high), begin, end, bounds)
            free[:count] = self._ends[rows[low:high]] = end
            low = high

    def _at_work(
        self, queues: Sequence[MachineQueue], runs: Runs, rows: Sequence[int], bounds: Bounds
    ) -> tuple[Array, Array]:
        """When the running jobs go on and when they end. One that stands still waits for somebody to come, at least.

        Their chance of failure shrinks to what is left of them.
        """
        left = [left_of(queue.jobs[0], queue, self.now) for queue in queues]
        low, middle, high = np.array([(one.p10_s, one.p50_s, one.p90_s) for one in left]).T[:, :, None]
        z = normals(Of.JOB, [queue.jobs[0].id for queue in queues])
        seconds = np.maximum(0.0, middle + z / Z90 * np.where(z < 0.0, middle - low, high - middle))
        stands = np.array([queue.jobs[0].state is not JobState.RUNNING for queue in queues])
        begin = np.full(seconds.shape, self.at)
        if stands.any():
            begin[stands] = self.opening.next_open(begin[stands])
        whole = np.maximum(1.0, runs.seconds[rows].mean(axis=1))
        runs.fails[rows] *= np.minimum(1.0, middle[:, 0] / whole)
        return begin, bounds.go_on(np.asarray(rows), begin, seconds)

    def _fail(self, failed: Failures, begin: Array, end: Array, bounds: Bounds) -> None:
        """In these draws the runs fail, and somebody starts them again; at most twice. Changes ``end``."""
        row, changeover, seconds = failed.row, failed.changeover, failed.seconds
        if not len(row):
            return
        started, over = begin[row, failed.draw], end[row, failed.draw]
        again = self.opening.after(started + failed.share * (over - started), changeover)
        again, ended = bounds.ends(row, again, seconds, changeover)
        over = np.maximum(over, ended)
        twice = np.flatnonzero(failed.again < 1.0)
        if len(twice):
            third = self.opening.after(again[twice] + failed.again[twice] * seconds[twice], changeover[twice])
            _, ended = bounds.ends(row[twice], third, seconds[twice], changeover[twice])
            over[twice] = np.maximum(over[twice], ended)
        end[row, failed.draw] = over

    def _give_out(self) -> None:
        """Jobs that wait for a machine: each goes to the one where it would probably be done first."""
        waiting = [*(one for found in self._stranded.values() for one in found), *self._waiting]
        self.given = {}
        if not waiting:
            return
        rows = self._rows_for([one.job for one in waiting])
        free = dict(self._free)
        middle = dict(zip(free, np.median([*free.values()], axis=1).tolist(), strict=True)) if free else {}
        for one, row in zip(waiting, rows, strict=True):
            able = [q for q in self.queues.values() if q.takes_new and _fits(one.process, q.process)]
            ends = [middle[q.machine_id] + one.job.planned_s * q.usual.ratio for q in able]
            queue = able[ends.index(min(ends))] if able else None
            machine = queue.machine_id if queue else 0
            at = free.get(machine, np.full(DRAWS, self.at))[None, :]
            self._ends[row] = end = self._give(one, queue, at)
            if queue is not None:
                self.given[one.job.id] = machine
                free[machine], middle[machine] = end, float(np.median(end))

    def _give(self, one: Waiting, queue: MachineQueue | None, at: Array) -> Array:
        """When a job ends on this machine, which is free ``at`` (1 × draws); on one that nobody knows without it."""
        usual, machine = (queue.usual, queue.machine_id) if queue else (COLD, 0)
        bounds = bounds_of([(queue.limits if queue else None, False)], self._calendar, self.now)
        runs = Machines([usual], [machine]).runs([one.job], np.zeros(1, dtype=np.intp))
        if one.review is not None:
            at = np.maximum(at, self._reviewed([(one.job.order_id, one.review)]))
        begin, end = bounds.ends(
            np.zeros(1, dtype=np.intp), self.opening.after(at, runs.changeover), runs.seconds, runs.changeover
        )
        self._fail(runs.failures(), begin, end, bounds)
        first: Array = end[0]
        return first


def _portions(queues: Sequence[MachineQueue]) -> Iterator[tuple[list[Job], list[int]]]:
    """The jobs of queues, the longest queue first: all first ones, all second ones, and so on; with how many there are
    of each. In portions whose draws the processor's cache holds."""
    depth = [len(queue.jobs) for queue in queues]
    jobs: list[Job] = []
    many: list[int] = []
    for k in range(max(depth, default=0)):
        found = [queue.jobs[k] for queue in queues[: sum(count > k for count in depth)]]
        if jobs and len(jobs) + len(found) > PORTION:
            yield jobs, many
            jobs, many = [], []
        jobs += found
        many.append(len(found))
    if jobs:
        yield jobs, many


def _fits(process: str, of_machine: str) -> bool:
    return process == of_machine or "other" in (process, of_machine)


def estimate_order(work: OrderWork, queues: dict[int, MachineQueue], now: datetime, calendar: Calendar) -> Estimate:
    """The window of one order among these machines; its jobs without a machine are given out alone."""
    standing = {job.id for queue in queues.values() for job in queue.jobs}
    waiting = [Waiting(job, review=work.review) for job in work.jobs if job.id not in standing]
    return QueueSimulation(Floor(tuple(queues.values()), waiting), now, calendar).estimates([work])[0]
