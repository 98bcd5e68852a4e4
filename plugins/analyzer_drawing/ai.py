"""Reading Illustrator files: the PDF document within, by pdfium.

An AI file saved with "Create PDF Compatible File" (the default since Illustrator 9) is a PDF 1.4 or newer. Without it,
the PDF holds one sentence of Adobe's; older files are PostScript, which is a program, and is never run here.
"""

from __future__ import annotations

import ctypes
from pathlib import Path
from typing import Any

import numpy as np
import pypdfium2 as pdfium
import pypdfium2.raw as raw
from PIL import Image

from craftops.domain.files.designs import Finding, Severity
from craftops.sdk.analyzer import NotReadable

from .pdf_scan import refuse_bombs
from .picture import framed
from .strokes import Drawing, Points, Stroke, TooMuch, bezier

MM_PER_POINT = 25.4 / 72
SIDE = 512
TOLERANCE_PT = 0.05
MOST_OBJECTS = 200_000
DEEPEST = 12
WITHOUT = "without pdf content"
COMPATIBLE = "Save it with “Create PDF Compatible File” ticked, or export it as SVG or DXF."


def read_ai(path: Path) -> Drawing:
    """All that is drawn on the first page. Raises NotReadable, TooMuch."""
    with path.open("rb") as file:
        head = file.read(1024)
    if b"%PDF" not in head:
        if head.lstrip().startswith((b"%!PS", b"\xc5\xd0\xd3\xc6")):
            raise NotReadable("postscript", "It is of an old kind (PostScript), which we do not open.", COMPATIBLE)
        raise NotReadable("not_ai", "This is not an Illustrator file, or it is damaged.", COMPATIBLE)
    refuse_bombs(path)
    try:
        document = pdfium.PdfDocument(str(path))
        if not len(document):
            raise NotReadable("empty", "There is no page in this file.", COMPATIBLE)
        page = document[0]
    except pdfium.PdfiumError as error:
        if "password" in str(error).lower():
            raise NotReadable("encrypted", "It is locked with a password.", "Save it without one.") from None
        raise NotReadable("damaged", "The drawing in this file is damaged.", COMPATIBLE) from None
    return _read_page(document, page)


def _read_page(document: Any, page: Any) -> Drawing:
    drawing = Drawing(unit="pt", unit_known=True)
    if WITHOUT in _text(page).lower():
        raise NotReadable("no_pdf_content", "It was saved without the part that other programs can read.", COMPATIBLE)
    _Walker(drawing).take(page)
    if len(document) > 1:
        sentence = f"It has {len(document):,} artboards; we took the first."
        drawing.findings.append(
            Finding("artboards", Severity.WARNING, sentence, "Send the others as files of their own.")
        )
    drawing.picture = _rendered(page)
    return drawing


def _text(page: Any) -> str:
    try:
        return str(page.get_textpage().get_text_bounded())[:5000]
    except (pdfium.PdfiumError, ValueError):
        return ""


class _Walker:
    def __init__(self, drawing: Drawing) -> None:
        self.drawing = drawing
        self.seen = 0

    def take(self, page: Any) -> None:
        for number in range(raw.FPDFPage_CountObjects(page.raw)):
            self._one(raw.FPDFPage_GetObject(page.raw, number), np.eye(3), 0)

    def _one(self, item: Any, matrix: Points, depth: int) -> None:
        self.seen += 1
        if self.seen > MOST_OBJECTS:
            raise TooMuch
        kind = raw.FPDFPageObj_GetType(item)
        if kind == raw.FPDF_PAGEOBJ_TEXT:
            self.drawing.texts += 1
        elif kind == raw.FPDF_PAGEOBJ_IMAGE:
            self.drawing.images += 1
        elif kind == raw.FPDF_PAGEOBJ_PATH:
            self._path(item, _matrix(item) @ matrix)
        elif kind == raw.FPDF_PAGEOBJ_FORM and depth < DEEPEST:
            inner = _matrix(item) @ matrix
            for number in range(raw.FPDFFormObj_CountObjects(item)):
                self._one(raw.FPDFFormObj_GetObject(item, number), inner, depth + 1)

    def _path(self, item: Any, matrix: Points) -> None:
        colour = _colour(item)
        points: list[Points] = []
        closed = False
        waiting: list[Points] = []
        x, y = ctypes.c_float(), ctypes.c_float()
        for number in range(raw.FPDFPath_CountSegments(item)):
            segment = raw.FPDFPath_GetPathSegment(item, number)
            raw.FPDFPathSegment_GetPoint(segment, x, y)
            here = np.array([[x.value, y.value]], np.float64)
            kind = raw.FPDFPathSegment_GetType(segment)
            if kind == raw.FPDF_SEGMENT_MOVETO:
                self._add(points, closed, matrix, colour)
                points, closed = [here], False
            elif kind == raw.FPDF_SEGMENT_BEZIERTO:
                waiting.append(here)
                if len(waiting) == 3 and points:
                    b, c, d = waiting
                    points.append(bezier(points[-1][-1:], b, c, d, TOLERANCE_PT))
                    waiting = []
            else:
                points.append(here)
            closed = closed or bool(raw.FPDFPathSegment_GetClose(segment))
        self._add(points, closed, matrix, colour)

    def _add(self, points: list[Points], closed: bool, matrix: Points, colour: str) -> None:
        if not points:
            return
        flat = np.concatenate(points)
        flat = (flat @ matrix[:2, :2] + matrix[2, :2]) * MM_PER_POINT
        if closed and len(flat) > 2 and np.allclose(flat[0], flat[-1], atol=1e-6):
            flat = flat[:-1]
        self.drawing.add(Stroke(flat, closed, "", colour))


def _matrix(item: Any) -> Points:
    found = raw.FS_MATRIX()
    if not raw.FPDFPageObj_GetMatrix(item, found):
        return np.eye(3)
    return np.array([[found.a, found.b, 0], [found.c, found.d, 0], [found.e, found.f, 1]], np.float64)


def _colour(item: Any) -> str:
    parts = [ctypes.c_uint() for _ in range(4)]
    for ask in (raw.FPDFPageObj_GetStrokeColor, raw.FPDFPageObj_GetFillColor):
        if ask(item, *parts):
            return "#{:02x}{:02x}{:02x}".format(*(part.value & 0xFF for part in parts[:3]))
    return ""


def _rendered(page: Any) -> bytes | None:
    """A PNG that fits 512 × 512 with a transparent ground."""
    try:
        wide, high = page.get_size()
        if not 0 < max(wide, high) < 1e6:
            return None
        bitmap = page.render(scale=2 * SIDE / max(wide, high), fill_color=(255, 255, 255, 0))
        image: Image.Image = bitmap.to_pil().convert("RGBA")
    except (pdfium.PdfiumError, ValueError, OSError):
        return None
    return framed(image)
