"""What of an SVG is seen and how large that is: paint, style, frames, units, and elements that are not whole."""

from __future__ import annotations

import itertools
import math
from pathlib import Path

import pytest
from craftops_plugins.analyzer_drawing.analyzer import DrawingAnalyzer
from craftops_plugins.analyzer_drawing.svg_shapes import flattened, path_outline
from craftops_plugins.analyzer_drawing.svg_units import IDENTITY
from hypothesis import given
from hypothesis import strategies as st
from samples.drawings import svg

from craftops.domain.files.designs import Analysis, Severity

PLATE = '<rect x="10" y="5" width="80" height="40" fill="none" stroke="black"/>'
HUGE = '<rect x="-200" y="-100" width="400" height="300"/>'
MARK = '<path d="M0 0H9" stroke="red"/>'


def analyse(folder: Path, content: str) -> Analysis:
    (folder / "part.svg").write_text(content)
    return DrawingAnalyzer().analyse(folder / "part.svg", "part.svg")


def codes(analysis: Analysis) -> set[str]:
    return {found.code for found in analysis.findings if found.severity is Severity.WARNING}


RENDERER = {"picture_differs"}
OTHERWISE = {"our language", "a symbol of its own size"}
"""What the renderer of the picture does not know: there the disagreement is said, and the measure is right."""
UNSEEN = {
    "mask": f"<mask id='m'>{HUGE}</mask>", "marker": f"<marker id='m'>{HUGE}</marker>",
    "symbol": f"<symbol id='m'>{HUGE}</symbol>", "pattern": f"<pattern id='m'>{HUGE}</pattern>",
    "clip path": f"<clipPath id='m'>{HUGE}</clipPath>", "defs": f"<defs>{HUGE}</defs>",
    "display": f"<g display='none'>{HUGE}</g>", "display by style": f"<g style='display : none'>{HUGE}</g>",
    "display by class": f"<style>.x{{display:none}}</style><g class='a x'>{HUGE}</g>",
    "display by id": f"<style>/* x */ g#x, b {{display:none;}}</style><g id='x'>{HUGE}</g>",
    "display by place": f"<style>@media screen {{g.x > g:first-child{{display:none}}}}</style><g class='x'><g>{HUGE}</g></g>",
    "display by attribute": f"<style>[data-x^='no']{{display:none!important}}</style><g data-x='not' style='display:inline'>{HUGE}</g>",
    "visibility": f"<g visibility='hidden'>{HUGE}</g>", "opacity": f"<g opacity='0'>{HUGE}</g>",
    "no paint": f"<g fill='none'>{HUGE}</g>", "transparent": f"<g fill='transparent'>{HUGE}</g>",
    "clear": f"<g fill='rgba(0,0,0,0)'>{HUGE}</g>", "clear in hex": f"<g fill='#ff000000'>{HUGE}</g>",
    "fill opacity": f"<g fill-opacity='0%'>{HUGE}</g>", "no pen": f"<g fill='none' stroke='red' stroke-width='0'>{HUGE}</g>",
    "stroke opacity": f"<g fill='none' stroke='red' stroke-opacity='0'>{HUGE}</g>",
    "a missing paint": f"<g fill='url(#nothing)'>{HUGE}</g>", "a line without a pen": "<line x1='-900' x2='900'/>",
    "another language": f"<switch><g systemLanguage='xx'>{HUGE}</g><g/></switch>",
    "an extension": f"<g requiredExtensions='http://example.invalid/'>{HUGE}</g>",
    "another vocabulary": f"<x:g xmlns:x='urn:x'>{HUGE.replace('<rect', '<x:rect')}</x:g>",
    "cut off": "<clipPath id='m'><rect width='9' height='9'/></clipPath><g clip-path='url(#m)'><rect x='500' width='9' height='9'/></g>",
    "beyond its frame": "<svg width='10' height='10'><rect x='50' y='50' width='900' height='900'/></svg>",
}  # fmt: skip


@pytest.mark.parametrize("kind", UNSEEN)
@pytest.mark.usefixtures("no_picture")
def test_what_nobody_sees_is_not_measured(tmp_path: Path, kind: str) -> None:
    analysis = analyse(tmp_path, svg(UNSEEN[kind] + PLATE))
    assert analysis.drawing is not None
    assert analysis.drawing.size_mm == pytest.approx((80, 40))
    assert analysis.drawing.cut_mm == pytest.approx(240)
    assert not codes(analysis) - (RENDERER if kind in OTHERWISE else set())


