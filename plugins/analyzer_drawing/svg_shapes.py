"""The shapes of SVG as curves: path data (SVG 2, 9.3), circles, rectangles and the rest.

All become runs of cubic Bézier curves in user units, which any matrix carries over exactly: a circle that is turned and
then squeezed is what it should be. A straight piece is a curve without bend.
"""

from __future__ import annotations

import contextlib
import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

import numpy as np

from .strokes import Points
from .svg_tree import Node
from .svg_units import NUMBER, NUMBERS, Matrix, Ruler

COMMAND = re.compile(r"([MmZzLlHhVvCcSsQqTtAa])([^MmZzLlHhVvCcSsQqTtAa]*)")
ONLY_NUMBERS = re.compile(rf"(?:[\s,]*{NUMBER})*[\s,]*")
ANOTHER = rf"[\s,]*({NUMBER})"
ARC = re.compile(ANOTHER * 3 + r"[\s,]*([01])[\s,]*([01])" + ANOTHER * 2)
GEOMETRY = ("x", "y", "width", "height", "cx", "cy", "r", "rx", "ry", "d")
PATH_FUNCTION = re.compile(r"""path\(\s*(["'])(.*?)\1\s*\)""", re.DOTALL)
NEEDS = {"M": 2, "L": 2, "H": 1, "V": 1, "C": 6, "S": 4, "Q": 4, "T": 2, "A": 7, "Z": 0}
MOST_PIECES = 64
SEAM_MM = 1e-6
Curve = tuple[float, float, float, float, float, float, float, float, bool]
"""Four points; whether it is straight."""


@dataclass(slots=True)
class Subpath:
    """One subpath."""

    curves: list[Curve] = field(default_factory=list)
    closed: bool = False


@dataclass(slots=True)
class SvgOutline:
    """All subpaths of a shape; ``whole`` is False where its data broke off (what came before is drawn, as in SVG 2)."""

    runs: list[Subpath] = field(default_factory=list)
    whole: bool = True


def shaped(node: Node, own: dict[str, str]) -> Node:
    """The element with the shape that its style gives it (SVG 2, "geometry properties")."""
    told = {name: own[name] for name in GEOMETRY if name in own and own[name] != node.attributes.get(name)}
    if not told:
        return node
    if "d" in told:
        data = PATH_FUNCTION.match(told["d"])
        told["d"] = data[2] if data else node.attributes.get("d", "")
    return replace(node, attributes={**node.attributes, **told})


def outline_of(node: Node, ruler: Ruler) -> SvgOutline | None:
    """The outline of a basic shape or path; None for any other element."""
    make = SHAPES.get(node.tag)
    return make(node, ruler) if make else None


class _PathPen:
    """Where the path is, and the handle that a smooth curve mirrors."""

    def __init__(self) -> None:
        self.x = self.y = self.begin_x = self.begin_y = 0.0
        self.handle: tuple[str, float, float] = ("", 0.0, 0.0)
        self.runs: list[Subpath] = []
        self.fresh = True

    def move(self, x: float, y: float) -> None:
        self.x, self.y = self.begin_x, self.begin_y = x, y
        self.fresh = True

    def curve(self, a: float, b: float, c: float, d: float, x: float, y: float, straight: bool = False) -> None:
        if self.fresh:
            self.runs.append(Subpath())
            self.fresh = False
        self.runs[-1].curves.append((self.x, self.y, a, b, c, d, x, y, straight))
        self.x, self.y = x, y

    def line(self, x: float, y: float) -> None:
        self.curve(self.x, self.y, x, y, x, y, straight=True)

    def close(self) -> None:
        if not self.fresh:
            self.runs[-1].closed = True
        self.move(self.begin_x, self.begin_y)

    def mirrored(self, kinds: str) -> tuple[float, float]:
        kind, x, y = self.handle
        return (2 * self.x - x, 2 * self.y - y) if kind and kind in kinds else (self.x, self.y)


