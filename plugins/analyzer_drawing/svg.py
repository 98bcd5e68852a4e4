"""Reading SVG: svgelements for the measures, resvg for the picture.

Lengths: CSS inches have 96 px (SVG 2, 8.9 "Units"). A drawing whose size is given in mm, cm, in, pt or pc is taken at
its word; one in bare pixels is read at 96 px an inch, and that is said.
"""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Any

import numpy as np
import resvg_py
import svgelements
from PIL import Image

from craftops.domain.files.designs import Finding, Severity
from craftops.sdk.analyzer import NotReadable

from .picture import framed
from .strokes import Drawing, Points, Stroke, TooMuch, bezier
from .svg_font import letters_of
from .svg_text import ROOT, safe_svg

MM_PER_PX = 25.4 / 96
UNIT = re.compile(r"""\b(?:width|height)\s*=\s*["']\s*[-+.\deE]+\s*(mm|cm|in|pt|pc|q)\s*["']""", re.IGNORECASE)
VIEW_BOX = re.compile(r"""viewBox\s*=\s*["']\s*[-+.\deE]+[\s,]+[-+.\deE]+[\s,]+(\d[.\deE+-]*)[\s,]+(\d[.\deE+-]*)""")
SIDES = re.compile(r"""\b(width|height)\s*=\s*["']\s*(\d+(?:\.\d*)?)""")
SIDE = 512
TOLERANCE_PX = 0.05
MOST_SHAPES = 60_000


def read_svg(path: Path) -> Drawing:
    """All that is drawn. Raises NotReadable, TooMuch."""
    text, font = letters_of(safe_svg(path))
    root = ROOT.search(text)
    named = UNIT.search(root[2]) if root else None
    drawing = Drawing(unit=named[1].lower() if named else "px", unit_known=True)
    _take_shapes(text, drawing)
    drawing.picture = _rendered(text, drawing)
    if drawing.picture is None and not drawing.strokes:
        raise NotReadable("not_svg", "We cannot draw this SVG.", "Please export it again, as plain SVG.")
    if font:
        sentence = "It is a font; the picture shows its letters."
        drawing.findings.append(Finding("font", Severity.WARNING, sentence, "Please send the drawing that uses it."))
    elif named is None and drawing.strokes:
        sentence = "It is measured in pixels; we read 96 of them as an inch."
        drawing.findings.append(
            Finding("pixels", Severity.NOTE, sentence, "Is the size right? If not, choose the unit.", "unit")
        )
    return drawing


def _take_shapes(text: str, drawing: Drawing) -> None:
    try:
        tree = svgelements.SVG.parse(io.StringIO(text), reify=True, ppi=96, color="black")
        elements = tree.elements()
        for number, element in enumerate(elements):
            if number > MOST_SHAPES:
                raise TooMuch
            _one(element, drawing)
    except TooMuch:
        raise
    except (
        ValueError,
        TypeError,
        KeyError,
        IndexError,
        AttributeError,
        ZeroDivisionError,
        OverflowError,
        AssertionError,
    ):
        sentence = "Some of its lines cannot be measured."
        drawing.findings.append(Finding("bad_elements", Severity.WARNING, sentence, "Please compare the picture."))


def _one(element: Any, drawing: Drawing) -> None:
    if isinstance(element, svgelements.Text):
        drawing.texts += 1
    elif isinstance(element, svgelements.Image):
        drawing.images += 1
    elif isinstance(element, svgelements.Shape):
        if str(element.values.get("visibility", "")) == "hidden" or str(element.values.get("display", "")) == "none":
            return
        path = svgelements.Path(element).reify()  # a turned rectangle keeps its matrix beside its corners
        colour = _colour(element)
        layer = _layer(element)
        for part in path.as_subpaths():
            points, closed = _flat(svgelements.Path(part))
            if len(points) > 1:
                drawing.add(Stroke(points * [MM_PER_PX, -MM_PER_PX], closed, layer, colour))


