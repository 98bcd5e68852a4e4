"""Fewer triangles for looking at: vertex clustering on a grid, with the corner of a cell where its planes meet.

After Rossignac and Borrel (1993); the corner of each cell minimises the summed squared distance to the planes of the
triangles that touch it (Lindstrom 2000), so edges and thin walls stay where they are. Nothing is sorted
but what is left.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Corners = NDArray[np.float32]
Faces = NDArray[np.int64]
Cells = NDArray[np.int32]
MOST_CELLS = 1 << 25
"""Of the whole grid, full and empty: a table of them is held in memory."""
MOST_TRIES = 8
CHUNK = 1 << 18
SAMPLE = 1_500_000
"""About so many corners are looked at where all of them would say the same."""
PULL = 1e-3
"""How much a corner is drawn to the middle of its cell's points, where the planes leave it free to slide."""


@dataclass(frozen=True, slots=True)
class Thinned:
    """Points of shape (n, 3) in the unit of the input, and faces of shape (m, 3) that name them."""

    points: Floats
    faces: Faces


def thin(triangles: NDArray[np.float32], most: int) -> Thinned:
    """At most ``most`` triangles that look like ``triangles``, shape (n, 3, 3), finite; the bounding box is kept.

    What is smaller than a cell of the grid falls away, so the result may be empty.
    """
    flat = triangles.reshape(-1, 3)
    low = flat.min(axis=0).astype(np.float64)
    size = flat.max(axis=0).astype(np.float64) - low
    grid, cells, faces = _fitting(flat, low, size, most)
    points = _corners(triangles, cells, grid, low)
    used, faces = np.unique(faces, return_inverse=True)
    return Thinned(_stretched(points[used], low, size), faces.reshape(-1, 3))


@dataclass(frozen=True, slots=True)
class _Grid:
    """Points of the grid along each axis, and the step between them; the outermost ones lie on the bounding box."""

    count: NDArray[np.int64]
    step: Floats


def _grid(size: Floats, step: float) -> _Grid:
    count = np.where(size > 0, np.maximum(2, np.rint(size / step).astype(np.int64) + 1), 1)
    return _Grid(count, np.where(count > 1, size / np.maximum(count - 1, 1), 1.0))


def _fitting(flat: Corners, low: Floats, size: Floats, most: int) -> tuple[_Grid, Cells, Faces]:
    """The finest grid tried on which no more than ``most`` triangles are left; the cell of every corner; the faces.

    A closed surface has half as many corners as triangles, so most of the search counts full cells, of a sample.
    """
    sample, wanted = flat[:: 1 + len(flat) // SAMPLE], most * 0.47
    step = float(size.max()) / 160
    for _try in range(3):
        step = _bounded(size, step)
        full = int(_full(_places(sample, low, _grid(size, step)), _grid(size, step)).sum())
        step *= float(np.clip(np.sqrt(full / wanted), 0.3, 8.0))
    for _try in range(MOST_TRIES):
        step = _bounded(size, step)
        grid = _grid(size, step)
        places = _places(flat, low, grid)
        cells = np.cumsum(_full(places, grid), dtype=np.int32)[places] - np.int32(1)
        faces = _faces(cells.reshape(-1, 3))
        if len(faces) <= most:
            break
        step *= float(np.sqrt(len(faces) / most)) * 1.04
    return grid, cells, faces[:most]


def _bounded(size: Floats, step: float) -> float:
    """``step``, or the next larger one with which the table of cells fits into memory."""
    while np.prod(_grid(size, step).count.astype(np.float64)) > MOST_CELLS:
        step *= 1.1
    return step


def _places(flat: Corners, low: Floats, grid: _Grid) -> Cells:
    """Where in the grid each corner lies, as one number."""
    place = np.zeros(len(flat), np.int32)
    for axis in range(3):
        along = flat[:, axis] - np.float32(low[axis])
        along /= np.float32(grid.step[axis])
        along += np.float32(0.5)
        place *= np.int32(grid.count[axis])
        place += np.clip(along.astype(np.int32), 0, grid.count[axis] - 1)
    return place


def _full(places: Cells, grid: _Grid) -> NDArray[np.bool_]:
    full = np.zeros(int(np.prod(grid.count)), bool)
    full[places] = True
    return full


def _faces(cells: Cells) -> Faces:
    """Triangles whose corners lie in three cells, each set of three once."""
    a, b, c = cells.T
    kept = cells[(a != b) & (b != c) & (c != a)].astype(np.int64)
    if not len(kept):
        return kept
    ordered = np.sort(kept, axis=1)
    count = int(ordered.max()) + 1
    if count >= 1 << 21:
        _, first = np.unique(ordered, axis=0, return_index=True)
    else:
        _, first = np.unique((ordered[:, 0] * count + ordered[:, 1]) * count + ordered[:, 2], return_index=True)
    return kept[np.sort(first)]


def _corners(triangles: NDArray[np.float32], cells: Cells, grid: _Grid, low: Floats) -> Floats:
    """For each cell the point that lies nearest to all planes of the triangles that begin in it."""
    count = int(cells.max()) + 1
    middle = _middles(triangles.reshape(-1, 3), cells, count, low)
    every = 1 + 3 * len(triangles) // SAMPLE // 2
    square, right = np.zeros((count, 3, 3)), np.zeros((count, 3))
    turns = range(3) if every == 1 else range(1)  # where there are plenty, a triangle counts in one of its cells
    for begin in range(0, len(triangles), CHUNK * every):
        part = slice(begin, begin + CHUNK * every, every)
        corners = triangles[part].astype(np.float64) - low
        normal = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
        length = np.linalg.norm(normal, axis=1)[:, None]
        # The plane counts by the area of its triangle.
        normal = np.divide(normal, np.sqrt(length), out=np.zeros_like(normal), where=length > 0)
        for turn in turns:
            own = cells.reshape(-1, 3)[part, turn]
            away = np.einsum("ij,ij->i", normal, corners[:, turn] - middle[own])
            for i in range(3):
                right[:, i] += np.bincount(own, normal[:, i] * away, count)
                for j in range(i, 3):
                    square[:, i, j] += np.bincount(own, normal[:, i] * normal[:, j], count)
    for i, j in ((1, 0), (2, 0), (2, 1)):
        square[:, i, j] = square[:, j, i]
    pull = PULL * np.trace(square, axis1=1, axis2=2)
    square += np.eye(3) * np.where(pull > 0, pull, 1.0)[:, None, None]
    shift = np.linalg.solve(square, right[:, :, None])[:, :, 0]
    return middle + np.clip(shift, -grid.step, grid.step) + low


def _middles(flat: Corners, cells: Cells, count: int, low: Floats) -> Floats:
    """The mean of the corners in each cell, from ``low``."""
    members = np.bincount(cells, minlength=count)
    along = [np.bincount(cells, flat[:, axis] - low[axis], count) / members for axis in range(3)]
    return np.stack(along, axis=1)


def _stretched(points: Floats, low: Floats, size: Floats) -> Floats:
    """The points, held within the bounding box and pulled to its walls on every side."""
    if not len(points):
        return points
    points = np.clip(points, low, low + size)
    begin, end = points.min(axis=0), points.max(axis=0)
    scale = np.divide(size, end - begin, out=np.ones(3), where=end > begin)
    placed: Floats = (points - begin) * scale + low
    return placed
