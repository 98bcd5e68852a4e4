"""How wide a window must be to hold eight times in ten, by how far finished runs fell from what was told of them.

A score is (truth − P50) ÷ the standard deviation that was believed. Scores of one run hang together, so a run counts
as one, however often it was asked.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

COVER = 0.85
"""Of the runs that were left alone. Hands that change a run cost the window some of its 80 %, and so does what the next
run has that none before it had: measured on runs of other files, 82 % came true as 76 to 79 (decision 35)."""
FULL = 20
"""Runs from which on the window rests on the quantiles of this machine's own scores alone."""
NARROWEST = 0.8
"""Standard deviations from P50 to P10 or P90, at least: a lucky streak is no proof."""
Z90 = 1.2816
"""Standard deviations from a normal's middle to its 90 %."""
DOUBT_WEIGHS = 8.0
"""Runs that the spread as it was believed weighs against scores, and ``USUAL`` its mean square: it leans to doubt."""
USUAL = 0.85
STRANGE = (0.25, 2.0)
"""What a run of another machine weighs, and all of them at most."""
WILD = 9.0
"""The most that one run's mean square counts."""


Scores = Sequence[Sequence[float]]
"""Of each run of one machine, the oldest first."""


def widths(own: Scores, others: Sequence[Scores] = ()) -> tuple[float, float]:
    """Standard deviations from P50 to P10 (below zero) and to P90, by the scores of finished runs: the machine's
    ``own``, and those of each of the others.

    A few runs only say how great the spread is, and not its shape: what comes next is Student's, with a scale shrunk to
    what is usual. The more there are, the more the quantiles of the machine's own scores count (split-conformal in
    spirit), and from ``FULL`` runs on nothing else.
    """
    mine = [scores for scores in own if scores]
    known, square = _spread(mine)
    strange = [_spread([scores for scores in one if scores]) for one in others]
    all_strange = sum(weight for weight, _ in strange)
    share = min(STRANGE[0], STRANGE[1] / all_strange) if all_strange else 0.0
    free = DOUBT_WEIGHS + known + share * all_strange
    square += DOUBT_WEIGHS * USUAL + share * sum(one for _, one in strange)
    half = _student(free) * math.sqrt(square / free)
    share = min(1.0, len(mine) / FULL)
    points = sorted((z, n / (n + 1.0) / len(scores)) for n, scores in enumerate(mine) for z in scores) or [(0.0, 1.0)]
    tail = (1.0 - COVER) / 2.0
    low, high = _quantile(points, tail), _quantile(points, 1.0 - tail)
    return min(-NARROWEST, share * low - (1 - share) * half), max(NARROWEST, share * high + (1 - share) * half)


def _spread(runs: Scores) -> tuple[float, float]:
    """(what the runs of one machine weigh, the sum of their mean squares so weighed).

    The first weighs nothing, the second half, the third two thirds …: while a machine was strange its windows were wide
    for what was not known, and how well they held says nothing of what is.
    """
    weights = [n / (n + 1.0) for n in range(len(runs))]
    squares = [min(WILD, sum(z * z for z in scores) / len(scores)) for scores in runs]
    return sum(weights), sum(weight * one for weight, one in zip(weights, squares, strict=True))


def _student(free: float) -> float:
    """The 90 % quantile of Student's t with so many degrees of freedom, at least 2 (Cornish's and Fisher's first
    term)."""
    return Z90 * (1.0 + (Z90 * Z90 + 1.0) / (4.0 * free))


def _quantile(points: Sequence[tuple[float, float]], share: float) -> float:
    whole = sum(weight for _, weight in points)
    reached = 0.0
    for z, weight in points:
        reached += weight
        if reached >= share * whole:
            return z
    return points[-1][0]
