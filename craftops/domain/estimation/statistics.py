"""What finished work teaches of the next: how a machine's runs compare with their plan, how often they fail, how long
people take.

Log ratios, with a hierarchy: a machine with few runs leans on the fleet, the fleet on cold values. How far machines
stand apart is itself learned, so that in a shop where one is 0.7 and another 1.6 times its slicer, a new one is
doubted as much as it deserves. Everything is robust: one run that went astray moves little.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

COLD_RATIO = 1.10
COLD_APART = 0.25
"""Standard deviation of log(took ÷ planned) between machines (machines.md §6.2: cold start)."""
COLD_SPREAD = 0.15
"""The same from run to run on one machine."""
COLD_FAILS = 0.04
COLD_CHANGEOVER_S = 600.0
COLD_CHANGEOVER_SIGMA = 0.8
LEAST_APART = 0.03
LEAST_SPREAD = 0.02
FLEET_WEIGHS = 6.0
"""Machines that the cold value of ``apart`` weighs."""
SPREAD_WEIGHS = 4.0
FAILS_WEIGH = 50.0
"""Runs that the fleet's chance of failure weighs, and the cold chance for the fleet."""
HAND_WEIGHS = 3.0
WIDEST = 1.5
"""A log ratio beyond this is an accident of bookkeeping (a run left open over a week), and counts as this."""
LEAST_TAKEN = 0.1
"""Of its plan. A run that is said to have taken less is a word too many, a trial, or another part."""
NEWEST = 80
"""Runs of one machine, and hand steps of one kind, that count: machines and people change."""


@dataclass(frozen=True, slots=True)
class FinishedRun:
    """One run that has ended. Seconds of machine time, pauses left out."""

    machine: int
    planned_s: float
    took_s: float
    failed: bool = False


@dataclass(frozen=True, slots=True)
class RunStatistics:
    """What is usual on one machine. ``doubt`` and ``spread`` are standard deviations of a log."""

    ratio: float = COLD_RATIO
    """Took ÷ planned, the median."""
    doubt: float = COLD_APART
    """How well ``ratio`` itself is known; shared by all runs of the machine."""
    spread: float = COLD_SPREAD
    """From run to run."""
    fails: float = COLD_FAILS
    """Chance that a run fails and is made again."""
    changeover_s: float = COLD_CHANGEOVER_S
    """Seconds in opening hours from a free machine to its next start by a person, the median."""
    changeover_sigma: float = COLD_CHANGEOVER_SIGMA
    runs: int = 0


COLD = RunStatistics()


@dataclass(frozen=True, slots=True)
class _Fleet:
    mean: float = math.log(COLD_RATIO)
    apart: float = COLD_APART
    spread: float = COLD_SPREAD
    fails: float = COLD_FAILS


@dataclass(frozen=True, slots=True)
class FinishedStep:
    """One thing that people did: minutes in opening hours from when it could begin to when it was ticked off."""

    kind: str
    """``changeover:<machine>``, ``check``, ``review``, or a kind of hand work with its finish and material."""
    planned_min: float
    took_min: float


@dataclass(frozen=True, slots=True)
class HandStatistics:
    """Took ÷ planned of a kind of hand work: the median, and the standard deviation of its log."""

    ratio: float = 1.0
    sigma: float = 0.4
    runs: int = 0


def run_statistics(runs: Iterable[FinishedRun], machines: Iterable[int] = ()) -> dict[int, RunStatistics]:
    """What is usual on each machine that has run, and on those named (with id 0: on one of which nothing is known).

    ``runs`` oldest first; of each machine the newest 80 count.
    """
    by_machine: dict[int, list[FinishedRun]] = defaultdict(list)
    for one in runs:
        by_machine[one.machine].append(one)
    newest = {machine: _newest(found) for machine, found in by_machine.items()}
    logs = {machine: [_log(one) for one in found if _tells(one)] for machine, found in newest.items()}
    fleet = _fleet(newest, logs)
    return {machine: _one(logs.get(machine, []), newest.get(machine, ()), fleet) for machine in {0, *newest, *machines}}


def _newest(runs: Sequence[FinishedRun]) -> list[FinishedRun]:
    """The newest that count. Those that cannot be take no place from the others, and say nothing of failures."""
    return [one for one in runs if one.failed or is_plausible(one.planned_s, one.took_s)][-NEWEST:]


