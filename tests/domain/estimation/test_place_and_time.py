"""Place and time of a run are one Gaussian with all that they have in common: what is left is off by as much as is
told, and a second that every run loses at its start is nobody's pace."""

from __future__ import annotations

import random
from dataclasses import replace
from statistics import fmean

import pytest

from craftops.domain.estimation.kalman_filter import PAIRS, GaussianState, square
from craftops.domain.estimation.pace import COLD_START, Pace, learn
from craftops.domain.estimation.place_and_time import UNSETTLED_S, by_both, contrasted
from craftops.domain.estimation.run_sample import RunSample
from craftops.domain.estimation.run_state import RunState

WORKED, AHEAD = 60.0, 30.0
UNEVEN, JITTER = 0.004, 0.1
BELIEF = GaussianState(
    (1.0, 1.0, 1.0, 0.0), square([[0.02**2 if i == j == 2 else 0.0 for j in range(4)] for i in range(4)])
)
PACE = Pace(ends_s=0.4, ends_sd=0.5, lead_s=0.7, lead_sd=0.4, scatter_s=0.2)


def run(pace: float, ends: float, lead: float, unsettled: float, late: float, passed: float) -> RunState:
    """A job that has worked off so much: what it took is its pace, its unevenness and where its places were told."""
    begun = ends - lead - unsettled + 2.0
    seconds = pace * WORKED + passed + unsettled - late
    worked = (0.0, 0.0, WORKED + 2.0, 0.0)
    return RunState(
        anchor_s=begun, anchor_worked=(0.0, 0.0, 2.0, 0.0), worked=worked, lag_s=begun + seconds - WORKED - 2.0
    )


@pytest.mark.parametrize("alike", [True, False])
def test_what_is_left_is_off_by_as_much_as_is_told(alike: bool) -> None:
    chance = random.Random(1)
    off, plain, told = [], [], 0.0
    for _ in range(4000):
        pace, ends = chance.gauss(1.0, 0.02), chance.gauss(0.4, 0.5 if alike else 20.0)
        lead, late = chance.gauss(0.7, 0.4), chance.gauss(0.0, JITTER**0.5)
        unsettled = chance.gauss(0.0, (UNSETTLED_S**2 + 0.2**2) ** 0.5)
        seen = run(pace, ends, lead, unsettled, late, chance.gauss(0.0, (UNEVEN * WORKED) ** 0.5))
        left = pace * AHEAD + chance.gauss(0.0, (UNEVEN * AHEAD) ** 0.5) + lead + late
        more, told = by_both(
            BELIEF, seen, PACE, (0.0, 0.0, AHEAD, 0.0), starts_alike=alike, uneven=UNEVEN, jitter=JITTER
        )
        off.append(left - (AHEAD + PACE.lead_s + more))
        plain.append(left - (AHEAD + PACE.lead_s))
    assert abs(fmean(off)) < 0.05
    # A start far from the usual is not believed, which costs a little where starts are as usual.
    assert fmean(one * one for one in off) == pytest.approx(told, rel=0.1)
    assert fmean(one * one for one in off) < 0.9 * fmean(one * one for one in plain)


def test_a_second_that_all_lose_at_the_start_is_no_slow_machine() -> None:
    """It went between where pace begins to be measured and now. By its place the job is a second late."""
    lost = run(1.0, 0.4, 0.7, 1.0, 0.0, 0.0)
    usual = run(1.0, 0.4, 0.7, 0.0, 0.0, 0.0)
    ahead = (0.0, 0.0, 300.0, 0.0)
    asked = {"uneven": UNEVEN, "jitter": JITTER}
    by_place, _ = by_both(BELIEF, lost, PACE, ahead, starts_alike=False, **asked)
    both, _ = by_both(BELIEF, lost, PACE, ahead, starts_alike=True, **asked)
    assert by_place > 1.0
    assert abs(both - by_both(BELIEF, usual, PACE, ahead, starts_alike=True, **asked)[0]) < 0.5 * by_place


def test_an_odd_start_tells_nothing() -> None:
    odd = run(1.0, 90.0, 0.7, 0.0, 0.0, 0.0)
    more, _ = by_both(BELIEF, odd, PACE, (0.0, 0.0, 300.0, 0.0), starts_alike=True, uneven=UNEVEN, jitter=JITTER)
    assert abs(more) < 0.5


def test_what_blocks_have_in_common_is_left_to_time() -> None:
    rows = [((0.0, 0.0, 9.0, 1.0), 11.0), ((0.0, 0.0, 9.0, 1.0), 11.0), ((0.0, 0.0, 9.0, 1.0), 11.0)]
    belief = replace(BELIEF, covariance=square([[0.01 if i == j else 0.0 for j in range(4)] for i in range(4)]))
    seen = RunState(
        blocks=3,
        block_planned=27.0,
        gram=tuple(sum(row[i] * row[j] / 9.0 for row, _ in rows) for i, j in PAIRS),
        moment=(0.0, 0.0, 33.0, 11.0 / 3.0),
        block_sum=(0.0, 0.0, 27.0, 3.0),
        block_spent=33.0,
    )
    assert contrasted(belief, seen, 0.01).mean == pytest.approx(belief.mean)


def test_what_was_kept_before_blocks_were_summed_is_read() -> None:
    kept = RunState().to_json()
    del kept["block_sum"], kept["block_spent"]
    assert RunState.from_json(kept) == RunState()


def sample(n: int, ends_s: float, **more: object) -> RunSample:
    """A run of dwells whose ends take so long, and whose place says little of how far its machine reads ahead."""
    planned = 80.0 + 7.0 * n
    values: dict[str, object] = {
        "machine": "a", "file": f"{n}.gcode", "part": "", "seconds": planned + 0.7, "columns": (0.0, 0.0, planned, 0.0),
        "lead_s": 0.7, "start_s": 0.0, "heats": False, "whole_s": planned + ends_s, "planned_s": planned,
        "began_s": ends_s - 0.7,
    }  # fmt: skip
    return RunSample(**{**values, **more})  # type: ignore[arg-type]


def test_what_the_ends_of_runs_take_is_learned_from_their_whole_time() -> None:
    one, five = (learn([sample(n, 0.3) for n in range(many)], "a") for many in (1, 5))
    assert one.ends_s == pytest.approx(0.3, abs=0.2)
    assert five.ends_s == pytest.approx(0.3, abs=0.1)
    assert COLD_START[1] > one.ends_sd > five.ends_sd > 0.2


def test_heated_runs_and_those_kept_before_say_nothing_of_ends() -> None:
    pace = learn([sample(1, 22.0, heats=True), sample(2, 0.3, began_s=None)], "a")
    assert (pace.ends_s, pace.ends_sd) == COLD_START


def test_a_start_that_strays_is_doubted_by_its_length() -> None:
    assert learn([sample(1, 40.0)], "a").ends_sd > 4.0
