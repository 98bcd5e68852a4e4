"""What every reader of drawings gives back: strokes in millimetres, and how it says no."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from craftops.domain.files.designs import Finding

Points = NDArray[np.float64]
"""Shape (n, 2), millimetres, y upwards."""
MOST_STROKES = 200_000
MOST_POINTS = 3_000_000


class TooMuch(Exception):
    """More than we measure by machine."""


@dataclass(frozen=True, slots=True)
class Stroke:
    """One path, flattened to straight pieces."""

    points: Points
    closed: bool
    layer: str = ""
    colour: str = ""
    """``#rrggbb``, or empty."""
    pen: float = 0.0
    """How wide its line is drawn, in millimetres; 0 where it has none, or none is told."""


@dataclass(slots=True)
class Drawing:
    """A drawing as it was read. ``size_mm`` is the sheet, where there is one; the strokes' own size otherwise."""

    strokes: list[Stroke] = field(default_factory=list)
    unit: str = ""
    unit_known: bool = True
    texts: int = 0
    images: int = 0
    solids: int = 0
    fills: int = 0
    findings: list[Finding] = field(default_factory=list)
    picture: Image.Image | None = None
    """A faithful picture by the format's own renderer; else we draw the strokes."""
    letters: list[list[Points]] = field(default_factory=list)
    """What is seen and not measured, in millimetres: each letter by its rims, filled between them."""
    seen_mm: tuple[float, float] | None = None
    """How large that is what is seen on the picture, lines with their width; None where nobody looked."""
    points: int = 0
    source: Any = None
    """The document that it was read from, where a copy can be mended in it."""

    def add(self, stroke: Stroke) -> None:
        """Take one more stroke in. Raises TooMuch."""
        if len(stroke.points) < 2 or not np.isfinite(stroke.points).all():
            return
        self.points += len(stroke.points)
        if len(self.strokes) >= MOST_STROKES or self.points > MOST_POINTS:
            raise TooMuch
        self.strokes.append(stroke)


def is_line(points: Points) -> bool:
    """Whether all points, shape (n, 2), lie on one straight line, so that nothing can be filled between them."""
    way = points - points[0]
    if len(points) > 2 and abs(way[1, 0] * way[2, 1] - way[1, 1] * way[2, 0]) > 1e-6 * float(np.abs(way).max()) ** 2:
        return False
    far = way[int(np.argmax((way * way).sum(axis=1)))]
    length = float(np.hypot(*far))
    beside = np.abs(way[:, 0] * far[1] - way[:, 1] * far[0])
    return length == 0.0 or float(beside.max()) <= 1e-9 * length * length


def bezier(a: Points, b: Points, c: Points, d: Points, tolerance: float) -> Points:
    """Points on a cubic Bézier curve, the first left out; as many as the tolerance asks for, 48 at most."""
    bend = max(float(np.abs(a - 2 * b + c).max()), float(np.abs(b - 2 * c + d).max()))
    count = int(min(48, max(2, np.ceil(np.sqrt(0.75 * bend / max(tolerance, 1e-9)))))) if np.isfinite(bend) else 2
    t = np.linspace(0.0, 1.0, count + 1)[1:, None]
    return (1 - t) ** 3 * a + 3 * (1 - t) ** 2 * t * b + 3 * (1 - t) * t**2 * c + t**3 * d