SEEN = {
    "black on black": "<rect x='10' y='5' width='80' height='40' fill='rgb(0,0,0)'/>",
    "black in percent": "<rect x='10' y='5' width='80' height='40' style='fill:rgb(0%,0%,0%)'/>",
    "seen below what is not": "<g visibility='hidden'><rect x='10' y='5' width='80' height='40' visibility='visible'/></g>",
    "inherited": "<g fill='none' stroke='red'><rect x='10' y='5' width='80' height='40' fill='inherit'/></g>",
    "its own colour": "<g color='red' fill='none' stroke='currentColor'><rect x='10' y='5' width='80' height='40'/></g>",
    "a fallback": "<rect x='10' y='5' width='80' height='40' fill='url(#nothing) red'/>",
    "not for print": "<style>@media print{rect{display:none}}</style><rect x='10' y='5' width='80' height='40'/>",
    "a stronger rule": "<style>#x{fill:red}.x{fill:none}</style><rect id='x' class='x' x='10' y='5' width='80' height='40'/>",
    "not hovered": "<style>rect:hover{display:none}</style><rect x='10' y='5' width='80' height='40'/>",
    "our language": "<switch><g systemLanguage='xx'/><rect systemLanguage='de, en-GB' x='10' y='5' width='80' height='40'/></switch>",
    "the first of two": f"<switch>{PLATE}{HUGE}</switch>",
    "clipped beside it": f"<clipPath id='m'><rect width='100' height='50'/></clipPath><g clip-path='url(#m)'>{PLATE}</g>",
    "clipped by a circle": f"<clipPath id='m'><circle cx='50' cy='25' r='60'/></clipPath><g clip-path='url(#m)'>{PLATE}</g>",
    "a symbol": "<symbol id='s' viewBox='0 0 10 5'><rect width='10' height='5'/></symbol><use href='#s' x='10' y='5' width='80' height='40'/>",
    "a symbol of its own size": "<symbol id='s' viewBox='0 0 2 1' width='80' height='40'><rect width='2' height='1'/></symbol><use href='#s'/>",
    "a nested frame": "<svg x='10' y='5' width='80%' height='80%' viewBox='0 0 2 1'><rect width='100%' height='1'/></svg>",
    "stretched": "<svg width='80' height='40' viewBox='0 0 1 1' preserveAspectRatio='none'><rect width='1' height='1'/></svg>",
    "a turned origin": "<rect x='30' y='-15' width='40' height='80' transform='rotate(90)' transform-origin='center'/>",
    "turned in its own box": "<rect x='30' y='-15' width='40' height='80' style='transform:rotate(90deg);transform-box:fill-box;transform-origin:50% 50%'/>",
    "percent of the height": "<line x2='0' y2='80%' stroke='red'/><path d='M0 0H80V40H0' stroke='red'/>",
    "millimetres": "<rect width='80' height='10.583333mm' transform='scale(1,1)'/>",
    "quarters": "<rect width='80' height='10.583333mm'/><rect width='5Q' height='5Q'/>",
    "letters": "<g font-size='20'><rect width='4em' height='4ex'/></g>",
    "flags without gaps": "<path d='M10 5h80v20a20 20 0 0120 20a20 20 0 01-20-20z' fill='none' stroke='none'/>" + PLATE,
}  # fmt: skip


@pytest.mark.parametrize("kind", SEEN)
def test_what_is_seen_has_its_size_and_the_picture_agrees(tmp_path: Path, kind: str) -> None:
    analysis = analyse(tmp_path, svg(SEEN[kind]))
    assert analysis.drawing is not None
    assert analysis.drawing.size_mm == pytest.approx((80, 40), rel=1e-4)
    assert not codes(analysis) - {"duplicates", "outside_page"} - (RENDERER if kind in OTHERWISE else set())


@pytest.mark.parametrize(
    ("inner", "code"),
    [
        (f"<clipPath id='m'><rect width='50' height='50'/></clipPath><g clip-path='url(#m)'>{PLATE}</g>", "clipped"),
        (f"<g style='clip-path:circle(10px)'>{PLATE}</g>", "clipped"),
        (f"<svg width='50' height='50'>{PLATE}</svg>", "clipped"),
        (f"<mask id='m'><circle r='20' fill='#fff'/></mask><g mask='url(#m)'>{PLATE}</g>", "masked"),
        (f"<marker id='m'>{MARK}</marker><path d='M10 5h80' stroke='red' marker-end='url(#m)'/>{PLATE}", "markers"),
        (PLATE + "<rect x='150' width='9' height='9'/>", "outside_page"),
        (HUGE.replace("/>", " fill='none'/>"), "all_hidden"),
    ],
)
def test_what_cannot_be_computed_is_said(tmp_path: Path, inner: str, code: str) -> None:
    assert code in codes(analyse(tmp_path, svg(inner)))


