"""What is believed of a machine's four factors before it has run, by how it counts; and how single jobs stray from it.

There are three ways to count, the strictest first. Which one a machine's runs speak for is asked by foretelling each
of them from those before it (prequential evidence, a Bayes factor): who allows less foretells better while it holds and
is contradicted at once where it does not.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from enum import StrEnum
from typing import Protocol

from craftops.domain.estimation.kalman_filter import GaussianState, Square, kalman_update, square
from craftops.domain.gcode.timeline import Columns, seconds_of

COLD_PACE = 1.01
"""Of ramps: a machine is never faster than its plan, and often a little slower."""
BETWEEN = 0.06
"""Standard deviation of log pace between machines of which nothing is known."""
BY_COLUMN = (0.02, 0.6, 0.03)
"""How far a column's pace strays from the machine's pace (motion, loss, dwell)."""
EXACT = (0.005, 0.01)
"""How far steady motion and a dwell stray where a machine counts them as they are told, relative: length ÷ speed leaves
nothing to guess, a dwell is a line that must be read. What such a machine takes longer is its ramps, or its reading."""
COLD_READ = (0.015, 0.03)
"""Seconds (mean, standard deviation) that a kB of code costs by itself: 0 from a card, 0.09 at 115200 baud without a
buffer."""
CARD_READ = 0.001
"""The same from a card: one standard deviation."""
COLD: Columns = (1.0, COLD_PACE, 1.0, COLD_READ[0])
COLD_SPREAD = 0.01
"""Standard deviation of log(run ÷ prediction) from job to job on one machine, before it is known."""
ENDS_S = 0.6
"""Seconds by which the two ends of what a run took are uncertain: a reading is up to a second old."""
BY_JOB: Columns = (0.2, 8.0, 0.4, 15.0)
"""How far each column strays from job to job where it is counted as told, by the spread of whole jobs: hardly what is
counted, but ramps (a plan takes all corners alike) and reading (the computer has other work as well)."""
WILDEST = 9.0
"""The most that one run speaks against a belief, in squared standard deviations: it may be hands."""


class Counting(StrEnum):
    """How a machine comes from what is planned to its seconds."""

    CARD = "card"
    """As told; its code costs nothing to read."""
    LINE = "line"
    """As told; its code comes over a line, which costs."""
    LOOSE = "loose"
    """At a pace of its own."""


class Comparable(Protocol):
    """What is compared of a finished run: seconds at work, what was planned of them, and how far it reads ahead."""

    @property
    def seconds(self) -> float: ...
    @property
    def columns(self) -> Columns: ...
    @property
    def lead_s(self) -> float: ...


def prior_belief(mean: Columns, between: float) -> GaussianState:
    """What is believed of a loose machine: one pace, and small differences between the columns."""
    rows = [[between * between + (BY_COLUMN[i] ** 2 if i == j else 0.0) for j in range(3)] for i in range(3)]
    return GaussianState(mean, square([*([*row, 0.0] for row in rows), [0.0, 0.0, 0.0, COLD_READ[1] ** 2]]))


def belief_of(counting: Counting, mean: Columns = COLD, between: float = BETWEEN) -> GaussianState:
    """The same of a machine that counts so; ``mean`` is what is usual in its fleet, ``between`` how far machines stand
    apart."""
    if counting is Counting.LOOSE:
        return prior_belief(mean, between)
    read, read_sd = (0.0, CARD_READ) if counting is Counting.CARD else (mean[3] or COLD_READ[0], COLD_READ[1])
    return GaussianState(
        (1.0, mean[1], 1.0, read), _apart(EXACT[0], math.hypot(between, BY_COLUMN[1]), EXACT[1], read_sd)
    )


def _apart(*sds: float) -> Square:
    return square([[a * a if i == j else 0.0 for j in range(4)] for i, a in enumerate(sds)])


def astray(counting: Counting, belief: GaussianState, spread: float) -> GaussianState:
    """How one job's factors stray from its machine's, whose whole jobs have this spread."""
    mean = belief.mean
    if counting is not Counting.LOOSE:
        return GaussianState(mean, _apart(*(share * spread * one for share, one in zip(BY_JOB, mean, strict=True))))
    sds = [spread * one for one in mean[:3]] + [0.0]
    return GaussianState(mean, square([[a * b for b in sds] for a in sds]))


def learned(
    counting: Counting, belief: GaussianState, sample: Comparable, spread: float, weight: float = 1.0
) -> GaussianState:
    """After one finished run."""
    whole = seconds_of(sample.columns)
    along = [part / whole for part in sample.columns]
    noise = astray(counting, belief, spread).variance(along) / weight + (ENDS_S / whole) ** 2
    return kalman_update(belief, along, (sample.seconds - sample.lead_s) / whole, noise)


def counting_of(samples: Sequence[Comparable], fleet: Counting = Counting.LINE) -> Counting:
    """The way of counting that foretold the runs best; before there are any, that of the fleet. That its code costs
    nothing is told of no machine by others."""
    if samples:
        return max(Counting, key=lambda one: _evidence(one, samples))
    return Counting.LINE if fleet is Counting.CARD else fleet


def _evidence(counting: Counting, samples: Sequence[Comparable]) -> float:
    """Log of how likely the runs were, each foretold from those before it."""
    belief, found = belief_of(counting), 0.0
    for one in samples:
        variance = (
            belief.variance(one.columns) + astray(counting, belief, COLD_SPREAD).variance(one.columns) + ENDS_S**2
        )
        gap = one.seconds - one.lead_s - belief.told(one.columns)
        found -= 0.5 * (math.log(variance) + min(WILDEST, gap * gap / variance))
        belief = learned(counting, belief, one, COLD_SPREAD)
    return found
