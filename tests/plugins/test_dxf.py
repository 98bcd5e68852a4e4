"""Measuring DXF: what a cutter would do, from every kind of program, and no drawing makes us work for ever."""

from __future__ import annotations

import io
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from craftops_plugins.analyzer_drawing import dxf as reading
from craftops_plugins.analyzer_drawing.analyzer import DrawingAnalyzer
from craftops_plugins.analyzer_drawing.contours import role_of
from craftops_plugins.analyzer_drawing.dxf_repair import with_markers
from craftops_plugins.analyzer_drawing.dxf_text import text_picture
from PIL import Image
from samples.drawings import block, circle, dxf, insert, line, modern, outline, tags

from craftops.domain.files.designs import Analysis, DrawingFacts, Verdict, analysis_from_json, analysis_to_json
from craftops.sandbox import analyse as in_a_child

PLATE = outline(0, 0, 100, 50) + circle(20, 25, 10) + circle(80, 25, 10)


def analyse(folder: Path, content: str | bytes) -> Analysis:
    path = folder / "part.dxf"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return DrawingAnalyzer().analyse(path, path.name)


def measured(folder: Path, content: str | bytes) -> DrawingFacts:
    analysis = analyse(folder, content)
    assert analysis.drawing is not None, analysis.sentence
    return analysis.drawing


def child(folder: Path, content: str | bytes) -> Analysis:
    path = folder / "part.dxf"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return in_a_child("craftops_plugins.analyzer_drawing.analyzer:DrawingAnalyzer", path, path.name)


def test_a_plate_is_measured_as_a_cutter_sees_it(tmp_path: Path) -> None:
    analysis = analyse(tmp_path, dxf(PLATE, version="AC1009", unit=4))
    facts = analysis.drawing
    assert facts is not None
    assert analysis.verdict is Verdict.ACCEPTED, analysis.findings
    assert facts.size_mm == pytest.approx((100, 50))
    assert facts.cut_mm == pytest.approx(300 + 2 * math.tau * 10, rel=1e-3)
    assert (facts.closed, facts.open, facts.pierces) == (3, 0, 3)
    assert (facts.parts, facts.holes) == (1, 2)
    assert (facts.duplicates, facts.crossings, facts.texts, facts.images) == (0, 0, 0, 0)
    assert facts.unit == "mm"
    with Image.open(io.BytesIO(analysis.picture or b"")) as image:
        assert (image.size, image.mode) == ((512, 512), "RGBA")
    assert analysis_from_json(analysis_to_json(analysis)).drawing == facts


def plate(document: Any) -> None:
    space = document.modelspace()
    draw = space.add_polyline2d if document.dxfversion == "AC1009" else space.add_lwpolyline
    draw([(0, 0), (100, 0), (100, 50), (0, 50)], close=True)
    space.add_circle((20, 25), 10)
    space.add_circle((80, 25), 10)


DIALECTS = {
    "no header": dxf(PLATE),
    "R12": dxf(PLATE, version="AC1009"),
    "R2000 without the markers": dxf(PLATE, version="AC1015", unit=4),
    "windows": dxf(PLATE).replace("\n", "\r\n"),
    "spaces before the codes": "\n".join(
        f"  {row}" if i % 2 == 0 else row for i, row in enumerate(dxf(PLATE).split("\n"))
    ),
    "comments": tags(999, "made by a program") + dxf(PLATE),
    "R12 by a library": modern(plate, "R12"),
    "R2000 by a library": modern(plate, "R2000"),
    "R2018 by a library": modern(plate, "R2018"),
    "binary": modern(plate, "R2000", binary=True),
    "binary R2018": modern(plate, "R2018", binary=True),
}


@pytest.mark.parametrize("kind", DIALECTS)
@pytest.mark.usefixtures("no_picture")
def test_every_dialect_says_the_same(tmp_path: Path, kind: str) -> None:
    facts = measured(tmp_path, DIALECTS[kind])
    assert facts.size_mm == pytest.approx((100, 50), rel=1e-4)
    assert facts.cut_mm == pytest.approx(300 + 2 * math.tau * 10, rel=1e-3)
    assert (facts.closed, facts.open, facts.holes) == (3, 0, 2)