SHEETS = {
    'width="100mm" viewBox="0 0 200 100"': (40, "mm"),
    'height="50mm" viewBox="0 0 200 100"': (40, "mm"),
    'width="100%" height="5cm" viewBox="0 0 200 100"': (40, "cm"),
    'style="width:100mm;height:50mm" viewBox="0 0 200 100"': (40, "mm"),
    'width="400Q" height="200q" viewBox="0 0 200 100"': (40, "q"),
    'width="20em" viewBox="0 0 320 160"': (80 / 96 * 25.4, "px"),
    'width="200" height="100" inkscape:version="0.48.4 r9939"': (80 / 90 * 25.4, "px90"),
    'width="200" height="100" inkscape:version="0.92.1"': (80 / 96 * 25.4, "px"),
    'width="100mm" height="50mm" viewBox="0 0 200 100" inkscape:version="0.91"': (40, "mm"),
}


@pytest.mark.parametrize("sheet", SHEETS)
def test_a_page_is_as_large_as_it_says(tmp_path: Path, sheet: str) -> None:
    wide, unit = SHEETS[sheet]
    analysis = analyse(tmp_path, svg(PLATE, sheet))
    assert analysis.drawing is not None
    assert analysis.drawing.size_mm == pytest.approx((wide, wide / 2), rel=1e-4)
    assert analysis.drawing.unit == unit
    assert not codes(analysis)


def test_illustrator_counts_a_pixel_for_a_point(tmp_path: Path) -> None:
    said = "<!-- Generator: Adobe Illustrator 27.0.0, SVG Export Plug-In . SVG Version: 6.00 Build 0) -->"
    for sheet in ('width="100px" height="50px" viewBox="0 0 100 50"', 'viewBox="0 0 100 50"'):
        analysis = analyse(tmp_path, said + svg(PLATE, sheet))
        assert analysis.drawing is not None
        assert analysis.drawing.size_mm == pytest.approx((80 / 72 * 25.4, 40 / 72 * 25.4), rel=1e-4)


@pytest.mark.parametrize("sheet", ["", 'viewBox="0 0 100 50"', 'width="100%" height="100%" viewBox="0 0 100 50"'])
def test_a_page_without_a_size_asks_for_it(tmp_path: Path, sheet: str) -> None:
    analysis = analyse(tmp_path, svg(PLATE, sheet))
    assert {found.code: found.remedy for found in analysis.findings} == {"pixels": "unit"}
    assert codes(analysis) == {"pixels"}


BROKEN = {
    "an arc before a move": "<path d='a5 5 0 0 1 9 9z'/>",
    "letters in the numbers": "<path d='M1 1h5x3'/>",
    "half a curve": "<path d='M1 1C2 2 3 3'/>",
    "half a point": "<polygon points='1 1 2 2 3'/>",
    "a transform that is none": "<g transform='rotate(banana)'><rect x='12' y='7' width='3' height='3'/></g>",
}


@pytest.mark.parametrize("kind", BROKEN)
def test_one_broken_element_costs_no_other(tmp_path: Path, kind: str) -> None:
    analysis = analyse(tmp_path, svg(BROKEN[kind].replace("/>", " stroke='red'/>") + PLATE))
    assert analysis.drawing is not None
    assert analysis.drawing.size_mm[0] >= 80
    assert analysis.drawing.cut_mm >= 240
    assert "bad_elements" in codes(analysis)


WHOLE = {
    "an entity with markup": "<!DOCTYPE svg [<!ENTITY r \"<rect x='10' y='5' width='80' height='40'/>\">]>"
    + svg("&r;"),
    "a filter closed at once": svg("<filter/>" + PLATE + "<filter id='a'><feBlend/></filter>"),
    "a prefix out of its scope": svg("<g xmlns:foo='urn:x'><foo:y/></g><foo:y/>" + PLATE),
    "an import without an end": svg("<style>@import url(x.css)</style>" + PLATE),
    "an import before a rule": svg("<style>@import 'x.css'; .a{fill:none}</style>" + PLATE),
    "a script": svg("<script><![CDATA[ if (a<b) write('</g>') ]]></script>" + PLATE),
    "a style in CDATA": svg("<style><![CDATA[ rect { stroke: red } ]]></style>" + PLATE),
}


@pytest.mark.parametrize("kind", WHOLE)
def test_our_own_cleaning_takes_nothing_away(tmp_path: Path, kind: str) -> None:
    analysis = analyse(tmp_path, WHOLE[kind])
    assert analysis.drawing is not None, analysis.sentence
    assert analysis.drawing.size_mm == pytest.approx((80, 40))
    assert analysis.picture is not None


@pytest.mark.parametrize(
    ("inner", "word"),
    [("<text x='9' y='20' font-size='20'>LID</text>", "only text"), ("<image width='9' height='9' href='data:image/png;base64,AAAA'/>", "only pictures")],
)  # fmt: skip
def test_text_or_pictures_alone_are_no_wrong_format(tmp_path: Path, inner: str, word: str) -> None:
    analysis = analyse(tmp_path, svg(inner))
    assert analysis.code == "no_paths"
    assert word in analysis.findings[0].sentence
    assert ("text" in word) == (analysis.picture is not None)


