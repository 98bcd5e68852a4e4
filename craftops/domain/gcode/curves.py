"""How long a curved move is: arcs by centre or radius, in any plane, with turns and rise; the Bézier curves of G5.

LinuxCNC, "G-Codes": G2/G3 (I, J, K from the start, or with G90.1 from the origin; R, negative for the longer way; P
turns), G17/G18/G19 (planes), G5 (I, J and P, Q are the handles).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import pairwise

Point = tuple[float, float, float]
PLANES = {b"G17": (0, 1, 2), b"G18": (2, 0, 1), b"G19": (1, 2, 0)}
"""First and second axis of an arc's plane, and the one that it rises along."""
CENTRE = (73, 74, 75)
"""The letters I, J and K."""
R, P, Q = 82, 80, 81
MOST_TURNS = 10_000
SAMPLES = 16


def arc_mm(
    told: Mapping[int, float], start: Point, way: Point, plane: bytes, unit: float, *, clockwise: bool, absolute: bool
) -> float:
    """The length in mm of a G2 or G3. ``told``: letters to numbers of ``unit`` mm; it goes ``way`` from ``start``."""
    one, other, along = PLANES[plane]
    dx, dy = way[one], way[other]
    straight = math.hypot(dx, dy)
    turns = min(max(1.0, told.get(P, 1.0)), MOST_TURNS)
    radius = told.get(R, 0.0) * unit
    if radius and straight > 1e-6:
        half = math.asin(min(1.0, straight / abs(2 * radius)))
        swept = abs(radius) * (2 * half if radius > 0 else 2 * math.pi - 2 * half)
        return math.hypot(max(straight, swept), way[along])
    centre = [told.get(letter, 0.0) * unit for letter in CENTRE]
    if absolute:
        centre = [
            at - begin if letter in told else 0.0 for at, begin, letter in zip(centre, start, CENTRE, strict=True)
        ]
    i, j = centre[one], centre[other]
    radius = math.hypot(i, j)
    if radius < 1e-6:
        return math.hypot(straight, way[along])
    turn = math.atan2(dy - j, dx - i) - math.atan2(-j, -i)
    turn = -turn % (2 * math.pi) if clockwise else turn % (2 * math.pi)
    if straight < 1e-6 or turn < 1e-9:
        turn = 2 * math.pi
    swept = radius * (turn + 2 * math.pi * (turns - 1))
    return math.hypot(max(straight, swept), way[along])


def bezier_mm(told: Mapping[int, float], way: Point, unit: float) -> float:
    """The length in mm of a G5: a cubic Bézier curve in the plane of X and Y."""
    first = told.get(73, 0.0) * unit, told.get(74, 0.0) * unit
    second = way[0] + told.get(P, 0.0) * unit, way[1] + told.get(Q, 0.0) * unit
    spots = []
    for step in range(SAMPLES + 1):
        t = step / SAMPLES
        weights = 3 * (1 - t) ** 2 * t, 3 * (1 - t) * t**2, t**3
        spots.append(
            tuple(weights[0] * first[axis] + weights[1] * second[axis] + weights[2] * way[axis] for axis in (0, 1))
        )
    return sum(math.dist(a, b) for a, b in pairwise(spots))
