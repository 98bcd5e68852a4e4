"""Measuring SVG: sizes in the file's own unit, every way out of it closed, and nothing repeated for ever."""

from __future__ import annotations

import gzip
import io
import math
from pathlib import Path

import pytest
from craftops_plugins.analyzer_drawing import svg as reading
from craftops_plugins.analyzer_drawing.analyzer import DrawingAnalyzer
from craftops_plugins.analyzer_drawing.svg import safe_svg
from craftops_plugins.analyzer_drawing.svg_font import letters_of
from PIL import Image
from samples.drawings import SPACE, svg

from craftops.domain.files.designs import Analysis, DrawingFacts, Verdict
from craftops.sandbox import analyse as in_a_child
from craftops.testing import FileAnalyzerContract

RECT = '<rect x="10" y="10" width="80" height="30"/>'


def analyse(folder: Path, content: str | bytes) -> Analysis:
    path = folder / "part.svg"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return DrawingAnalyzer().analyse(path, path.name)


def child(folder: Path, content: str | bytes) -> Analysis:
    path = folder / "part.svg"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return in_a_child("craftops_plugins.analyzer_drawing.analyzer:DrawingAnalyzer", path, path.name)


def measured(folder: Path, content: str | bytes) -> DrawingFacts:
    analysis = analyse(folder, content)
    assert analysis.drawing is not None, analysis.sentence
    return analysis.drawing


class TestRefusals(FileAnalyzerContract):
    """A drawing has no mesh, so the contract's word on good files is told by a drawing's own measure."""

    def analyzer(self) -> DrawingAnalyzer:
        return DrawingAnalyzer()

    def good(self) -> tuple[str, bytes]:
        return "plate.svg", svg(RECT).encode()

    def test_a_good_file_is_measured_and_drawn(self, tmp_path: Path) -> None:
        analysis = self.analyse(tmp_path, *self.good())
        assert analysis.verdict is Verdict.ACCEPTED
        assert analysis.drawing is not None
        with Image.open(io.BytesIO(analysis.picture or b"")) as image:
            assert image.size == (512, 512)


@pytest.mark.parametrize(
    ("size", "wide", "unit"),
    [
        ('width="100mm" height="50mm" viewBox="0 0 100 50"', 80, "mm"),
        ('width="10cm" height="5cm" viewBox="0 0 100 50"', 80, "cm"),
        ('width="4in" height="2in" viewBox="0 0 100 50"', 80 * 25.4 / 25, "in"),
        ('width="72pt" height="36pt" viewBox="0 0 100 50"', 80 * 25.4 / 100, "pt"),
        ('width="100" height="50" viewBox="0 0 100 50"', 80 * 25.4 / 96, "px"),
        ('width="200px" height="100px" viewBox="0 0 100 50"', 160 * 25.4 / 96, "px"),
        ('viewBox="0 0 100 50"', 80 * 25.4 / 96, "px"),
        ("", 80 * 25.4 / 96, "px"),
    ],
)
def test_a_unit_is_taken_at_its_word(tmp_path: Path, size: str, wide: float, unit: str) -> None:
    analysis = analyse(tmp_path, svg(RECT, size))
    facts = analysis.drawing
    assert facts is not None
    assert facts.size_mm == pytest.approx((wide, wide * 30 / 80), rel=1e-3)
    assert facts.unit == unit
    assert ("pixels" in {found.code for found in analysis.findings}) == (unit == "px")


SHAPES = {
    "rect": (RECT, 220, 1, 0),
    "circle": ('<circle cx="50" cy="25" r="20"/>', math.tau * 20, 1, 0),
    "line": ('<line x1="0" y1="0" x2="30" y2="40" stroke="red"/>', 50, 0, 1),
    "polygon": ('<polygon points="0,0 30,0 30,40"/>', 120, 1, 0),
    "path": ('<path d="M0 0h30v40z"/>', 120, 1, 0),
    "arc": ('<path d="M0 20a20 20 0 0 0 40 0"/>', math.pi * 20, 0, 1),
    "transform": (f'<g transform="rotate(90) scale(2)">{RECT}</g>', 440, 1, 0),
    "use": (f'<defs><g id="a">{RECT}</g></defs><use xlink:href="#a"/><use href="#a" x="100"/>', 440, 2, 0),
}