def path_outline(data: str) -> SvgOutline:
    """Path data, drawn as far as it can be read."""
    pen = _PathPen()
    begin = data.lstrip()
    if not begin or begin == "none":
        return SvgOutline()
    if begin[0] not in "Mm":
        return SvgOutline(whole=False)
    for letter, rest in COMMAND.findall(data):
        numbers, whole = _arguments(letter.upper(), rest)
        need = NEEDS[letter.upper()]
        if need == 0:
            pen.close()
            pen.handle = ("", 0.0, 0.0)
        for at in range(0, len(numbers) - need + 1, need or 1) if need else ():
            name = "L" if letter in "Mm" and at else letter.upper()
            _draw(pen, name, numbers[at : at + need], relative=letter.islower())
        if not whole or (need and (not numbers or len(numbers) % need)):
            return SvgOutline(pen.runs, whole=False)
    lost = COMMAND.sub("", data).strip()
    return SvgOutline(pen.runs, whole=not lost)


def _arguments(name: str, text: str) -> tuple[list[float], bool]:
    if name == "A":  # its two flags may stand without anything between them
        found, end = [], 0
        while one := ARC.match(text, end):
            found += [float(value) for value in one.groups()]
            end = one.end()
        return found, not text[end:].strip(" \t\r\n,")
    good = ONLY_NUMBERS.match(text)
    end = good.end() if good else 0
    return [float(one) for one in NUMBERS.findall(text[:end])], end == len(text)


def _draw(pen: _PathPen, name: str, n: list[float], *, relative: bool) -> None:
    x0, y0 = (pen.x, pen.y) if relative else (0.0, 0.0)
    handle = ("", 0.0, 0.0)
    if name == "M":
        pen.move(x0 + n[0], y0 + n[1])
    elif name == "L":
        pen.line(x0 + n[0], y0 + n[1])
    elif name == "H":
        pen.line(x0 + n[0], pen.y)
    elif name == "V":
        pen.line(pen.x, y0 + n[0])
    elif name == "A":
        _arc(pen, n, x0 + n[5], y0 + n[6])
    elif name in "CS":
        first = (x0 + n[0], y0 + n[1]) if name == "C" else pen.mirrored("C")
        second, end = (x0 + n[-4], y0 + n[-3]), (x0 + n[-2], y0 + n[-1])
        pen.curve(*first, *second, *end)
        handle = ("C", *second)
    else:
        middle = (x0 + n[0], y0 + n[1]) if name == "Q" else pen.mirrored("Q")
        end = (x0 + n[-2], y0 + n[-1])
        ways = [(p + 2 / 3 * (q - p)) for from_ in ((pen.x, pen.y), end) for p, q in zip(from_, middle, strict=True)]
        pen.curve(ways[0], ways[1], ways[2], ways[3], *end)
        handle = ("Q", *middle)
    pen.handle = handle


def _arc(pen: _PathPen, n: list[float], x: float, y: float) -> None:
    """An elliptical arc by its centre (SVG 2, appendix B.2.4), in pieces of a quarter turn at most."""
    rx, ry = abs(n[0]), abs(n[1])
    if (x, y) == (pen.x, pen.y):
        return
    if not rx or not ry:
        pen.line(x, y)
        return
    c, s = math.cos(math.radians(n[2])), math.sin(math.radians(n[2]))
    dx, dy = (pen.x - x) / 2, (pen.y - y) / 2
    px, py = c * dx + s * dy, c * dy - s * dx
    wide = (px / rx) ** 2 + (py / ry) ** 2
    if wide > 1:
        rx, ry = rx * math.sqrt(wide), ry * math.sqrt(wide)
    below = (rx * py) ** 2 + (ry * px) ** 2
    root = math.sqrt(max(0.0, ((rx * ry) ** 2 - below) / below)) * (-1 if n[3] == n[4] else 1)
    cx, cy = root * rx * py / ry, -root * ry * px / rx
    begin = math.atan2((py - cy) / ry, (px - cx) / rx)
    sweep = math.atan2((-py - cy) / ry, (-px - cx) / rx) - begin
    if n[4] and sweep < 0:
        sweep += 2 * math.pi
    elif not n[4] and sweep > 0:
        sweep -= 2 * math.pi
    mx, my = c * cx - s * cy + (pen.x + x) / 2, s * cx + c * cy + (pen.y + y) / 2
    _turn(pen, (c * rx, s * rx, -s * ry, c * ry, mx, my), begin, sweep)
    if not pen.fresh:  # the end is where the path says, whatever was rounded on the way
        last = pen.runs[-1].curves[-1]
        pen.runs[-1].curves[-1] = (*last[:6], x, y, False)
        pen.x, pen.y = x, y


