"""Style sheets of SVG files: which elements a selector means, which rule wins, and that the picture shows the same."""

from __future__ import annotations

from pathlib import Path

import pytest
from craftops_plugins.analyzer_drawing.analyzer import DrawingAnalyzer
from craftops_plugins.analyzer_drawing.svg_style import shown_on_screen
from samples.drawings import svg

from craftops.domain.files.designs import Analysis, Severity

SHEET = 'width="100mm" height="50mm" viewBox="0 0 100 50"'
PLATE = '<rect x="10" y="5" width="80" height="40" fill="none" stroke="black" stroke-width=".1"/>'
HUGE = '<rect class="h a:b 1a größe" data-x="No" width="99" height="49"/>'
DOT = '<circle cx="50" cy="25" r="1"/>'


def analyse(folder: Path, inner: str, sheet: str = SHEET) -> Analysis:
    (folder / "part.svg").write_text(svg(inner, sheet))
    return DrawingAnalyzer().analyse(folder / "part.svg", "part.svg")


def warnings(analysis: Analysis) -> list[str]:
    return [found.code for found in analysis.findings if found.severity is Severity.WARNING]


MEANT = {
    "any of": ":is(.h, .k){display:none}", "weightless": "rect:where(.h){display:none}",
    "none of": "rect:not(:not(.h), .k){display:none}", "escaped": r".a\:b{display:none}",
    "a digit first": r".\31 a{display:none}", "other letters": ".größe{display:none}",
    "letters of both sizes": ".h{DISPLAY:NONE}", "an attribute's letters": "[data-x='nO' i]{display:none}",
    "of its space": "@namespace svg 'http://www.w3.org/2000/svg'; svg|rect.h{display:none}",
    "of any space": "*|rect.h{display:none}", "below": "g{.h{display:none}}", "below, with its sign": "g{&amp;>.h{display:none}}",
    "below, beside a value": "g{fill:red;.h{display:none}}", "empty": "rect:empty{display:none}",
    "the second of its kind": "rect:nth-of-type(2){display:none}", "the last of its kind": "g rect:last-of-type{display:none}",
    "holding nothing": "rect:not(:has(title)){display:none}", "a parent that holds": "g:has(circle)>rect.h{display:none}",
    "for screens too": "@media print, screen{.h{display:none}}", "not for print": "@media not print{.h{display:none}}",
    "for wide windows": "@media (min-width: 20em) and (max-width:9999px){.h{display:none}}",
    "by day": "@media (prefers-color-scheme: light){.h{display:none}}",
    "if it can": "@supports (display:none){.h{display:none}}", "in a layer": "@layer a.b{.h{display:none}}",
    "behind other rules": "@charset 'utf-8'; @font-face{src:url(data:x;y)} @keyframes k{from{opacity:1}} .h{display:none}",
    "a value that means nothing": ".h{display:none;display:bogus}", "no paint, in words for all": ".h{fill:none;stroke:initial}",
    "a layer is weaker": ".h{display:none} @layer a{rect.h.h.h{display:inline}}",
    "later layers are stronger": "@layer a, b; @layer b{.h{display:none}} @layer a{rect.h{display:inline}}",
    "important in a layer": "@layer a{.h{display:none!important}} rect.h.h{display:inline!important}",
    "more weight in brackets": ":is(.h, #nowhere){display:none} .h.h.h{display:inline}",
    "more tags": "svg g rect.h{display:none} rect.h{display:inline}",
}  # fmt: skip


@pytest.mark.parametrize("kind", MEANT)
def test_what_a_sheet_hides_is_neither_measured_nor_in_the_picture(tmp_path: Path, kind: str) -> None:
    plate = PLATE.replace("/>", "><title>plate</title></rect>")
    analysis = analyse(tmp_path, f"<style>{MEANT[kind]}</style><g>{plate}{DOT}{HUGE}</g>")
    assert analysis.drawing is not None
    assert analysis.size_mm == pytest.approx((80, 40))
    assert not warnings(analysis)


NOT_MEANT = {
    "an unknown word": "rect, ..x{display:none}", "an unknown pseudo-class": "rect, a:unheard-of{display:none}",
    "a pseudo-element": "rect::before{display:none}", "touched": "rect:hover{display:none}",
    "by night": "@media (prefers-color-scheme:dark){rect{display:none}}", "not if it can": "@supports not (fill:red){rect{display:none}}",
    "other kinds": "rect:nth-of-type(3n+2){display:none}", "a weaker rule": "#p{display:inline} rect.p{display:none}",
    "taken back": "rect{fill:red} rect.p{fill:revert;display:none;display:inline}",
}  # fmt: skip


@pytest.mark.parametrize("kind", NOT_MEANT)
def test_what_a_sheet_does_not_hide_is_measured(tmp_path: Path, kind: str) -> None:
    plate = PLATE.replace("<rect", '<rect class="p" id="p"')
    analysis = analyse(tmp_path, f"<style>{NOT_MEANT[kind]}</style><g>{DOT}{plate}</g>")
    assert analysis.size_mm == pytest.approx((80, 40))
    assert not warnings(analysis)


