"""The estimate: when an order will be ready, as a window that follows what really happens.

Here are its words and the decisions about what people see; the window itself is walked in ``walking``. The promise
(P90 at acceptance) is kept apart.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from craftops.domain.estimation.statistics import COLD, RunStatistics
from craftops.domain.hours.calendar import MachineHours
from craftops.domain.production.jobs import ACTIVE, Job, JobState, active_seconds

Z90 = 1.2816
MACHINE_WORD_SIGMA = 0.08
STILL = 0.02
"""Share of what was left that is still left when a job outlasts it without a report."""
MIN_MOVE = timedelta(minutes=5)
RELATIVE_MOVE = 0.05
"""Share of the time that is left by which the end may slip unsaid."""
BREAKS = 0.5
"""Share of the way from its middle to its end by which a window is overrun before it has broken."""
LEAP = timedelta(hours=6)
EMPTY = 0.8
"""Share of a window in which it cannot be ready any more, and hours of it at least: a run that will end at night leaves
nothing of an evening that was shown."""
NARROWS = 0.12
"""A window of this share of the way that is shown, from its middle to its end, is worth telling."""


WINDOW_SHARES = (0.085, 0.925, 0.5, 0.8, 0.95)
"""Of what is drawn, in the order of a window's fields. A walk knows less than there is: what it draws at 8.5 and 92.5 %
has come true at 10 and 90 % (decision 35)."""


MANY_MOVES = 3
"""Visible moves of an order's window after which its end is told at 95 % instead."""
ENOUGH_MOVES = 4
"""Visible moves after which a window moves only once its end is more likely missed than kept."""


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
    MACHINE_RESTS = "machine_rests"
    QUEUE_CHANGED = "queue_changed"
    HAND_WORK = "hand_work"
    STAGE = "stage"
    HOLD = "hold"
    SILENT = "silent"
    FIRST = "first"
    TIME_PASSED = "time_passed"


class Punctuality(StrEnum):
    """How the order stands against its promise."""

    ON_TRACK = "on_track"
    AT_RISK = "at_risk"
    LATE = "late"
    WAITING_FOR_YOU = "waiting_for_you"
    PAUSED = "paused"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Window:
    """From P10 to P90, aware UTC; in one case of ten it is ready sooner, in one later. ``middle`` is P50, None where
    nobody kept it. A fresh one also says when it is ready in 80 and in 95 of 100 cases: by that it is decided whether
    the one that is shown moves (``is_news``)."""

    start: datetime
    end: datetime
    middle: datetime | None = field(default=None, compare=False)
    likely: datetime | None = field(default=None, compare=False)
    surely: datetime | None = field(default=None, compare=False)


def window_of(ready: Sequence[float]) -> Window:
    """The window of an order by when it is ready at ``WINDOW_SHARES``, seconds since 1970 UTC."""
    return Window(*(datetime.fromtimestamp(one, UTC) for one in ready))


@dataclass(frozen=True, slots=True)
class Estimate:
    """What we now believe. ``as_of`` is the age of the newest fact it rests on."""

    window: Window | None
    basis: Basis
    as_of: datetime
    stale: bool = False
    paused: bool = False
    short: bool = False
    """Copies are missing that nobody has planned again."""


@dataclass(frozen=True, slots=True)
class Left:
    """Machine seconds left of a running job at ``at``, as its own evidence tells (``forecasting``)."""

    p10_s: float
    p50_s: float
    p90_s: float
    at: datetime | None = None
    """None for now."""


@dataclass(frozen=True, slots=True)
class MachineQueue:
    """One machine as the estimate sees it: its open jobs of all orders in queue order."""

    machine_id: int
    jobs: tuple[Job, ...]
    stale: bool = False
    silent_s: float = 0.0
    auto_start: bool = False
    """Starts its next job without a person."""
    usual: RunStatistics = COLD
    process: str = "other"
    left: Left | None = None
    """Of the job at work when it last reported, where its evidence tells."""
    patience_s: float = 90.0
    """Silence that is usual between two reports."""
    takes_new: bool = True
    limits: MachineHours | None = None
    """When it may work, where that is less than always."""


