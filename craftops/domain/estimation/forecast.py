"""From evidence, clock and pace to the seconds that are left: P10, P50, P90, and on what they rest.

Once the work has begun, P50 is what the clock still plans, at the machine's pace corrected by the job's own, from a
smoothed place. The spread has four parts: doubt of the pace, unevenness of what is still to come, jitter of the
place, and a start or a wait that nobody can plan. ``show`` keeps what people see from leaping without a reason.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from craftops.domain.estimation.change_point import still_to_come, variance_of
from craftops.domain.estimation.kalman_filter import GaussianState, information_update, kalman_update, misfit
from craftops.domain.estimation.machine_belief import Counting, astray, prior_belief
from craftops.domain.estimation.pace import (
    COLD_HEAT,
    LONGEST_COLD_HEAT,
    SHORTEST_COLD_HEAT,
    Pace,
    cold_word,
    costs,
    trusted,
)
from craftops.domain.estimation.place_and_time import SURPRISE, UNSETTLED_S, by_both, contrasted
from craftops.domain.estimation.run_sample import COLD_JITTER, Passed, RunSample
from craftops.domain.estimation.run_state import CHECKPOINTS, Checkpoint, RunState, at_speed, lag_of, plus
from craftops.domain.gcode.timeline import NOTHING, Columns, SlicerTimeline, TimelineKind, seconds_of
from craftops.domain.machines.readings import AT_WORK

UNEVEN = {TimelineKind.CODE: 1.0, TimelineKind.HISTORY: 4.0, TimelineKind.TOTAL: 12.0}
"""How much more uneven than code a clock of that kind is."""
TOTAL_DOUBT = 0.25
HISTORY_DOUBT = 0.05
OVERRUN = (1.1, 1.3)
"""Shares of the plan between which a run proves its plan wrong."""
AS_BEFORE: Columns = (1.0, 1.0, 1.0, 0.0)
LOSS = (0.0, 1.0, 0.0, 0.0)
TOLD_LOSS = 0.3
"""How well a slicer knows the machine's acceleration: one standard deviation, relative."""
FILE_RUNS = 0.5
"""Runs of the same file that its deviation must outweigh."""
UNEVEN_RUNS = 2.0
"""Blocks that the machine's usual unevenness weighs against those of this job."""
MOST_RISE = 0.10
"""Share of the whole run by which P50 may rise at once when nothing has happened."""
WORD_WEIGHT = 0.5
"""The most that a machine's own remaining counts beside a clock from code: both may rest on the same slicer."""
SKIP_PRIOR = 0.05
WHOLE_SECOND = 0.2
"""By how much worse a machine that tells whole seconds is known: half the variance of a second, for what was learned of
the ends of its runs has the other half."""


class Rests(StrEnum):
    """What a forecast rests on most."""

    CLOCK = "clock"
    JOB = "job"
    WORD = "word"
    HISTORY = "history"
    PLAN = "plan"


@dataclass(frozen=True, slots=True)
class Forecast:
    """Seconds at work that are left. ``sd_s`` is the spread before it is fitted to finished runs."""

    p10_s: float
    p50_s: float
    p90_s: float
    basis: Rests
    sd_s: float
    held: bool = False
    """The machine does not work, or has not been heard: the number stands still."""


@dataclass(frozen=True, slots=True)
class _Left:
    seconds: float
    variance: float
    measured: float = 0.0
    """Weight of the job's own pace, 0..1."""


def forecast(
    evidence: RunState,
    clock: SlicerTimeline,
    pace: Pace,
    now: datetime,
    *,
    file: str = "",
    report_interval_s: float = 30.0,
) -> Forecast:
    """What is left at ``now``. Between two readings it counts down; after three intervals of silence it holds and
    widens."""
    left = _by_clock(evidence, clock, pace, file)
    left, heard = _with_word(left, evidence, clock, pace)
    working = evidence.state in AT_WORK
    silent = max(0.0, (now - evidence.at).total_seconds()) if evidence.at else 0.0
    patience = 3.0 * report_interval_s
    stale = silent > patience
    counted = min(silent, patience) if working else 0.0
    p50 = max(0.0, left.seconds - counted)
    variance = left.variance + ((0.5 * (silent - patience)) ** 2 if stale else 0.0)
    if evidence.ended:
        return Forecast(0.0, 0.0, 0.0, Rests.JOB, 0.0)
    sd = math.sqrt(variance)
    basis = _basis(clock, left, heard)
    low, high = p50 + pace.low * sd, p50 + pace.high * sd
    return Forecast(max(0.0, low), p50, max(p50, high), basis, sd, held=stale or not working)


