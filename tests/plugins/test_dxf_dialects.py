"""Ways in which programs write a DXF that no reference names: words, numbers and ends; and fillings that are drawn twice."""

from __future__ import annotations

import io
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from craftops_plugins.analyzer_drawing.analyzer import DrawingAnalyzer
from PIL import Image
from samples.drawings import circle, dxf, line, modern, outline, tags

from craftops.domain.files.designs import Analysis, Severity

PLATE = outline(10.25, 10.25, 80.75, 40.5)


def analyse(folder: Path, content: str | bytes) -> Analysis:
    path = folder / "part.dxf"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return DrawingAnalyzer().analyse(path, path.name)


def warnings(analysis: Analysis) -> list[str]:
    return [found.code for found in analysis.findings if found.severity is Severity.WARNING]


def modern_text(entities: str = PLATE) -> str:
    return dxf(entities, version="AC1015", unit=4)


DIALECTS = {
    "spaces behind each line": "\n".join(f"{one}  " for one in modern_text().split("\n")),
    "small letters": modern_text().lower(),
    "decimal commas": modern_text().replace(".", ","),
    "exponents of Fortran": modern_text().replace("91.0", "9.1D+01").replace("80.75", "8.075d1"),
}  # fmt: skip


@pytest.mark.parametrize("kind", DIALECTS)
def test_every_way_of_writing_says_the_same(tmp_path: Path, kind: str) -> None:
    analysis = analyse(tmp_path, DIALECTS[kind])
    assert analysis.size_mm == pytest.approx((80.75, 40.5))
    assert not warnings(analysis)


def test_a_number_that_is_none_is_not_read_up_to_its_fault(tmp_path: Path) -> None:
    analysis = analyse(tmp_path, modern_text(PLATE + line(0, 0, 5, 5).replace("5", "9x5", 1)))
    assert analysis.size_mm == pytest.approx((80.75, 40.5))
    assert warnings(analysis) == ["bad_elements"]


@pytest.mark.parametrize("version", ["AC1009", "AC1015"])
def test_an_element_is_marked_as_unseen_in_old_files_too(tmp_path: Path, version: str) -> None:
    hidden = line(-900, 0, 900, 0).replace("LINE\n", "LINE\n60\n1\n")
    assert analyse(tmp_path, dxf(PLATE + hidden, version=version, unit=4)).size_mm == pytest.approx((80.75, 40.5))


def test_vertices_without_an_end_are_a_polyline(tmp_path: Path) -> None:
    corners = "".join(tags(0, "VERTEX", 8, "0", 10, x, 20, y) for x, y in ((0, 0), (80, 0), (80, 40), (0, 40)))
    analysis = analyse(tmp_path, modern_text(tags(0, "POLYLINE", 8, "0", 66, 1, 70, 1) + corners + circle(20, 20, 5)))
    assert analysis.drawing is not None
    assert (analysis.drawing.closed, analysis.drawing.size_mm) == (2, pytest.approx((80, 40)))


def test_a_line_of_no_length_is_no_contour(tmp_path: Path) -> None:
    drawing = analyse(tmp_path, modern_text(PLATE + line(30, 30, 30, 30))).drawing
    assert drawing is not None
    assert (drawing.closed, drawing.open) == (1, 0)


@pytest.mark.parametrize(("code", "mm"), [(15, 1e4), (16, 1e5), (21, 1_200_000 / 3937), (22, 25.4), (23, 914.4)])
def test_rare_units_are_known(tmp_path: Path, code: int, mm: float) -> None:
    analysis = analyse(tmp_path, dxf(line(0, 0, 2, 0), version="AC1015", unit=code))
    assert analysis.size_mm[0] == pytest.approx(2 * mm, rel=1e-5)
    assert "no_unit" not in warnings(analysis)


def clear_layer(document: Any) -> None:
    document.modelspace().add_circle((0, 0), 20)
    document.layers.add("X").transparency = 1.0
    document.modelspace().add_circle((0, 0), 200, dxfattribs={"layer": "X"})


def test_a_layer_that_one_sees_through_is_not_seen(tmp_path: Path) -> None:
    assert analyse(tmp_path, modern(clear_layer)).size_mm == pytest.approx((40, 40), rel=1e-3)


def external(document: Any) -> None:
    document.modelspace().add_circle((0, 0), 20)
    block = document.blocks.new("X")
    block.block.dxf.flags, block.block.dxf.xref_path = 4, "frame.dwg"
    document.modelspace().add_blockref("X", (0, 0))


def test_what_lies_in_another_file_is_said(tmp_path: Path) -> None:
    assert warnings(analyse(tmp_path, modern(external))) == ["elsewhere"]


def filled_by_lines(document: Any) -> None:
    space, corners = document.modelspace(), [(0, 0), (80, 0), (80, 40), (0, 40)]
    for begin, end in zip(corners, corners[1:] + corners[:1], strict=True):
        space.add_line(begin, end)
    space.add_hatch().paths.add_polyline_path(corners, is_closed=True)


def filled_circle(document: Any) -> None:
    space = document.modelspace()
    space.add_circle((40, 20), 20)
    space.add_hatch().paths.add_edge_path().add_arc((40, 20), 20, 0, 360)


def filled_beside(document: Any) -> None:
    space = document.modelspace()
    space.add_circle((40, 20), 20)
    space.add_hatch().paths.add_edge_path().add_arc((40, 20), 15, 0, 360)


@pytest.mark.parametrize(("draw", "cut"), [
    (filled_by_lines, 240), (filled_circle, 40 * math.pi), (filled_beside, 70 * math.pi),
], ids=["four lines", "a circle", "another circle"])  # fmt: skip
def test_a_filling_within_its_line_is_one_line(tmp_path: Path, draw: Any, cut: float) -> None:
    analysis = analyse(tmp_path, modern(draw))
    assert analysis.drawing is not None
    assert analysis.drawing.cut_mm == pytest.approx(cut, rel=2e-3)
    assert not warnings(analysis)


def test_points_alone_are_seen_in_the_picture(tmp_path: Path) -> None:
    def spots(document: Any) -> None:
        block = document.blocks.new("B")
        block.add_point((0, 0))
        document.modelspace().add_blockref("B", (90, 50))
        document.modelspace().add_point((0, 0))

    analysis = analyse(tmp_path, modern(spots))
    assert analysis.picture is not None
    with Image.open(io.BytesIO(analysis.picture)) as image:
        rows = np.flatnonzero(np.asarray(image.getchannel("A")).max(axis=1))
    assert rows[-1] - rows[0] > 200
