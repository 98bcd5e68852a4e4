"""What of a DXF is seen, where it lies, and what an old version of the format would lose of it."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
from craftops_plugins.analyzer_drawing.analyzer import DrawingAnalyzer
from samples.drawings import block, circle, dxf, insert, line, modern, outline, tags

from craftops.domain.files.designs import Analysis, DrawingFacts

pytestmark = pytest.mark.usefixtures("no_picture")


def analyse(folder: Path, content: str | bytes) -> Analysis:
    path = folder / "part.dxf"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return DrawingAnalyzer().analyse(path, path.name)


def measured(folder: Path, content: str | bytes) -> DrawingFacts:
    analysis = analyse(folder, content)
    assert analysis.drawing is not None, analysis.sentence
    return analysis.drawing


def codes(analysis: Analysis) -> set[str]:
    return {found.code for found in analysis.findings}


def plate(document: Any) -> None:
    document.modelspace().add_lwpolyline([(0, 0), (80, 0), (80, 40), (0, 40)], close=True)


def off(document: Any) -> None:
    document.layers.add("X").off()
    document.modelspace().add_circle((0, 0), 200, dxfattribs={"layer": "X"})


def frozen(document: Any) -> None:
    document.layers.add("X").freeze()
    document.modelspace().add_circle((0, 0), 200, dxfattribs={"layer": "x"})


def invisible(document: Any) -> None:
    document.modelspace().add_circle((0, 0), 200, dxfattribs={"invisible": 1})


def defpoints(document: Any) -> None:
    document.modelspace().add_circle((0, 0), 200, dxfattribs={"layer": "Defpoints"})


def block_on_a_frozen_layer(document: Any) -> None:
    document.layers.add("X").freeze()
    document.blocks.new("B").add_circle((0, 0), 200, dxfattribs={"layer": "other"})
    document.modelspace().add_blockref("B", (0, 0), dxfattribs={"layer": "X"})


def block_that_hands_its_layer_down(document: Any) -> None:
    document.layers.add("X").off()
    document.blocks.new("B").add_circle((0, 0), 200)
    document.blocks.new("A").add_blockref("B", (0, 0))
    document.modelspace().add_blockref("A", (0, 0), dxfattribs={"layer": "X"})


def hidden_inside_a_block(document: Any) -> None:
    document.layers.add("X").off()
    document.blocks.new("B").add_circle((0, 0), 200, dxfattribs={"layer": "X"})
    document.modelspace().add_blockref("B", (0, 0))


def invisible_block(document: Any) -> None:
    document.blocks.new("B").add_circle((0, 0), 200)
    document.modelspace().add_blockref("B", (0, 0), dxfattribs={"invisible": 1})


HIDDEN = [
    off, frozen, invisible, defpoints, block_on_a_frozen_layer, block_that_hands_its_layer_down, hidden_inside_a_block,
    invisible_block,
]  # fmt: skip


@pytest.mark.parametrize("hide", HIDDEN)
def test_what_nobody_sees_is_not_measured(tmp_path: Path, hide: Any) -> None:
    def draw(document: Any) -> None:
        plate(document)
        hide(document)

    analysis = analyse(tmp_path, modern(draw))
    assert analysis.drawing is not None
    assert analysis.drawing.size_mm == pytest.approx((80, 40))
    assert analysis.drawing.cut_mm == pytest.approx(240)
    assert "hidden" in codes(analysis)


def test_a_block_on_a_layer_that_is_off_shows_what_lies_on_others(tmp_path: Path) -> None:
    def draw(document: Any) -> None:
        document.layers.add("X").off()
        document.blocks.new("B").add_circle((0, 0), 20, dxfattribs={"layer": "seen"})
        document.modelspace().add_blockref("B", (0, 0), dxfattribs={"layer": "X"})

    assert measured(tmp_path, modern(draw)).size_mm == pytest.approx((40, 40), rel=1e-3)


def test_where_nothing_is_seen_all_is_taken_and_said(tmp_path: Path) -> None:
    analysis = analyse(tmp_path, modern(off))
    assert "all_hidden" in codes(analysis)
    assert analysis.drawing is not None
    assert analysis.drawing.size_mm == pytest.approx((400, 400), rel=1e-3)


def poly(closed: int) -> str:
    corners = "".join(tags(10, x, 20, y) for x, y in ((10, 10), (90, 10), (90, 50), (10, 50)))
    return tags(0, "LWPOLYLINE", 5, "70", 100, "AcDbEntity", 8, "0", 100, "AcDbPolyline", 90, 4, 70, closed) + corners


@pytest.mark.parametrize("version", [None, "AC1006", "AC1009", "AC1015"])
@pytest.mark.parametrize("marked", [True, False])
def test_newer_elements_in_older_files_keep_what_they_say(tmp_path: Path, version: str | None, marked: bool) -> None:
    drawn = poly(1)
    ellipse = tags(0, "ELLIPSE", 100, "AcDbEntity", 8, "0", 100, "AcDbEllipse", 10, 50, 20, 30, 30, 0)
    drawn += ellipse + tags(11, 10, 21, 0, 31, 0, 40, 1.0, 41, 0.0, 42, 6.283185307179586)
    if not marked:
        drawn = drawn.replace("100\nAcDbEntity\n", "").replace("100\nAcDbPolyline\n", "")
        drawn = drawn.replace("100\nAcDbEllipse\n", "")
    facts = measured(tmp_path, dxf(drawn, version=version, unit=4 if version else None))
    assert (facts.closed, facts.open, facts.holes) == (2, 0, 1)
    assert facts.cut_mm == pytest.approx(240 + math.tau * 10, rel=2e-3)


def test_a_block_within_a_flattened_one_is_placed(tmp_path: Path) -> None:
    blocks = block("P", outline(0, 0, 20, 40)) + block("Q", insert("P", 0, 0, 41, 1, 42, 1, 43, 1))
    facts = measured(tmp_path, dxf(insert("Q", 10, 10, 41, 4, 42, 1, 43, 0), blocks=blocks, version="AC1009", unit=4))
    assert facts.size_mm == pytest.approx((80, 40))


def mesh(high: float) -> Any:
    def draw(document: Any) -> None:
        with document.modelspace().add_mesh().edit_data() as data:
            data.vertices = [(10, 10, 0), (50, 10, 0), (90, 10, 0), (90, 50, high), (50, 50, high), (10, 50, high)]
            data.faces = [(0, 1, 4, 5), (1, 2, 3, 4)]

    return draw


def test_a_flat_mesh_is_its_rim_and_another_is_a_body(tmp_path: Path) -> None:
    facts = measured(tmp_path, modern(mesh(0)))
    assert (facts.size_mm, facts.closed) == (pytest.approx((80, 40)), 1)
    assert facts.cut_mm == pytest.approx(240)
    assert "only 3D bodies" in analyse(tmp_path, modern(mesh(30))).findings[0].sentence


@pytest.mark.parametrize("turn", [(1, 0, 0), (0, 1, 0), (1, 1, 0), (1, 0.3, 0.8)])
def test_a_plate_that_stands_is_laid_down_and_that_is_said(tmp_path: Path, turn: tuple[float, ...]) -> None:
    def draw(document: Any) -> None:
        from ezdxf.math import Matrix44

        space = document.modelspace()
        ring = space.add_polyline3d([(0, 0, 0), (100, 0, 0), (100, 60, 0), (0, 60, 0)], close=True)
        for one in (ring, space.add_circle((50, 30), 10)):
            one.transform(Matrix44.axis_rotate(turn, math.radians(90)))

    analysis = analyse(tmp_path, modern(draw))
    assert "not_flat" in codes(analysis)
    assert analysis.drawing is not None
    assert analysis.drawing.cut_mm == pytest.approx(320 + math.tau * 10, rel=2e-3)
    assert (analysis.drawing.closed, analysis.drawing.holes, analysis.drawing.duplicates) == (2, 1, 0)
    if turn[:2] in ((1, 0), (0, 1)) and not turn[2]:
        assert sorted(analysis.drawing.size_mm) == pytest.approx([60, 100])


def test_parts_at_different_heights_lie_flat(tmp_path: Path) -> None:
    high = tags(0, "LINE", 8, "0", 10, 0, 20, 0, 30, 25, 11, 50, 21, 0, 31, 25)
    assert "not_flat" not in codes(analyse(tmp_path, dxf(outline(0, 0, 80, 40) + high, version="AC1009", unit=4)))


def test_a_fitted_curve_is_measured_without_the_frame_that_steers_it(tmp_path: Path) -> None:
    def vertex(x: float, y: float, flag: int) -> str:
        return tags(0, "VERTEX", 8, "0", 10, x, 20, y, 30, 0, 70, flag)

    drawn = tags(0, "POLYLINE", 8, "0", 66, 1, 70, 4, 75, 6)
    drawn += vertex(0, 500, 16) + vertex(50, 900, 16) + "".join(vertex(x, x / 2, 8) for x in (0, 20, 40, 80))
    facts = measured(tmp_path, dxf(drawn + tags(0, "SEQEND"), version="AC1009", unit=4))
    assert facts.size_mm == pytest.approx((80, 40))


@pytest.mark.parametrize("away", [0, 5e5, 6e6])
@pytest.mark.parametrize("radius", [0.4, 15])
def test_a_circle_far_from_the_origin_stays_round(tmp_path: Path, away: float, radius: float) -> None:
    header = tags(0, "SECTION", 2, "HEADER", 9, "$ACADVER", 1, "AC1009", 9, "$INSUNITS", 70, 4)
    header += tags(9, "$EXTMIN", 10, 0, 20, 0, 30, 0, 9, "$EXTMAX", 10, 1e6, 20, 1e6, 30, 0, 0, "ENDSEC")
    facts = measured(tmp_path, header + dxf(circle(away, away, radius) + circle(away + 90, away, radius)))
    assert facts.cut_mm == pytest.approx(2 * math.tau * radius, rel=5e-3)
    assert facts.size_mm == pytest.approx((90 + 2 * radius, 2 * radius), rel=5e-3)


def test_points_are_counted_in_a_word(tmp_path: Path) -> None:
    drawn = outline(0, 0, 80, 40) + "".join(tags(0, "POINT", 8, "DRILL", 10, x, 20, 10, 30, 0) for x in (10, 70))
    analysis = analyse(tmp_path, dxf(drawn, version="AC1009", unit=4))
    assert next(one for one in analysis.findings if one.code == "points").sentence.startswith(
        "It holds 2 single points"
    )


@pytest.mark.parametrize("said", ["first line\nsecond line\nthird", "M5\n12 screws", "width\n42", "a\n\nb", "1\n2"])
def test_a_text_broken_into_lines_costs_no_element(tmp_path: Path, said: str) -> None:
    text = tags(0, "TEXT", 8, "0", 10, 1, 20, 1, 40, 5, 1, said)
    analysis = analyse(tmp_path, dxf(outline(0, 0, 80, 40) + text + line(0, 60, 80, 60), version="AC1009", unit=4))
    assert analysis.drawing is not None
    assert analysis.drawing.size_mm == pytest.approx((80, 60))


def test_a_framed_block_is_named(tmp_path: Path) -> None:
    def draw(document: Any) -> None:
        from ezdxf.xclip import XClip

        document.blocks.new("B").add_lwpolyline([(0, 0), (300, 0), (300, 300), (0, 300)], close=True)
        XClip(document.modelspace().add_blockref("B", (0, 0))).set_block_clipping_path([(0, 0), (80, 40)])

    assert "clipped" in codes(analyse(tmp_path, modern(draw)))


def in_blocks(draw: Any) -> bytes:
    """What ``draw`` puts into a block, turned by 30° and then stretched to twice its width."""

    def document(drawn: Any) -> None:
        draw(drawn.blocks.new("B"))
        drawn.blocks.new("A").add_blockref("B", (0, 0), dxfattribs={"rotation": 30})
        drawn.modelspace().add_blockref("A", (50, 25), dxfattribs={"xscale": 2, "yscale": 1})

    return modern(document)


@pytest.mark.parametrize(
    "draw",
    [
        lambda block: block.add_circle((0, 0), 20),
        lambda block: block.add_ellipse((0, 0), (20, 0, 0), 1),
        lambda block: block.add_lwpolyline([(-20, 0, 0, 0, 1), (20, 0, 0, 0, 1)], close=True),
        lambda block: block.add_hatch().paths.add_polyline_path([(-20, 0, 1), (20, 0, 1)], is_closed=True),
        lambda block: [block.add_arc((0, 0), 20, begin, begin + 120) for begin in (0, 120, 240)],
    ],
    ids=["circle", "ellipse", "bulges", "hatch", "arcs"],
)
def test_round_things_in_distorted_blocks_are_ellipses(tmp_path: Path, draw: Any) -> None:
    facts = measured(tmp_path, in_blocks(draw))
    assert facts.size_mm == pytest.approx((80, 40), rel=2e-3)
    assert facts.cut_mm == pytest.approx(193.77, rel=3e-3)
    assert facts.closed == 1


def test_colour_and_layer_come_down_from_the_reference(tmp_path: Path) -> None:
    def draw(document: Any) -> None:
        document.blocks.new("B").add_circle((0, 0), 20, dxfattribs={"color": 0})
        document.modelspace().add_blockref("B", (0, 0), dxfattribs={"layer": "Etch", "color": 5})

    (layer,) = measured(tmp_path, modern(draw)).layers
    assert (layer.name, layer.colour, layer.role) == ("Etch", "#0000ff", "engrave")


@pytest.mark.parametrize("version", ["AC1009", "AC1015"])
def test_one_broken_number_costs_one_element(tmp_path: Path, version: str) -> None:
    broken = line("abc", 0, 900, 900)  # type: ignore[arg-type]
    analysis = analyse(tmp_path, dxf(outline(0, 0, 80, 40) + broken, version=version, unit=4))
    assert analysis.drawing is not None
    assert analysis.drawing.size_mm == pytest.approx((80, 40))
    assert "bad_elements" in codes(analysis)


@pytest.mark.parametrize("cut", [5, 12, 14, 20, 40])
def test_a_file_that_breaks_off_is_read_so_far_and_said(tmp_path: Path, cut: int) -> None:
    whole = dxf(outline(0, 0, 80, 40) + line(0, 50, 80, 50), version="AC1009", unit=4)
    analysis = analyse(tmp_path, whole[:-cut])
    assert analysis.drawing is not None
    assert analysis.drawing.size_mm[0] == pytest.approx(80)
    assert "truncated" in codes(analysis)


def test_lines_without_an_end_are_said(tmp_path: Path) -> None:
    def draw(document: Any) -> None:
        plate(document)
        document.modelspace().add_xline((0, 0), (1, 1))

    analysis = analyse(tmp_path, modern(draw))
    assert analysis.drawing is not None
    assert analysis.drawing.size_mm == pytest.approx((80, 40))
    assert "endless" in codes(analysis)


def test_a_hatch_with_half_of_its_markers_in_an_old_file(tmp_path: Path) -> None:
    hatch = tags(
        0, "HATCH", 8, "0", 100, "AcDbHatch", 10, 0, 20, 0, 30, 0, 210, 0, 220, 0, 230, 1, 2, "SOLID", 70, 1, 71, 0
    )
    hatch += tags(91, 1, 92, 2, 72, 0, 73, 1, 93, 4) + "".join(
        tags(10, x, 20, y) for x, y in ((0, 0), (80, 0), (80, 40), (0, 40))
    )
    facts = measured(tmp_path, dxf(hatch + tags(97, 0, 75, 0, 76, 1, 98, 0), version="AC1009", unit=4))
    assert (facts.size_mm, facts.closed) == (pytest.approx((80, 40)), 1)


def unplotted(document: Any) -> None:
    document.layers.add("X").dxf.plot = 0
    document.modelspace().add_circle((0, 0), 200, dxfattribs={"layer": "X"})


def unplotted_in_a_block(document: Any) -> None:
    document.layers.add("X").dxf.plot = 0
    document.blocks.new("B").add_circle((0, 0), 200)
    document.modelspace().add_blockref("B", (0, 0), dxfattribs={"layer": "X"})


@pytest.mark.parametrize("draw", [unplotted, unplotted_in_a_block])
def test_what_is_never_printed_is_left_out_and_said(tmp_path: Path, draw: Any) -> None:
    analysis = analyse(tmp_path, modern(lambda document: (plate(document), draw(document))))
    assert analysis.size_mm == pytest.approx((80, 40))
    assert codes(analysis) == {"unplotted"}


def test_what_a_block_on_an_unplotted_layer_has_on_others_is_printed(tmp_path: Path) -> None:
    def draw(document: Any) -> None:
        document.layers.add("X").dxf.plot = 0
        document.blocks.new("B").add_circle((0, 0), 20, dxfattribs={"layer": "cut"})
        document.modelspace().add_blockref("B", (0, 0), dxfattribs={"layer": "X"})

    assert measured(tmp_path, modern(draw)).size_mm == pytest.approx((40, 40), rel=1e-3)


def test_a_drawing_that_is_never_printed_is_taken_all_the_same(tmp_path: Path) -> None:
    analysis = analyse(tmp_path, modern(unplotted))
    assert analysis.size_mm == pytest.approx((400, 400), rel=1e-3)
    assert "all_hidden" in codes(analysis)


def test_what_one_sees_through_is_not_seen(tmp_path: Path) -> None:
    def draw(document: Any) -> None:
        plate(document)
        document.modelspace().add_circle((0, 0), 200).transparency = 1.0
        document.modelspace().add_circle((40, 20), 5).transparency = 0.5

    analysis = analyse(tmp_path, modern(draw))
    assert analysis.size_mm == pytest.approx((80, 40))
    assert analysis.drawing is not None
    assert analysis.drawing.holes == 1


@pytest.mark.parametrize("kind", ["lwpolyline", "AEC_WALL", "X"])
def test_an_element_that_nobody_knows_ends_nothing(tmp_path: Path, kind: str) -> None:
    strange = tags(0, kind, 8, "0", 90, 1, 70, 0, 10, 0, 20, 0)
    analysis = analyse(tmp_path, dxf(outline(0, 0, 80, 40) + strange))
    assert analysis.size_mm == pytest.approx((80, 40))
    assert "bad_elements" in codes(analysis)


def test_ends_of_lines_that_were_doubled_are_single_ones(tmp_path: Path) -> None:
    content = dxf(outline(0, 0, 80, 40), version="AC1015", unit=4).replace("\n", "\r\r\n")
    assert measured(tmp_path, content).size_mm == pytest.approx((80, 40))
