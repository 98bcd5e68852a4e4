"""What is left of a run, by two facts at once: where its machine is, and how long it has been at it.

They are no two opinions whose doubts are added. A slower pace, a machine that reads further ahead than usual and a
place that was told late are in both, so what is left is one Gaussian beside the facts, with all that they have in
common, and is conditioned on them (a joint Kalman step). A second that was lost at the start was lost in all runs
before as well, so their time has it, and it is not taken for a slow machine.
"""

from __future__ import annotations

from dataclasses import dataclass

from craftops.domain.estimation.change_point import lost_by
from craftops.domain.estimation.kalman_filter import PAIRS, GaussianState, information_update
from craftops.domain.estimation.pace import Pace
from craftops.domain.estimation.run_state import RunState, plus
from craftops.domain.gcode.timeline import Columns, seconds_of

UNSETTLED_S = 1.2
"""Seconds by which the place may be off when pace begins to be measured: buffers fill, a reading is up to a second
old."""
SURPRISE = 1.5
"""Standard deviations beyond which what a job does makes a belief doubtful, not the job."""


@dataclass(frozen=True, slots=True)
class _Fact:
    """What was seen less what was foretold, the variance of that, and its covariance with what is left."""

    gap: float
    variance: float
    common: float


def contrasted(belief: GaussianState, evidence: RunState, noise: float) -> GaussianState:
    """The factors after how the blocks of this job differ from each other. What they took together is left to
    ``by_both``: nothing counts twice."""
    planned = evidence.block_planned
    if planned <= 0.0:
        return belief
    columns, seconds = evidence.block_sum, evidence.block_spent
    gram = [one - columns[i] * columns[j] / planned for one, (i, j) in zip(evidence.gram, PAIRS, strict=True)]
    return information_update(belief, gram, plus(evidence.moment, columns, -seconds / planned), noise)


def by_both(
    belief: GaussianState,
    evidence: RunState,
    pace: Pace,
    ahead: Columns,
    *,
    starts_alike: bool,
    uneven: float,
    jitter: float,
) -> tuple[float, float]:
    """(seconds to add to what ``belief`` tells of the columns ``ahead``, the variance of what is left then).

    ``uneven`` is what each planned second adds to the variance, ``jitter`` what the place as it was told last does, and
    without ``starts_alike`` the time since the start says nothing.
    """
    begun = evidence.anchor_s or 0.0
    worked = plus(evidence.worked, evidence.anchor_worked, -1.0)
    passed = evidence.lag_s + seconds_of(evidence.worked) - begun - lost_by(pace.step, evidence)
    lead, unsettled = pace.lead_sd**2, pace.scatter_s**2 + UNSETTLED_S**2
    left = belief.variance(ahead) + uneven * seconds_of(ahead) + jitter + lead
    work = _Fact(
        passed - belief.told(worked),
        belief.variance(worked) + uneven * seconds_of(worked) + unsettled + jitter,
        belief.covariance_of(worked, ahead) - jitter,
    )
    if not starts_alike:
        gain = work.common / work.variance
        return gain * work.gap, left - gain * work.common
    gap = begun - belief.told(evidence.anchor_worked) - (pace.ends_s - pace.lead_s)
    start = _Fact(gap, max(pace.ends_sd**2 + lead + unsettled, (gap / SURPRISE) ** 2), -lead)
    more, less = _conditioned(start, work, -unsettled)
    return more, left - less


def _conditioned(first: _Fact, second: _Fact, between: float) -> tuple[float, float]:
    """(what is added to the mean, what is taken from the variance), after two facts whose covariance is ``between``."""
    whole = first.variance * second.variance - between * between
    one = (second.variance * first.common - between * second.common) / whole
    two = (first.variance * second.common - between * first.common) / whole
    return one * first.gap + two * second.gap, one * first.common + two * second.common
