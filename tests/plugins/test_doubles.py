"""Doubled lines, counted as a person sees them: shared edges, arcs that begin elsewhere, paths that go back."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from craftops_plugins.analyzer_drawing.analyzer import DrawingAnalyzer
from craftops_plugins.analyzer_drawing.doubles import doubled
from craftops_plugins.analyzer_drawing.strokes import Stroke
from hypothesis import given
from hypothesis import strategies as st
from samples.drawings import circle, dxf, line, outline, svg, tags

from craftops.domain.files.designs import Analysis


def analyse(folder: Path, name: str, content: str) -> Analysis:
    (folder / name).write_text(content)
    return DrawingAnalyzer().analyse(folder / name, name)


def arc(x: float, y: float, radius: float, begin: float, end: float) -> str:
    return tags(0, "ARC", 8, "0", 10, x, 20, y, 30, 0, 40, radius, 50, begin, 51, end)


def rect(x: float, y: float, wide: float, high: float) -> str:
    return f'<rect x="{x}" y="{y}" width="{wide}" height="{high}" fill="none" stroke="red"/>'


DXF = {
    "nothing": (0, outline(0, 0, 50, 30) + circle(25, 15, 8)),
    "a circle twice": (1, outline(0, 0, 50, 30) + circle(25, 15, 8) * 2),
    "a circle three times": (2, outline(0, 0, 50, 30) + circle(25, 15, 8) * 3),
    "a circle and its halves": (2, circle(25, 15, 8) + arc(25, 15, 8, 0, 180) + arc(25, 15, 8, 180, 360)),
    "an arc on a circle": (1, circle(25, 15, 8) + arc(25, 15, 8, 33, 100)),
    "a part of an edge": (1, outline(0, 0, 50, 30) + line(10, 0, 20, 0)),
    "an edge over several": (1, line(0, 0, 10, 0) + line(10, 0, 20, 0) + line(5, 0, 15, 0)),
    "parallel at a hair": (0, line(0, 0, 50, 0) + line(0, 0.1, 50, 0.1)),
    "end to end": (0, line(0, 0, 50, 0) + line(50, 0, 90, 0)),
    "a smooth chain": (0, line(0, 8, 25, 8) + arc(25, 0, 8, 0, 90) + line(33, 0, 33, -20)),
    "circles that touch": (0, circle(0, 0, 8) + circle(16, 0, 8)),
    "a crossing": (0, line(0, 0, 50, 50) + line(0, 50, 50, 0)),
    "a slanted edge": (1, line(0, 0, 50, 31) + line(25, 15.5, 75, 46.5)),
}


@pytest.mark.parametrize("kind", DXF)
@pytest.mark.usefixtures("no_picture")
def test_lines_are_counted_as_they_are_seen(tmp_path: Path, kind: str) -> None:
    right, drawn = DXF[kind]
    analysis = analyse(tmp_path, "part.dxf", dxf(drawn, version="AC1009", unit=4))
    assert analysis.drawing is not None
    assert analysis.drawing.duplicates == right
    assert ("duplicates" in {found.code for found in analysis.findings}) == bool(right)
    if "outline" in kind or kind.startswith("a circle t"):
        assert (analysis.drawing.holes, analysis.drawing.parts) == (1, 1)


def test_a_shared_edge_of_parts_of_different_size(tmp_path: Path) -> None:
    analysis = analyse(tmp_path, "part.svg", svg(rect(0, 0, 40, 40) + rect(40, 10, 20, 20)))
    assert analysis.drawing is not None
    assert analysis.drawing.duplicates == 1
    (found,) = (one for one in analysis.findings if one.code == "duplicates")
    assert found.sentence == "One line lies exactly on another, over 20 mm."
    assert not found.remedy, "nothing can be taken out whole"


def test_a_rectangle_twice_is_four_lines_and_can_be_mended(tmp_path: Path) -> None:
    analysis = analyse(tmp_path, "part.svg", svg(rect(0, 0, 40, 40) * 2))
    assert analysis.drawing is not None
    assert (analysis.drawing.duplicates, analysis.drawing.parts) == (4, 1)
    assert "merge_duplicates" in {found.remedy for found in analysis.findings}


def test_a_path_that_goes_back_on_itself(tmp_path: Path) -> None:
    analysis = analyse(tmp_path, "part.svg", svg('<path d="M0 0H50H0" fill="none" stroke="red"/>'))
    assert analysis.drawing is not None
    assert analysis.drawing.duplicates == 1


@given(
    st.floats(1, 200), st.floats(0, 6.2), st.floats(0.05, 0.95), st.floats(-300, 300), st.integers(1, 9), st.booleans()
)
def test_a_line_on_a_line_is_found_in_every_direction(
    length: float, angle: float, share: float, away: float, pieces: int, back: bool
) -> None:
    way = np.array([math.cos(angle), math.sin(angle)])
    begin = np.array([away, -away / 3])
    whole = Stroke(begin + np.linspace(0, length, pieces + 1)[:, None] * way, closed=False)
    part = begin + np.array([[0.0], [share * length]]) * way
    found = doubled([whole, Stroke(part[::-1] if back else part, closed=False)])
    assert found.lines == 1
    assert found.length_mm == pytest.approx(share * length, abs=0.15)
