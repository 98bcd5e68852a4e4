"""How large the page of an SVG is, and in which unit its author worked.

CSS inches have 96 px (SVG 2, 8.9 "Units"); Inkscape before 0.92 counted 90 of them, Illustrator counts 72, a pixel for
each point. Where one side is missing, the viewBox gives it; where both are, nobody has said how large the drawing is.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from .svg_tree import Node
from .svg_units import LENGTH, Matrix, Ruler, fitted, then, view_box

INKSCAPE = re.compile(r"\s*(\d+)\.(\d+)")
SINCE_96 = (0, 92)
"""The first Inkscape that counts 96 px an inch."""
ILLUSTRATOR = re.compile(r"<!--[^>]{0,40}?Adobe Illustrator\s+\d", re.IGNORECASE)
HEAD = 4_000
UNSAID = (300.0, 150.0)
"""What CSS takes for a picture without any size, in pixels."""


@dataclass(frozen=True, slots=True)
class Page:
    """``wide`` and ``high`` in user units of the outermost viewport, ``dpi`` of these to an inch."""

    wide: float
    high: float
    dpi: float
    unit: str
    """What the size was told in; a pixel of 90 or 72 an inch has a name of its own (px90, pt)."""
    said: bool
    """Whether the file tells its size."""
    pixels: bool
    """Whether it was measured in pixels."""
    box: tuple[float, float, float, float] | None
    how: str
    """``preserveAspectRatio``."""
    font: float = 16.0
    """The size of the outermost element's letters, in user units."""

    @property
    def mm(self) -> float:
        """Millimetres of a user unit of the outermost viewport."""
        return 25.4 / self.dpi

    @property
    def size_mm(self) -> tuple[float, float]:
        """The page's sides in millimetres."""
        return self.wide * self.mm, self.high * self.mm

    @property
    def outer(self) -> Ruler:
        """What lengths of the outermost element itself are measured by."""
        return Ruler(self.wide, self.high, dpi=self.dpi, root_font=self.font)

    @property
    def ruler(self) -> Ruler:
        """What lengths inside are measured by."""
        wide, high = self.box[2:] if self.box else (self.wide, self.high)
        return Ruler(wide, high, dpi=self.dpi, root_font=self.font)

    def matrix(self, moved: Matrix) -> Matrix:
        """From what the elements count in to millimetres, y downwards still. ``moved``: what the outermost element is
        moved by, in user units of its own viewport.
        """
        inner = then(moved, fitted(self.box, self.wide, self.high, self.how))
        return then((self.mm, 0.0, 0.0, self.mm, 0.0, 0.0), inner)


def page_of(root: Node, own: dict[str, str], text: str) -> Page:
    """The page. ``own``: the properties of the outermost element; ``text``: the file, for who has written it."""
    dpi, pixel = _pixels(root, text[:HEAD])
    box = view_box(root)
    ruler = Ruler(0.0, 0.0, dpi=dpi)
    font = ruler.length(own.get("font-size", ""), ruler.font, ruler.font)
    ruler = replace(ruler, font=font, root_font=font)
    wide, high = (ruler.length(own.get(side, ""), 0.0) for side in ("width", "height"))
    units = [_unit(own.get(side, "")) for side, length in (("width", wide), ("height", high)) if length > 0]
    wide, high = _sides(max(wide, 0.0), max(high, 0.0), box)
    unit = next((one for one in units if one not in ("px", "")), "")
    how = own.get("preserveAspectRatio", "")
    return Page(wide, high, dpi, unit or pixel, bool(units), not unit, box, how, font)


def _sides(wide: float, high: float, box: tuple[float, float, float, float] | None) -> tuple[float, float]:
    """The page's sides. One that is 0 was not told: the viewBox gives it, and where there is none, CSS."""
    if box and not (wide and high):
        ratio = box[2] / box[3]
        wide, high = (wide or high * ratio or box[2]), (high or (wide / ratio if wide else box[3]))
    return wide or UNSAID[0], high or UNSAID[1]


def _unit(text: str) -> str:
    found = LENGTH.match(text)
    unit = found[2].lower() if found else ""
    return unit if unit in ("mm", "cm", "in", "pt", "pc", "q") else "px"


def _pixels(root: Node, head: str) -> tuple[float, str]:
    """Pixels to an inch, and what one is called."""
    version = INKSCAPE.match(root.get("inkscape:version") or root.get("sodipodi:version"))
    if version and (int(version[1]), int(version[2])) < SINCE_96:
        return 90.0, "px90"
    if ILLUSTRATOR.search(head):
        return 72.0, "pt"
    return 96.0, "px"