@dataclass(frozen=True, slots=True)
class HandStep:
    """Something that people still do: minutes in opening hours until it is ticked off (the median), waiting included.

    ``sigma`` is the standard deviation of the log; ``spent`` minutes have gone by since it could begin.
    """

    minutes: float
    sigma: float = 0.4
    spent: float = 0.0


@dataclass(frozen=True, slots=True)
class People:
    """Something that waits for people, before anything is learned of it: minutes in opening hours."""

    kind: str
    minutes: float
    sigma: float


REVIEW = People("review", 60.0, 1.6)
CHECK = People("check", 20.0, 0.9)
CHANGEOVER = People("changeover", 10.0, 0.8)


@dataclass(frozen=True, slots=True)
class OrderWork:
    """What is left to do for one order."""

    order_id: int
    jobs: tuple[Job, ...] = ()
    """All that are not done."""
    review: HandStep | None = None
    """None once the order is accepted."""
    hand: HandStep | None = None
    check: HandStep | None = None
    on_hold: bool = False
    waits_for_customer: bool = False
    ready: bool = False
    short: bool = False
    """Copies are missing that nobody has planned again."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A job that no machine has yet; the first machine of its process that becomes free is taken to get it."""

    job: Job
    process: str = "other"
    review: HandStep | None = None
    """Of its order, while that is not accepted."""
    rush: bool = False
    """Its order goes before those that wait."""


@dataclass(frozen=True, slots=True)
class Floor:
    """The shop as the estimate sees it. ``waiting`` in the order in which the jobs will be given to machines."""

    queues: Sequence[MachineQueue]
    waiting: Sequence[Waiting] = ()


def remaining_seconds(job: Job, queue: MachineQueue, now: datetime, z: float = 0.0) -> float:
    """Seconds of machine time left of ``job`` at ``now``, at ``z`` standard deviations above the middle.

    A machine's own remaining counts down between two reports. Without one: planned × what is usual, and as the run
    shows evidence (progress), elapsed ÷ progress gains weight. A stale feed holds and widens.
    """
    usual = queue.usual
    if job.state not in ACTIVE and not z:
        return job.planned_s * usual.ratio
    sigma = math.hypot(usual.doubt, usual.spread)
    if job.state not in ACTIVE:
        return job.planned_s * usual.ratio * math.exp(z * sigma)
    held = queue.stale or job.state is not JobState.RUNNING
    since = 0.0 if held or job.reported_at is None else max(0.0, (now - job.reported_at).total_seconds())
    if job.remaining_s is not None:
        left = max(0.0, job.remaining_s - since) * math.exp(z * MACHINE_WORD_SIGMA)
    else:
        left = _from_progress(job, usual.ratio, now) * math.exp(z * sigma * (1.0 - (job.progress or 0.0)))
    return left + (queue.silent_s * 0.5 * max(0.0, z) if queue.stale else 0.0)


def _from_progress(job: Job, ratio: float, now: datetime) -> float:
    elapsed = active_seconds(job, now)
    planned = job.planned_s * ratio
    share = job.progress or 0.0
    if share >= 1.0:
        return 0.0
    total = planned
    if share > 0.05 and elapsed > 0:
        total = (1.0 - share) * planned + share * (elapsed / share)
    return max(total - elapsed, total * (1.0 - share) * 0.5 if share else total * 0.05, 0.0)


