"""How a machine counts is read off its runs: whose code costs, who keeps to what is written, who has a pace of its own."""

from __future__ import annotations

import random
from dataclasses import dataclass

import pytest

from craftops.domain.estimation.machine_belief import COLD, Counting, astray, belief_of, counting_of
from craftops.domain.gcode.timeline import Columns

FACTORS: dict[Counting, Columns] = {
    Counting.CARD: (1.0, 0.8, 1.0, 0.0),
    Counting.LINE: (1.0, 0.8, 1.0, 0.04),
    Counting.LOOSE: (1.08, 1.1, 1.08, 0.0),
}


@dataclass(frozen=True)
class Took:
    """A finished run, as far as it is compared. Seconds."""

    seconds: float
    columns: Columns
    lead_s: float = 0.8


def took(factors: Columns, seed: int) -> Took:
    chance = random.Random(seed)
    planned = (chance.uniform(20, 80), chance.uniform(1, 6), chance.uniform(20, 80), chance.uniform(60, 200))
    worked = sum(factor * part for factor, part in zip(factors, planned, strict=True))
    return Took(worked + 0.8 + chance.gauss(0.0, 0.3), planned)


@pytest.mark.parametrize("counting", Counting)
@pytest.mark.parametrize("runs", [3, 8])
def test_the_runs_tell_how_a_machine_counts(counting: Counting, runs: int) -> None:
    assert counting_of([took(FACTORS[counting], seed) for seed in range(runs)]) is counting


def test_before_there_are_runs_the_fleet_tells_but_for_what_only_each_can() -> None:
    assert counting_of(()) is Counting.LINE
    assert counting_of((), Counting.LOOSE) is Counting.LOOSE
    assert counting_of((), Counting.CARD) is Counting.LINE, "nobody knows yet whether its code costs"


def test_one_run_by_hand_does_not_undo_what_many_say() -> None:
    runs = [took(FACTORS[Counting.CARD], seed) for seed in range(8)]
    slowed = took((1.6, 0.8, 1.0, 0.0), 99)
    assert counting_of([*runs[:4], slowed, *runs[4:]]) is Counting.CARD


def test_who_counts_as_told_leaves_less_doubt() -> None:
    columns = (200.0, 20.0, 60.0, 0.0)
    by = {one: belief_of(one).variance(columns) for one in Counting}
    assert by[Counting.CARD] <= by[Counting.LINE] < by[Counting.LOOSE]


@pytest.mark.parametrize("counting", Counting)
def test_jobs_stray_in_proportion_to_what_is_usual(counting: Counting) -> None:
    belief = belief_of(counting, COLD)
    columns = (200.0, 20.0, 60.0, 50.0)
    narrow, wide = (astray(counting, belief, spread).variance(columns) for spread in (0.005, 0.01))
    assert wide == pytest.approx(4.0 * narrow)
    assert astray(counting, belief, 0.01).mean == belief.mean