@pytest.mark.parametrize("kind", SHAPES)
def test_every_shape_has_its_length(tmp_path: Path, kind: str) -> None:
    inner, length, closed, loose = SHAPES[kind]
    facts = measured(tmp_path, svg(inner))
    assert facts.cut_mm == pytest.approx(length, rel=5e-3)
    assert (facts.closed, facts.open) == (closed, loose)


PLAIN = svg(RECT)
ADOBE = (
    '<?xml version="1.0" encoding="utf-8"?><!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/svg11.dtd" ['
    '<!ENTITY ns_svg "http://www.w3.org/2000/svg"><!ENTITY ns_ai "http://ns.adobe.com/AdobeIllustrator/10.0/">]>'
    '<svg xmlns="&ns_svg;" xmlns:i="&ns_ai;" i:x="1" width="100mm" height="50mm" viewBox="0 0 100 50">'
    + RECT
    + "</svg>"
)
DIALECTS = {
    "plain": PLAIN,
    "declared": '<?xml version="1.0" encoding="UTF-8" standalone="no"?>\n' + PLAIN,
    "packed": gzip.compress(PLAIN.encode()),
    "utf-16": PLAIN.encode("utf-16"),
    "latin": ('<?xml version="1.0" encoding="ISO-8859-1"?>' + svg(RECT + "<title>Würfel</title>")).encode("latin-1"),
    "no namespace": PLAIN.replace(SPACE, ""),
    "undeclared prefix": svg('<g inkscape:label="cut">' + RECT + "</g>"),
    "Illustrator's entities": ADOBE,
    "an own prefix": f'<s:svg xmlns:s="http://www.w3.org/2000/svg" width="100mm" height="50mm" viewBox="0 0 100 50">{RECT.replace("<", "<s:")}</s:svg>',
}


@pytest.mark.parametrize("kind", DIALECTS)
def test_every_dialect_says_the_same(tmp_path: Path, kind: str) -> None:
    analysis = analyse(tmp_path, DIALECTS[kind])
    assert analysis.drawing is not None, analysis.sentence
    assert analysis.drawing.size_mm == pytest.approx((80, 30), rel=1e-3)
    assert analysis.picture is not None


def test_a_hole_live_text_and_pictures_are_counted(tmp_path: Path) -> None:
    inner = RECT + '<circle cx="50" cy="25" r="5"/><text x="1" y="9">hello</text>'
    inner += '<image width="9" height="9" href="data:image/png;base64,AAAA"/>'
    analysis = analyse(tmp_path, svg(inner))
    assert {"live_text", "raster"} <= {found.code for found in analysis.findings}
    assert analysis.drawing is not None
    assert (analysis.drawing.holes, analysis.drawing.parts) == (1, 1)
    assert (analysis.drawing.texts, analysis.drawing.images) == (1, 1)


def test_a_font_is_shown_as_a_sheet_of_its_letters(tmp_path: Path) -> None:
    glyphs = "".join(f'<glyph unicode="{one}" d="M0 0H500V700H0Z"/>' for one in "abcdefghij")
    font = svg(f'<defs><font><font-face units-per-em="1000"/>{glyphs}</font></defs>', "")
    sheet, is_font = letters_of(font)
    assert is_font
    assert sheet.count("<path") == 10
    assert letters_of(PLAIN) == (PLAIN, False)
    analysis = analyse(tmp_path, font)
    assert (analysis.verdict, analysis.code) == (Verdict.FINDINGS, "font")
    assert analysis.picture is not None


WAYS_OUT = (
    '<image href="file:///etc/passwd" width="9" height="9"/>', '<use href="http://shop.invalid/x.svg#a"/>',
    '<image xlink:href="/etc/passwd" width="9" height="9"/>', "<style>@import url(http://shop.invalid/x.css);</style>",
    '<rect fill="url(http://shop.invalid/a#b)" width="9" height="9"/>',
)  # fmt: skip


