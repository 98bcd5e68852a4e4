"""Indicators for whoever makes the part: how thin its walls get, how much of it hangs over. No proofs."""

from __future__ import annotations

from typing import TypedDict

import numpy as np
from numpy.typing import NDArray

from craftops.domain.designs import MeshFacts

Floats = NDArray[np.float64]
WORK = 6_000_000
"""Rays × triangles that one file may cost."""
MOST_RAYS = 64
STEEP = float(np.cos(np.radians(45.0)))


class Indicators(TypedDict):
    """The measured ones, named as in MeshFacts."""

    wall_mm: float | None
    overhang: float


def indicators(triangles: NDArray[np.float32], facts: MeshFacts) -> Indicators:
    """Thinnest sampled wall (closed shapes only), and the share of surface that looks down by more than 45°."""
    a, b, c = (triangles[:, i].astype(np.float64) for i in range(3))
    normal = np.cross(b - a, c - a)
    twice = np.linalg.norm(normal, axis=1)
    real = twice > 0
    up = np.divide(normal[:, 2], twice, out=np.zeros_like(twice), where=real)
    if facts.inverted:
        up = -up
    bed = np.minimum(np.minimum(a[:, 2], b[:, 2]), c[:, 2]).min() + 0.05 + 1e-3 * facts.size_mm[2]
    lies = np.maximum(np.maximum(a[:, 2], b[:, 2]), c[:, 2]) <= bed
    hanging = float(twice[(up < -STEEP) & ~lies].sum() / twice.sum()) if twice.sum() > 0 else 0.0
    wall = _thinnest(a, b, c, normal, twice, inverted=facts.inverted) if facts.watertight else None
    return {"wall_mm": wall, "overhang": round(hanging, 4)}


def _thinnest(a: Floats, b: Floats, c: Floats, normal: Floats, twice: Floats, *, inverted: bool) -> float | None:
    """Rays from the largest faces straight into the part, until they come out (Möller and Trumbore 1997)."""
    rays = min(MOST_RAYS, WORK // max(1, len(a)), len(a))
    if rays < 4:
        return None
    chosen = np.argsort(twice)[-rays:] if len(a) <= MOST_RAYS else _spread(twice, rays)
    e1, e2 = b - a, c - a
    found = []
    for index in chosen:
        if twice[index] <= 0:
            continue
        way = normal[index] / twice[index] * (1.0 if inverted else -1.0)
        start = a[index] * 0.31 + b[index] * 0.33 + c[index] * 0.36
        distance = _first_hit(start, way, a, e1, e2, int(index))
        if distance is not None:
            found.append(distance)
    return round(min(found), 3) if found else None


def _spread(twice: Floats, rays: int) -> NDArray[np.int64]:
    """Faces at even steps of the summed area: large faces often, small ones sometimes; the same ones every time."""
    total = np.cumsum(twice)
    return np.searchsorted(total, (np.arange(rays) + 0.5) / rays * total[-1])


def _first_hit(start: Floats, way: Floats, a: Floats, e1: Floats, e2: Floats, own: int) -> float | None:
    p = np.cross(way, e2)
    det = np.einsum("ij,ij->i", e1, p)
    with np.errstate(divide="ignore", invalid="ignore"):
        inverse = 1.0 / det
        t = start - a
        u = np.einsum("ij,ij->i", t, p) * inverse
        q = np.cross(t, e1)
        v = (q @ way) * inverse
        distance = np.einsum("ij,ij->i", e2, q) * inverse
        hit = (u >= 0) & (v >= 0) & (u + v <= 1) & (distance > 1e-4) & np.isfinite(distance)
    hit[own] = False
    return float(distance[hit].min()) if hit.any() else None