@pytest.mark.parametrize(
    ("code", "unit", "mm"), [(1, "in", 25.4), (2, "ft", 304.8), (4, "mm", 1), (5, "cm", 10), (6, "m", 1000)]
)
@pytest.mark.usefixtures("no_picture")
def test_a_unit_is_taken_at_its_word(tmp_path: Path, code: int, unit: str, mm: float) -> None:
    facts = measured(tmp_path, dxf(outline(0, 0, 2, 1), version="AC1015", unit=code))
    assert facts.unit == unit
    assert facts.size_mm == pytest.approx((2 * mm, mm))
    assert facts.cut_mm == pytest.approx(6 * mm)


@pytest.mark.parametrize("unit", [None, 0, 99, -1])
@pytest.mark.usefixtures("no_picture")
def test_without_a_unit_we_read_millimetres_and_say_so(tmp_path: Path, unit: int | None) -> None:
    analysis = analyse(tmp_path, dxf(PLATE, version="AC1009", unit=unit))
    assert (analysis.verdict, analysis.code) == (Verdict.FINDINGS, "no_unit")
    assert analysis.drawing is not None
    assert analysis.drawing.unit == ""
    assert analysis.drawing.size_mm == pytest.approx((100, 50))
    assert "100 × 50 mm" in analysis.findings[0].sentence


@pytest.mark.usefixtures("no_picture")
def test_blocks_are_placed_turned_scaled_and_multiplied(tmp_path: Path) -> None:
    def draw(document: Any) -> None:
        hole = document.blocks.new("HOLE")
        hole.add_circle((0, 0), 1)
        four = document.blocks.new("FOUR")
        four.add_blockref(
            "HOLE", (0, 0), dxfattribs={"column_count": 2, "row_count": 2, "column_spacing": 10, "row_spacing": 10}
        )
        document.modelspace().add_blockref("FOUR", (100, 0), dxfattribs={"xscale": 2, "yscale": 2, "rotation": 90})

    facts = measured(tmp_path, modern(draw))
    assert facts.closed == 4
    assert facts.cut_mm == pytest.approx(4 * math.tau * 2, rel=3e-3)
    assert facts.size_mm == pytest.approx((24, 24), rel=1e-3)


@pytest.mark.usefixtures("no_picture")
def test_lines_that_meet_are_one_contour_and_a_gap_is_named(tmp_path: Path) -> None:
    shut = dxf(outline(0, 0, 50, 50), version="AC1009", unit=4)
    assert measured(tmp_path, shut).closed == 1
    gap = line(0, 0, 50, 0) + line(50, 0.3, 50, 50) + line(50, 50, 0, 50) + line(0, 50, 0, 0)
    analysis = analyse(tmp_path, dxf(gap, version="AC1009", unit=4))
    assert analysis.drawing is not None
    assert (analysis.drawing.closed, analysis.drawing.open) == (0, 1)
    found = {one.code: one for one in analysis.findings}
    assert found["open_contours"].remedy == "close_gaps"


@pytest.mark.usefixtures("no_picture")
def test_doubles_and_crossings_are_counted(tmp_path: Path) -> None:
    twice = outline(0, 0, 50, 50) + line(50, 0, 0, 0) + line(0, 0, 0, 50)
    assert measured(tmp_path, dxf(twice)).duplicates == 2
    cross = line(0, 0, 10, 10) + line(0, 10, 10, 0) + line(20, 0, 20, 10)
    assert measured(tmp_path, dxf(cross)).crossings == 1


@pytest.mark.usefixtures("no_picture")
def test_a_ring_in_a_hole_is_a_part_again(tmp_path: Path) -> None:
    nested = "".join(circle(0, 0, radius) for radius in (40, 30, 20, 10)) + circle(200, 0, 5)
    facts = measured(tmp_path, dxf(nested))
    assert (facts.parts, facts.holes) == (3, 2)


