"""Looking through a shape from above, column by column: what lies in it twice, and what others take away from it.

Every triangle becomes the points where it is met by vertical lines on a grid; along each line the windings are summed.
Nothing here is exact: a column stands for its whole square. Exact volumes come from the surface (``facts``), and what
is reckoned here is only what bodies share.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .picture import slopes, span_ends

FINEST = 420
"""Columns along the longer side."""
MOST_HITS = 5_000_000
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Shared:
    """Volumes in the cubes of the unit that the triangles are in."""

    twice: float
    """What more than one turn of the first shape fills, once for each turn too many."""
    taken: float
    """What the second shape takes away from the first."""
    low: Floats
    high: Floats
    """The box of what is left of the first; empty (low above high) when nothing is."""


def shared(first: NDArray[np.float32], second: NDArray[np.float32] | None = None) -> Shared:
    """What closed shapes, each of shape (n, 3, 3) with its faces turned outwards, have in common."""
    both = first if second is None else np.concatenate([first, second])
    low, high = first.reshape(-1, 3).min(axis=0).astype(np.float64), first.reshape(-1, 3).max(axis=0).astype(np.float64)
    step = _step(both, float((high - low)[:2].max()))
    place, height, turn, face = _hits(both, low[:2] - 0.37 * step, step, high[:2])
    order = np.lexsort((height, place))
    place, height, turn, face = place[order], height[order], turn[order], face[order]
    own = np.where(face < len(first), turn, 0)
    inner, taken = np.cumsum(own), np.cumsum(turn - own)
    fresh = np.flatnonzero(np.concatenate(([True], place[1:] != place[:-1])))
    for sums in (inner, taken):  # a line that slipped through a seam must not reach into the next column
        before = np.concatenate(([0], sums))[fresh]
        sums -= np.repeat(before, np.diff(np.append(fresh, len(sums))))
    long = np.where(place[1:] == place[:-1], np.diff(height), 0.0)
    inside, away = inner[:-1], taken[:-1] > 0
    stays = (inside > 0) & ~away & (long > 0)
    box = _box(place[:-1][stays], height[:-1][stays], height[1:][stays], low[:2] - 0.37 * step, step)
    return Shared(
        float((long * np.maximum(inside - 1, 0)).sum()) * step * step,
        float((long * ((inside > 0) & away)).sum()) * step * step,
        *box,
    )


WIDE = 1 << 20


def _step(triangles: NDArray[np.float32], side: float) -> float:
    """The width of a column: as fine as the number of hits allows."""
    x, y = triangles[:, :, 0].astype(np.float64), triangles[:, :, 1].astype(np.float64)
    area = np.abs((x[:, 1] - x[:, 0]) * (y[:, 2] - y[:, 0]) - (x[:, 2] - x[:, 0]) * (y[:, 1] - y[:, 0])).sum() / 2
    return float(max(side / FINEST, np.sqrt(area / MOST_HITS), 1e-9))


def _hits(
    triangles: NDArray[np.float32], origin: Floats, step: float, high: Floats
) -> tuple[NDArray[np.int64], Floats, NDArray[np.int64], NDArray[np.int64]]:
    """Column, height, turn (1 on the way in, -1 on the way out) and triangle of every hit."""
    x = (triangles[:, :, 0].astype(np.float64) - origin[0]) / step
    y = (triangles[:, :, 1].astype(np.float64) - origin[1]) / step
    z = triangles[:, :, 2].astype(np.float64)
    last_x, last_y = (int(np.ceil((one - zero) / step)) + 1 for one, zero in zip(high, origin, strict=True))
    first = np.clip(np.ceil(y.min(axis=1) - 0.5), 0, last_y).astype(np.int64)
    rows = np.maximum(0, np.clip(np.ceil(y.max(axis=1) - 0.5), 0, last_y).astype(np.int64) - first)
    owner = np.repeat(np.arange(len(triangles)), rows)
    row = np.arange(len(owner)) - np.repeat(np.cumsum(rows) - rows, rows) + first[owner]
    left, right = span_ends(x[owner], y[owner], row + 0.5)
    begin = np.clip(np.ceil(left - 0.5), 0, last_x).astype(np.int64)
    wide = np.maximum(0, np.clip(np.ceil(right - 0.5), 0, last_x).astype(np.int64) - begin)
    span = np.repeat(np.arange(len(owner)), wide)
    column = np.arange(len(span)) - np.repeat(np.cumsum(wide) - wide, wide) + begin[span]
    face = owner[span]
    right_by, down_by = slopes(x, y, z)
    height = z[face, 0] + right_by[face] * (column + 0.5 - x[face, 0]) + down_by[face] * (row[span] + 0.5 - y[face, 0])
    up = (x[:, 1] - x[:, 0]) * (y[:, 2] - y[:, 0]) - (x[:, 2] - x[:, 0]) * (y[:, 1] - y[:, 0])
    return row[span] * WIDE + column, height, np.where(up[face] > 0, -1, 1), face


def _box(place: NDArray[np.int64], bottom: Floats, top: Floats, origin: Floats, step: float) -> tuple[Floats, Floats]:
    if not len(place):
        return np.ones(3), np.zeros(3)
    column, row = place % WIDE, place // WIDE
    low = [origin[0] + column.min() * step, origin[1] + row.min() * step, bottom.min()]
    high = [origin[0] + (column.max() + 1) * step, origin[1] + (row.max() + 1) * step, top.max()]
    return np.array(low), np.array(high)
