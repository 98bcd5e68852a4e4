"""A picture of a DXF that holds text and nothing to cut, by ezdxf's own drawing code."""

from __future__ import annotations

import io
from typing import Any

import resvg_py
from ezdxf.addons.drawing import layout, svg
from ezdxf.addons.drawing.config import BackgroundPolicy, ColorPolicy, Configuration, ImagePolicy
from ezdxf.addons.drawing.frontend import Frontend
from ezdxf.addons.drawing.properties import RenderContext
from ezdxf.lldxf.const import DXFError
from PIL import Image

from .picture import SIDE, framed

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
    except (
        DXFError,
        ValueError,
        TypeError,
        AttributeError,
        KeyError,
        IndexError,
        ZeroDivisionError,
        RuntimeError,
        OSError,
    ):
        return None