def _layer(element: Any) -> str:
    values = element.values
    return str(values.get("inkscape:label") or values.get("{http://www.inkscape.org/namespaces/inkscape}label") or "")


def _colour(element: Any) -> str:
    for paint in (element.stroke, element.fill):
        if paint is not None and paint.value is not None:
            return f"#{paint.red:02x}{paint.green:02x}{paint.blue:02x}"
    return ""


def _flat(path: Any) -> tuple[Points, bool]:
    """The points of one subpath, in pixels, and whether it is closed."""
    found: list[Points] = []
    closed = False
    for segment in path:
        if isinstance(segment, svgelements.Move):
            if segment.end is not None:
                found.append(_points(segment.end))
        elif isinstance(segment, svgelements.Close):
            closed = True
        elif isinstance(segment, svgelements.Line):
            found.append(_points(segment.end))
        elif isinstance(segment, svgelements.Arc):
            for curve in segment.as_cubic_curves():
                found.append(_curve(curve))
        elif isinstance(segment, svgelements.CubicBezier):
            found.append(_curve(segment))
        elif isinstance(segment, svgelements.QuadraticBezier):
            a, b, c = (_points(p) for p in (segment.start, segment.control, segment.end))
            found.append(bezier(a, a + 2 / 3 * (b - a), c + 2 / 3 * (b - c), c, TOLERANCE_PX))
    if not found:
        return np.empty((0, 2)), False
    points = np.concatenate(found)
    if closed and len(points) > 2 and np.allclose(points[0], points[-1], atol=1e-6):
        points = points[:-1]
    return points, closed


def _curve(cubic: Any) -> Points:
    a, b, c, d = (_points(p) for p in (cubic.start, cubic.control1, cubic.control2, cubic.end))
    return bezier(a, b, c, d, TOLERANCE_PX)


def _points(point: Any) -> Points:
    return np.array([[point.x, point.y]], np.float64)


def _rendered(text: str, drawing: Drawing) -> bytes | None:
    """A PNG that fits 512 × 512; None where resvg cannot."""
    for attempt in (text, _resized(text, drawing)):
        if attempt is None:
            continue
        try:
            png = bytes(
                resvg_py.svg_to_bytes(svg_string=attempt, dpi=96, skip_system_fonts=True, **_longer_side(attempt))
            )
            with Image.open(io.BytesIO(png)) as image:
                return framed(image.convert("RGBA"))
        except (ValueError, RuntimeError, TypeError, OverflowError):
            continue
        except BaseException as error:  # pyo3 turns a panic into one of these
            if isinstance(error, (KeyboardInterrupt, SystemExit, MemoryError)):
                raise
            continue
    return None


def _longer_side(text: str) -> dict[str, Any]:
    """The picture's longer side, so that a tall drawing never becomes a picture of any height."""
    root = ROOT.search(text)
    box = VIEW_BOX.search(root[2]) if root else None
    wide, high = (float(box[1]), float(box[2])) if box else (1.0, 1.0)
    if not box and root:
        sides = dict(SIDES.findall(root[2]))
        wide, high = float(sides.get("width", 1)), float(sides.get("height", 1))
    return {"height": 2 * SIDE} if high > wide else {"width": 2 * SIDE}


def _resized(text: str, drawing: Drawing) -> str | None:
    """The SVG with a size of its own drawing's, for one that has none that a renderer takes."""
    root = ROOT.search(text)
    if root is None or not drawing.strokes:
        return None
    everything = np.concatenate([stroke.points for stroke in drawing.strokes]) / [MM_PER_PX, -MM_PER_PX]
    low, size = everything.min(axis=0), np.maximum(np.ptp(everything, axis=0), 1.0)
    rest = re.sub(r"""\s(?:width|height|viewBox)\s*=\s*(["']).*?\1""", "", root[2])
    box = f' width="{size[0]:g}" height="{size[1]:g}" viewBox="{low[0]:g} {low[1]:g} {size[0]:g} {size[1]:g}"'
    return f"{text[: root.start(2)]}{rest}{box}{text[root.end(2) :]}"