def _basis(clock: SlicerTimeline, left: _Left, heard: float) -> Rests:
    if heard > 0.5:
        return Rests.WORD
    if left.measured > 0.5:
        return Rests.JOB
    return {TimelineKind.CODE: Rests.CLOCK, TimelineKind.HISTORY: Rests.HISTORY, TimelineKind.TOTAL: Rests.PLAN}[
        clock.kind
    ]


def _by_clock(evidence: RunState, clock: SlicerTimeline, pace: Pace, file: str) -> _Left:
    kept, skip_sd = _kept(evidence)
    ahead = at_speed(plus(NOTHING, plus(clock.total, evidence.done, -1.0), kept), evidence.speed)
    before = _job_belief(clock, pace, file)
    belief, uneven = _job_pace(before, evidence, clock, pace)
    rest = belief.told(ahead)
    doubt = belief.variance(ahead)
    variance = doubt + uneven * seconds_of(ahead) + (skip_sd * rest) ** 2
    if evidence.anchor_s is None:
        return _before_anchor(evidence, clock, pace, rest, variance + pace.scatter_s**2)
    jitter = pace.scatter_s**2 * min(1.0, 0.25 + 0.25 * rest / max(0.1, pace.lead_s))
    whole = WHOLE_SECOND**2 if evidence.told_s is None or float(evidence.told_s).is_integer() else 0.0
    usual = before.variance(ahead)
    measured = 1.0 - doubt / usual if usual > 0 else 1.0
    smooth = pace.lead_s + evidence.lag_s - lag_of(evidence)
    if clock.kind is not TimelineKind.CODE:
        by_place = _Left(max(0.0, rest + smooth), variance + jitter + pace.lead_sd**2 + whole, measured)
        return _by_plan(by_place, evidence, clock, before)
    known = before
    if evidence.blocks:
        known = contrasted(_surprised(before, evidence, uneven), evidence, uneven + _block_jitter(evidence))
    alike = not clock.heats and not evidence.stalled_s
    more, variance = by_both(known, evidence, pace, ahead, starts_alike=alike, uneven=uneven, jitter=jitter)
    variance += whole + (skip_sd * rest) ** 2
    to_come = still_to_come(pace.step, evidence)
    more += to_come * pace.step.seconds
    variance += variance_of(pace.step, to_come)
    return _Left(max(0.0, known.told(ahead) + smooth + more), variance, measured)


def _by_plan(by_place: _Left, evidence: RunState, clock: SlicerTimeline, before: GaussianState) -> _Left:
    """Without code a place is no time: the plan less what has passed counts more, until the end or an overrun."""
    whole = before.told(at_speed(clock.total, evidence.speed))
    share = min(1.0, seconds_of(evidence.done) / clock.total_s)
    overrun = (evidence.active_s / max(1.0, whole) - OVERRUN[0]) / (OVERRUN[1] - OVERRUN[0])
    weight = min(1.0, max(share * share, overrun))
    by_time = max(whole - evidence.active_s, 0.02 * whole * (1.0 - share))
    gap = by_place.seconds - by_time
    variance = (
        (1.0 - weight) * before.variance(clock.total) + weight * by_place.variance + weight * (1 - weight) * gap * gap
    )
    return _Left(by_time + weight * gap, variance, by_place.measured * weight)


def _before_anchor(evidence: RunState, clock: SlicerTimeline, pace: Pace, rest: float, variance: float) -> _Left:
    """The start: heating, homing and the first seconds, in which a place says little and the time since the start
    more."""
    if evidence.started_s is not None:
        since = evidence.active_s - evidence.started_s - seconds_of(evidence.worked) + seconds_of(evidence.start_worked)
        return _Left(max(0.0, rest - min(since, 5.0)), variance)
    start, start_sd = pace.start_s, pace.start_sd
    if clock.heats:
        usual = max(SHORTEST_COLD_HEAT, min(LONGEST_COLD_HEAT, COLD_HEAT * clock.total_s))
        cold = pace.start_s + usual
        start, start_sd = (pace.heat_s, pace.heat_sd) if pace.heat_s is not None else (cold, max(start_sd, cold))
    waited = evidence.active_s - seconds_of(evidence.worked)
    left = max(start - waited, 0.1 * max(0.0, waited), 0.0) if waited > start / 2 else start - waited
    return _Left(max(0.0, rest + left), variance + start_sd**2)


def _job_belief(clock: SlicerTimeline, pace: Pace, file: str) -> GaussianState:
    """The factors for this job before it has shown anything: the same file's runs know it best."""
    spread = math.hypot(pace.spread, TOTAL_DOUBT) if clock.kind is TimelineKind.TOTAL else pace.spread
    if clock.kind is TimelineKind.HISTORY:  # what it took before is the machine's pace already
        return prior_belief(AS_BEFORE, math.hypot(pace.spread, HISTORY_DOUBT))
    known = pace.belief
    if clock.told_loss is not None:
        known = kalman_update(known, LOSS, clock.told_loss, (TOLD_LOSS * clock.told_loss) ** 2)
    runs, mean = pace.files.get(file, (0.0, 0.0)) if file else (0.0, 0.0)
    share = runs / (runs + FILE_RUNS)
    known = known.scaled(math.exp(share * mean), 1.0 - 0.75 * share)
    counting = pace.counting if clock.kind is TimelineKind.CODE else Counting.LOOSE
    return known.plus(astray(counting, known, spread * math.sqrt(1.0 - 0.75 * share)))


