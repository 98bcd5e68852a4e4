"""Many copies of a few shapes, measured without holding them all: each shape once, and each copy by its matrix.

A matrix changes areas by the square of its scale where it scales all ways alike, and volumes by its determinant; only
where it distorts is the copy's area measured by itself.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from .bodies import Bodies
from .facts import MeasuredMesh, measure
from .reading import Triangles
from .thinning import thin

SEEN = 400_000
"""Triangles of all copies together that are drawn; each copy is thinned to its share of them."""
LEAST = 48
"""Triangles that a copy keeps."""
ALIKE = 1e-5
Shape = tuple[Triangles, list[NDArray[np.float64]]]
"""The triangles of a shape in its own units, and the matrices (4, 4) of its copies."""


def measure_copies(shapes: list[Shape], scale: float) -> tuple[MeasuredMesh, Triangles]:
    """The measure of all copies, in millimetres, and thinned copies to draw. ``scale``: mm of the shapes' unit."""
    count = sum(len(matrices) for _, matrices in shapes)
    low, high = np.full(3, np.inf), np.full(3, -np.inf)
    total: dict[str, float] = defaultdict(float)
    light: list[Triangles] = []
    closed, wrong, right = True, 0, 0
    opens = crowded = 0
    turned = joined = False
    for triangles, matrices in shapes:
        one = measure(triangles)
        points = np.unique(triangles.reshape(-1, 3), axis=0).astype(np.float64)
        simple = _light(triangles, max(LEAST, SEEN // count))
        closed, joined = closed and one.facts.watertight, joined or one.welded
        turned = turned or one.turned_faces
        for matrix in matrices:
            part = matrix[:3, :3] * scale
            placed = points @ part + matrix[3, :3] * scale
            low, high = np.minimum(low, placed.min(axis=0)), np.maximum(high, placed.max(axis=0))
            flip = float(np.linalg.det(part))
            total["volume"] += (one.facts.volume_mm3 or 0.0) * abs(flip)
            total["area"] += _area(one.facts.area_mm2, triangles, part)
            inverted = one.facts.inverted != (flip < 0)
            wrong, right = wrong + inverted, right + (not inverted)
            light.append((simple @ part + matrix[3, :3] * scale).astype(np.float32))
        opens, crowded = opens + one.open_edges * len(matrices), crowded + one.crowded_edges * len(matrices)
        for name, value in (
            ("triangles", len(triangles)), ("bodies", one.facts.bodies), ("degenerate", one.facts.degenerate)
        ):  # fmt: skip
            total[name] += value * len(matrices)
    facts = replace(
        one.facts, triangles=int(total["triangles"]), bodies=int(total["bodies"]), area_mm2=total["area"],
        size_mm=tuple((high - low).tolist()), volume_mm3=total["volume"] if closed and total["volume"] else None,
        watertight=closed, inverted=closed and not right, degenerate=int(total["degenerate"]),
    )  # fmt: skip
    bodies = Bodies(total["volume"], turned=wrong if right else 0, inverted=not right)
    return MeasuredMesh(facts, opens, crowded, turned, joined, bodies), np.concatenate(light)


def _area(own: float, triangles: Triangles, part: NDArray[np.float64]) -> float:
    stretch = part @ part.T
    square = float(np.trace(stretch)) / 3
    if np.abs(stretch - square * np.eye(3)).max() <= ALIKE * square:
        return own * square
    a, b, c = (triangles[:, i] @ part for i in range(3))
    return float(np.linalg.norm(np.cross(b - a, c - a), axis=1).sum()) / 2


def _light(triangles: Triangles, most: int) -> NDArray[np.float64]:
    if len(triangles) <= most:
        return triangles.astype(np.float64)
    simple = thin(triangles, most)
    return simple.points[simple.faces] if len(simple.faces) else triangles[:most].astype(np.float64)