@pytest.mark.usefixtures("no_picture")
def test_layers_have_colours_lengths_and_a_likely_role(tmp_path: Path) -> None:
    drawn = outline(0, 0, 50, 50, "CUT") + line(5, 5, 15, 5, "Gravur") + line(5, 9, 25, 9, "Bemassung")
    drawn += line(5, 15, 10, 15, "0", 62, 5)
    found = {one.name: one for one in measured(tmp_path, dxf(drawn)).layers}
    assert {name: one.role for name, one in found.items()} == {
        "CUT": "cut", "Gravur": "engrave", "Bemassung": "other", "0": "engrave",
    }  # fmt: skip
    assert found["CUT"].length_mm == pytest.approx(200)
    assert (found["CUT"].paths, found["0"].colour) == (4, "#0000ff")
    assert role_of("outer", "#ff0000") == "cut"


def solid(document: Any) -> None:
    document.modelspace().add_3dsolid().sat = ["400 0 1 0"]


def text_only(document: Any) -> None:
    document.modelspace().add_text("NUMBER 5", height=20)


def picture_only(document: Any) -> None:
    image = document.add_image_def("/etc/passwd", (100, 100))
    document.modelspace().add_image(image, (0, 0), (10, 10))


@pytest.mark.parametrize(
    ("draw", "word"),
    [
        (solid, "3D bodies"),
        (text_only, "only text"),
        (picture_only, "only pictures"),
        (lambda _document: None, "nothing drawn"),
    ],
)
@pytest.mark.usefixtures("no_picture")
def test_nothing_to_cut_gets_no_measure_but_a_reason(tmp_path: Path, draw: Any, word: str) -> None:
    analysis = analyse(tmp_path, modern(draw))
    assert (analysis.verdict, analysis.code) == (Verdict.FINDINGS, "no_paths")
    assert word in analysis.findings[0].sentence
    assert analysis.drawing is not None
    assert analysis.drawing.cut_mm == 0
    assert analysis.drawing.closed == 0


@pytest.mark.usefixtures("no_picture")
def test_texts_pictures_and_bodies_beside_lines_are_named(tmp_path: Path) -> None:
    def draw(document: Any) -> None:
        plate(document)
        text_only(document)
        solid(document)
        picture_only(document)

    analysis = analyse(tmp_path, modern(draw))
    assert {"live_text", "solids", "raster"} <= {found.code for found in analysis.findings}
    assert analysis.drawing is not None
    assert (analysis.drawing.texts, analysis.drawing.images) == (1, 1)
    assert analysis.drawing.size_mm == pytest.approx((100, 50))


def test_text_alone_has_a_picture_of_its_letters(tmp_path: Path) -> None:
    analysis = analyse(tmp_path, modern(text_only))
    with Image.open(io.BytesIO(analysis.picture or b"")) as image:
        assert image.size == (512, 512)
        colours = np.asarray(image.convert("L"))
    assert 0.01 < (colours < 100).mean() < 0.6


def test_a_text_drawing_without_anything_has_no_picture() -> None:
    import ezdxf

    assert text_picture(ezdxf.new()) is None


@pytest.mark.usefixtures("no_picture")
def test_what_only_a_block_holds_is_taken_and_said(tmp_path: Path) -> None:
    analysis = analyse(tmp_path, dxf("", blocks=block("PART", outline(0, 0, 30, 20)), version="AC1009"))
    assert "not_in_model" in {found.code for found in analysis.findings}
    assert analysis.drawing is not None
    assert analysis.drawing.size_mm == pytest.approx((30, 20))


def test_markers_are_put_in_only_where_they_lack() -> None:
    once = with_markers(dxf(PLATE, version="AC1009").encode())
    assert once.count(b"AcDbCircle") == 2
    assert with_markers(once) == once


