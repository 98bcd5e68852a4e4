"""The estimate: when an order will be ready, as a window that follows what really happens.

One walk through the real queue: what the machine says of the running job, the jobs before ours, a person
to start each (in opening hours), hand operations (in opening hours). Walked twice, with the machine's pace
at its middle and at its 90th percentile, it gives P50 and P90. The promise (P90 at acceptance) is kept apart.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from craftops.domain.production import ACTIVE, OPEN, Job, JobState, active_seconds
from craftops.domain.scheduling import Calendar

PACE_SIGMA = 0.25
"""Standard deviation of log(real ÷ planned) before anything is learned (machines.md §6.2: cold start)."""
PACE_MEDIAN = 1.10
Z90 = 1.2816
MACHINE_WORD_SIGMA = 0.08
CHANGEOVER_S = 600.0
HAND_P90 = 1.5
REVIEW_MINUTES = 60.0
REVIEW_P90_MINUTES = 8 * 60.0
MIN_MOVE = timedelta(minutes=5)
RELATIVE_MOVE = 0.02


class Basis(StrEnum):
    """What a window rests on, the strongest word first."""

    MACHINE = "machine"
    SCHEDULE = "schedule"
    HAND_WORK = "hand_work"
    OPENING_HOURS = "opening_hours"
    REVIEW = "review"
    WAITING = "waiting"
    DONE = "done"


class Cause(StrEnum):
    """Why a window moved."""

    MACHINE_PAUSED = "machine_paused"
    MACHINE_RESUMED = "machine_resumed"
    MACHINE_ATTENTION = "machine_attention"
    JOB_STARTED = "job_started"
    JOB_FINISHED = "job_finished"
    JOB_FAILED = "job_failed"
    MACHINE_SLOWER = "machine_slower"
    MACHINE_FASTER = "machine_faster"
    QUEUE_CHANGED = "queue_changed"
    HAND_WORK = "hand_work"
    STAGE = "stage"
    HOLD = "hold"
    SILENT = "silent"
    FIRST = "first"
    TIME_PASSED = "time_passed"


class Chip(StrEnum):
    """How the order stands against its promise."""

    ON_TRACK = "on_track"
    AT_RISK = "at_risk"
    LATE = "late"
    WAITING_FOR_YOU = "waiting_for_you"
    PAUSED = "paused"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Window:
    """From P50 to P90, aware UTC."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Estimate:
    """What we now believe. ``as_of`` is the age of the newest fact it rests on."""

    window: Window | None
    basis: Basis
    as_of: datetime
    stale: bool = False
    paused: bool = False


@dataclass(frozen=True, slots=True)
class MachineQueue:
    """One machine as the estimate sees it: its open jobs of all orders in queue order."""

    machine_id: int
    jobs: tuple[Job, ...]
    stale: bool = False
    silent_s: float = 0.0
    auto_start: bool = False
    """Starts its next job without a person."""
    pace: float = PACE_MEDIAN
    sigma: float = PACE_SIGMA


@dataclass(frozen=True, slots=True)
class OrderWork:
    """What is left to do for one order."""

    order_id: int
    under_review: bool
    on_hold: bool
    waits_for_customer: bool
    jobs: tuple[Job, ...]
    hand_minutes: float
    ready: bool = False
    hand_p90: float = HAND_P90


@dataclass(frozen=True, slots=True)
class _Walk:
    """Quantile settings of one walk: how many sigmas above the middle."""

    z: float
    hand: float
    review_minutes: float


_P50 = _Walk(0.0, 1.0, REVIEW_MINUTES)
_P90 = _Walk(Z90, HAND_P90, REVIEW_P90_MINUTES)


def remaining_seconds(job: Job, queue: MachineQueue, now: datetime, z: float = 0.0) -> float:
    """Seconds of machine time left of ``job`` at ``now``, at ``z`` sigmas above the middle.

    A machine's own remaining counts down between two reports. Without one: planned × pace, and as the run
    shows evidence (progress), elapsed ÷ progress gains weight. A stale feed holds and widens.
    """
    if job.state not in ACTIVE:
        return job.planned_s * queue.pace * math.exp(z * queue.sigma)
    held = queue.stale or job.state is not JobState.RUNNING
    since = 0.0 if held or job.reported_at is None else max(0.0, (now - job.reported_at).total_seconds())
    if job.remaining_s is not None:
        left = max(0.0, job.remaining_s - since) * math.exp(z * MACHINE_WORD_SIGMA)
    else:
        left = _from_progress(job, queue, now, z)
    return left + (queue.silent_s * 0.5 * max(0.0, z) if queue.stale else 0.0)


def _from_progress(job: Job, queue: MachineQueue, now: datetime, z: float) -> float:
    elapsed = active_seconds(job, now)
    planned = job.planned_s * queue.pace
    share = job.progress or 0.0
    if share >= 1.0:
        return 0.0
    total = planned
    if share > 0.05 and elapsed > 0:
        total = (1.0 - share) * planned + share * (elapsed / share)
    left = max(total - elapsed, total * (1.0 - share) * 0.5 if share else total * 0.05)
    return max(0.0, left) * math.exp(z * queue.sigma * (1.0 - share))


def _machine_end(queue: MachineQueue, mine: frozenset[int], now: datetime, calendar: Calendar, walk: _Walk) -> datetime:
    """When the last of ``mine`` leaves this machine."""
    clock = now
    last = now
    for job in queue.jobs:
        if job.state not in ACTIVE and not queue.auto_start:
            start = calendar.next_open(clock)
            clock = calendar.after_hand_work(start, CHANGEOVER_S / 60.0) if start >= now else start
        clock += timedelta(seconds=remaining_seconds(job, queue, now, walk.z))
        if job.id in mine:
            last = clock
    return last


