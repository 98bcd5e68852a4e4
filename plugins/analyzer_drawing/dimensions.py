"""Dimensions on the picture of a drawing: its width below it, its height beside it, as a workshop draws them."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from .contrast import Colour, brought_out

SIDE = 512
BAND = 64
"""What a dimension takes of a side: the gap, its line and its words."""
GAP, TICK, WORDS = 16, 9, 38
WIDTH = 4
EDGE = 10
INK = (132, 138, 150, 255)
"""A middle tone, for a ground that is the page's; a ground of the picture's own is answered by one of the two below."""
ON_DARK, ON_LIGHT = (203, 207, 216), (88, 93, 104)
NEAR = 12
"""A colour that differs by so little from the ground belongs to it."""
ALIKE = 0.04
"""How far the shape of what is seen may be from the shape that was measured."""

Box = tuple[int, int, int, int]


def words(mm: float, unit: str = " mm") -> str:
    """A length as people write it: 0.4 mm, 12.5 mm, 1,250 mm."""
    return (f"{mm:,.0f}" if mm >= 999.95 else f"{mm:.4g}") + unit


def with_dimensions(image: Image.Image, size_mm: tuple[float, float], *, unit: str = " mm") -> Image.Image:
    """The picture with the two sides of ``size_mm`` on it; ``unit`` is empty where nobody has said which it is.

    The picture stays as it is where more or less is seen on it than was measured (text, a page, an image): a dimension
    beside something else would be a lie.
    """
    box = _seen(image)
    if box is None or min(size_mm) < 0 or max(size_mm) <= 0 or not _same_shape(box, size_mm):
        return image
    ground = np.asarray(image)[0, 0].tolist()
    ink = INK if not ground[3] else _ink_on((ground[0], ground[1], ground[2]))
    part = image.crop(box)
    below, beside = (BAND if side > 0 else 0 for side in size_mm)
    scale = min((SIDE - 2 * EDGE - beside) / part.width, (SIDE - 2 * EDGE - below) / part.height)
    wide, high = (max(1, round(side * scale)) for side in part.size)
    part = part.convert("RGBa").resize((wide, high), Image.Resampling.LANCZOS).convert("RGBA")
    x, y = (SIDE - wide - beside) // 2, (SIDE - high - below) // 2
    whole = Image.new("RGBA", (SIDE, SIDE), tuple(ground))
    whole.alpha_composite(part, (x, y))
    if below:
        whole.alpha_composite(_dimension(x, x + wide, words(size_mm[0], unit), ink), (0, y + high))
    if beside:
        upright = _dimension(SIDE - y - high, SIDE - y, words(size_mm[1], unit), ink).transpose(
            Image.Transpose.ROTATE_90
        )
        whole.alpha_composite(upright, (x + wide, 0))
    return whole


def _ink_on(ground: Colour) -> tuple[int, int, int, int]:
    """What stands out from a ground of the picture's own, and still less than the drawing."""
    return (*brought_out(ON_DARK if sum(ground) < 3 * 128 else ON_LIGHT, (ground,)), 255)


def _seen(image: Image.Image) -> Box | None:
    """What stands on the ground of a picture, in pixels; the ground is the colour of its corner."""
    pixels = np.asarray(image, np.int16)
    differs = (np.abs(pixels - pixels[0, 0]) > NEAR).any(axis=2)
    rows, columns = np.flatnonzero(differs.any(axis=1)), np.flatnonzero(differs.any(axis=0))
    if not len(rows):
        return None
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


def _same_shape(box: Box, size_mm: tuple[float, float]) -> bool:
    """Whether what is seen is what was measured. A line's own width counts for as much as it has in pixels."""
    seen = (box[2] - box[0], box[3] - box[1])
    scale = max(seen) / max(size_mm)
    return all(abs(pixels - mm * scale) <= ALIKE * max(seen) for pixels, mm in zip(seen, size_mm, strict=True))


def _dimension(begin: int, end: int, said: str, ink: tuple[int, int, int, int]) -> Image.Image:
    """A strip as long as the picture: a line from ``begin`` to ``end``, in pixels, and what it measures below it."""
    strip = Image.new("RGBA", (SIDE, BAND), (0, 0, 0, 0))
    pen, font = ImageDraw.Draw(strip), ImageFont.load_default(WORDS)
    pen.line((begin, GAP, end - 1, GAP), ink, WIDTH)
    for x in (begin + WIDTH // 2 - 1, end - WIDTH // 2 - 1):
        pen.line((x, GAP - TICK, x, GAP + TICK), ink, WIDTH)
    half = font.getlength(said) / 2
    middle = min(max((begin + end) / 2, half + EDGE), SIDE - half - EDGE)
    pen.text((middle, BAND - 2), said, ink, font, anchor="mb")
    return strip