def is_plausible(planned_s: float, took_s: float) -> bool:
    """Whether a run that was done may teach: one that took next to nothing of its plan made something else."""
    return planned_s >= 1.0 and took_s >= max(1.0, LEAST_TAKEN * planned_s)


def _tells(one: FinishedRun) -> bool:
    return not one.failed and is_plausible(one.planned_s, one.took_s)


def _log(one: FinishedRun) -> float:
    return min(WIDEST, max(-WIDEST, math.log(one.took_s / one.planned_s)))


def _fleet(newest: Mapping[int, Sequence[FinishedRun]], logs: Mapping[int, Sequence[float]]) -> _Fleet:
    means = [(_centre(found), len(found)) for found in logs.values() if found]
    runs = sum(len(found) for found in newest.values())
    failed = sum(one.failed for found in newest.values() for one in found)
    fails = (failed + FAILS_WEIGH * COLD_FAILS) / (runs + FAILS_WEIGH)
    within = [value - _centre(found) for found in logs.values() if len(found) >= 3 for value in found]
    spread = _spread(within, COLD_SPREAD)
    if not means:
        return _Fleet(fails=fails)
    middle = _middle([mean for mean, _ in means])
    n = len(means)
    mean = (n * middle + 2.0 * math.log(COLD_RATIO)) / (n + 2.0)
    # Between machines: the scatter of their means, less what their few runs explain.
    scatter = sum((one - middle) ** 2 - spread**2 / runs for one, runs in means)
    apart = math.sqrt(max(LEAST_APART**2, (scatter + FLEET_WEIGHS * COLD_APART**2) / (n + FLEET_WEIGHS)))
    return _Fleet(mean, apart, spread, fails)


def _one(logs: Sequence[float], runs: Sequence[FinishedRun], fleet: _Fleet) -> RunStatistics:
    n = len(logs)
    centre = _centre(logs)
    spread = _spread([value - centre for value in logs], fleet.spread) if n >= 3 else fleet.spread
    prior, own = 1.0 / fleet.apart**2, n / max(LEAST_SPREAD, spread) ** 2
    mean = (prior * fleet.mean + own * centre) / (prior + own)
    failed = sum(one.failed for one in runs)
    fails = (failed + FAILS_WEIGH * fleet.fails) / (len(runs) + FAILS_WEIGH)
    return RunStatistics(math.exp(mean), math.sqrt(1.0 / (prior + own)), spread, fails, runs=len(runs))


def _centre(values: Sequence[float]) -> float:
    """A mean whose outermost tenths do not count."""
    ordered = sorted(values)
    cut = len(ordered) // 10
    kept = ordered[cut : len(ordered) - cut]
    return sum(kept) / len(kept) if kept else 0.0


def _middle(values: Sequence[float]) -> float:
    ordered = sorted(values)
    n = len(ordered)
    return (ordered[(n - 1) // 2] + ordered[n // 2]) / 2.0 if n else 0.0


def _spread(residuals: Sequence[float], cold: float) -> float:
    """A standard deviation from residuals, the farthest twentieth pulled in, shrunk to the cold one."""
    n = len(residuals)
    if not n:
        return cold
    limit = 2.5 * 1.4826 * _middle([abs(one) for one in residuals])
    square = sum(min(one * one, limit * limit) for one in residuals) if limit else 0.0
    return max(LEAST_SPREAD, math.sqrt((square + SPREAD_WEIGHS * cold * cold) / (n + SPREAD_WEIGHS)))


def hand_statistics(steps: Iterable[FinishedStep], cold: HandStatistics | None = None) -> HandStatistics:
    """Took ÷ planned over finished steps of one kind, the oldest first, shrunk to the plan."""
    cold = cold or HandStatistics()
    logs = [
        min(2 * WIDEST, max(-2 * WIDEST, math.log(max(0.1, one.took_min) / one.planned_min)))
        for one in list(steps)[-NEWEST:]
        if one.planned_min > 0.0
    ]
    n = len(logs)
    middle = _middle(logs)
    mean = (n * middle + HAND_WEIGHS * math.log(cold.ratio)) / (n + HAND_WEIGHS)
    square = sum((one - middle) ** 2 for one in logs)
    sigma = math.sqrt((square + HAND_WEIGHS * cold.sigma**2) / (n + HAND_WEIGHS))
    return HandStatistics(math.exp(mean), min(2.0, max(0.05, sigma)), n)
