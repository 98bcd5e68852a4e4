"""What all runs of a machine lose once is told until it has come and not after, is no pace, and is not made of chance."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from statistics import fmean

import pytest
from hypothesis import given
from hypothesis import strategies as st

from craftops.domain.estimation.change_point import (
    NO_CHANGE,
    ChangePoint,
    change_point,
    lost_by,
    still_to_come,
    without,
)
from craftops.domain.estimation.kalman_filter import GaussianState
from craftops.domain.estimation.machine_belief import Counting, belief_of
from craftops.domain.estimation.pace import Pace, learn
from craftops.domain.estimation.run_sample import Passed, RunSample
from craftops.domain.estimation.run_state import RunState

BY_KB, NOISE_S, LEAD_S = 0.02, 0.25, 0.5
STEP = ChangePoint(1.0, 0.3, 3.0)


def run(seed: int, once: tuple[float, float] = (0.0, 0.0), *, machine: str = "a", by_kb: float = BY_KB) -> RunSample:
    """A run of dwells in which a kB costs ``by_kb``, and ``once`` (seconds, kB) is lost."""
    chance = random.Random(f"{seed}{once}")
    size, dwell, late = chance.uniform(30.0, 80.0), chance.uniform(60.0, 120.0), chance.uniform(0.6, 1.8)
    course = []
    for n in range(1, 20):
        share = n / 20
        kb, done = size * share**late, dwell * share
        left = dwell - done + by_kb * (size - kb) + LEAD_S + chance.gauss(0.0, NOISE_S)
        course.append(Passed(kb, (0.0, 0.0, dwell - done, size - kb), left + (once[0] if kb < once[1] else 0.0)))
    whole = dwell + by_kb * size + LEAD_S + once[0]
    return RunSample(
        machine=machine,
        file=f"{seed}.gcode",
        part="",
        seconds=whole,
        columns=(0.0, 0.0, dwell, size),
        lead_s=LEAD_S,
        start_s=0.2,
        heats=False,
        whole_s=whole + 0.2,
        planned_s=dwell,
        course=tuple(course),
        began_s=0.0,
    )


@pytest.mark.parametrize("runs", [2, 4, 8])
@pytest.mark.parametrize(("lost", "kb"), [(1.0, 3.0), (2.5, 8.0)])
def test_what_is_lost_once_is_found_and_costs_no_pace(runs: int, lost: float, kb: float) -> None:
    pace = learn([run(n, (lost, kb)) for n in range(runs)], "a")
    assert pace.step.seconds == pytest.approx(lost, abs=0.4)
    assert 0.5 * kb <= pace.step.kb <= 2.0 * kb
    assert pace.belief.mean[3] == pytest.approx(BY_KB, abs=0.006), "what was lost once is no price of a kB"


def test_where_nothing_is_lost_hardly_anything_is_told() -> None:
    told = [change_point([run(50 * n + k) for k in range(1 + n % 5)], _truth()).seconds for n in range(100)]
    assert fmean(told) < 0.1
    assert max(told) < 0.5


def test_one_run_with_an_accident_is_no_rule() -> None:
    assert change_point([*(run(n) for n in range(6)), run(9, (20.0, 4.0))], _truth()).seconds < 0.3


def test_a_run_that_began_behind_the_place_lost_nothing_of_it() -> None:
    sample = run(1, (1.0, 3.0))
    begun = replace(sample, columns=(0.0, 0.0, 60.0, sample.columns[3] - 9.0))
    assert without(STEP, sample).seconds == pytest.approx(sample.seconds - 1.0)
    assert without(STEP, begun) is begun
    assert without(NO_CHANGE, sample) is sample


places = st.floats(0.0, 60.0)
lags = st.floats(-5.0, 5.0)


def at(kb: float, lost_s: float) -> RunState:
    return RunState(done=(0.0, 0.0, 10.0, kb), anchor_s=2.0, anchor_worked=(0.0, 0.0, 2.0, 0.1), lag_s=lost_s)


@given(places, places, lags, lags)
def test_the_further_and_the_later_a_job_is_the_less_is_to_come(a: float, b: float, c: float, d: float) -> None:
    kb, farther, lost, more = min(a, b), max(a, b), min(c, d), max(c, d)
    assert 0.0 <= still_to_come(STEP, at(farther, more)) <= still_to_come(STEP, at(kb, lost)) + 1e-12 <= 1.0 + 1e-12


@given(places, lags)
def test_what_is_to_come_and_what_was_lost_are_all_of_it(kb: float, lost: float) -> None:
    job = at(kb, lost)
    assert lost_by(STEP, job) + still_to_come(STEP, job) * STEP.seconds == pytest.approx(STEP.seconds)
    assert lost_by(NO_CHANGE, job) == still_to_come(NO_CHANGE, job) == 0.0


def test_long_before_its_place_it_is_to_come_and_long_after_it_is_lost() -> None:
    assert still_to_come(STEP, at(0.5, 0.0)) > 0.99
    assert still_to_come(STEP, at(12.0, 0.0)) < 0.01


def test_it_is_kept_with_the_pace_and_one_that_was_kept_before_has_none() -> None:
    pace = learn([run(n, (1.0, 3.0)) for n in range(4)], "a")
    kept = json.loads(json.dumps(pace.to_json()))
    assert Pace.from_json(kept) == pace
    del kept["step"]
    assert Pace.from_json(kept).step == NO_CHANGE
    sample = json.loads(json.dumps(run(1).to_json()))
    assert RunSample.from_json(sample) == run(1)
    del sample["course"]
    assert RunSample.from_json(sample).course == ()


def _truth() -> GaussianState:
    return GaussianState((1.0, 1.0, 1.0, BY_KB), belief_of(Counting.LINE).covariance)
