"""A filling (HATCH) whose rim is drawn as a line as well is seen once: its rim is no second line."""

from __future__ import annotations

import numpy as np

from .strokes import Points, Stroke

NEAR = 5e-4
"""How far a rim may lie from the line that draws it, as a share of its own size: both are flattened curves."""
MOST_LOOKED_AT = 48
"""Places along a rim that are held against the lines."""
MOST_PAIRS = 400_000_000
"""Fillings times pieces of lines."""


def without_drawn_rims(strokes: list[Stroke], filled: set[int]) -> list[int]:
    """The places of all strokes that stay: those of fillings only where no other stroke draws them."""
    everything = list(range(len(strokes)))
    lines = [_pieces(stroke) for place, stroke in enumerate(strokes) if place not in filled]
    if not filled or not lines:
        return everything
    begins, ends = (np.concatenate([pair[side] for pair in lines]) for side in (0, 1))
    if len(filled) * len(begins) > MOST_PAIRS:
        return everything
    return [place for place in everything if place not in filled or not _is_drawn(strokes[place], begins, ends)]


def _pieces(stroke: Stroke) -> tuple[Points, Points]:
    points = np.vstack((stroke.points, stroke.points[:1])) if stroke.closed else stroke.points
    return points[:-1], points[1:]


def _is_drawn(rim: Stroke, begins: Points, ends: Points) -> bool:
    """Whether the middles of the rim's pieces, and so its corners, lie on lines."""
    first, last = _pieces(rim)
    chosen = np.unique(np.linspace(0, len(first) - 1, MOST_LOOKED_AT).astype(np.int64))
    slack = NEAR * max(float(np.ptp(rim.points, axis=0).max()), 1e-9) + 1e-6
    low, high = rim.points.min(axis=0) - slack, rim.points.max(axis=0) + slack
    near = (np.minimum(begins, ends) <= high).all(axis=1) & (np.maximum(begins, ends) >= low).all(axis=1)
    begins, ends = begins[near], ends[near]
    if not len(begins):
        return False
    way = ends - begins
    square = np.maximum((way * way).sum(axis=1), 1e-30)
    for share in (0.5, 0.02):
        for point in first[chosen] + share * (last - first)[chosen]:
            gone = point - begins
            along = np.clip((gone * way).sum(axis=1) / square, 0.0, 1.0)
            if float(np.hypot(*(gone - along[:, None] * way).T).min()) > slack:
                return False
    return True
