"""The letters of a DXF, by ezdxf's own drawing code: beside what is cut, or a picture of them where nothing is."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import resvg_py
from ezdxf.addons.drawing import layout, svg
from ezdxf.addons.drawing.config import BackgroundPolicy, ColorPolicy, Configuration, ImagePolicy
from ezdxf.addons.drawing.frontend import Frontend
from ezdxf.addons.drawing.properties import RenderContext
from ezdxf.addons.drawing.recorder import FilledPathsRecord, Recorder
from ezdxf.lldxf.const import DXFError
from PIL import Image

from .picture import SIDE, framed
from .strokes import Points

MOST_NOTES = 300
"""Texts and dimensions whose letters are drawn beside lines."""
FLAT = 0.02
"""How far a straight piece may leave the rim of a letter, as a share of the letter."""
MOST_POINTS = 200_000
FAULTS = (
    DXFError, ValueError, TypeError, AttributeError, KeyError, IndexError, ZeroDivisionError, RuntimeError, OSError,
)  # fmt: skip
LARGEST = 8_000_000
"""Characters of the SVG on the way; beyond it nothing is drawn."""


def text_picture(document: Any) -> Image.Image | None:
    """A picture that fits 512 × 512, or None where nothing can be drawn."""
    backend = svg.SVGBackend()
    style = Configuration(
        background_policy=BackgroundPolicy.OFF, color_policy=ColorPolicy.BLACK, image_policy=ImagePolicy.RECT
    )
    try:
        Frontend(RenderContext(document), backend, config=style).draw_layout(document.modelspace())
        page = layout.Page(0, 0, layout.Units.mm, max_width=500, max_height=500)
        drawn = backend.get_string(page, settings=layout.Settings(fit_page=True))
        if len(drawn) > LARGEST:
            return None
        png = bytes(resvg_py.svg_to_bytes(svg_string=drawn, dpi=96, width=2 * SIDE))
        with Image.open(io.BytesIO(png)) as image:
            return framed(image.convert("RGBA"))
    except FAULTS:
        return None


def letters(document: Any, notes: list[tuple[Any, Any]], scale: float) -> list[list[Points]]:
    """The letters of texts and dimensions, each as the closed lines between which it is filled (even-odd), in
    millimetres. ``notes``: elements, and the matrix by which each is placed, or None.
    """
    found: list[list[Points]] = []
    points = 0
    context = RenderContext(document)
    for entity, matrix in notes[:MOST_NOTES]:
        try:
            recorder = Recorder()
            Frontend(context, recorder).draw_entities([entity])
            for record, _look in recorder.player().recordings():
                for path in getattr(record, "paths", ()) if isinstance(record, FilledPathsRecord) else ():
                    rims = [_flat(part, matrix) * scale for part in path.to_path().sub_paths() if len(part) > 1]
                    points += sum(len(rim) for rim in rims)
                    if points > MOST_POINTS:
                        return found
                    found += [rims] if rims else []
        except FAULTS:
            continue
    return found


def _flat(path: Any, matrix: Any) -> Points:
    placed = path if matrix is None else path.transform(matrix)
    corners = [(point.x, point.y) for point in placed.control_vertices()]
    size = max(max(x) - min(x) for x in zip(*corners, strict=True)) if corners else 0.0
    return np.array([(p.x, p.y) for p in placed.flattening(max(size, 1e-9) * FLAT, segments=4)], np.float64)
