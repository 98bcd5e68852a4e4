"""Lines that lie on other lines: a cutter would burn them twice.

Points are spread along all lines, and each is held against the pieces of other lines near it, so that an edge shared by
parts of different size is found, and a circle whose second copy begins elsewhere. What counts is a line as a person
sees it: a stroke from one corner to the next, however many pieces a curve was cut into.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from .strokes import Points, Stroke

STEP_MM = 0.1
"""The least space between the points."""
MOST_POINTS = 60_000
MOST_PIECES = 150_000
MOST_PAIRS = 3_000_000
NEAR_MM = (0.02, 0.05)
"""How far lines may be apart that count as one: more in a large drawing, whose curves are coarser."""
COARSE = 5e-5
CORNER = np.cos(np.radians(20))
ALONG = 0.25
"""The sine of the angle at which a line still runs along another one."""
STRAIGHT = 0.1
"""Radians; a line that turns by less is straight."""
NEARLY_ALL = 0.95
LEAST_MM = 0.15
"""Less of a line than this may touch another one where they meet."""
Numbers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Doubles:
    """How many lines lie on others, and over which length, in millimetres."""

    lines: int = 0
    length_mm: float = 0.0


@dataclass(frozen=True, slots=True)
class _Pieces:
    begin: Points
    way: Points
    """Unit vectors."""
    length: Points
    line: Numbers
    """To which line, from corner to corner, each piece belongs."""


def doubled(strokes: list[Stroke]) -> Doubles:
    """What lies on something else, wholly or in part; each place is counted once less than it is drawn."""
    pieces = _pieces(strokes)
    if not len(pieces.length) or len(pieces.length) > MOST_PIECES:
        return _same(pieces)
    total = float(pieces.length.sum())
    step = max(STEP_MM, total / MOST_POINTS)
    count = np.maximum(1, np.rint(pieces.length / step)).astype(np.int64)
    owner = np.repeat(np.arange(len(count)), count)
    place = (np.arange(len(owner)) - np.repeat(np.cumsum(count) - count, count) + 0.5) / count[owner]
    along = place * pieces.length[owner]
    points = pieces.begin[owner] + along[:, None] * pieces.way[owner]
    near = float(np.clip(COARSE * float(np.ptp(points, axis=0).max()), *NEAR_MM))
    round_ = _radii(pieces)
    under = _under(pieces, points, owner, step, near, round_)
    if under is None:
        return _same(pieces)
    lines = int(pieces.line.max()) + 1
    share = np.where(under >= 0, pieces.length[owner] / count[owner], 0.0)
    double = np.bincount(pieces.line[owner], share, lines)
    whole = np.bincount(pieces.line, pieces.length, lines)
    radius = round_.copy()
    np.maximum.at(radius, pieces.line[owner], np.maximum(under, 0.0))
    touch = 2.2 * np.sqrt(2 * near * radius)  # so far curves stay near one another that only touch
    counts = (double > np.maximum(max(LEAST_MM, 1.5 * step), touch)) | (double > NEARLY_ALL * whole)
    return Doubles(int(counts.sum()), float(double[counts].sum()))


def _radii(pieces: _Pieces) -> Points:
    """How round each line is: the radius of a circle that turns as much; 0 for a straight one."""
    lines = int(pieces.line.max()) + 1
    cross = pieces.way[1:, 0] * pieces.way[:-1, 1] - pieces.way[1:, 1] * pieces.way[:-1, 0]
    same = pieces.line[1:] == pieces.line[:-1]
    turned = np.bincount(pieces.line[1:], np.where(same, np.abs(np.arcsin(np.clip(cross, -1, 1))), 0.0), lines)
    length = np.bincount(pieces.line, pieces.length, lines)
    return np.divide(length, turned, out=np.zeros(lines), where=turned > STRAIGHT)


def _under(pieces: _Pieces, points: Points, owner: Numbers, step: float, near: float, radii: Points) -> Points | None:
    """For each point the radius of the roundest line before its own that it lies on, -1 where it lies on none.

    None where too many lie close.
    """
    tree = cKDTree(points)
    reach = 0.75 * step + near
    if tree.count_neighbors(tree, reach) > 2 * MOST_PAIRS:
        return None
    pairs = tree.query_pairs(reach, output_type="ndarray")
    one, other = np.concatenate([pairs, pairs[:, ::-1]]).T
    later = pieces.line[owner[one]] > pieces.line[owner[other]]
    one, piece = one[later], owner[other[later]]
    gone = points[one] - pieces.begin[piece]
    way = pieces.way[piece]
    on = (gone * way).sum(axis=1)
    aside = np.abs(gone[:, 0] * way[:, 1] - gone[:, 1] * way[:, 0])
    own = pieces.way[owner[one]]
    slant = np.abs(own[:, 0] * way[:, 1] - own[:, 1] * way[:, 0])
    slack = 1e-3 * step
    lies = (aside <= near) & (slant < ALONG) & (on > -slack) & (on < pieces.length[piece] + slack)
    found = np.full(len(points), -1.0)
    np.maximum.at(found, one[lies], radii[pieces.line[piece[lies]]])
    return found


def _pieces(strokes: list[Stroke]) -> _Pieces:
    begins, ways, lengths, lines = [], [], [], []
    number = 0
    for stroke in strokes:
        points = np.vstack((stroke.points, stroke.points[:1])) if stroke.closed else stroke.points
        way = np.diff(points, axis=0)
        length = np.hypot(way[:, 0], way[:, 1])
        real = length > 1e-9
        if not real.any():
            continue
        way = way[real] / length[real, None]
        corner = np.concatenate(([True], (way[1:] * way[:-1]).sum(axis=1) < CORNER))
        begins.append(points[:-1][real])
        ways.append(way)
        lengths.append(length[real])
        lines.append(np.cumsum(corner) - 1 + number)
        number += int(corner.sum())
    if not begins:
        return _Pieces(np.empty((0, 2)), np.empty((0, 2)), np.empty(0), np.empty(0, np.int64))
    return _Pieces(*(np.concatenate(part) for part in (begins, ways, lengths, lines)))


def _same(pieces: _Pieces) -> Doubles:
    """Of a drawing with very many pieces: lines of which a piece has its twin, from end to end."""
    if not len(pieces.length):
        return Doubles()
    ends = pieces.begin + pieces.way * pieces.length[:, None]
    grid = np.round(np.clip(np.hstack((pieces.begin, ends)), -1e12, 1e12) / NEAR_MM[0]).astype(np.int64)
    turned = (grid[:, 0] > grid[:, 2]) | ((grid[:, 0] == grid[:, 2]) & (grid[:, 1] > grid[:, 3]))
    grid[turned] = grid[turned][:, [2, 3, 0, 1]]
    _, first = np.unique(grid, axis=0, return_index=True)
    again = np.ones(len(grid), bool)
    again[first] = False
    return Doubles(len(np.unique(pieces.line[again])), float(pieces.length[again].sum()))
