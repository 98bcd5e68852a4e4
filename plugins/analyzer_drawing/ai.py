"""Reading Illustrator files: the PDF document within, by pdfium.

An AI file saved with "Create PDF Compatible File" (the default since Illustrator 9) is a PDF 1.4 or newer. Without it,
the PDF holds one sentence of Adobe's; older files are PostScript, which is a program, and is never run here.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pypdfium2 as pdfium
import pypdfium2.raw as raw
from PIL import Image

from craftops.domain.files.designs import Finding, Severity
from craftops.sdk.analyzer import NotReadable

from .clip import Clip, Cut, clip_of
from .pdf_objects import Dictionaries, told_by
from .pdf_scan import refuse_bombs
from .picture import framed, lines_of, sized
from .strokes import Drawing, Points, Stroke, TooMuch, bezier

MM_PER_POINT = 25.4 / 72
SIDE = 512
TOLERANCE_PT = 0.05
MOST_OBJECTS = 200_000
DEEPEST = 12
LONGEST_NAME = 2_000
LONGEST_KEY = 64
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
    return _read_page(document, page, told_by(path))


def _read_page(document: Any, page: Any, told: Dictionaries) -> Drawing:
    drawing = Drawing(unit="pt", unit_known=True)
    if WITHOUT in _text(page).lower():
        raise NotReadable("no_pdf_content", "It was saved without the part that other programs can read.", COMPATIBLE)
    walker = _AiWalker(drawing, told)
    walker.take(page)
    if walker.hidden and not (drawing.strokes or drawing.texts or drawing.images):
        walker = _AiWalker(drawing, Dictionaries(told.unit))
        walker.take(page)
        sentence = "All that is in it lies on layers that are switched off; we took it all the same."
        drawing.findings.append(Finding("all_hidden", Severity.WARNING, sentence, "Please compare the picture."))
    drawing.findings.extend(walker.findings())
    if len(document) > 1:
        sentence = f"It has {len(document):,} artboards; we took the first."
        drawing.findings.append(
            Finding("artboards", Severity.WARNING, sentence, "Send the others as files of their own.")
        )
    _render(page, drawing, MM_PER_POINT * told.unit)
    return drawing


def _text(page: Any) -> str:
    try:
        return str(page.get_textpage().get_text_bounded())[:5000]
    except (pdfium.PdfiumError, ValueError):
        return ""


class _AiWalker:
    def __init__(self, drawing: Drawing, told: Dictionaries) -> None:
        self.drawing = drawing
        self.told = told
        self.mm = MM_PER_POINT * told.unit
        self.seen = self.hidden = 0
        self.clipped = False

    def take(self, page: Any) -> None:
        """All objects of a page. Raises TooMuch."""
        for number in range(raw.FPDFPage_CountObjects(page.raw)):
            self._one(raw.FPDFPage_GetObject(page.raw, number), np.eye(3), (), 0)

    def findings(self) -> list[Finding]:
        """What is to be said of all that was walked over."""
        found = []
        if self.clipped:
            sentence = "Parts of it are cut off (clipped); we measured them whole."
            found.append(Finding("clipped", Severity.WARNING, sentence, "Please compare the picture."))
        if self.hidden:
            lie = "One element is" if self.hidden == 1 else f"{self.hidden:,} elements are"
            sentence = f"{lie} hidden in it or cut off; we left out what is not seen."
            found.append(Finding("hidden", Severity.NOTE, sentence, "Switch on what is to be made."))
        if self.told.uncertain:
            sentence = "Parts of it lie on layers that are off, and we cannot tell which; we measured them too."
            found.append(Finding("layers", Severity.WARNING, sentence, "Please compare the picture."))
        if self.told.unprinted:
            sentence = "A layer of it is marked as not to be printed; we measured it too."
            found.append(Finding("unplotted", Severity.WARNING, sentence, "Should it be made? If not, take it out."))
        return found

    def _one(self, item: Any, matrix: Points, clips: tuple[Clip, ...], depth: int) -> None:
        self.seen += 1
        if self.seen > MOST_OBJECTS:
            raise TooMuch
        if (self.told.off or self.told.sets_off) and self._is_off(item):
            self.hidden += 1
            return
        kind = raw.FPDFPageObj_GetType(item)
        if kind == raw.FPDF_PAGEOBJ_TEXT:
            self.drawing.texts += raw.FPDFTextObj_GetTextRenderMode(item) != raw.FPDF_TEXTRENDERMODE_INVISIBLE
        elif kind == raw.FPDF_PAGEOBJ_IMAGE:
            self.drawing.images += 1
        elif kind == raw.FPDF_PAGEOBJ_PATH:
            self._path(item, _matrix(item) @ matrix, (*clips, *self._clips(item, matrix)))
        elif kind == raw.FPDF_PAGEOBJ_SHADING:
            self._shading(item, matrix, clips)
        elif kind == raw.FPDF_PAGEOBJ_FORM and depth < DEEPEST:
            inner = _matrix(item) @ matrix
            clips = (*clips, *self._clips(item, matrix))
            for number in range(raw.FPDFFormObj_CountObjects(item)):
                self._one(raw.FPDFFormObj_GetObject(item, number), inner, clips, depth + 1)

    def _is_off(self, item: Any) -> bool:
        for number in range(raw.FPDFPageObj_CountMarks(item)):
            mark = raw.FPDFPageObj_GetMark(item, number)
            if _mark_says(mark, "Name") in self.told.off or _keys(mark) in self.told.sets_off:
                return True
        return False

    def _regions(self, item: Any, matrix: Points) -> list[list[Stroke]]:
        """The clip paths of an object, outermost first, each as its closed lines in millimetres."""
        path = raw.FPDFPageObj_GetClipPath(item)
        found = []
        for number in range(max(0, raw.FPDFClipPath_CountPaths(path)) if path else 0):
            count = raw.FPDFClipPath_CountPathSegments(path, number)
            segments = (raw.FPDFClipPath_GetPathSegment(path, number, place) for place in range(max(0, count)))
            found.append([Stroke(self._placed(points, matrix), closed=True) for points, _ in _runs(segments)])
        return found

    def _clips(self, item: Any, matrix: Points) -> list[Clip]:
        return [clip_of(region) for region in self._regions(item, matrix) if region]

    def _shading(self, item: Any, matrix: Points, clips: tuple[Clip, ...]) -> None:
        """A gradient fills what its innermost clip path leaves."""
        regions = [region for region in self._regions(item, matrix) if region]
        if not regions:
            self.clipped = True  # it fills all of the page
            return
        around = (*clips, *(clip_of(region) for region in regions[:-1]))
        for stroke in regions[-1]:
            self._keep(replace(stroke, points=_without_last(stroke.points)), around)

    def _placed(self, points: Points, matrix: Points) -> Points:
        placed: Points = (points @ matrix[:2, :2] + matrix[2, :2]) * self.mm
        return placed

    def _keep(self, stroke: Stroke, clips: tuple[Clip, ...]) -> None:
        if len(stroke.points) < 2:
            return
        cuts = {clip.cuts(stroke.points) for clip in clips}
        if Cut.ALL in cuts:
            self.hidden += 1
            return
        self.clipped = self.clipped or Cut.PART in cuts
        self.drawing.add(stroke)

    def _path(self, item: Any, matrix: Points, clips: tuple[Clip, ...]) -> None:
        fill, stroke = ctypes.c_int(), ctypes.c_int()
        raw.FPDFPath_GetDrawMode(item, fill, stroke)
        filled = bool(fill.value) and _alpha(item, raw.FPDFPageObj_GetFillColor) > 0
        stroked = bool(stroke.value) and _alpha(item, raw.FPDFPageObj_GetStrokeColor) > 0
        if not filled and not stroked:
            self.hidden += 1
            return
        colour, pen = _colour(item, stroked), self._pen(item, matrix) if stroked else 0.0
        segments = (raw.FPDFPath_GetPathSegment(item, number) for number in range(raw.FPDFPath_CountSegments(item)))
        for points, closed in _runs(segments):
            flat = self._placed(points, matrix)
            self._keep(Stroke(_without_last(flat) if closed else flat, closed, "", colour, pen), clips)

    def _pen(self, item: Any, matrix: Points) -> float:
        width = ctypes.c_float()
        raw.FPDFPageObj_GetStrokeWidth(item, width)
        return float(width.value * abs(np.linalg.det(matrix[:2, :2])) ** 0.5 * self.mm)


def _without_last(points: Points) -> Points:
    return points[:-1] if len(points) > 2 and np.allclose(points[0], points[-1], atol=1e-6) else points


def _runs(segments: Iterable[Any]) -> Iterator[tuple[Points, bool]]:
    """The subpaths of segments as points, in their own units, and whether each is closed."""
    points: list[Points] = []
    closed = False
    waiting: list[Points] = []
    x, y = ctypes.c_float(), ctypes.c_float()
    for segment in segments:
        raw.FPDFPathSegment_GetPoint(segment, x, y)
        here = np.array([[x.value, y.value]], np.float64)
        kind = raw.FPDFPathSegment_GetType(segment)
        if kind == raw.FPDF_SEGMENT_MOVETO:
            if points:
                yield np.concatenate(points), closed
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
    if points:
        yield np.concatenate(points), closed


def _keys(mark: Any) -> frozenset[str]:
    """The keys of a mark that may be a membership dictionary of layers."""
    found = set()
    name, size = ctypes.create_string_buffer(LONGEST_KEY), ctypes.c_ulong()
    for number in range(max(0, raw.FPDFPageObjMark_CountParams(mark))):
        if raw.FPDFPageObjMark_GetParamKey(mark, number, _wide(name), LONGEST_KEY, size) and size.value <= LONGEST_KEY:
            found.add(bytes(name)[: size.value].decode("utf-16-le", "replace").rstrip("\0"))
    return frozenset(found & {"OCGs", "P", "VE"})


def _wide(buffer: Any) -> Any:
    return ctypes.cast(buffer, ctypes.POINTER(ctypes.c_ushort))


def _mark_says(mark: Any, key: str) -> str:
    """A text that marked content carries; empty where it carries none."""
    size = ctypes.c_ulong()
    name = key.encode()
    if not raw.FPDFPageObjMark_GetParamStringValue(mark, name, None, 0, size) or not 0 < size.value < LONGEST_NAME:
        return ""
    text = (ctypes.c_ushort * (size.value // 2 + 1))()
    raw.FPDFPageObjMark_GetParamStringValue(mark, name, text, size.value, size)
    return bytes(text)[: size.value].decode("utf-16-le", "replace").rstrip("\0")


def _alpha(item: Any, ask: Any) -> int:
    parts = [ctypes.c_uint() for _ in range(4)]
    return parts[3].value if ask(item, *parts) else 255


def _matrix(item: Any) -> Points:
    found = raw.FS_MATRIX()
    if not raw.FPDFPageObj_GetMatrix(item, found):
        return np.eye(3)
    return np.array([[found.a, found.b, 0], [found.c, found.d, 0], [found.e, found.f, 1]], np.float64)


def _colour(item: Any, stroked: bool) -> str:
    parts = [ctypes.c_uint() for _ in range(4)]
    ask = raw.FPDFPageObj_GetStrokeColor if stroked else raw.FPDFPageObj_GetFillColor
    return "#{:02x}{:02x}{:02x}".format(*(part.value & 0xFF for part in parts[:3])) if ask(item, *parts) else ""


def _render(page: Any, drawing: Drawing, mm: float) -> None:
    """Put a picture that fits 512 × 512 with a transparent ground into the drawing, and how large that is what is seen.

    ``mm``: millimetres of a unit of the page.
    """
    try:
        wide, high = page.get_size()
        if not 0 < max(wide, high) < 1e6:
            return
        scale = 2 * SIDE / max(wide, high)
        bitmap = page.render(scale=scale, fill_color=(255, 255, 255, 0))
        image: Image.Image = bitmap.to_pil().convert("RGBA")
    except (pdfium.PdfiumError, ValueError, OSError):
        return
    seen = sized(image, mm / scale)
    drawing.seen_mm = seen if page.get_rotation() % 180 == 0 else (seen[1], seen[0])
    lines = []
    if page.get_rotation() == 0:
        left, _bottom, _right, top = page.get_bbox()
        corner = np.array([left, top])
        lines = lines_of(drawing, lambda own: (own / mm - corner) * [scale, -scale], scale / mm)
    drawing.picture = framed(image, lines)
