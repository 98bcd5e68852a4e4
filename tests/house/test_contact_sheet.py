"""The sheet on which pictures are looked at."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest
from PIL import Image

SHEET = runpy.run_path(str(Path(__file__).parents[2] / "docs" / "contact_sheet.py"))


def test_every_picture_is_there_on_light_and_on_dark(tmp_path: Path) -> None:
    for name in ("a.stl", "b.dxf", "c.stl"):
        Image.new("RGBA", (512, 512), (200, 0, 0, 255)).save(tmp_path / f"{name}.png")
    SHEET["main"]([str(tmp_path), str(tmp_path / "out.jpg"), "64", "2"])
    with Image.open(tmp_path / "out.jpg") as sheet:
        shown = sheet.convert("RGB")
    light, dark = SHEET["GROUNDS"]
    colours = [tuple(c // 24 for c in colour) for _count, colour in shown.getcolors(1 << 20) or []]
    assert tuple(c // 24 for c in light) in colours
    assert tuple(c // 24 for c in dark) in colours
    assert shown.size[0] == 2 * (64 + SHEET["GAP"]) + SHEET["GAP"]


def test_an_empty_folder_is_said(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="no pictures"):
        SHEET["main"]([str(tmp_path), str(tmp_path / "out.png")])
    with pytest.raises(SystemExit, match="which folder"):
        SHEET["main"]([])
