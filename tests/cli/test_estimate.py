"""``craftops estimate replay``: recorded runs, and one that the test makes itself."""

from __future__ import annotations

import json
import random
from collections.abc import Iterable
from pathlib import Path
from statistics import fmean
from typing import Any

import pytest
from click.testing import CliRunner, Result

from craftops.cli import cli
from craftops.evaluation.replay import replay_all, summary


def replayed(*args: str) -> Result:
    return CliRunner().invoke(cli, ["estimate", "replay", *args], catch_exceptions=False)


def rows(*args: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in replayed(*args, "--json").stdout.splitlines()]


def made(folder: Path, name: str, *, pace: float, seed: int, outcome: str = "done") -> Path:
    """A run of dwells, dense code first and sparse code last: bytes say nothing about time."""
    chance = random.Random(seed)
    lines, ends, clock, size = ["G28", "G90"], [], 0.0, len("G28\nG90\n")
    for n in range(120):
        for _ in range(40 if n < 40 else 2):
            lines.append(f"G1 X{n % 7}.{chance.randrange(1000):03} Y{chance.randrange(90)} E{n + 1} F60000")
            size += len(lines[-1]) + 1
        lines.append(f"G4 P{chance.randrange(400, 1600)}")
        size += len(lines[-1]) + 1
        clock += int(lines[-1][4:]) / 1000
        ends.append((clock * pace, size))
    (folder / "gcode").mkdir(exist_ok=True)
    code = "\n".join([*lines, f"; estimated printing time (normal mode) = {round(clock)}s"]) + "\n"
    (folder / "gcode" / f"{name}.gcode").write_text(code)
    meta = {"type": "meta", "machine": "m", "file": f"{name}.gcode", "slicer_est_s": round(clock), "outcome": outcome}
    trace = [meta]
    for t in range(int(ends[-1][0]) + 1):
        place = next(end for when, end in ends if when > t)
        share = 100.0 * place / len(code)
        trace.append({"type": "r", "t": t, "state": "Printing", "completion": share, "filepos": place, "elapsed": t})
    over = 100.0 if outcome == "done" else None
    trace.append(
        {"type": "r", "t": ends[-1][0], "state": "Operational", "completion": over, "elapsed": int(ends[-1][0])}
    )
    path = folder / f"{name}.jsonl"
    path.write_text("\n".join(map(json.dumps, trace)) + "\n")
    return path


def test_a_machine_is_learned_from_run_to_run(tmp_path: Path) -> None:
    paths = [made(tmp_path, f"run{n}", pace=1.15, seed=n) for n in range(6)]
    said = rows(*map(str, paths))
    assert [row["trace"] for row in said] == [*(f"run{n}" for n in range(6)), "ALL"]
    assert said[5]["mae"] < 0.5 * said[0]["mae"]
    assert said[5]["mae"] < 0.25 * said[5]["baselines"]["slicer_minus_elapsed"]
    assert said[-1]["mae"] < 0.25 * said[-1]["baselines"]["linear_bytes"]
    assert set(said[0]["at"]) == {"10", "25", "50", "75", "90"}
    assert set(said[0]) >= {"trace", "mae", "at", "coverage80", "width80", "worst_jump", "baselines"}


def test_learning_first_is_as_good_as_having_run_before(tmp_path: Path) -> None:
    paths = [str(made(tmp_path, f"run{n}", pace=1.15, seed=n)) for n in range(4)]
    after = rows(*paths)[3]
    assert rows(paths[3], "--learn", *paths[:3])[0] == after
    assert rows("--learn", paths[0], "--learn", paths[1], "--learn", paths[2], paths[3])[0] == after
    assert rows("--learn", paths[0], paths[1], "--gcode", str(tmp_path / "gcode"), paths[2], paths[3])[1] == after


def test_a_cancelled_run_teaches_nothing_and_is_not_judged(tmp_path: Path) -> None:
    good = made(tmp_path, "good", pace=1.1, seed=1)
    gone = made(tmp_path, "gone", pace=3.0, seed=2, outcome="stopped:Operational")
    alone, after = rows(str(good))[0], rows(str(gone), str(good))
    assert after[0]["mae"] is None
    assert after[1] == alone
    assert after[2]["judged"] == 1