def test_a_circle_that_is_turned_and_squeezed_is_an_ellipse(tmp_path: Path) -> None:
    inner = "<g transform='translate(50 25) scale(2 1) rotate(30)'><circle r='20' fill='none' stroke='red'/></g>"
    facts = analyse(tmp_path, svg(inner)).drawing
    assert facts is not None
    assert facts.size_mm == pytest.approx((80, 40), rel=1e-3)
    assert facts.cut_mm == pytest.approx(193.77, rel=2e-3)


NUMBERS = st.floats(-1e3, 1e3).map(lambda value: round(value, 3))
STEPS = st.tuples(st.sampled_from("lmqtcs"), st.lists(NUMBERS, min_size=6, max_size=6))


@given(st.lists(STEPS, min_size=1, max_size=8))
def test_relative_and_absolute_data_draw_the_same(steps: list[tuple[str, list[float]]]) -> None:
    need = {"l": 2, "m": 2, "q": 4, "t": 2, "c": 6, "s": 4}
    relative, absolute, x, y = "M0 0", "M0 0", 0.0, 0.0
    for name, numbers in steps:
        own = numbers[: need[name]]
        relative += name + " ".join(f"{one:.6f}" for one in own)
        there = [one + (y if i % 2 else x) for i, one in enumerate(own)]
        absolute += name.upper() + " ".join(f"{one:.6f}" for one in there)
        x, y = there[-2:]
    one, other = (list(flattened(path_outline(data), IDENTITY, 0.1)) for data in (relative, absolute))
    assert len(one) == len(other)
    for (points, closed), (others, shut) in zip(one, other, strict=True):
        assert closed == shut
        assert points[-1] == pytest.approx(others[-1], abs=1e-3)


@given(st.floats(0.5, 500), st.floats(0, 6.2), st.floats(0.1, 6.1))
def test_an_arc_is_as_long_as_its_angle(radius: float, begin: float, sweep: float) -> None:
    x, y = radius * math.cos(begin), radius * math.sin(begin)
    u, v = radius * math.cos(begin + sweep), radius * math.sin(begin + sweep)
    data = f"M{x} {y}A{radius} {radius} 0 {int(sweep > math.pi)} 1 {u} {v}"
    ((points, _closed),) = flattened(path_outline(data), IDENTITY, 1e-4 * radius)
    length = sum(math.dist(p, q) for p, q in itertools.pairwise(points))
    assert length == pytest.approx(radius * sweep, rel=5e-3)


STYLED = {
    "a shape by its style": "<style>rect{x:10px;y:5px;width:80px;height:40px}</style><rect/>",
    "a path by its style": "<path style=\"d:path('M10 5h80v40h-80z')\"/>",
    "a radius by its style": "<ellipse cx='50' cy='25' style='rx:40px;ry:20px'/>",
    "a custom property": "<style>:root{--None:none} .v{fill:var(--None)}</style><rect class='v' x='-900' width='2000' height='9'/>"
    + PLATE,
    "a custom property that nobody set": f"<g fill='none' stroke='var(--x, red)'>{PLATE}</g>",
    "a frame that it touches": "<symbol id='s' viewBox='0 0 80 40'><ellipse cx='40' cy='20' rx='40' ry='20'/></symbol>"
    "<g transform='rotate(90)'><use href='#s' x='0' y='-45' width='40' height='80' transform='rotate(-90) translate(0 0)'/></g>",
}


@pytest.mark.parametrize("kind", STYLED)
def test_a_shape_may_come_from_its_style(tmp_path: Path, kind: str) -> None:
    analysis = analyse(tmp_path, svg(STYLED[kind]))
    assert analysis.drawing is not None
    if "touches" not in kind:
        assert analysis.drawing.size_mm == pytest.approx((80, 40), rel=1e-4)
    assert "clipped" not in codes(analysis)


@pytest.mark.parametrize(("style", "size"), [
    ("scale:2", (80, 20)), ("scale:2 3", (80, 30)), ("rotate:90deg", (10, 40)), ("rotate:.25turn", (10, 40)),
    ("translate:5px 3px", (40, 10)), ("rotate:none;scale:none", (40, 10)), ("rotate:90deg;scale:2 1", (10, 80)),
    ("scale:2;transform:rotate(90deg)", (20, 80)),
])  # fmt: skip
def test_single_properties_move_as_transforms_do(tmp_path: Path, style: str, size: tuple[float, float]) -> None:
    rect = f'<rect width="40" height="10" fill="none" stroke="black" stroke-width=".1" style="{style}"/>'
    analysis = analyse(tmp_path, svg(rect))
    assert analysis.size_mm == pytest.approx(size)
