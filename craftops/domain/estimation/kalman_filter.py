"""A Gaussian belief of the four factors by which a machine stretches the columns of a clock, and how facts move it.

Row by row it is a Kalman step (``learned``); from sums it is the information form of the same (``conditioned``). Four
numbers wide, so plain lists are quick enough: a step costs about 10 µs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations_with_replacement

from craftops.domain.gcode.timeline import Columns

WIDTH = range(4)
PAIRS = tuple(combinations_with_replacement(WIDTH, 2))
LEAST = (0.02, 0.02, 0.02, 0.0)
"""No factor falls below these: a machine takes time."""
Square = tuple[tuple[float, float, float, float], ...]


@dataclass(frozen=True, slots=True)
class GaussianState:
    """``mean`` of the factors and their covariance."""

    mean: Columns
    covariance: Square

    def variance(self, along: Sequence[float]) -> float:
        """Of the factors' sum weighed by ``along``."""
        return sum(along[i] * along[j] * self.covariance[i][j] for i in WIDTH for j in WIDTH)

    def covariance_of(self, one: Sequence[float], other: Sequence[float]) -> float:
        """What two sums of the factors have in common, one weighed by ``one``, one by ``other``."""
        return sum(one[i] * other[j] * self.covariance[i][j] for i in WIDTH for j in WIDTH)

    def told(self, columns: Sequence[float]) -> float:
        """Seconds of ``columns`` at the mean."""
        mean = self.mean
        return mean[0] * columns[0] + mean[1] * columns[1] + mean[2] * columns[2] + mean[3] * columns[3]

    def plus(self, other: GaussianState) -> GaussianState:
        """The same mean, with the doubt of ``other`` on top."""
        return GaussianState(
            self.mean, square([[self.covariance[i][j] + other.covariance[i][j] for j in WIDTH] for i in WIDTH])
        )

    def scaled(self, factor: float, shrink: float) -> GaussianState:
        """Every pace times ``factor`` and the covariance times ``shrink``.

        What reading code costs (the last column) is no matter of pace and keeps its mean.
        """
        mean = (self.mean[0] * factor, self.mean[1] * factor, self.mean[2] * factor, self.mean[3])
        return GaussianState(mean, square([[shrink * one for one in row] for row in self.covariance]))


def square(rows: Sequence[Sequence[float]]) -> Square:
    """Four rows of four, frozen."""
    return tuple((float(a), float(b), float(c), float(d)) for a, b, c, d in rows)


def bounded(mean: Sequence[float]) -> Columns:
    """No factor below its least."""
    a, b, c, d = (max(low, value) for low, value in zip(LEAST, mean, strict=True))
    return (a, b, c, d)


def kalman_update(belief: GaussianState, along: Sequence[float], seen: float, noise: float) -> GaussianState:
    """After one fact: the factors weighed by ``along`` gave ``seen``, with variance ``noise``."""
    covariance = belief.covariance
    gain = [sum(covariance[i][j] * along[j] for j in WIDTH) for i in WIDTH]
    total = sum(along[i] * gain[i] for i in WIDTH) + noise
    gap = seen - belief.told(along)
    mean = bounded([belief.mean[i] + gain[i] * gap / total for i in WIDTH])
    return GaussianState(mean, square([[covariance[i][j] - gain[i] * gain[j] / total for j in WIDTH] for i in WIDTH]))


def information_update(
    belief: GaussianState, gram: Sequence[float], moment: Sequence[float], noise: float
) -> GaussianState:
    """After many facts at once: ``gram`` is the sum of products of rows (``PAIRS``), ``moment`` of rows times what
    was seen."""
    precision = inverse([list(row) for row in belief.covariance])
    pull = [sum(precision[i][j] * belief.mean[j] for j in WIDTH) + moment[i] / noise for i in WIDTH]
    for (i, j), value in zip(PAIRS, gram, strict=True):
        precision[i][j] += value / noise
        if i != j:
            precision[j][i] += value / noise
    covariance = inverse(precision)
    return GaussianState(
        bounded([sum(covariance[i][j] * pull[j] for j in WIDTH) for i in WIDTH]),
        square([[(covariance[i][j] + covariance[j][i]) / 2.0 for j in WIDTH] for i in WIDTH]),
    )


def misfit(belief: GaussianState, gram: Sequence[float], moment: Sequence[float], seen_sq: float) -> float:
    """Sum of squares that the mean leaves unexplained."""
    mean = belief.mean
    explained = sum(
        (1.0 if i == j else 2.0) * mean[i] * mean[j] * value for (i, j), value in zip(PAIRS, gram, strict=True)
    )
    return max(0.0, seen_sq - 2.0 * sum(mean[i] * moment[i] for i in WIDTH) + explained)


def inverse(rows: list[list[float]]) -> list[list[float]]:
    """Of a positive definite square, by Gauss and Jordan; ``rows`` is used up."""
    for pivot in WIDTH:
        row = rows[pivot]
        by = 1.0 / max(1e-12, row[pivot])
        row[pivot] = 1.0
        for k in WIDTH:
            row[k] *= by
        for other in WIDTH:
            if other != pivot:
                target = rows[other]
                times, target[pivot] = target[pivot], 0.0
                for k in WIDTH:
                    target[k] -= times * row[k]
    return rows
