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
from .svg_tree import Node, Tree, written

SIDE = 512
MARGIN = 0.06
"""Around what was measured, as a share of its size, so that what is seen beyond it shows."""
LETTERS = "Aileron"


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
        **{key: value for key, value in root.attributes.items() if key not in ("x", "y", "style")},
        "width": f"{page.size_mm[0]:.9g}", "height": f"{page.size_mm[1]:.9g}",
        "viewBox": " ".join(f"{one:.9g}" for one in box), "overflow": "visible",
    }  # fmt: skip
    if style := _without_size(root.attributes.get("style", "")):
        inner["style"] = style
    drawn = Node("svg", inner, children=root.children, text=root.text)
    grows = 2 * SIDE / max(wide, high)
    outer = {
        "width": f"{wide * grows:.9g}",
        "height": f"{high * grows:.9g}",
        "viewBox": f"{x:.9g} {y:.9g} {wide:.9g} {high:.9g}",
    }
    return Node("svg", outer, children=[drawn])


def _without_size(style: str) -> str:
    kept = [one for one in style.split(";") if one.partition(":")[0].strip().lower() not in ("width", "height")]
    return ";".join(kept).strip()
