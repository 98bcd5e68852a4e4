"""What runs and hand work will take, drawn: a row for each run or step, a column for each draw."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from craftops.domain.estimation.estimate import HandStep
from craftops.domain.estimation.random_draws import DRAWS, NORMAL, STRATA, Of, normals, shares
from craftops.domain.estimation.statistics import RunStatistics
from craftops.domain.hours.open_hours import Array, Draws
from craftops.domain.production.jobs import Job

Rows = NDArray[np.intp]
FURTHEST = 0.98
"""Of a hand step's distribution; where more has been spent, its tail is worked out draw by draw."""
LONGEST = 6.0
"""Standard deviations: what has lasted longer is an accident, and is taken to have lasted as long as this."""
STANDARD = NormalDist()
STILL = 0.1
"""Share of a hand step that is always left of it: it may end any minute, but it has not."""


@dataclass(frozen=True, slots=True)
class Failures:
    """The runs that fail, by row and draw, in the order of the rows."""

    row: Rows
    draw: Rows
    share: Array
    """Of the run that was done when it failed, between 0 and 1."""
    again: Array
    """The same of the run that replaced it; not below 1 where that one did not fail."""
    changeover: Draws
    seconds: Draws

    def between(self, low: int, high: int) -> Failures:
        """Those of the rows from ``low`` on and before ``high``, counted from ``low``."""
        part = slice(*np.searchsorted(self.row, (low, high)).tolist())
        row = self.row[part] - low
        rest = self.share[part], self.again[part], self.changeover[part], self.seconds[part]
        return Failures(row, self.draw[part], *rest)


@dataclass(frozen=True, slots=True)
class Runs:
    """Seconds of whole runs and of the changeover before each; a run fails in the draws whose ``luck`` is below
    ``fails`` (one for each run)."""

    seconds: Draws
    changeover: Draws
    fails: Array
    luck: Draws

    def failures(self) -> Failures:
        """Where luck was bad. How bad tells when, and whether once more."""
        row, draw = np.nonzero(self.luck < self.fails[:, None])
        chance = self.fails[row]
        share = self.luck[row, draw] / chance
        return Failures(row, draw, share, share / chance, self.changeover[row, draw], self.seconds[row, draw])


class Machines:
    """How machines usually work: ``usuals`` and ``ids`` have one length."""

    def __init__(self, usuals: Sequence[RunStatistics], ids: Sequence[int]) -> None:
        figures = np.array(
            [(u.ratio, u.doubt, u.spread, u.changeover_s, u.changeover_sigma, u.fails) for u in usuals],
            dtype=np.float32,
        ).reshape(-1, 6)
        self._figures = figures
        self._pace: Draws = figures[:, :1] * np.exp(figures[:, 1:2] * normals(Of.MACHINE, ids))
        self._fails = np.array([u.fails for u in usuals])

    def runs(self, jobs: Sequence[Job], of: Rows) -> Runs:
        """What is drawn for these jobs; ``of`` says for each on which of the machines it is."""
        ids = [job.id for job in jobs]
        figures = self._figures[of]
        seconds = _lognormal(figures[:, 2:3], normals(Of.JOB, ids))
        seconds *= self._pace[of]
        seconds *= np.array([job.planned_s for job in jobs], dtype=np.float32)[:, None]
        changeover = _lognormal(figures[:, 4:5], normals(Of.CHANGEOVER, ids))
        changeover *= figures[:, 3:4]
        return Runs(seconds, changeover, self._fails[of], shares(Of.FAILURE, ids))


def _lognormal(sigma: Draws, z: Draws) -> Draws:
    """With the median 1, made of ``z`` in its own place."""
    z *= sigma
    return np.exp(z, out=z)


def hand_seconds(kind: Of, steps: Sequence[tuple[int, HandStep | None]]) -> Array:
    """(orders × draws) seconds in opening hours that a step still takes, given what has been spent on it."""
    figures = np.array([(s.minutes * 60.0, s.sigma, s.spent * 60.0) if s else (0.0, 1.0, 0.0) for _, s in steps])
    minutes, sigma, spent = figures[:, :1], figures[:, 1:2], figures[:, 2:]
    if not minutes.any():
        return np.zeros((len(steps), DRAWS))
    z = normals(kind, [order_id for order_id, _ in steps]).astype(np.float64)
    begun = np.flatnonzero((spent[:, 0] > 0.0) & (minutes[:, 0] > 0.0))
    drawn = minutes * np.exp(sigma * z)
    if not len(begun):
        return drawn
    for row in begun.tolist():  # what is left of those that last longer than what has been spent
        so_far = float(np.log(spent[row, 0] / minutes[row, 0]) / sigma[row, 0])
        reached = float(np.interp(so_far, NORMAL, STRATA, left=0.0))
        if reached > FURTHEST:
            z[row] = _in_the_tail(so_far, np.interp(z[row], NORMAL, STRATA))
            continue
        share = reached + (1.0 - reached) * np.interp(z[row], NORMAL, STRATA)
        z[row] = np.interp(share, STRATA, NORMAL)
    left: Array = np.maximum(STILL * drawn, minutes * np.exp(sigma * z) - spent)
    return left


def _in_the_tail(so_far: float, shares: Array) -> Array:
    """Standard normal draws beyond ``so_far``: what has lasted long will last, and may well last as long again."""
    rest = 1.0 - STANDARD.cdf(min(LONGEST, so_far))
    return np.array([-STANDARD.inv_cdf(rest * (1.0 - share)) for share in shares.tolist()])
