"""What every run of a machine loses once, at a place of its code: a line that is sent again, a purge, a tool that is
fetched.

Counted to the pace, it would be told anew of all that is still ahead when it has long been lost; counted to the start,
it would not be told until it comes. So the course of finished runs is searched for one change of level (a change point
by least squares, in all runs at the same place). Chance finds a small one in any course: what could as well be none
counts as none (a positive-part shrinkage, as James and Stein's).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import fmean, median

from craftops.domain.estimation.kalman_filter import GaussianState
from craftops.domain.estimation.run_sample import Passed, RunSample
from craftops.domain.estimation.run_state import RunState
from craftops.domain.gcode.timeline import Columns, seconds_of

SETTLED = (0.33, 0.6)
"""Shares of the plan between which a machine has long settled: what comes after them is its pace."""
FEWEST = 8
"""Places that a course must have to be searched."""
FARTHEST_KB = 16.0
USUAL_STRAY_S = 0.3
"""How far the loss strays from run to run before that is known, and ``STRAY_RUNS`` the runs which that weighs."""
STRAY_RUNS = 2.0
BY_PLACE = 0.2
"""How far its place strays, as one standard deviation of a log: lines are longer or shorter."""
OVER_BY = 1.35
"""Times its place by which it has nearly always come."""
NOISE_S = 0.45
"""How badly a course is known while it runs: one standard deviation, in seconds."""
LEAST_KB = 0.01


@dataclass(frozen=True, slots=True)
class ChangePoint:
    """A loss of ``seconds``, which stray by ``stray_s``, by the time that ``kb`` of code have been read."""

    seconds: float = 0.0
    stray_s: float = 0.0
    kb: float = 0.0


NO_CHANGE = ChangePoint()


def second_half(sample: RunSample) -> RunSample:
    """The same run from about its middle on: what it took there is pace, and nothing that was lost before."""
    whole = seconds_of(sample.columns)
    found = [one for one in sample.course if SETTLED[0] <= 1.0 - seconds_of(one.ahead) / whole <= SETTLED[1]]
    if len(found) < 2:
        return sample
    motion, loss, dwell, read = (fmean(column) for column in zip(*(one.ahead for one in found), strict=True))
    ahead: Columns = (motion, loss, dwell, read)
    return replace(sample, columns=ahead, seconds=fmean(one.left_s for one in found))


def change_point(samples: Sequence[RunSample], belief: GaussianState) -> ChangePoint:
    """What the runs lose once at the same place, beyond what ``belief`` tells; ``NO_CHANGE`` where it may be chance."""
    courses = [[(one.done_kb, _gap(one, belief)) for one in run.course] for run in samples if len(run.course) >= FEWEST]
    places = sorted({kb for course in courses for kb, _ in course if kb <= FARTHEST_KB})
    explained, found = 0.0, NO_CHANGE
    for place in places[1:]:
        falls = [fall for course in courses if (fall := _fall(course, place)) is not None]
        gain = sum(size * abs(size) * weight for size, weight in falls)
        if falls and gain > explained:
            explained, found = gain, _shrunk([size for size, _ in falls], place)
    return found


def _gap(one: Passed, belief: GaussianState) -> float:
    return one.left_s - belief.told(one.ahead)


def _fall(course: Sequence[tuple[float, float]], place: float) -> tuple[float, float] | None:
    """(seconds lost at the place, what that weighs); None for a course that lies on one side of it."""
    before = [gap for kb, gap in course if kb < place]
    after = [gap for kb, gap in course if kb >= place]
    if not before or not after:
        return None
    return fmean(before) - fmean(after), len(before) * len(after) / len(course)


def _shrunk(sizes: Sequence[float], place: float) -> ChangePoint:
    n, middle = len(sizes), median(sizes)
    square = sum((one - middle) ** 2 for one in sizes)
    stray = (square + STRAY_RUNS * USUAL_STRAY_S**2) / (n + STRAY_RUNS)
    doubt = stray / n
    if middle <= 2.0 * math.sqrt(doubt):
        return NO_CHANGE
    return ChangePoint(middle - 4.0 * doubt / middle, math.sqrt(stray + doubt), place)


def without(step: ChangePoint, sample: RunSample) -> RunSample:
    """The run as if it had not lost that, where it did while its pace was measured."""
    if not step.seconds or not sample.course:
        return sample
    first = sample.course[0]
    begun_kb = first.done_kb + first.ahead[3] - sample.columns[3]
    return replace(sample, seconds=sample.seconds - step.seconds) if begun_kb < OVER_BY * step.kb else sample


def still_to_come(step: ChangePoint, evidence: RunState) -> float:
    """How likely (0..1) a running job is still to lose it: by where it is, and by what it lost since it began."""
    if not step.seconds or evidence.anchor_s is None:
        return 0.0
    place = math.log(max(LEAST_KB, evidence.done[3]) / step.kb) / BY_PLACE
    lost_s = evidence.lag_s - evidence.anchor_s + seconds_of(evidence.anchor_worked)
    by_place = 0.5 * math.erfc(-place / math.sqrt(2.0))
    for_it = math.exp(max(-20.0, min(20.0, step.seconds * (lost_s - 0.5 * step.seconds) / NOISE_S**2)))
    return (1.0 - by_place) / (1.0 - by_place + by_place * for_it) if by_place < 1.0 else 0.0


def lost_by(step: ChangePoint, evidence: RunState) -> float:
    """Seconds of it that a running job has probably lost since its pace began to be measured."""
    if evidence.anchor_worked[3] >= OVER_BY * step.kb:
        return 0.0
    return (1.0 - still_to_come(step, evidence)) * step.seconds


def variance_of(step: ChangePoint, to_come: float) -> float:
    """The variance (s²) of what is still lost, which comes with the probability ``to_come``."""
    return to_come * step.stray_s**2 + to_come * (1.0 - to_come) * step.seconds**2
