"""Texts of a DXF beside what is cut: seen in the picture among the lines, in blocks too, and never measured."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from craftops_plugins.analyzer_drawing.analyzer import DrawingAnalyzer
from craftops_plugins.analyzer_drawing.dxf_text import MOST_NOTES
from PIL import Image
from samples.drawings import modern

GREY = (132, 138, 150)


def letters(folder: Path, draw: Any) -> tuple[np.ndarray, int]:
    """The letters of the picture as a box in millimetres of a plate of 100 × 60, or none; and how many are counted."""

    def plate(document: Any) -> None:
        document.modelspace().add_lwpolyline([(0, 0), (100, 0), (100, 60), (0, 60)], close=True)
        draw(document)

    (folder / "part.dxf").write_bytes(modern(plate))
    analysis = DrawingAnalyzer().analyse(folder / "part.dxf", "part.dxf")
    assert analysis.size_mm == pytest.approx((100, 60))
    assert analysis.picture is not None
    assert analysis.drawing is not None
    with Image.open(io.BytesIO(analysis.picture)) as image:
        pixels = np.asarray(image.convert("RGBA")).astype(int)
    lines = np.argwhere((pixels[:, :, 0] > 190) & (pixels[:, :, 3] > 200))
    (top, left), (bottom, right) = lines.min(axis=0), lines.max(axis=0)
    inside = pixels[top + 8 : bottom - 8, left + 8 : right - 8]
    found = np.argwhere((np.abs(inside[:, :, :3] - GREY).max(axis=2) < 12) & (inside[:, :, 3] > 120))
    if not len(found):
        return np.empty((0, 2)), analysis.drawing.texts
    mm = 100 / (right - left)
    corners = np.array([found.min(axis=0), found.max(axis=0)])[:, ::-1] + 8
    return np.column_stack((corners[:, 0] * mm, 60 - corners[::-1, 1] * mm)), analysis.drawing.texts


def text(document: Any) -> None:
    document.modelspace().add_text("LID", height=12, dxfattribs={"insert": (20, 10)})


def lines_of_text(document: Any) -> None:
    document.modelspace().add_mtext("ONE\\PTWO", dxfattribs={"char_height": 8, "insert": (30, 50)})


def in_a_block(document: Any) -> None:
    document.blocks.new("B").add_text("HI", height=4)
    place = {"xscale": 3, "yscale": 3, "rotation": 90}
    document.modelspace().add_blockref("B", (80, 10), dxfattribs=place)


@pytest.mark.parametrize(("draw", "low", "high"), [
    (text, (20, 10), (45, 22)), (lines_of_text, (30, 28), (55, 50)), (in_a_block, (68, 10), (80, 30)),
], ids=["text", "lines of text", "in a block"])  # fmt: skip
def test_letters_stand_where_they_were_written(tmp_path: Path, draw: Any, low: Any, high: Any) -> None:
    box, count = letters(tmp_path, draw)
    assert count == 1
    assert (box[0] > np.array(low) - 2).all()
    assert (box[1] < np.array(high) + 2).all()
    assert (box[1] - box[0] > 8).all()


def test_letters_outside_of_the_lines_leave_the_picture_as_it_is(tmp_path: Path) -> None:
    box, count = letters(
        tmp_path, lambda document: document.modelspace().add_text("FAR", height=12, dxfattribs={"insert": (200, 10)})
    )
    assert (len(box), count) == (0, 1)


def test_of_very_many_texts_the_first_are_drawn(tmp_path: Path) -> None:
    def many(document: Any) -> None:
        for number in range(MOST_NOTES + 200):
            document.modelspace().add_text(
                str(number), height=2, dxfattribs={"insert": (4 * (number % 24), 2.4 * (number // 24))}
            )

    box, count = letters(tmp_path, many)
    assert count == MOST_NOTES + 200
    assert box[1, 1] == pytest.approx(2.4 * (MOST_NOTES // 24) + 2, abs=3)
