"""Lengths, viewports and transforms of SVG (SVG 2, chapters 8 and 9; CSS Transforms 1), all in user units."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from .svg_tree import Node

NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
LENGTH = re.compile(rf"\s*({NUMBER})\s*([a-zA-Z%]*)\s*$")
NUMBERS = re.compile(NUMBER)
FUNCTION = re.compile(r"\s*,?\s*([a-zA-Z]+(?:3[dD])?)\s*\(([^()]*)\)")
ARGUMENT = re.compile(rf"({NUMBER})([a-zA-Z%]*)")
PER_INCH = {"in": 1.0, "mm": 25.4, "cm": 2.54, "pt": 72.0, "pc": 6.0, "q": 101.6}
LARGEST = 1e9
ALIKE = {"rotatez": "rotate", "translate3d": "translate", "scale3d": "scale", "matrix3d": "matrix"}
"""Functions in space that mean the same in the plane."""
Matrix = tuple[float, float, float, float, float, float]
"""a b c d e f: x' = a x + c y + e, y' = b x + d y + f."""
IDENTITY: Matrix = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Ruler:
    """What lengths are measured by: the viewport's sides, the size of letters, user units to an inch."""

    wide: float
    high: float
    font: float = 16.0
    dpi: float = 96.0
    root_font: float = 16.0

    @property
    def diagonal(self) -> float:
        """What a percentage of neither side is of (SVG 2, 8.9)."""
        return math.hypot(self.wide, self.high) / math.sqrt(2)

    def length(self, text: str, of: float, default: float = 0.0) -> float:
        """A length in user units; a percentage is one of ``of``. The default where it is none."""
        found = LENGTH.match(text)
        if not found:
            return default
        unit = found[2].lower()
        if unit not in ("", "px", *PER_INCH, *self._relative(of)):
            return default
        value = float(found[1])
        scale = self.dpi / PER_INCH[unit] if unit in PER_INCH else self._relative(of).get(unit, 1.0)
        return value * scale if abs(value * scale) < LARGEST else default

    def _relative(self, of: float) -> dict[str, float]:
        font = self.font
        return {
            "%": of / 100, "em": font, "ex": font / 2, "ch": font / 2, "rem": self.root_font, "vw": self.wide / 100,
            "vh": self.high / 100, "vmin": min(self.wide, self.high) / 100, "vmax": max(self.wide, self.high) / 100,
        }  # fmt: skip

    def x(self, node: Node, name: str, default: float = 0.0) -> float:
        """An attribute along the width."""
        return self.length(node.get(name), self.wide, default)

    def y(self, node: Node, name: str, default: float = 0.0) -> float:
        """An attribute along the height."""
        return self.length(node.get(name), self.high, default)

    def r(self, node: Node, name: str, default: float = 0.0) -> float:
        """An attribute along neither."""
        return self.length(node.get(name), self.diagonal, default)


def then(outer: Matrix, inner: Matrix) -> Matrix:
    """First ``inner``, then ``outer``."""
    a, b, c, d, e, f = outer
    g, h, i, j, k, m = inner
    return a * g + c * h, b * g + d * h, a * i + c * j, b * i + d * j, a * k + c * m + e, b * k + d * m + f


def at(matrix: Matrix, x: float, y: float) -> tuple[float, float]:
    """Where a point comes to lie."""
    a, b, c, d, e, f = matrix
    return a * x + c * y + e, b * x + d * y + f


def view_box(node: Node) -> tuple[float, float, float, float] | None:
    """x, y, width, height; None where there is none that means anything."""
    found = [float(one) for one in NUMBERS.findall(node.attributes.get("viewBox", ""))]
    if len(found) != 4 or not all(0 < side < LARGEST for side in found[2:]):
        return None
    return found[0], found[1], found[2], found[3]


def fitted(box: tuple[float, float, float, float] | None, wide: float, high: float, how: str) -> Matrix:
    """How a viewBox comes to lie in a viewport of this size (SVG 2, 8.2 and ``preserveAspectRatio``)."""
    if box is None or wide <= 0 or high <= 0:
        return IDENTITY
    x, y, w, h = box
    sx, sy = wide / w, high / h
    words = how.split() or ["xMidYMid"]
    if words[0] == "defer":
        del words[0]
    align = words[0] if words else "xMidYMid"
    if align == "none":
        return sx, 0.0, 0.0, sy, -x * sx, -y * sy
    scale = max(sx, sy) if "slice" in words else min(sx, sy)
    share = {"Min": 0.0, "Mid": 0.5, "Max": 1.0}
    left = (wide - w * scale) * share.get(align[1:4], 0.5)
    top = (high - h * scale) * share.get(align[5:8], 0.5)
    return scale, 0.0, 0.0, scale, left - x * scale, top - y * scale


def by_properties(node: Node, own: dict[str, str]) -> str:
    """What the properties ``translate``, ``rotate`` and ``scale`` say, as functions (CSS Transforms 2, 5 and 8)."""
    said = [(name, own.get(name, "none").strip()) for name in ("translate", "rotate", "scale")]
    return " ".join(
        f"{name}({', '.join(value.split())})"
        for name, value in said
        if value not in ("none", "") and name not in node.attributes
    )