MOVED = {
    "scale(200%)": (40, 20), "rotatez(90deg) scale3d(2, 2, 1)": (20, 40), "translate3d(5px, 5px, 9px) scale(2)": (40, 20),
    "matrix3d(2,0,0,0, 0,2,0,0, 0,0,1,0, 5,5,0,1)": (40, 20), "skew(45deg) scale(2)": (60, 20),
    "translate(5px, 1em) rotate(.25turn) scale(2)": (20, 40),
}  # fmt: skip


@pytest.mark.parametrize("told", MOVED)
def test_functions_of_css_move_the_picture_as_well(tmp_path: Path, told: str) -> None:
    rect = f'<rect x="20" y="10" width="20" height="10" style="transform-box:fill-box;transform:{told}"/>'
    analysis = analyse(tmp_path, rect)
    assert analysis.size_mm == pytest.approx(MOVED[told], abs=0.01)
    assert not set(warnings(analysis)) - {"outside_page"}


def test_an_origin_in_a_box_may_be_told_in_two_ways_at_once(tmp_path: Path) -> None:
    style = "transform:rotate(90deg);transform-box:fill-box;transform-origin:20px 50%"
    plates = "".join(f'<rect x="10" y="10" width="80" height="40" {P} {more}/>' for more in ("", f'style="{style}"'))
    assert analyse(tmp_path, plates).size_mm == pytest.approx((80, 80))


P = 'fill="none" stroke="red" stroke-width=".1"'
PAGES = {
    "the page itself is moved": (PLATE, SHEET + ' transform="scale(.5)"', (40, 20)),
    "the page is moved by its style": (PLATE, SHEET + ' style="transform:scale(.5)"', (40, 20)),
    "a page in letters": (PLATE, 'font-size="10mm" width="10em" height="5rem" viewBox="0 0 100 50"', (80, 40)),
    "the newer address": (
        f'<defs><rect id="q" width="80" height="40" {P}/><rect id="z" width="5" height="4" {P}/></defs><use xlink:href="#z" href="#q"/>',
        SHEET, (80, 40),
    ),
    "nothing is left of it": (PLATE + '<g transform="scale(0, 1)"><rect width="99" height="49"/></g>', SHEET, (80, 40)),
    "a filling without a width": (PLATE + '<path d="M0 0L99 49"/>', SHEET, (80, 40)),
    "by Sodipodi": (
        PLATE, 'xmlns:sodipodi="http://sodipodi.sourceforge.net/DTD/sodipodi-0.dtd" sodipodi:version="0.32" width="90" height="45"',
        (80 * 25.4 / 90, 40 * 25.4 / 90),
    ),
    "a word in a comment": (PLATE + "<!-- not for Adobe Illustrator -->", 'width="96" height="48"', (80 * 25.4 / 96, 40 * 25.4 / 96)),
}  # fmt: skip


@pytest.mark.parametrize("kind", PAGES)
def test_pages_have_the_size_that_they_tell(tmp_path: Path, kind: str) -> None:
    inner, sheet, size = PAGES[kind]
    analysis = analyse(tmp_path, inner, sheet)
    assert analysis.size_mm == pytest.approx(size, rel=1e-4)
    assert not warnings(analysis)


SAID = {
    "a shadow": ('<filter id="f"><feOffset dx="90"/></filter>' + PLATE.replace("/>", ' filter="url(#f)"/>'), "filtered"),
    "blurred by its style": (PLATE.replace("/>", ' style="filter: blur(3px)"/>'), "filtered"),
    "blurred by a sheet": (f"<style>rect{{filter:drop-shadow(9px 9px)}}</style>{PLATE}", "filtered"),
    "enlarged": (f'<g style="zoom:2">{PLATE}</g>', "zoomed"),
    "greyed, which changes no size": (PLATE.replace("/>", ' style="filter:grayscale(1)"/>'), ""),
    "a filter that is not there": (PLATE.replace("/>", ' filter="url(#gone)"/>'), ""),
}  # fmt: skip


def test_a_page_that_is_enlarged_is_said(tmp_path: Path) -> None:
    assert warnings(analyse(tmp_path, PLATE, SHEET + ' style="zoom:2"')) == ["zoomed"]


@pytest.mark.parametrize("kind", SAID)
def test_filters_and_zoom_are_said(tmp_path: Path, kind: str) -> None:
    inner, code = SAID[kind]
    analysis = analyse(tmp_path, inner)
    assert analysis.size_mm == pytest.approx((80, 40))
    assert warnings(analysis) == ([code] if code else [])


@pytest.mark.parametrize(("query", "held"), [
    ("", True), ("screen and (color)", True), ("only screen", True), ("print", False), ("not all", False),
    ("(max-width: 600px)", False), ("(min-height: 700px)", True), ("not (min-width: 1px)", False), ("speech, all", True),
    ("(orientation: no-such)", False),
])  # fmt: skip
def test_media_queries(query: str, held: bool) -> None:
    assert shown_on_screen(query) is held


def test_ten_thousand_siblings_are_told_apart_in_time(tmp_path: Path) -> None:
    rows = "".join(f'<path d="M{i % 100} {i // 200}h.5v.2z"/>' for i in range(10_000))
    analysis = analyse(
        tmp_path,
        f"<style>path:nth-of-type(2n){{display:none}} path:nth-child(0){{fill:red}} path+rect{{display:none}}</style>{rows}{HUGE}",
    )
    assert analysis.drawing is not None
    assert analysis.drawing.closed == 5_000
