"""``craftops gcode``: the times of machine code, plate by plate, as text and as JSON."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

from click.testing import CliRunner

from craftops.cli import cli

MOVES = "G21\nG90\nG0 X0 Y0\nG1 X100 F600\n"


def run(*arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(cli, ["gcode", *arguments])
    return done.exit_code, done.output


def test_all_plates_are_told_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "three.gcode.3mf", "w") as package:
        for number in (10, 1, 2):
            said = f"; BambuStudio 01.10\n; model printing time: {number}h; total estimated time: {number}h 1s\n"
            package.writestr(f"Metadata/plate_{number}.gcode", said + MOVES)
    code, out = run("--json", str(tmp_path / "three.gcode.3mf"))
    row = json.loads(out)
    assert code == 0
    assert (row["slicer"], row["planned_s"]) == ("Bambu Studio", 13 * 3600 + 3)
    assert [plate["planned_s"] for plate in row["plates"]] == [3601, 7201, 36001]
    assert set(row) == {"file", "slicer", "planned_s", "clock_s", "plates"}


def test_code_that_says_nothing_has_the_time_of_its_moves(tmp_path: Path) -> None:
    (tmp_path / "cut.nc").write_text(MOVES)
    code, out = run("--json", str(tmp_path / "cut.nc"))
    row = json.loads(out)
    assert code == 0
    assert row["planned_s"] is None
    assert 10 <= row["clock_s"] <= 10.5
    assert "no planned time" in run(str(tmp_path / "cut.nc"))[1]


def test_what_is_no_code_is_said(tmp_path: Path) -> None:
    (tmp_path / "a.gcode").write_text("just words")
    code, out = run(str(tmp_path / "a.gcode"), str(tmp_path / "missing.gcode"))
    assert code == 1
    assert out.count("no machine code") == 2