def transform_of(text: str, ruler: Ruler) -> Matrix | None:
    """A list of transform functions, of the attribute or of CSS. None where it cannot be read."""
    found, end = IDENTITY, 0
    if text.strip() in ("", "none"):
        return IDENTITY
    while one := FUNCTION.match(text, end):
        end = one.end()
        matrix = _function(one[1].lower(), one[2], ruler)
        if matrix is None:
            return None
        found = then(found, matrix)
    return found if not text[end:].strip(" \t\r\n,") and all(abs(v) < 1e12 for v in found) else None


Arguments = list[tuple[str, str]]
"""Number and unit of each."""


def _function(name: str, inner: str, ruler: Ruler) -> Matrix | None:
    name = ALIKE.get(name, name)
    kind = FUNCTIONS.get(name)
    if kind is None:
        return None
    counts, made = kind
    pairs = _seen_from_above(name, ARGUMENT.findall(inner))
    return made(name, pairs, ruler) if len(pairs) in counts else None


def _seen_from_above(name: str, pairs: Arguments) -> Arguments:
    """Without what moves in depth, which is not seen."""
    if name in ("translate", "scale") and len(pairs) == 3:
        return pairs[:2]
    if name == "matrix" and len(pairs) == 16:
        return [pairs[place] for place in (0, 1, 4, 5, 12, 13)]
    return pairs


def _as_matrix(_name: str, pairs: Arguments, _ruler: Ruler) -> Matrix:
    a, b, c, d, e, f = (float(value) for value, _ in pairs)
    return a, b, c, d, e, f


def _skewed(_name: str, pairs: Arguments, _ruler: Ruler) -> Matrix:
    along, down = (math.tan(_radians(*pair)) for pair in (*pairs, ("0", ""))[:2])
    return 1.0, down, along, 1.0, 0.0, 0.0


def _moved(name: str, pairs: Arguments, ruler: Ruler) -> Matrix:
    sides = (ruler.high, ruler.high) if name == "translatey" else (ruler.wide, ruler.high)
    first, *more = [ruler.length("".join(pair), side) for pair, side in zip(pairs, sides, strict=False)]
    second = more[0] if more else 0.0
    return (1.0, 0.0, 0.0, 1.0, 0.0, first) if name == "translatey" else (1.0, 0.0, 0.0, 1.0, first, second)


def _scaled(name: str, pairs: Arguments, _ruler: Ruler) -> Matrix:
    numbers = [float(value) / (100 if unit == "%" else 1) for value, unit in pairs]
    x, y = numbers[0], numbers[-1]
    return (x if name != "scaley" else 1.0, 0.0, 0.0, y if name != "scalex" else 1.0, 0.0, 0.0)


def _by_angle(name: str, pairs: Arguments, _ruler: Ruler) -> Matrix | None:
    return _turned(name, _radians(*pairs[0]), [float(value) for value, _ in pairs[1:]])


FUNCTIONS: Mapping[str, tuple[tuple[int, ...], Callable[[str, Arguments, Ruler], Matrix | None]]] = {
    "matrix": ((6,), _as_matrix),
    "skew": ((1, 2), _skewed),
    **dict.fromkeys(("translate", "translatex", "translatey"), ((1, 2), _moved)),
    **dict.fromkeys(("scale", "scalex", "scaley"), ((1, 2), _scaled)),
    **dict.fromkeys(("rotate", "skewx", "skewy"), ((1, 2, 3), _by_angle)),
}
"""Name -> how many arguments it may have, and the matrix of them."""


def _turned(name: str, angle: float, centre: list[float]) -> Matrix | None:
    if name == "skewx":
        return 1.0, 0.0, math.tan(angle), 1.0, 0.0, 0.0
    if name == "skewy":
        return 1.0, math.tan(angle), 0.0, 1.0, 0.0, 0.0
    c, s = math.cos(angle), math.sin(angle)
    if len(centre) == 1:
        return None
    x, y = centre or (0.0, 0.0)
    return c, s, -s, c, x - c * x + s * y, y - s * x - c * y


def _radians(value: str, unit: str) -> float:
    return float(value) * {"rad": 1.0, "grad": math.pi / 200, "turn": 2 * math.pi}.get(unit.lower(), math.pi / 180)


def origin_of(text: str, ruler: Ruler, box: tuple[float, float, float, float]) -> tuple[float, float]:
    """``transform-origin`` in user units; ``box`` (x, y, width, height) is what it is told in."""
    words = text.split()[:2] or ["0", "0"]
    if words[0] in ("top", "bottom") or (len(words) > 1 and words[1] in ("left", "right")):
        words.reverse()
        if len(words) == 1:
            words.insert(0, "center")
    if len(words) == 1:
        words.append("center")
    share = {"left": "0%", "top": "0%", "center": "50%", "right": "100%", "bottom": "100%"}
    x, y = (
        ruler.length(share.get(word, word), side) + begin
        for word, side, begin in zip(words, box[2:], box[:2], strict=True)
    )
    return x, y