REFUSED = {
    "empty": b"",
    "other_format page": b"<!doctype html><html></html>",
    "other_format drawing of another program": b"AC1015" + bytes(200),
    "not_dxf": b"hello",
    "not_dxf zeros": bytes(300),
    "no_extent": dxf(line(5, 5, 5, 5)).encode(),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_what_is_no_drawing_is_refused_with_its_reason(tmp_path: Path, kind: str) -> None:
    analysis = analyse(tmp_path, REFUSED[kind])
    assert analysis.verdict is Verdict.REFUSED, analysis.sentence
    assert analysis.code == kind.split()[0]
    assert analysis.sentence.endswith(".")
    assert analysis.drawing is None


@pytest.mark.parametrize("number", ["nan", "inf", "-inf", "1e308", "1e39"])
@pytest.mark.usefixtures("no_picture")
def test_endless_numbers_never_become_a_measure(tmp_path: Path, number: str) -> None:
    analysis = analyse(tmp_path, dxf(PLATE + line(number, 0, 5, 5) + circle(0, 0, number), version="AC1009", unit=4))  # type: ignore[arg-type]
    if analysis.drawing is not None:
        assert all(math.isfinite(side) for side in (*analysis.drawing.size_mm, analysis.drawing.cut_mm))


def laughs(leaf: str, levels: int = 12, times: int = 10) -> str:
    blocks = block("B0", leaf)
    for level in range(1, levels):
        blocks += block(f"B{level}", insert(f"B{level - 1}") * times)
    return dxf(insert(f"B{levels - 1}"), blocks=blocks, version="AC1009", unit=4)


NASTY = {
    "blocks that multiply": laughs(line(0, 0, 1, 1)),
    "blocks that multiply nothing": laughs(""),
    "blocks that multiply what is not drawn": laughs(tags(0, "POINT", 8, "0", 10, 1, 20, 1)),
    "a grid of a thousand million": dxf(
        insert("B", 0, 0, 70, 31623, 71, 31623, 44, 1, 45, 1), blocks=block("B", line(0, 0, 1, 1)), version="AC1009"
    ),
    "grids of grids": dxf(
        insert("C", 0, 0, 70, 300, 71, 300, 44, 1, 45, 1),
        blocks=block("B", "") + block("C", insert("B", 0, 0, 70, 300, 71, 300, 44, 1, 45, 1)), version="AC1009",
    ),
    "a block within itself": dxf(insert("B"), blocks=block("B", line(0, 0, 1, 1) + insert("B")), version="AC1009"),
    "two blocks within each other": dxf(
        insert("A"), blocks=block("A", insert("B")) + block("B", insert("A") + line(0, 0, 9, 9)), version="AC1009"
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", NASTY)
def test_what_multiplies_is_stopped_by_counting(tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MOST_ENTITIES", 3_000)
    analysis = analyse(tmp_path, NASTY[kind])
    assert analysis.verdict in (Verdict.BY_HAND, Verdict.REFUSED, Verdict.FINDINGS)
    assert analysis.code in ("too_complex", "too_deep", "no_unit", "bad_elements")
    assert analysis.sentence


def test_a_thousand_million_lines_in_blocks_are_stopped_in_a_child(tmp_path: Path) -> None:
    analysis = child(tmp_path, NASTY["blocks that multiply nothing"])
    assert (analysis.verdict, analysis.code) == (Verdict.BY_HAND, "too_complex")


def spline(counts: int, degree: object = 3, knots: int = 8, points: int = 4) -> str:
    said = tags(0, "SPLINE", 5, "A1", 100, "AcDbEntity", 8, "0", 100, "AcDbSpline", 70, 8, 71, degree)
    said += tags(72, counts, 73, counts, 74, 0)
    said += "".join(tags(40, i) for i in range(knots))
    return said + "".join(tags(10, i, 20, i % 2, 30, 0) for i in range(points))


@pytest.mark.parametrize(
    "drawn",
    [spline(1_000_000_000), spline(4, 2_000_000_000), spline(4, 3, 0, 4), spline(20_000, 19_999, 40_000, 20_000)],
    ids=["counts", "degree", "no knots", "a degree of thousands"],
)
def test_a_spline_that_boasts_is_bounded(tmp_path: Path, drawn: str) -> None:
    analysis = child(tmp_path, dxf(outline(0, 0, 10, 10) + drawn, version="AC1015", unit=4))
    assert analysis.code != "by_hand"
    assert analysis.drawing is None or analysis.drawing.size_mm[0] < 1e6
