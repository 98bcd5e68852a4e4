"""Measuring AI files: the PDF within is measured; without it, the sentence says what to do."""

from __future__ import annotations

import io
import math
import zlib
from pathlib import Path

import pypdfium2 as pdfium
import pytest
from craftops_plugins.analyzer_drawing import ai as reading
from craftops_plugins.analyzer_drawing.analyzer import DrawingAnalyzer
from PIL import Image
from samples.drawings import form, path, pdf, square

from craftops.domain.files.designs import Analysis, DrawingFacts, Verdict
from craftops.sandbox import analyse as in_a_child

MM = 25.4 / 72


def analyse(folder: Path, content: bytes) -> Analysis:
    file = folder / "part.ai"
    file.write_bytes(content)
    return DrawingAnalyzer().analyse(file, file.name)


def child(folder: Path, content: bytes) -> Analysis:
    file = folder / "part.ai"
    file.write_bytes(content)
    return in_a_child("craftops_plugins.analyzer_drawing.analyzer:DrawingAnalyzer", file, file.name)


def measured(folder: Path, content: bytes) -> DrawingFacts:
    analysis = analyse(folder, content)
    assert analysis.drawing is not None, analysis.sentence
    return analysis.drawing


def test_points_become_millimetres(tmp_path: Path) -> None:
    analysis = analyse(tmp_path, pdf(square(10, 10, 72)))
    assert analysis.verdict is Verdict.ACCEPTED, analysis.findings
    assert analysis.drawing is not None
    assert analysis.drawing.size_mm == pytest.approx((25.4, 25.4))
    assert analysis.drawing.cut_mm == pytest.approx(4 * 25.4)
    assert (analysis.drawing.closed, analysis.drawing.open, analysis.drawing.unit) == (1, 0, "pt")
    with Image.open(io.BytesIO(analysis.picture or b"")) as image:
        assert image.size == (512, 512)


def test_matrices_and_curves_are_followed(tmp_path: Path) -> None:
    k = 0.5522847
    circle = f"q 2 0 0 2 50 50 cm 10 0 m 10 {10 * k} {10 * k} 10 0 10 c {-10 * k} 10 -10 {10 * k} -10 0 c -10 {-10 * k} {-10 * k} -10 0 -10 c {10 * k} -10 10 {-10 * k} 10 0 c s Q"
    facts = measured(tmp_path, pdf(circle.encode()))
    assert facts.size_mm == pytest.approx((40 * MM, 40 * MM), rel=1e-3)
    assert facts.cut_mm == pytest.approx(math.tau * 20 * MM, rel=5e-3)
    assert facts.closed == 1


def test_forms_are_placed(tmp_path: Path) -> None:
    inner = form(square(0, 0, 10), matrix=b"2 0 0 2 0 0")
    content = pdf(b"/F Do q 1 0 0 1 100 0 cm /F Do Q", (200, 100), inner, resources=b"/XObject<</F 10 0 R>>")
    facts = measured(tmp_path, content)
    assert facts.closed == 2
    assert facts.size_mm == pytest.approx((120 * MM, 20 * MM), rel=1e-3)


def test_colours_texts_and_open_lines_are_told_apart(tmp_path: Path) -> None:
    drawn = b"0 0 1 RG " + path([(0, 0), (50, 0)], close=False) + b"1 0 0 RG " + square(0, 20, 30)
    drawn += b"BT /F1 12 Tf 10 70 Td (hello) Tj ET"
    facts = measured(tmp_path, pdf(drawn, resources=b"/Font<</F1 4 0 R>>"))
    assert (facts.closed, facts.open, facts.texts) == (1, 1, 1)
    assert {one.colour: one.role for one in facts.layers} == {"#0000ff": "engrave", "#ff0000": "cut"}


def test_more_artboards_than_one_are_said(tmp_path: Path) -> None:
    analysis = analyse(tmp_path, pdf(square(10, 10, 50), pages=3))
    assert analysis.code == "artboards"
    assert "3 artboards" in analysis.findings[0].sentence


def test_saved_without_its_pdf_is_refused_with_what_to_do(tmp_path: Path) -> None:
    adobe = b"BT /F1 8 Tf 10 50 Td (This is an Adobe Illustrator File that was saved without PDF Content.) Tj ET"
    analysis = analyse(tmp_path, pdf(adobe, (612, 100), resources=b"/Font<</F1 4 0 R>>"))
    assert (analysis.verdict, analysis.code) == (Verdict.REFUSED, "no_pdf_content")
    assert "Create PDF Compatible File" in analysis.sentence


def blank() -> bytes:
    document, out = pdfium.PdfDocument.new(), io.BytesIO()
    document.new_page(100, 100)
    document.save(out)
    document.close()
    return out.getvalue()


def test_an_empty_page_has_nothing_to_cut_and_no_measure(tmp_path: Path) -> None:
    analysis = analyse(tmp_path, blank())
    assert (analysis.verdict, analysis.code) == (Verdict.FINDINGS, "no_paths")
    assert analysis.drawing is not None
    assert analysis.drawing.cut_mm == 0


REFUSED = {
    "postscript": b"%!PS-Adobe-3.0\n%%Creator: Adobe Illustrator(R) 8.0\n{} loop\n",
    "empty": b"",
    "damaged": b"%PDF-1.5\nnothing more",
    "other_format": b"<!doctype html><html></html>",
    "not_ai": bytes(300),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_what_is_no_drawing_is_refused_with_its_reason(tmp_path: Path, kind: str) -> None:
    analysis = analyse(tmp_path, REFUSED[kind])
    assert (analysis.verdict, analysis.code) == (Verdict.REFUSED, kind), analysis.sentence
    assert analysis.sentence.endswith(".")


def test_forms_that_multiply_are_stopped_by_counting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MOST_OBJECTS", 500)
    inner = [form(square(0, 0, 9))]
    inner += [form(b"/F Do " * 10, b"/XObject<</F %d 0 R>>" % (9 + number)) for number in range(1, 5)]
    laughs = analyse(tmp_path, pdf(b"/F Do", (200, 100), *inner, resources=b"/XObject<</F 14 0 R>>"))
    assert (laughs.verdict, laughs.code) == (Verdict.BY_HAND, "too_complex")


def test_a_form_within_itself_ends(tmp_path: Path) -> None:
    own = form(b"/F Do " + square(0, 0, 9), b"/XObject<</F 10 0 R>>")
    analysis = child(tmp_path, pdf(b"/F Do", (200, 100), own, resources=b"/XObject<</F 10 0 R>>"))
    assert analysis.code != "by_hand"


@pytest.mark.parametrize("layers", [1, 2, 3])
def test_a_stream_that_unpacks_without_end_is_never_given_to_the_renderer(tmp_path: Path, layers: int) -> None:
    packed = bytes(500_000_000 if layers == 1 else 450_000_000)
    for _ in range(layers):
        packed = zlib.compress(packed, 1)
    head = (
        b"%PDF-1.5\n1 0 obj\n<</Length "
        + str(len(packed)).encode()
        + b"/Filter["
        + b"/FlateDecode" * layers
        + b"]>>\nstream\n"
    )
    path = tmp_path / "bomb.ai"
    path.write_bytes(head + packed + b"\nendstream\nendobj\n")
    assert path.stat().st_size < 3_000_000
    analysis = DrawingAnalyzer().analyse(path, "bomb.ai")
    assert (analysis.verdict, analysis.code) == (Verdict.REFUSED, "bomb")
