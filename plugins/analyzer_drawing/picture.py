"""Drawing strokes with Pillow: twice the size, then halved."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import resvg_py
from PIL import Image, ImageDraw, ImageOps

from .contours import role_of
from .contrast import CHOICES, brought_out, ground_for
from .strokes import Drawing, Points, Stroke

SIDE = 512
OVER = 2
MARGIN = 24
INK = {"cut": (208, 84, 44, 255), "engrave": (66, 128, 224, 255), "other": (132, 138, 150, 255)}
"""Middle tones: each stands out from the light and from the dark ground of a card by 3 : 1."""
ORDER = ("other", "engrave", "cut")
"""What is drawn first lies below: cuts are what matters."""
THIN, THICK = 4, 13
"""Widths of lines, before halving. On a card, a fifth of the size, the thick one is a pixel wide."""
MOST_INK = 0.2
"""The share of the ground that lines may cover before they are drawn thinner."""
FRAME = 28
CROSS = 0.03
"""Half of a cross that stands for a point, as a share of what all points span."""
SEEN = 8
"""Alpha, of 255, from which on a pixel is seen."""
SAMPLE = 160
"""Side of the small copy whose colours are looked at."""
VISIBLE = (2.0, 4.0)
"""Widths of lines on the finished picture below which they are drawn again: the first in a dense drawing."""


def draw(drawing: Drawing) -> Image.Image:
    """A picture of 512 × 512 with a transparent ground: cuts warm, engraving blue, the rest grey.

    Its dimensions come onto it when it has been measured (``dimensions``).
    """
    everything = np.concatenate([stroke.points for stroke in drawing.strokes])
    low, size = everything.min(axis=0), np.ptp(everything, axis=0)
    room = (SIDE - 2 * MARGIN) * OVER
    scale = room / max(float(size.max()), 1e-9)
    shift = (SIDE * OVER - size * scale) / 2
    width = _width(drawing, scale)
    image = Image.new("RGBA", (SIDE * OVER, SIDE * OVER), (0, 0, 0, 0))

    def place(points: Points) -> Points:
        placed: Points = ((points - low) * scale + shift) * [1, -1] + [0, SIDE * OVER]
        return placed

    if drawing.letters:
        image.alpha_composite(_lettered(drawing, low, low + size, place))
    pen = ImageDraw.Draw(image)
    roles = [role_of(stroke.layer, stroke.colour) for stroke in drawing.strokes]
    for role in ORDER:
        for stroke in (one for one, its in zip(drawing.strokes, roles, strict=True) if its == role):
            _line(pen, place(stroke.points), stroke.closed, INK[role], width)
    return image.convert("RGBa").resize((SIDE, SIDE), Image.Resampling.LANCZOS).convert("RGBA")


def crosses(spots: Points) -> list[Stroke]:
    """A small cross at each place, so that single points are seen."""
    spots = spots[np.isfinite(spots).all(axis=1)]
    arm = CROSS * max(float(np.ptp(spots, axis=0).max()), 1.0) if len(spots) else 0.0
    ways = (np.array([[-arm, 0.0], [arm, 0.0]]), np.array([[0.0, -arm], [0.0, arm]]))
    return [Stroke(spot + way, closed=False) for spot in spots for way in ways]


def png_of(image: Image.Image) -> bytes:
    """The picture as a file. To pack it harder takes three times as long and saves a fiftieth."""
    out = io.BytesIO()
    image.save(out, "PNG", compress_level=6)
    return out.getvalue()


def _lettered(drawing: Drawing, low: Points, high: Points, place: Callable[[Points], Points]) -> Image.Image:
    """The letters that lie between the strokes; others would make the picture larger than what was measured."""
    said = []
    for rims in drawing.letters:
        corners = np.concatenate(rims)
        if np.isfinite(corners).all() and (corners >= low).all() and (corners <= high).all():
            spots = [" ".join(f"{x:.1f} {y:.1f}" for x, y in place(rim)) for rim in rims]
            said.append("".join(f"M{one}z" for one in spots))
    side, red, green, blue = SIDE * OVER, *INK["other"][:3]
    if not said:
        return Image.new("RGBA", (side, side), (0, 0, 0, 0))
    drawn = "".join(f'<path d="{one}" fill-rule="evenodd" fill="rgb({red},{green},{blue})"/>' for one in said)
    page = f'<svg xmlns="http://www.w3.org/2000/svg" width="{side}" height="{side}">{drawn}</svg>'
    with Image.open(io.BytesIO(bytes(resvg_py.svg_to_bytes(svg_string=page, skip_system_fonts=True)))) as image:
        return image.convert("RGBA")


def _width(drawing: Drawing, scale: float) -> int:
    """How thick lines can be before a dense drawing becomes a blot."""
    length = 0.0
    for stroke in drawing.strokes:
        step = np.diff(stroke.points, axis=0)
        length += float(np.hypot(step[:, 0], step[:, 1]).sum()) * scale
    return int(np.clip(MOST_INK * (SIDE * OVER) ** 2 / max(length, 1.0), THIN, THICK))


def _line(pen: ImageDraw.ImageDraw, points: Points, closed: bool, ink: tuple[int, int, int, int], width: int) -> None:
    """One path with round corners and, where it is open, round ends."""
    flat = [(float(x), float(y)) for x, y in points]
    if closed:
        flat += flat[:2]  # once around and on to the second point, so that the seam is round as well
    else:
        half = (width - 1) / 2
        for x, y in (flat[0], flat[-1]):
            pen.ellipse((x - half, y - half, x + half, y + half), ink)
    pen.line(flat, fill=ink, width=width, joint="curve")


def sized(image: Image.Image, mm: float) -> tuple[float, float]:
    """How large that is what is seen on a rendered drawing, if a pixel is ``mm`` wide."""
    box = _ink(image) or (0, 0, 0, 0)
    return (box[2] - box[0]) * mm, (box[3] - box[1]) * mm


def _ink(image: Image.Image) -> tuple[int, int, int, int] | None:
    return image.getchannel("A").point(lambda value: 255 if value > SEEN else 0).getbbox()


@dataclass(frozen=True, slots=True)
class DrawnLine:
    """A line of a rendered drawing: its points in pixels, y downwards, and how wide it was drawn."""

    points: Points
    closed: bool
    colour: tuple[int, int, int]
    width: float


def lines_of(drawing: Drawing, place: Callable[[Points], Points], scale: float) -> list[DrawnLine]:
    """The lines of a drawing that have a pen. ``place``: from millimetres to pixels, ``scale``: pixels of one."""
    return [
        DrawnLine(place(stroke.points), stroke.closed, _rgb(stroke.colour), stroke.pen * scale)
        for stroke in drawing.strokes
        if stroke.pen > 0
    ]


def _rgb(colour: str) -> tuple[int, int, int]:
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5)) if colour else (0, 0, 0)
    return red, green, blue


def framed(image: Image.Image, lines: Sequence[DrawnLine] = ()) -> Image.Image | None:
    """A rendered drawing cut to what is on it, in a square of 512; None when nothing is on it.

    It gets the ground from which its lines stand out: none where they do on a light and on a dark page. Lines that are
    too thin to be seen, or stand out from no ground, are drawn over once more.
    """
    box = _ink(image)
    if box is None:
        return None
    pixels = np.asarray(image.resize((SAMPLE, SAMPLE), Image.Resampling.BOX, box), np.float64).reshape(-1, 4)
    there = pixels[:, 3] > SEEN
    colours = sorted({line.colour for line in lines})
    chosen = ground_for(pixels[there, :3], pixels[there, 3], np.array(colours, np.float64).reshape(-1, 3))
    grounds = CHOICES[chosen]
    shown = {colour: brought_out(colour, grounds) for colour in colours}
    _draw_over(image, lines, shown, (SIDE - 2 * FRAME) / max(box[2] - box[0], box[3] - box[1]))
    image = image.crop(_ink(image) or box)
    image.thumbnail((SIDE - 2 * FRAME, SIDE - 2 * FRAME), Image.Resampling.LANCZOS)
    if max(image.size) < SIDE // 2:
        image = ImageOps.contain(image, (SIDE - 2 * FRAME, SIDE - 2 * FRAME), Image.Resampling.LANCZOS)
    whole = Image.new("RGBA", (SIDE, SIDE), (0, 0, 0, 0) if not chosen else (*grounds[0], 255))
    whole.alpha_composite(image, ((SIDE - image.width) // 2, (SIDE - image.height) // 2))
    return whole


def _draw_over(
    image: Image.Image,
    lines: Sequence[DrawnLine],
    shown: dict[tuple[int, int, int], tuple[int, int, int]],
    shrinks: float,
) -> None:
    """``shrinks``: pixels of the finished picture to one of this image."""
    length = sum(float(np.hypot(*np.diff(line.points, axis=0).T).sum()) for line in lines) * shrinks
    least = float(np.clip(MOST_INK * SIDE**2 / max(length, 1.0), *VISIBLE)) / max(shrinks, 1e-9)
    pen = ImageDraw.Draw(image)
    for line in lines:
        if line.width < least or shown[line.colour] != line.colour:
            width = max(1, round(max(line.width, least)))
            _line(pen, line.points, line.closed, (*shown[line.colour], 255), width)