@pytest.mark.parametrize("way", WAYS_OUT)
def test_every_way_out_is_closed_before_anything_reads_it(tmp_path: Path, way: str) -> None:
    (tmp_path / "a.svg").write_text(svg(RECT + way))
    text = safe_svg(tmp_path / "a.svg")
    assert "passwd" not in text
    assert "invalid" not in text


@pytest.mark.parametrize("outside", ['SYSTEM "file:///etc/passwd"', 'PUBLIC "x" "http://shop.invalid/x"'])
def test_entities_from_outside_are_never_fetched(tmp_path: Path, outside: str) -> None:
    content = f"<!DOCTYPE svg [<!ENTITY x {outside}>]>" + svg(RECT + "<title>&x;</title>")
    analysis = child(tmp_path, content)
    assert (analysis.verdict, analysis.code) == (Verdict.REFUSED, "bad_xml")
    assert "root:" not in analysis.sentence


def test_filters_of_endless_octaves_are_left_out_and_said(tmp_path: Path) -> None:
    noise = '<filter id="f"><feTurbulence numOctaves="2000000000" baseFrequency="0.5"/></filter>'
    analysis = child(tmp_path, svg(noise + RECT.replace("/>", ' filter="url(#f)"/>')))
    assert (analysis.verdict, analysis.code) == (Verdict.FINDINGS, "filtered")
    assert analysis.picture is not None


def test_laughs_by_use_are_counted_before_they_are_drawn(tmp_path: Path) -> None:
    levels = f'<g id="l0">{RECT}</g>'
    for number in range(1, 10):
        levels += f'<g id="l{number}">' + f'<use xlink:href="#l{number - 1}"/>' * 10 + "</g>"
    analysis = child(tmp_path, svg(f'<defs>{levels}</defs><use xlink:href="#l9"/>'))
    assert (analysis.verdict, analysis.code) == (Verdict.REFUSED, "bomb")


REFUSED = {
    "too_deep": svg("<g>" * 100_000 + RECT + "</g>" * 100_000),
    "bad_xml": svg(RECT + "<g>"),
    "bad_xml by laughs of entities": '<!DOCTYPE svg [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>'
    + svg("<title>&b;</title>"),
    "other_format": "<!doctype html><html><body>Not found</body></html>",
    "empty": "",
    "not_svg": "<?xml version='1.0'?><drawing/>",
    "damaged": gzip.compress(PLAIN.encode())[:-20],
}


@pytest.mark.parametrize("kind", REFUSED)
def test_what_is_no_drawing_is_refused_with_its_reason(tmp_path: Path, kind: str) -> None:
    analysis = analyse(tmp_path, REFUSED[kind])
    assert analysis.verdict is Verdict.REFUSED, analysis.sentence
    assert analysis.code == kind.split()[0]
    assert analysis.drawing is None


def test_a_packed_drawing_of_gigabytes_is_not_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("craftops_plugins.analyzer_drawing.svg_text.MOST_BYTES", 1_000_000)
    analysis = analyse(tmp_path, gzip.compress(PLAIN.encode() + b" " * 2_000_000))
    assert (analysis.verdict, analysis.code) == (Verdict.REFUSED, "bomb")


@pytest.mark.parametrize("number", ["NaN", "1e400", "-1e999", "1e308"])
def test_endless_numbers_never_become_a_measure(tmp_path: Path, number: str) -> None:
    content = svg(RECT + f'<path d="M0 0L{number} 5C{number} 1 2 {number} 5 5z"/><circle cx="1" cy="1" r="{number}"/>')
    analysis = child(tmp_path, content)
    if analysis.drawing is not None:
        assert all(math.isfinite(side) for side in (*analysis.drawing.size_mm, analysis.drawing.cut_mm))


def test_nothing_drawn_has_no_measure(tmp_path: Path) -> None:
    analysis = analyse(tmp_path, svg("<text>only words</text>"))
    assert analysis.code in ("no_paths", "not_svg")
    assert analysis.drawing is None or analysis.drawing.cut_mm == 0


def test_more_shapes_than_we_measure_go_to_a_person(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MOST_SHAPES", 50)
    analysis = analyse(tmp_path, svg(RECT * 100))
    assert (analysis.verdict, analysis.code) == (Verdict.BY_HAND, "too_complex")