def _walk_order(
    work: OrderWork, queues: dict[int, MachineQueue], now: datetime, calendar: Calendar, walk: _Walk
) -> datetime:
    clock = now
    if work.under_review:
        clock = calendar.after_hand_work(clock, walk.review_minutes)
    ends = [clock]
    for machine_id in {job.machine_id for job in work.jobs if job.machine_id is not None}:
        mine = frozenset(job.id for job in work.jobs if job.machine_id == machine_id)
        ends.append(_machine_end(queues[machine_id], mine, now, calendar, walk))
    unplanned = [job for job in work.jobs if job.machine_id is None and job.state in OPEN]
    if unplanned:
        backlog = MachineQueue(0, ())
        seconds = sum(remaining_seconds(job, backlog, now, walk.z) for job in unplanned)
        start = calendar.after_hand_work(clock, CHANGEOVER_S / 60.0 * len(unplanned))
        ends.append(start + timedelta(seconds=seconds + _typical_wait(queues, walk.z)))
    clock = max(ends)
    if work.hand_minutes > 0:
        clock = calendar.after_hand_work(clock, work.hand_minutes * walk.hand)
    return calendar.ready_time(clock)


def _typical_wait(queues: dict[int, MachineQueue], z: float) -> float:
    """Machine seconds that stand before a job without a machine: the mean queue of the shop."""
    if not queues:
        return 0.0
    spread = math.exp(max(0.0, z) * PACE_SIGMA)
    return sum(sum(j.planned_s for j in q.jobs) * q.pace for q in queues.values()) / len(queues) * spread


def estimate_order(work: OrderWork, queues: dict[int, MachineQueue], now: datetime, calendar: Calendar) -> Estimate:
    """The window of one order, its basis, and the age of the newest fact behind it."""
    if work.ready:
        return Estimate(None, Basis.DONE, now)
    if work.waits_for_customer:
        return Estimate(None, Basis.WAITING, now)
    start = _walk_order(work, queues, now, calendar, _P50)
    end = max(_walk_order(work, queues, now, calendar, _P90), start)
    active = [job for job in work.jobs if job.state in ACTIVE]
    reported = [job.reported_at for job in active if job.reported_at is not None]
    basis = _basis(work, active)
    as_of = max(reported) if basis is Basis.MACHINE and reported else now
    stale = any(queues[j.machine_id].stale for j in active if j.machine_id is not None)
    paused = work.on_hold or (bool(active) and all(j.state is not JobState.RUNNING for j in active))
    return Estimate(Window(start, end), basis, as_of, stale, paused)


def _basis(work: OrderWork, active: list[Job]) -> Basis:
    if active:
        return Basis.MACHINE
    if work.under_review:
        return Basis.REVIEW
    if any(job.state in OPEN for job in work.jobs):
        return Basis.SCHEDULE
    return Basis.HAND_WORK if work.hand_minutes > 0 else Basis.OPENING_HOURS


def is_news(shown: Window | None, fresh: Window | None, now: datetime) -> bool:
    """Whether people should see the window move: not for less than 2 % of what is left or 5 minutes.

    A shown window that has begun to lie in the past is always news: no page shows a past time as future.
    """
    if shown is None or fresh is None:
        return shown is not fresh
    if shown.end <= now:
        return True
    least = max(MIN_MOVE, RELATIVE_MOVE * abs(shown.start - now))
    return abs(fresh.start - shown.start) >= least or abs(fresh.end - shown.end) >= 2 * least


def chip(estimate: Estimate, promise: datetime | None, now: datetime) -> Chip:
    """How the order stands against its promise: late when even the middle of the window is past it."""
    if estimate.basis is Basis.WAITING:
        return Chip.WAITING_FOR_YOU
    if estimate.basis is Basis.DONE:
        return Chip.NONE
    window = estimate.window
    if promise is not None and window is not None and (window.start > promise or now > promise):
        return Chip.LATE
    if estimate.paused:
        return Chip.PAUSED
    if promise is None or window is None:
        return Chip.NONE
    return Chip.AT_RISK if window.end > promise + MIN_MOVE or estimate.stale else Chip.ON_TRACK


@dataclass(frozen=True, slots=True)
class WindowMove:
    """One visible change of the window, for the order's honest history."""

    before: Window | None
    after: Window | None
    cause: Cause
    at: datetime
    facts: dict[str, str] = field(default_factory=dict)


def default_duration_s(
    process: str,
    volume_mm3: float | None,
    size_mm: tuple[float, ...] | None,
    *,
    cut_mm: float | None = None,
    pierces: int = 0,
) -> float:
    """Seconds that one copy takes when nobody has said better: rough, and said to be so.

    FDM: 20 minutes to heat and start, then 15 cm³ of solid an hour at 35 % average fill (about 40 cm³ of
    part an hour); CNC: 12 cm³ removed an hour within the bounding box's quarter; laser: 3 minutes to set up, then
    the measured lines at 10 mm/s with a second for each contour to pierce, or without a drawing the outline of
    the two longest sides, four times over.
    """
    if process == "laser" and cut_mm:
        return 180.0 + cut_mm / 10.0 + 1.0 * pierces
    longest = sorted(size_mm or (), reverse=True)
    if process == "laser":
        outline = 2 * sum(longest[:2]) if len(longest) >= 2 else 400.0
        return 180.0 + 4 * outline / 10.0
    if process == "cnc":
        box = math.prod(longest) if len(longest) == 3 else (volume_mm3 or 50_000.0) * 2
        return 1200.0 + box / 4 / 12_000.0 * 3600.0
    volume = volume_mm3 if volume_mm3 else (math.prod(longest) * 0.3 if len(longest) == 3 else 20_000.0)
    return 1200.0 + volume / 40_000.0 * 3600.0
