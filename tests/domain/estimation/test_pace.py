"""What finished runs teach: shrinkage between cold values, fleet and machine; one odd run moves little."""

from __future__ import annotations

import json
import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from craftops.domain.estimation.kalman_filter import PAIRS, information_update, kalman_update
from craftops.domain.estimation.machine_belief import COLD, prior_belief
from craftops.domain.estimation.pace import Pace, clock_by_history, costs, learn
from craftops.domain.estimation.run_sample import RunSample
from craftops.domain.estimation.window_width import NARROWEST
from craftops.domain.gcode.timeline import TimelineKind


def run(machine: str = "a", pace: float = 1.0, loss: float = 1.0, seed: int = 0, **more: object) -> RunSample:
    chance = random.Random(seed)
    motion, lost = chance.uniform(800, 4000), chance.uniform(80, 900)
    values: dict[str, object] = {
        "machine": machine,
        "file": f"{seed}.gcode",
        "part": "",
        "seconds": pace * motion + loss * lost + 1.0,
        "columns": (motion, lost, 0.0, 0.0),
        "lead_s": 1.0,
        "start_s": 3.0,
        "heats": False,
        "whole_s": 4000.0,
        "planned_s": 4000.0,
    }
    return RunSample(**{**values, **more})  # type: ignore[arg-type]


def test_nothing_learned_is_the_cold_pace() -> None:
    assert learn([], "a").belief.mean == COLD


def test_many_runs_outweigh_what_was_believed() -> None:
    pace = learn([run(pace=1.2, loss=2.5, seed=n) for n in range(40)], "a")
    assert pace.belief.mean[0] == pytest.approx(1.2, abs=0.02)
    assert pace.belief.mean[1] == pytest.approx(2.5, abs=0.15)
    assert pace.spread < 0.01


def test_one_run_moves_it_only_part_of_the_way() -> None:
    one = run(pace=1.2, loss=1.2, seed=1)
    pace = learn([one], "a")
    assert 1.03 < costs(one.columns, pace) / sum(one.columns) < 1.2


def test_a_new_machine_leans_on_the_fleet_and_an_old_one_does_not() -> None:
    others = [run(f"m{n % 5}", pace=1.15, loss=1.15, seed=n) for n in range(30)]
    assert learn(others, "new").belief.mean[0] == pytest.approx(1.15, abs=0.03)
    own = [run("old", pace=0.95, loss=0.95, seed=100 + n) for n in range(30)]
    assert learn(others + own, "old").belief.mean[0] == pytest.approx(0.95, abs=0.03)


def test_a_run_with_half_of_its_parts_excluded_moves_little() -> None:
    good = [run(pace=1.05, seed=n) for n in range(8)]
    odd = run(pace=0.5, loss=0.5, seed=99)
    clean, mixed = learn(good, "a"), learn([*good, odd], "a")
    assert mixed.belief.mean[0] == pytest.approx(clean.belief.mean[0], abs=0.02)


def test_a_window_widens_with_bad_luck_and_never_closes() -> None:
    lucky = learn([run(seed=n, scores=(0.01, -0.01) * 9) for n in range(25)], "a")
    assert (lucky.low, lucky.high) == (-NARROWEST, NARROWEST)
    late = learn([run(seed=n, scores=(3.0,) * 10) for n in range(25)], "a")
    assert late.high == pytest.approx(3.0)
    assert late.low == -NARROWEST


def test_words_are_believed_by_how_they_turned_out() -> None:
    pace = learn([run(seed=n, words=(("printer", 0.2), ("printer", 0.21), ("liar", 1.5))) for n in range(20)], "a")
    assert pace.words["printer"].bias == pytest.approx(0.2, abs=0.03)
    assert pace.words["printer"].spread < 0.05
    assert pace.words["liar"].bias > 1.3


def test_the_same_file_is_known_by_its_own_runs() -> None:
    runs = [run(seed=n) for n in range(10)] + [run(pace=1.1, loss=1.1, seed=50, file="odd.gcode")]
    count, mean = learn(runs, "a").files["odd.gcode"]
    assert count == 1.0
    assert mean == pytest.approx(math.log(1.1), abs=0.03)


@given(
    st.lists(st.builds(run, st.sampled_from("ab"), st.floats(0.2, 5), st.floats(0, 5), st.integers(0, 9)), max_size=12)
)
def test_whatever_happened_the_pace_is_sane_and_survives_json(samples: list[RunSample]) -> None:
    samples = [RunSample.from_json(json.loads(json.dumps(one.to_json()))) for one in samples]
    pace = learn(samples, "a")
    assert all(math.isfinite(v) and v >= 0.0 for v in pace.belief.mean)
    assert pace.low < 0 < pace.high
    assert all(pace.belief.covariance[i][i] >= 0 for i in range(4))
    assert Pace.from_json(json.loads(json.dumps(pace.to_json()))) == pace


def test_without_code_the_same_file_is_asked_then_the_part_then_the_plan() -> None:
    samples = [
        run("a", file="x", part="lid", whole_s=100.0),
        run("b", file="x", part="lid", whole_s=300.0),
        run("b", file="y", part="box", whole_s=900.0),
    ]
    took = lambda **more: clock_by_history(samples, machine="a", **more)
    assert took(file="x").total_s == 100.0
    assert took(file="y").total_s == 900.0
    assert took(file="new", part="lid").total_s == 100.0
    assert took(file="new", planned_s=50.0).kind is TimelineKind.TOTAL
    assert took(file="new").total_s == 100.0
    assert clock_by_history([], machine="a") is None


def test_what_is_no_code_does_not_mix_with_what_is() -> None:
    code = [run(pace=1.0, seed=n) for n in range(5)]
    totals = [run(pace=1.6, loss=1.6, seed=n, kind=TimelineKind.TOTAL) for n in range(5)]
    assert learn([*code, *totals], "a").belief == learn(code, "a").belief
    assert learn(totals, "a").belief.mean[0] > 1.1


def test_facts_in_sum_teach_as_much_as_one_by_one() -> None:
    belief = one_by_one = prior_belief(COLD, 0.06)
    rows = [((0.9, 0.1, 0.0, 0.02), 1.03), ((0.5, 0.3, 0.2, 0.5), 1.4), ((0.2, 0.0, 0.8, 0.1), 0.9)]
    gram, moment = [0.0] * len(PAIRS), [0.0] * 4
    for row, seen in rows:
        one_by_one = kalman_update(one_by_one, row, seen, 0.01)
        gram = [old + row[i] * row[j] for old, (i, j) in zip(gram, PAIRS, strict=True)]
        moment = [old + part * seen for old, part in zip(moment, row, strict=True)]
    at_once = information_update(belief, gram, moment, 0.01)
    assert at_once.mean == pytest.approx(one_by_one.mean, abs=1e-9)
    assert at_once.covariance[0] == pytest.approx(one_by_one.covariance[0], abs=1e-9)