def _turn(pen: _PathPen, frame: Matrix, begin: float, sweep: float) -> None:
    """A part of the unit circle in a frame of its own."""
    a, b, c, d, e, f = frame
    count = max(1, math.ceil(abs(sweep) / (math.pi / 2) - 1e-9))
    step = sweep / count
    reach = 4 / 3 * math.tan(step / 4)
    for number in range(count):
        one, other = begin + number * step, begin + (number + 1) * step
        c1, s1, c2, s2 = math.cos(one), math.sin(one), math.cos(other), math.sin(other)
        spots = ((c1 - reach * s1, s1 + reach * c1), (c2 + reach * s2, s2 - reach * c2), (c2, s2))
        p, q, r = ((a * u + c * v + e, b * u + d * v + f) for u, v in spots)
        pen.curve(*p, *q, *r)


def _path(node: Node, _ruler: Ruler) -> SvgOutline:
    return path_outline(node.attributes.get("d", ""))


def _rect(node: Node, ruler: Ruler) -> SvgOutline:
    x, y, wide, high = ruler.x(node, "x"), ruler.y(node, "y"), ruler.x(node, "width"), ruler.y(node, "height")
    if wide <= 0 or high <= 0:
        return SvgOutline()
    rx, ry = ruler.x(node, "rx", -1.0), ruler.y(node, "ry", -1.0)
    rx, ry = (ry if rx < 0 else rx), (rx if ry < 0 else ry)
    rx, ry = min(max(rx, 0.0), wide / 2), min(max(ry, 0.0), high / 2)
    if not rx or not ry:
        return _corners([x, y, x + wide, y, x + wide, y + high, x, y + high], closed=True)
    pen = _PathPen()
    pen.move(x + rx, y)
    corners = (
        (x + wide - rx, y + ry, -90, x + wide - rx, y), (x + wide - rx, y + high - ry, 0, x + wide, y + high - ry),
        (x + rx, y + high - ry, 90, x + rx, y + high), (x + rx, y + ry, 180, x, y + ry),
    )  # fmt: skip
    for cx, cy, begin, to_x, to_y in corners:
        if math.hypot(pen.x - to_x, pen.y - to_y) > 1e-12 * (wide + high):
            pen.line(to_x, to_y)
        _turn(pen, (rx, 0.0, 0.0, ry, cx, cy), math.radians(begin), math.pi / 2)
    pen.close()
    return SvgOutline(pen.runs)


def _ellipse(node: Node, ruler: Ruler) -> SvgOutline:
    if node.tag == "circle":
        rx = ry = ruler.r(node, "r")
    else:
        rx, ry = ruler.x(node, "rx", -1.0), ruler.y(node, "ry", -1.0)
        rx, ry = (ry if rx < 0 else rx), (rx if ry < 0 else ry)
    if rx <= 0 or ry <= 0:
        return SvgOutline()
    cx, cy = ruler.x(node, "cx"), ruler.y(node, "cy")
    pen = _PathPen()
    pen.move(cx + rx, cy)
    _turn(pen, (rx, 0.0, 0.0, ry, cx, cy), 0.0, 2 * math.pi)
    pen.close()
    return SvgOutline(pen.runs)


def _line(node: Node, ruler: Ruler) -> SvgOutline:
    ends = [ruler.x(node, "x1"), ruler.y(node, "y1"), ruler.x(node, "x2"), ruler.y(node, "y2")]
    return _corners(ends, closed=False)


