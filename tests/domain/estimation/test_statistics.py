"""What finished work teaches."""

from __future__ import annotations

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from craftops.domain.estimation.statistics import (
    COLD_FAILS,
    COLD_RATIO,
    FinishedRun,
    FinishedStep,
    HandStatistics,
    hand_statistics,
    run_statistics,
)


def runs(machine: int, ratio: float, count: int, seed: int = 0, spread: float = 0.08) -> list[FinishedRun]:
    rng = random.Random(seed + machine)
    return [FinishedRun(machine, 3600.0, 3600.0 * ratio * math.exp(rng.gauss(0.0, spread))) for _ in range(count)]


def test_nothing_known_is_doubted_most() -> None:
    known = run_statistics([], [1])
    assert known[1] == known[0]
    assert known[1].ratio == pytest.approx(COLD_RATIO)
    assert known[1].fails == pytest.approx(COLD_FAILS)


def test_a_slow_machine_is_known_after_a_few_runs_and_a_new_one_leans_on_the_fleet() -> None:
    fleet = [run for machine in range(2, 40) for run in runs(machine, 0.7 + 0.9 * machine / 40, 20)]
    few = run_statistics([*fleet, *runs(1, 1.6, 3)])
    assert few[1].ratio == pytest.approx(1.6, rel=0.1)
    assert few[1].doubt < 0.07
    assert few[0].doubt == pytest.approx(0.25, abs=0.06), "how far machines stand apart is learned"
    alike = run_statistics([run for machine in range(2, 40) for run in runs(machine, 1.05, 20)])
    assert alike[0].ratio == pytest.approx(1.05, rel=0.02)
    assert alike[0].doubt < 0.13, "where all machines are alike, a new one is hardly doubted"


def test_one_run_that_went_astray_moves_little() -> None:
    clean, astray = runs(1, 1.2, 20), FinishedRun(1, 3600.0, 3600.0 * 40)
    assert run_statistics([*clean, astray])[1].ratio == pytest.approx(run_statistics(clean)[1].ratio, rel=0.02)


def test_a_machine_that_fails_often_is_known_for_it_and_failures_are_no_durations() -> None:
    prone = [*runs(1, 1.0, 60), *(FinishedRun(1, 3600.0, 60.0, failed=True) for _ in range(20))]
    known = run_statistics([*prone, *runs(2, 1.0, 60)])
    assert known[1].fails > 3 * known[2].fails
    assert known[1].ratio == pytest.approx(1.0, rel=0.05)


@given(st.lists(st.tuples(st.floats(0.0, 1e6), st.floats(0.0, 1e6), st.booleans()), max_size=12))
def test_whatever_is_recorded_gives_figures_that_can_be_used(found: list[tuple[float, float, bool]]) -> None:
    known = run_statistics(FinishedRun(1, *one) for one in found)
    for usual in known.values():
        assert 0.05 < usual.ratio < 20.0
        assert 0.0 < usual.doubt < 1.0
        assert 0.0 < usual.spread < 2.0
        assert 0.0 < usual.fails < 1.0


def test_minutes_of_hand_work_are_learned_and_shrink_to_the_plan() -> None:
    steps = [FinishedStep("sanding", 20.0, 50.0)] * 12
    assert hand_statistics([]) == HandStatistics()
    assert hand_statistics(steps).ratio == pytest.approx(2.08, abs=0.05)
    assert 1.0 < hand_statistics(steps[:1]).ratio < 1.5
    assert hand_statistics(steps).sigma < HandStatistics().sigma
