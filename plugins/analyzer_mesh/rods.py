"""Lines with a thickness as triangles: the beams of a lattice, and lines that have no surface of their own."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

SIDES = 6
Floats = NDArray[np.float64]


def rods(begin: Floats, end: Floats, first: Floats, last: Floats) -> NDArray[np.float32]:
    """Closed six-sided rods from ``begin`` to ``end``, shape (n, 3), with radii ``first`` and ``last``, shape (n,)."""
    way = end - begin
    length = np.linalg.norm(way, axis=1)
    there = length > 0
    begin, end, way, first, last = begin[there], end[there], way[there] / length[there, None], first[there], last[there]
    aside = np.where(np.abs(way[:, [2]]) < 0.9, [[0.0, 0.0, 1.0]], [[1.0, 0.0, 0.0]])
    u = np.cross(way, aside)
    u /= np.linalg.norm(u, axis=1)[:, None]
    v = np.cross(way, u)
    turn = 2 * np.pi * np.arange(SIDES) / SIDES
    ring = u[:, None, :] * np.cos(turn)[None, :, None] + v[:, None, :] * np.sin(turn)[None, :, None]
    low = begin[:, None, :] + ring * first[:, None, None]
    high = end[:, None, :] + ring * last[:, None, None]
    low_next, high_next = np.roll(low, -1, axis=1), np.roll(high, -1, axis=1)
    foot = np.broadcast_to(begin[:, None, :], low.shape)
    head = np.broadcast_to(end[:, None, :], high.shape)
    sides = [(low, low_next, high_next), (low, high_next, high), (foot, low_next, low), (head, high, high_next)]
    return np.concatenate([np.stack(one, axis=2).reshape(-1, 3, 3) for one in sides]).astype(np.float32)