def _job_pace(
    belief: GaussianState, evidence: RunState, clock: SlicerTimeline, pace: Pace
) -> tuple[GaussianState, float]:
    """The factors after what this job has shown, and the variance (s²) that each planned second to come adds.

    That is the machine's usual unevenness, corrected by what this job's own blocks leave unexplained.
    """
    uneven = (pace.uneven * UNEVEN[clock.kind]) ** 2 * clock.total_s
    if not evidence.blocks:
        return belief, uneven
    belief = _surprised(belief, evidence, uneven)
    planned = evidence.block_planned / evidence.blocks
    jitter = _block_jitter(evidence)
    shown = information_update(belief, evidence.gram, evidence.moment, uneven + jitter)
    unexplained = misfit(shown, evidence.gram, evidence.moment, evidence.squares)
    own = max(0.0, unexplained - evidence.blocks * 2.0 * COLD_JITTER**2 / planned)
    uneven = (own + UNEVEN_RUNS * uneven) / (evidence.blocks + UNEVEN_RUNS)
    return information_update(belief, evidence.gram, evidence.moment, uneven + jitter), uneven


def _block_jitter(evidence: RunState) -> float:
    """The variance (s²) of each planned second of a block by where its ends were told."""
    return (COLD_JITTER**2 + UNSETTLED_S**2 / evidence.blocks) * evidence.blocks / evidence.block_planned


def _surprised(belief: GaussianState, evidence: RunState, uneven: float) -> GaussianState:
    """The belief with more doubt, when this job takes a time that it all but ruled out: then it was too sure."""
    columns = plus(evidence.worked, evidence.anchor_worked, -1.0)
    planned = seconds_of(columns)
    seen = planned + evidence.lag_s - ((evidence.anchor_s or 0.0) - seconds_of(evidence.anchor_worked))
    noise = uneven * planned + COLD_JITTER**2 + UNSETTLED_S**2
    gap = (seen - belief.told(columns)) ** 2 - SURPRISE**2 * noise
    doubt = belief.variance(columns)
    if doubt <= 0.0 or gap <= SURPRISE**2 * doubt:
        return belief
    return belief.scaled(1.0, gap / (SURPRISE**2 * doubt))


def _kept(evidence: RunState) -> tuple[float, float]:
    """Share of what is planned that will really be run, when parts of the code are being skipped, and its doubt."""
    if evidence.skipped <= 0.0:
        return 1.0, 0.0
    share = evidence.skipped / (evidence.since_skip + SKIP_PRIOR * seconds_of(evidence.done))
    return 1.0 - share, 0.3 * share


def _with_word(left: _Left, evidence: RunState, clock: SlicerTimeline, pace: Pace) -> tuple[_Left, float]:
    """The machine's own remaining as one observation, by how good it has been. Gives its weight too."""
    word = evidence.word_s
    if word is None or not trusted(evidence.origin):
        return left, 0.0
    known = pace.words.get(evidence.origin) or cold_word(evidence.origin)
    if word == 0.0:
        return left, 0.0
    told = max(0.0, word - (evidence.active_s - evidence.word_at_s)) * math.exp(-known.bias)
    if word % 60.0 == 0.0:  # whole minutes, cut or rounded: any second of them is as good
        told = min(max(left.seconds, told - 30.0), told + 60.0)
    variance = (known.spread * max(told, left.seconds)) ** 2 + 0.25
    gap = (told - left.seconds) ** 2
    variance = max(variance, gap / 9.0 / (1.0 + known.runs))  # a word far off counts less, until it has proved right
    weight = left.variance / (left.variance + variance)
    if clock.kind is TimelineKind.CODE:
        weight = min(WORD_WEIGHT, weight)
    mixed = left.seconds + weight * (told - left.seconds)
    return _Left(mixed, (1.0 - weight) ** 2 * left.variance + weight**2 * variance, left.measured), weight


