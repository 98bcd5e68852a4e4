"""Parts for the demo, made of formulas: bodies of revolution, rings, plates. Written as binary STL, millimetres."""

from __future__ import annotations

import math
import struct
from collections.abc import Callable

Point = tuple[float, float, float]
Profile = Callable[[float], tuple[float, float]]


def _stl(triangles: list[tuple[Point, Point, Point]]) -> bytes:
    body = b"".join(
        struct.pack("<12fH", 0.0, 0.0, 0.0, *corners[0], *corners[1], *corners[2], 0) for corners in triangles
    )
    return b"sample part of the demo shop".ljust(80, b" ") + struct.pack("<I", len(triangles)) + body


def _quad(a: Point, b: Point, c: Point, d: Point) -> list[tuple[Point, Point, Point]]:
    return [(a, b, c), (a, c, d)]


def _single(value: float) -> float:
    """As float32, so that corners that should meet are bit-identical."""
    rounded: float = struct.unpack("<f", struct.pack("<f", value))[0]
    return rounded


def _point(x: float, y: float, z: float) -> Point:
    return (_single(x), _single(y), _single(z))


def _ring(outer: Profile, inner: Profile, height: float, steps: int) -> bytes:
    """Everything between two outlines around the z axis; an outline gives x, y by the turn (0 to 1)."""
    triangles = []
    for i in range(steps):
        a, b = i / steps, ((i + 1) % steps) / steps
        (ox, oy), (px, py) = outer(a), outer(b)
        (ix, iy), (jx, jy) = inner(a), inner(b)
        bottom = [_point(ox, oy, 0), _point(px, py, 0), _point(jx, jy, 0), _point(ix, iy, 0)]
        top = [_point(x, y, height) for x, y, _z in bottom]
        triangles += _quad(top[3], top[0], top[1], top[2])
        triangles += _quad(bottom[3], bottom[2], bottom[1], bottom[0])
        triangles += _quad(bottom[0], bottom[1], top[1], top[0])
        triangles += _quad(bottom[2], bottom[3], top[3], top[2])
    return _stl(triangles)


def _turned(radius: Callable[[float, float], float], height: float, rows: int, steps: int) -> bytes:
    """A closed body of revolution; ``radius`` by height (0 to 1) and turn (0 to 1)."""

    def at(row: int, step: int) -> Point:
        turn = 2 * math.pi * (step % steps) / steps
        r = radius(row / rows, (step % steps) / steps)
        return _point(r * math.cos(turn), r * math.sin(turn), height * row / rows)

    triangles = []
    for step in range(steps):
        for row in range(rows):
            triangles += _quad(at(row, step), at(row, step + 1), at(row + 1, step + 1), at(row + 1, step))
        triangles.append((_point(0, 0, 0), at(0, step + 1), at(0, step)))
        triangles.append((_point(0, 0, height), at(rows, step), at(rows, step + 1)))
    return _stl(triangles)


def _circle(radius: float) -> Profile:
    return lambda t: (radius * math.cos(2 * math.pi * t), radius * math.sin(2 * math.pi * t))


def _polygon(corners: int, radius: float) -> Profile:
    def outline(t: float) -> tuple[float, float]:
        part = (t * corners) % 1.0
        r = radius * math.cos(math.pi / corners) / math.cos((part - 0.5) * 2 * math.pi / corners)
        return r * math.cos(2 * math.pi * t), r * math.sin(2 * math.pi * t)

    return outline


def _teeth(count: int, root: float, tip: float) -> Profile:
    def outline(t: float) -> tuple[float, float]:
        wave = max(-1.0, min(1.0, 2.2 * math.sin(2 * math.pi * t * count)))
        r = (root + tip) / 2 + (tip - root) / 2 * wave
        return r * math.cos(2 * math.pi * t), r * math.sin(2 * math.pi * t)

    return outline


def _plate(width: float, depth: float, power: float = 8.0) -> Profile:
    """A rectangle with round corners (superellipse)."""

    def outline(t: float) -> tuple[float, float]:
        c, s = math.cos(2 * math.pi * t), math.sin(2 * math.pi * t)
        x = math.copysign(abs(c) ** (2 / power), c) * width / 2
        y = math.copysign(abs(s) ** (2 / power), s) * depth / 2
        return x, y

    return outline


def parts() -> dict[str, bytes]:
    """File name -> content."""
    return {
        "drive-gear-32t.stl": _ring(_teeth(32, 27, 31), _circle(8), 12, 640),
        "drive-gear-32t-wide.stl": _ring(_teeth(32, 27, 31), _circle(8), 18, 640),
        "hex-spacer-m8.stl": _ring(_polygon(6, 9.5), _circle(4.2), 22, 240),
        "sensor-flange.stl": _ring(_plate(84, 56), _circle(17), 6, 360),
        "twisted-vase.stl": _turned(
            lambda h, t: 28 + 9 * math.sin(2.6 * h + 0.4) + 2.4 * math.cos(2 * math.pi * (6 * t + 0.55 * h)),
            130,
            90,
            144,
        ),
        "machine-foot.stl": _turned(lambda h, _t: 24 - 9 * h**0.6 + (3.0 if h < 0.12 else 0.0), 34, 40, 96),
        "belt-pulley.stl": _turned(lambda h, _t: 26 - (7 if 0.25 < h < 0.75 else 0), 18, 32, 128),
        "lamp-shade.stl": _turned(
            lambda h, t: 45 + 22 * h * h + 3.0 * abs(math.sin(2 * math.pi * (9 * t - 0.5 * h))), 110, 70, 180
        ),
        "name-plate.stl": _ring(_plate(120, 40, 14), _circle(3), 4, 300),
        "adjusting-knob.stl": _turned(
            lambda h, t: (17 if h > 0.42 else 9) + (0.9 * math.cos(2 * math.pi * 20 * t) if h > 0.42 else 0),
            28,
            36,
            240,
        ),
    }