def test_a_run_that_ended_is_judged_whatever_its_recorder_called_it_and_each_family_has_a_line(tmp_path: Path) -> None:
    """OctoPrint 2.0 comes to rest at 99 %; who looks for 100 calls that stopped."""
    paths = [made(tmp_path, f"run{n}", pace=1.1, seed=n) for n in range(3)]
    lines = paths[1].read_text().splitlines()
    meta, last = json.loads(lines[0]), json.loads(lines[-1])
    meta |= {"outcome": "stopped:Operational", "version": "2.0"}
    last |= {"completion": 99.0}
    paths[1].write_text("\n".join([json.dumps(meta), *lines[1:-1], json.dumps(last)]) + "\n")
    said = rows(*map(str, paths))
    assert [row["trace"] for row in said] == ["run0", "run1", "run2", "ALL m", "ALL m 2.0", "ALL"]
    assert [row["judged"] for row in said[3:]] == [2, 1, 3]
    assert said[4]["mae"] == said[1]["mae"]


def test_what_hands_changed_later_is_told_apart(tmp_path: Path) -> None:
    path = made(tmp_path, "run", pace=1.0, seed=1)
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    for line in lines[60:]:
        line["speed_factor"] = 1.5  # the dwells take as long, so that nothing is proved but the hand
    path.write_text("\n".join(map(json.dumps, lines)) + "\n")
    row = rows(str(path))[0]
    assert row["mae_after_hands"] is not None
    assert row["mae_after_hands"] != row["mae"]
    assert "hands" in replayed(str(path)).stdout


def test_without_the_code_the_slicers_total_has_to_do(tmp_path: Path) -> None:
    path = made(tmp_path, "run", pace=1.1, seed=1)
    (tmp_path / "gcode" / "run.gcode").unlink()
    row = rows(str(path))[0]
    assert row["mae"] < row["baselines"]["linear_bytes"]


def test_what_is_no_trace_is_told_and_left_out(tmp_path: Path) -> None:
    path = made(tmp_path, "run", pace=1.1, seed=1)
    other = tmp_path / "other.jsonl"
    other.write_text('{"t": 1}\n')
    torn = tmp_path / "torn.jsonl"
    torn.write_text('{"type": "meta"')
    said = replayed(str(other), str(torn), str(path))
    assert said.exit_code == 0
    assert "other.jsonl is no trace" in said.stderr
    assert "torn.jsonl is no trace" in said.stderr
    assert "ALL" in said.stdout


def recorded(traces: Path, kind: str = "") -> list[Path]:
    return sorted(path for path in traces.glob(f"{kind}*.jsonl") if "raw" not in path.name)


def everything(found: Iterable[dict[str, Any]]) -> dict[str, Any]:
    *_, last = found
    return last


@pytest.mark.parametrize("learning", ["cold", "prequential", "leave one out"])
def test_recorded_runs_keep_the_gates(traces: Path, learning: str) -> None:
    runs = recorded(traces)
    if learning == "prequential":
        kept = [row for row in replay_all(runs, None) if not row["trace"].startswith("ALL")]
    else:
        kept = [
            next(iter(replay_all([one], None, [two for two in runs if two != one] if learning != "cold" else ())))
            for one in runs
        ]
    klipper = summary([row for row in kept if row["trace"].startswith("klipper")])
    octoprint = summary([row for row in kept if row["trace"].startswith("octo")])
    assert klipper["mae"] <= 0.5 * klipper["baselines"]["slicer_minus_elapsed"]
    assert klipper["mae"] <= 0.25 * klipper["baselines"]["linear_bytes"]
    assert octoprint["mae"] <= 0.025
    assert max(row["worst_jump"] for row in kept) <= 0.15
    if learning != "cold":
        assert 0.75 <= summary(kept)["coverage80"] <= 0.92


@pytest.mark.ci
def test_the_order_of_the_runs_matters_little(traces: Path) -> None:
    held = []
    for seed in range(10):
        runs = recorded(traces)
        random.Random(seed).shuffle(runs)
        row = everything(replay_all(runs, None))
        assert row["mae"] < 0.012
        assert 0.7 <= row["coverage80"] <= 0.98
        assert row["width80"] <= 0.035
        assert row["worst_jump"] <= 0.15
        held.append(row["coverage80"])
    assert 0.75 <= fmean(held) <= 0.92
