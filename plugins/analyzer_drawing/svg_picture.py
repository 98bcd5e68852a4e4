"""The picture of an SVG, by resvg: all that was measured, on its page or beside it."""

from __future__ import annotations

import contextlib
import io
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import resvg_py
from PIL import Image, ImageFont

from .picture import framed, lines_of, sized
from .strokes import Drawing
from .svg_page import Page
from .svg_shapes import GEOMETRY, SHAPES, shaped
from .svg_style import LOOKED_AT, StyleSheet
from .svg_tree import Node, Tree, written
from .svg_units import Matrix

SIDE = 512
MARGIN = 0.06
"""Around what was measured, as a share of its size, so that what is seen beyond it shows."""
LETTERS = "Aileron"
PAINTED = frozenset((
    *LOOKED_AT, "stroke-dasharray", "stroke-dashoffset", "stroke-linecap", "stroke-linejoin", "stroke-miterlimit",
    "fill-rule", "clip-rule", "paint-order", "stop-color", "stop-opacity", "font-family", "font-size", "font-style",
    "font-variant", "font-weight", "font-stretch", "text-anchor", "text-decoration", "letter-spacing", "word-spacing",
    "dominant-baseline", "alignment-baseline", "baseline-shift", "writing-mode", "direction", "image-rendering",
    "shape-rendering", "text-rendering", "mask-type", "transform", "transform-origin",
))  # fmt: skip
"""Properties of style that are presentation attributes as well."""
BY_STYLE = ("mix-blend-mode", "isolation", "font-kerning")


def rendered(tree: Tree, page: Page, drawing: Drawing) -> None:
    """Put a picture that fits 512 × 512 into the drawing, and how large that is what is seen on it; nothing where resvg
    cannot.
    """
    region = _region(page, drawing)
    text = written(Tree(_wrapped(tree.root, page, region), {}))
    with contextlib.suppress(ValueError, RuntimeError, TypeError, OverflowError, OSError), _letters() as font:
        png = _png(text, page.dpi, font)
        if png is None:
            return
        with Image.open(io.BytesIO(png)) as opened:
            image = opened.convert("RGBA")
        mm = max(region[2:]) / max(image.size)
        drawing.seen_mm = sized(image, mm)
        corner = np.array(region[:2])
        drawing.picture = framed(image, lines_of(drawing, lambda own: (own * [1, -1] - corner) / mm, 1 / mm))


def styled(tree: Tree, sheet: StyleSheet, moves: dict[int, Matrix]) -> Tree:
    """The drawing with its style written at each element, so that what is painted is what was measured: a renderer may
    read fewer selectors, functions and units than we do. ``moves``: matrices of elements by ``id()``.
    """
    root = _styled(tree.root, sheet, moves)
    work = [(tree.root, root)]
    while work:
        node, copy = work.pop()
        for child in node.children:
            if child.tag != "style":
                copy.children.append(_styled(child, sheet, moves))
                work.append((child, copy.children[-1]))
    return Tree(root, {})


def _styled(node: Node, sheet: StyleSheet, moves: dict[int, Matrix]) -> Node:
    own = sheet.own(node)
    told = {key: value for key, value in node.attributes.items() if key in own or key not in LOOKED_AT}
    told.update({key: _cased(value) for key, value in own.items() if key in PAINTED})
    if kept := "; ".join(f"{key}: {own[key]}" for key in BY_STYLE if key in own):
        told["style"] = kept
    else:
        told.pop("style", None)
    told.pop("class", None)
    if node.tag in SHAPES:
        told = {**told, **{key: value for key, value in shaped(node, own).attributes.items() if key in GEOMETRY}}
    if id(node) in moves:
        told["transform"] = f"matrix({' '.join(f'{part:.9g}' for part in moves[id(node)])})"
        told.pop("transform-origin", None)
    return Node(node.tag, told, text=node.text, tail=node.tail)


def _cased(value: str) -> str:
    return "currentColor" if value == "currentcolor" else value


def _png(text: str, dpi: float, font: Path) -> bytes | None:
    try:
        return bytes(
            resvg_py.svg_to_bytes(
                svg_string=text, dpi=dpi, skip_system_fonts=True, font_files=[str(font)], font_family=LETTERS,
                serif_family=LETTERS, sans_serif_family=LETTERS, monospace_family=LETTERS,
            )
        )  # fmt: skip
    except (ValueError, RuntimeError, TypeError, OverflowError):
        return None
    except BaseException as error:  # pyo3 turns a panic into one of these
        if isinstance(error, (KeyboardInterrupt, SystemExit, MemoryError)):
            raise
        return None


@contextlib.contextmanager
def _letters() -> Iterator[Path]:
    """A file with the letters that Pillow brings, since resvg takes none from memory."""
    font = ImageFont.load_default(16)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "letters.ttf"
        path.write_bytes(getattr(font, "font_bytes", b""))
        yield path


def _region(page: Page, drawing: Drawing) -> tuple[float, float, float, float]:
    """What the picture shows, in millimetres from the page's upper left corner: x, y, width, height."""
    boxes = []
    if drawing.texts or drawing.images or not drawing.strokes:
        boxes.append((np.zeros(2), np.array(page.size_mm)))
    if drawing.strokes:
        points = np.concatenate([stroke.points for stroke in drawing.strokes]) * [1, -1]
        low, high = points.min(axis=0), points.max(axis=0)
        pen = max(stroke.pen for stroke in drawing.strokes)
        room = MARGIN * float((high - low).max()) + min(pen, float((high - low).max()) + 1.0)
        boxes.append((low - room, high + room))
    low = np.min([one for one, _ in boxes], axis=0)
    size = np.maximum(np.max([other for _, other in boxes], axis=0) - low, 1e-6)
    size = np.maximum(size, size.max() / 500)
    return float(low[0]), float(low[1]), float(size[0]), float(size[1])


def _wrapped(root: Node, page: Page, region: tuple[float, float, float, float]) -> Node:
    """The drawing within a page that shows this region: lengths in it, percentages too, stay what they were."""
    x, y, wide, high = region
    box = page.box or (0.0, 0.0, page.wide, page.high)
    inner = {
        **{key: value for key, value in root.attributes.items() if key not in ("x", "y")},
        "width": f"{page.size_mm[0]:.9g}", "height": f"{page.size_mm[1]:.9g}",
        "viewBox": " ".join(f"{one:.9g}" for one in box), "overflow": "visible",
    }  # fmt: skip
    drawn = Node("svg", inner, children=root.children, text=root.text)
    grows = 2 * SIDE / max(wide, high)
    outer = {
        "width": f"{wide * grows:.9g}",
        "height": f"{high * grows:.9g}",
        "viewBox": f"{x:.9g} {y:.9g} {wide:.9g} {high:.9g}",
    }
    return Node("svg", outer, children=[drawn])
