"""``craftops intake``: a verdict for each file of this computer, in the order in which they were named."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from samples.drawings import dxf, outline, svg
from samples.meshes import box_stl

from craftops.cli import cli


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    contents = {
        "box.stl": box_stl(),
        "plate.dxf": dxf(outline(0, 0, 50, 20), version="AC1009", unit=4),
        "page.stl": "<!doctype html><html></html>",
        "sheet.svg": svg('<rect width="30" height="20"/>'),
        "offer.pdf": "%PDF-1.5",
        "nothing.obj": "",
    }
    for name, content in contents.items():
        (tmp_path / name).write_text(content)
    return [tmp_path / name for name in contents]


def intake(tmp_path: Path, *words: object) -> Result:
    return CliRunner().invoke(cli, ["--data", str(tmp_path / "shop"), "intake", *map(str, words)])


def test_each_file_gets_its_verdict_in_order(tmp_path: Path, files: list[Path]) -> None:
    result = intake(tmp_path, "--json", "--jobs", 2, "--pictures", tmp_path / "pictures", *files)
    assert result.exit_code == 0, result.output
    rows = [json.loads(line) for line in result.stdout.splitlines()]
    assert [row["file"] for row in rows] == [str(path) for path in files]
    assert [row["verdict"] for row in rows] == ["accepted", "accepted", "refused", "accepted", "refused", "refused"]
    assert [row["code"] for row in rows] == ["good", "good", "other_format", "good", "companion", "empty"]
    assert rows[0]["facts"]["volume_mm3"] == pytest.approx(24_000)
    assert rows[1]["facts"]["cut_mm"] == pytest.approx(140)
    assert Path(rows[0]["picture"]).read_bytes().startswith(b"\x89PNG")
    assert rows[0]["peak_mb"] > 1


def test_a_file_that_is_not_there_is_named_and_the_others_are_checked(tmp_path: Path, files: list[Path]) -> None:
    result = intake(tmp_path, tmp_path / "gone.stl", files[-1])
    assert result.exit_code == 1
    assert "there is no such file" in result.stderr
    assert "nothing.obj: refused" in result.stdout
