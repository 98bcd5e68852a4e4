"""Drawing strokes with Pillow: twice the size, then halved; the measures stand below and beside it."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image, ImageDraw, ImageFont, ImageOps

from .contours import role_of
from .strokes import Drawing, Points

SIDE = 512
OVER = 2
MARGIN = 46
INK = {"cut": (196, 78, 42, 255), "engrave": (46, 104, 196, 255), "other": (120, 126, 138, 255)}
FRAME = 28
DARK = (58, 63, 74, 255)
LIGHT = (236, 237, 240, 255)
QUIET = (120, 126, 138, 255)


def draw(drawing: Drawing) -> bytes:
    """A PNG of 512 × 512 with a transparent ground: cuts warm, engraving blue, the rest grey."""
    everything = np.concatenate([stroke.points for stroke in drawing.strokes])
    low, size = everything.min(axis=0), np.ptp(everything, axis=0)
    room = (SIDE - 2 * MARGIN) * OVER
    scale = room / max(float(size.max()), 1e-9)
    shift = (SIDE * OVER - size * scale) / 2
    image = Image.new("RGBA", (SIDE * OVER, SIDE * OVER), (0, 0, 0, 0))
    pen = ImageDraw.Draw(image)
    for stroke in drawing.strokes:
        points = (stroke.points - low) * scale + shift
        points[:, 1] = SIDE * OVER - points[:, 1]
        flat = [(float(x), float(y)) for x, y in points]
        if stroke.closed:
            flat.append(flat[0])
        pen.line(flat, fill=INK[role_of(stroke.layer, stroke.colour)], width=5, joint="curve")
    _measures(image, size, shift)
    small = image.resize((SIDE, SIDE), Image.Resampling.LANCZOS)
    out = io.BytesIO()
    small.save(out, "PNG", optimize=True)
    return out.getvalue()


def framed(image: Image.Image) -> bytes | None:
    """A rendered drawing cut to what is on it, in a square of 512; None when nothing is on it.

    What is nearly white or nearly black gets a ground of its own, since the page below may be either.
    """
    alpha = image.getchannel("A")
    box = alpha.point(lambda value: 255 if value > 8 else 0).getbbox()
    if box is None:
        return None
    image = image.crop(box)
    image.thumbnail((SIDE - 2 * FRAME, SIDE - 2 * FRAME), Image.Resampling.LANCZOS)
    if max(image.size) < SIDE // 2:
        image = ImageOps.contain(image, (SIDE - 2 * FRAME, SIDE - 2 * FRAME), Image.Resampling.LANCZOS)
    pixels = np.asarray(image, np.float64)
    weight = pixels[:, :, 3]
    light = float((pixels[:, :, :3].mean(axis=2) * weight).sum() / max(weight.sum(), 1.0)) / 255
    ground = DARK if light > 0.72 else LIGHT if light < 0.3 else (0, 0, 0, 0)
    whole = Image.new("RGBA", (SIDE, SIDE), ground)
    whole.alpha_composite(image, ((SIDE - image.width) // 2, (SIDE - image.height) // 2))
    out = io.BytesIO()
    whole.save(out, "PNG", optimize=True)
    return out.getvalue()


def _measures(image: Image.Image, size: Points, shift: Points) -> None:
    pen = ImageDraw.Draw(image)
    font = ImageFont.load_default(15 * OVER)
    bottom = SIDE * OVER - float(shift[1]) + 10 * OVER
    wide, high = (f"{side:.1f}".rstrip("0").rstrip(".") for side in size)
    pen.text((SIDE * OVER / 2, min(bottom, (SIDE - 26) * OVER)), f"{wide} mm", QUIET, font, anchor="mt")
    text = Image.new("RGBA", (160 * OVER, 22 * OVER), (0, 0, 0, 0))
    ImageDraw.Draw(text).text((80 * OVER, 11 * OVER), f"{high} mm", QUIET, font, anchor="mm")
    turned = text.rotate(90, expand=True)
    left = max(2 * OVER, int(shift[0]) - 32 * OVER)
    image.paste(turned, (left, (SIDE - 160) * OVER // 2), turned)