def left_of(job: Job, queue: MachineQueue, now: datetime) -> Left:
    """What is left of the job at work: by its evidence, else by what the machine says and what is usual.

    Between two reports it counts down, but never to nothing: it has not ended. Silence holds it and widens it.
    """
    left = queue.left
    if left is None:
        low, middle, high = (remaining_seconds(job, queue, now, z) for z in (-Z90, 0.0, Z90))
        return Left(low, middle, high)
    since = 0.0 if left.at is None else max(0.0, (now - left.at).total_seconds())
    heard = since if job.reported_at is None else max(0.0, (now - job.reported_at).total_seconds())
    quiet = max(0.0, min(since, heard) - queue.patience_s) if queue.stale else 0.0
    counted = since - quiet if job.state is JobState.RUNNING else 0.0
    wider = 0.5 * quiet * Z90
    middle = max(STILL * left.p50_s, left.p50_s - counted)
    return Left(max(0.0, min(middle, left.p10_s - counted)), middle, max(middle, left.p90_s - counted) + wider)


def basis_of(work: OrderWork) -> Basis:
    """What the window of an order rests on."""
    if any(job.state in ACTIVE for job in work.jobs):
        return Basis.MACHINE
    if work.review is not None:
        return Basis.REVIEW
    if work.jobs:
        return Basis.SCHEDULE
    return Basis.HAND_WORK if work.hand is not None else Basis.OPENING_HOURS


def is_news(shown: Window | None, fresh: Window | None, now: datetime, moves: int = 0) -> bool:
    """Whether people should see the window move, which has moved so often. A window that still holds what we believe
    stays as it is.

    It moves when the end has slipped by more than half the way from its middle (and 5 minutes, and 5 % of what is
    left), when it would surely be ready before that middle, when most of it is a time in which it cannot be ready
    any more (a night, a weekend), when much more is known than was, or when it has begun to lie in the past: no
    page shows a past time as future. The figures are a trade, measured in the made-up shop
    (``evaluation.simulation``): half as much patience doubles the moves that customers see, and keeps no more
    promises.

    Where one case in ten decides whether somebody is still there at closing time, P90 leaps over a night or a weekend
    and back. So a window is overrun only where that is to be expected in one case of five (``likely``), and what is
    earlier or narrower is told only where it is all but sure (``surely``): in between stays what is shown. Who has been
    told four times is told again only where the last word will probably not hold.
    """
    if shown is None or fresh is None:
        return shown is not fresh
    if shown.end <= now:
        return True
    shown_middle, middle = shown.middle or shown.start, fresh.middle or fresh.start
    width = shown.end - shown_middle
    least = max(MIN_MOVE, BREAKS * width, RELATIVE_MOVE * (shown.end - now))
    likely, surely = fresh.likely or fresh.end, fresh.surely or fresh.end
    if moves >= ENOUGH_MOVES:
        return middle > shown.end
    if likely > shown.end + least or surely < shown_middle - MIN_MOVE:
        return True
    never = fresh.start - max(shown.start, now)
    if moves < MANY_MOVES and shown.start - now < LEAP <= never and never > EMPTY * (shown.end - shown.start):
        return True
    return surely - middle < NARROWS * width and shown.end - surely >= 2 * MIN_MOVE


def to_show(fresh: Window, moves: int) -> Window:
    """The window that people see next. Who has been told another one three times is told one that all but surely
    holds."""
    return replace(fresh, end=fresh.surely) if moves >= MANY_MOVES and fresh.surely else fresh


def punctuality(estimate: Estimate, promise: datetime | None, now: datetime) -> Punctuality:
    """How the order stands against its promise: late when even the middle of the window is past it."""
    if estimate.basis is Basis.WAITING:
        return Punctuality.WAITING_FOR_YOU
    if estimate.basis is Basis.DONE:
        return Punctuality.NONE
    window = estimate.window
    if promise is not None and window is not None and ((window.middle or window.start) > promise or now > promise):
        return Punctuality.LATE
    if estimate.paused:
        return Punctuality.PAUSED
    if promise is None or window is None:
        return Punctuality.NONE
    at_risk = window.end > promise + MIN_MOVE or estimate.stale or estimate.short
    return Punctuality.AT_RISK if at_risk else Punctuality.ON_TRACK


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