def show(evidence: RunState, fresh: Forecast, clock: SlicerTimeline) -> tuple[RunState, Forecast]:
    """What people are shown, and the evidence that remembers it.

    Without an event since the last time (pause, speed, start, skipped part) P50 rises by at most ``MOST_RISE`` of the
    run at once; the rest follows with the next reading, and the window holds what the model says meanwhile.
    """
    before = evidence.shown_s
    p50 = fresh.p50_s
    if before is not None and not evidence.event:
        counted = max(0.0, before - (evidence.active_s - evidence.shown_at_s))
        p50 = min(p50, counted + MOST_RISE * max(1.0, evidence.active_s + counted))
    shown = replace(fresh, p50_s=p50, p10_s=min(fresh.p10_s, p50))
    kept = replace(evidence, shown_s=p50, shown_at_s=evidence.active_s, event=False)
    share = seconds_of(evidence.done) / clock.total_s if clock.total_s > 0 else 0.0
    due = len(evidence.checkpoints) / CHECKPOINTS
    if evidence.state in AT_WORK and share >= due and len(evidence.checkpoints) < CHECKPOINTS:
        point = Checkpoint(
            evidence.active_s,
            fresh.p50_s,
            fresh.sd_s,
            evidence.speed,
            evidence.origin,
            evidence.word_s if evidence.word_at_s == evidence.active_s else None,
            evidence.worked,
            evidence.stalled_s,
        )
        kept = replace(kept, checkpoints=(*evidence.checkpoints, point))
    return kept, shown


def sample_of(
    evidence: RunState, clock: SlicerTimeline, pace: Pace, *, machine: str, file: str, part: str = ""
) -> RunSample | None:
    """What a run that has ended well teaches; None for one that never really began."""
    if not evidence.ended or evidence.anchor_s is None or evidence.started_s is None:
        return None
    whole = clock.total
    worked = plus(evidence.worked, at_speed(plus(whole, evidence.done, -1.0), evidence.speed))
    columns = plus(worked, evidence.anchor_worked, -1.0)
    seconds = evidence.active_s - evidence.stalled_s - evidence.anchor_s
    if seconds <= 0.0 or seconds_of(columns) <= 0.0:
        return None
    _, uneven = _job_pace(_job_belief(clock, pace, file), evidence, clock, pace)
    end = evidence.active_s
    settled = [
        point
        for point in evidence.checkpoints
        if seconds_of(point.done) > seconds_of(evidence.anchor_worked)
        and point.speed == evidence.speed
        and point.sd_s > 0.0
    ]
    return RunSample(
        machine=machine,
        file=file,
        part=part,
        seconds=seconds,
        columns=columns,
        lead_s=_lead(evidence, worked, pace, settled),
        start_s=max(0.0, evidence.started_s - seconds_of(evidence.start_worked)),
        heats=clock.heats,
        whole_s=end,
        planned_s=clock.total_s,
        kind=clock.kind,
        uneven=math.sqrt(uneven / clock.total_s) / UNEVEN[clock.kind],
        scores=tuple((_really_left(evidence, point) - point.p50_s) / point.sd_s for point in settled),
        words=tuple(
            (point.origin, math.log(max(1.0, point.word_s) / max(1.0, _really_left(evidence, point))))
            for point in settled
            if point.word_s is not None
        ),
        stalled_s=evidence.stalled_s,
        course=tuple(
            Passed(point.done[3], plus(worked, point.done, -1.0), _really_left(evidence, point)) for point in settled
        ),
        began_s=evidence.anchor_s - seconds_of(evidence.anchor_worked),
        scatter_s=_scatter([_really_left(evidence, point) - point.p50_s for point in settled], pace),
    )


def _scatter(errors: Sequence[float], pace: Pace) -> float:
    """Seconds by which errors scatter about their own course: a course has no second difference, and that of
    independent errors has six times their variance."""
    bends = [(a - 2.0 * b + c) ** 2 for a, b, c in zip(errors, errors[1:], errors[2:], strict=False)]
    return math.sqrt(sum(bends) / len(bends) / 6.0) if len(bends) >= 4 else pace.scatter_s


def _really_left(evidence: RunState, point: Checkpoint) -> float:
    """Seconds at work from a checkpoint to the end. A machine that stood still is no pace, and nobody could foretell
    it."""
    return evidence.active_s - point.active_s - (evidence.stalled_s - point.stalled_s)


def _lead(evidence: RunState, worked: Columns, pace: Pace, points: list[Checkpoint]) -> float:
    """Seconds that were left when the clock had none left: the intercept of (left by the clock, really left)."""
    pairs = [(costs(plus(worked, point.done, -1.0), pace), _really_left(evidence, point)) for point in points]
    if len(pairs) < 4:
        return pace.lead_s
    n = len(pairs)
    mean_x, mean_y = sum(x for x, _ in pairs) / n, sum(y for _, y in pairs) / n
    square = sum((x - mean_x) ** 2 for x, _ in pairs)
    slope = sum((x - mean_x) * (y - mean_y) for x, y in pairs) / square if square > 0 else 1.0
    slope = min(1.5, max(0.67, slope))
    return min(10.0, max(-2.0, mean_y - slope * mean_x))