def _poly(node: Node, _ruler: Ruler) -> SvgOutline:
    text = node.attributes.get("points", "")
    numbers, whole = _arguments("L", text)
    found = _corners(numbers[: len(numbers) // 2 * 2], closed=node.tag == "polygon")
    found.whole = whole and len(numbers) % 2 == 0
    return found


def _corners(numbers: list[float], *, closed: bool) -> SvgOutline:
    if len(numbers) < 4:
        return SvgOutline()
    pen = _PathPen()
    pen.move(numbers[0], numbers[1])
    for at in range(2, len(numbers), 2):
        pen.line(numbers[at], numbers[at + 1])
    if closed:
        pen.close()
    return SvgOutline(pen.runs)


SHAPES: dict[str, Callable[[Node, Ruler], SvgOutline]] = {
    "path": _path, "rect": _rect, "circle": _ellipse, "ellipse": _ellipse, "line": _line, "polyline": _poly,
    "polygon": _poly,
}  # fmt: skip


def flattened(outline: SvgOutline, matrix: Matrix, tolerance: float) -> Iterator[tuple[Points, bool]]:
    """The subpaths as points where the matrix puts them, shape (n, 2), and whether each is closed.

    ``tolerance``: how far a straight piece may leave its curve, in the units that the matrix leads to.
    """
    if all(curve[8] for run in outline.runs for curve in run.curves):
        yield from _straight(outline, matrix)
        return
    curves = np.array([curve for run in outline.runs for curve in run.curves], np.float64).reshape(-1, 9)
    if not len(curves):
        return
    a, b, c, d, e, f = matrix
    with np.errstate(over="ignore", invalid="ignore"):
        x, y = curves[:, 0:8:2], curves[:, 1:8:2]
        px, py = a * x + c * y + e, b * x + d * y + f
        bend = np.maximum(
            np.hypot(px[:, 0] - 2 * px[:, 1] + px[:, 2], py[:, 0] - 2 * py[:, 1] + py[:, 2]),
            np.hypot(px[:, 1] - 2 * px[:, 2] + px[:, 3], py[:, 1] - 2 * py[:, 2] + py[:, 3]),
        )
        wanted = np.nan_to_num(np.ceil(np.sqrt(0.75 * bend / tolerance)), nan=1.0, posinf=1.0)
        count = np.where(curves[:, 8] > 0, 1, np.clip(wanted, 2, MOST_PIECES)).astype(np.int64)
        owner = np.repeat(np.arange(len(curves)), count)
        first = np.cumsum(count) - count
        t = (np.arange(len(owner)) - first[owner] + 1) / count[owner]
        weights = ((1 - t) ** 3, 3 * (1 - t) ** 2 * t, 3 * (1 - t) * t**2, t**3)
        points = np.stack([sum(w * p[owner, i] for i, w in enumerate(weights)) for p in (px, py)], axis=1)
    begin = 0
    for run in outline.runs:
        until = begin + len(run.curves)
        low, high = int(first[begin]), int(first[until - 1] + count[until - 1])
        whole = np.vstack(([[px[begin, 0], py[begin, 0]]], points[low:high]))
        yield _without_seam(whole, run.closed), run.closed
        begin = until


def _straight(outline: SvgOutline, matrix: Matrix) -> Iterator[tuple[Points, bool]]:
    """The same where nothing is bent, as in most drawings: its corners."""
    a, b, c, d, e, f = matrix
    for run in outline.runs:
        if not run.curves:
            continue
        corners = [run.curves[0][:2], *(curve[6:8] for curve in run.curves)]
        with contextlib.suppress(OverflowError):
            whole = np.array([(a * x + c * y + e, b * x + d * y + f) for x, y in corners], np.float64)
            yield _without_seam(whole, run.closed), run.closed


def _without_seam(whole: Points, closed: bool) -> Points:
    first, last = whole[0], whole[-1]
    return whole[:-1] if closed and len(whole) > 2 and max(abs(first - last)) <= SEAM_MM else whole
