"""Indicators for whoever makes the part: how thin its walls get, how much of it hangs over. No proofs."""

from __future__ import annotations

from typing import TypedDict

import numpy as np
from numpy.typing import NDArray

from craftops.domain.files.designs import MeshFacts

from .facts import CHUNK, crossed

Floats = NDArray[np.float64]
WORK = 6_000_000
"""Rays × triangles that one file may cost."""
MOST_RAYS = 64
SHADOWS = 1 << 16
"""Numbers for each corner of a triangle that are worked on at once: they fit the processor's cache."""
STEEP = float(np.cos(np.radians(45.0)))


class Indicators(TypedDict):
    """The measured ones, named as in MeshFacts."""

    wall_mm: float | None
    overhang: float


def indicators(triangles: NDArray[np.float32], facts: MeshFacts) -> Indicators:
    """Thinnest sampled wall (closed shapes only), and the share of surface that looks down by more than 45°."""
    bed = float(triangles[:, :, 2].min()) + 0.05 + 1e-3 * facts.size_mm[2]
    twice, hangs = np.empty(len(triangles)), np.empty(len(triangles), bool)
    for begin in range(0, len(triangles), CHUNK):
        part = triangles[begin : begin + CHUNK]
        corners = [[part[:, i, axis].astype(np.float64) for i in range(3)] for axis in range(3)]
        x, y, z = crossed(corners)
        length = np.sqrt(x * x + y * y + z * z)
        up = np.divide(z, length, out=np.zeros_like(z), where=length > 0)
        high = np.maximum(np.maximum(*corners[2][:2]), corners[2][2])
        twice[begin : begin + CHUNK] = length
        hangs[begin : begin + CHUNK] = ((-up if facts.inverted else up) < -STEEP) & (high > bed)
    total = twice.sum()
    hanging = float(twice[hangs].sum() / total) if total > 0 else 0.0
    wall = _thinnest(triangles, twice, inverted=facts.inverted) if facts.watertight else None
    return {"wall_mm": wall, "overhang": round(hanging, 4)}


def _thinnest(triangles: NDArray[np.float32], twice: Floats, *, inverted: bool) -> float | None:
    """Rays from the largest faces straight into the part, until they come out (Möller and Trumbore 1997)."""
    rays = min(MOST_RAYS, WORK // max(1, len(triangles)), len(triangles))
    if rays < 4:
        return None
    chosen = np.argsort(twice)[-rays:] if len(triangles) <= MOST_RAYS else _spread(twice, rays)
    chosen = chosen[twice[chosen] > 0]
    a, b, c = (triangles[chosen, i].astype(np.float64) for i in range(3))
    ways = np.cross(b - a, c - a) / twice[chosen, None] * (1.0 if inverted else -1.0)
    starts = a * 0.31 + b * 0.33 + c * 0.36
    found = []
    for index, start, way, near in zip(chosen, starts, ways, _near(triangles, starts, ways), strict=True):
        distance = _first_hit(start, way, triangles[near].astype(np.float64), near == index)
        if distance is not None:
            found.append(distance)
    return round(min(found), 3) if found else None


def _near(triangles: NDArray[np.float32], starts: Floats, ways: Floats) -> list[NDArray[np.int64]]:
    """For each ray the triangles that it may hit, and some more: those whose shadow's box, looking along the ray,
    holds the ray. A product of matrices in float32 for all rays at once; a margin covers its rounding.
    """
    if not len(starts):
        return []
    aside = np.where(np.abs(ways[:, [2]]) < 0.9, [[0.0, 0.0, 1.0]], [[1.0, 0.0, 0.0]])
    right = np.cross(ways, aside)
    right /= np.linalg.norm(right, axis=1)[:, None]
    axes = np.concatenate([right, np.cross(ways, right)])
    at = np.einsum("ij,ij->i", axes, np.concatenate([starts, starts])).astype(np.float32)
    turn = np.ascontiguousarray(axes.T, np.float32)
    margin = np.float32(4e-6 * float(np.abs(triangles).max()) + 1e-30)
    rows, rays = [], []
    step = max(256, SHADOWS // len(axes))
    for begin in range(0, len(triangles), step):
        shadow = triangles[begin : begin + step].reshape(-1, 3) @ turn
        shadow -= at
        first, second, third = shadow[0::3], shadow[1::3], shadow[2::3]
        low = np.minimum(np.minimum(first, second), third)
        high = np.maximum(np.maximum(first, second), third)
        over = (low <= margin) & (high >= -margin)
        row, ray = np.nonzero(over[:, : len(starts)] & over[:, len(starts) :])
        rows.append(row + begin)
        rays.append(ray)
    row, ray = np.concatenate(rows), np.concatenate(rays)
    order = np.argsort(ray, kind="stable")
    return np.split(row[order], np.cumsum(np.bincount(ray, minlength=len(starts)))[:-1])


def _spread(twice: Floats, rays: int) -> NDArray[np.int64]:
    """Faces at even steps of the summed area: large faces often, small ones sometimes; the same ones every time."""
    total = np.cumsum(twice)
    return np.searchsorted(total, (np.arange(rays) + 0.5) / rays * total[-1])


def _first_hit(start: Floats, way: Floats, near: Floats, own: NDArray[np.bool_]) -> float | None:
    a = near[:, 0]
    e1, e2 = near[:, 1] - a, near[:, 2] - a
    p = np.cross(way, e2)
    det = np.einsum("ij,ij->i", e1, p)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        inverse = 1.0 / det
        t = start - a
        u = np.einsum("ij,ij->i", t, p) * inverse
        q = np.cross(t, e1)
        v = (q @ way) * inverse
        distance = np.einsum("ij,ij->i", e2, q) * inverse
        hit = (u >= 0) & (v >= 0) & (u + v <= 1) & (distance > 1e-4) & np.isfinite(distance)
    hit &= ~own
    return float(distance[hit].min()) if hit.any() else None
