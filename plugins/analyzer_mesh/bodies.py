"""Several bodies in one closed surface: which of them are holes, which are turned inside out, which share room.

A body within another one is a hollow where it is turned the other way, and the same stuff a second time where it is
not. One that lies in no other is stuff, whichever way it is turned: mirrored copies come inside out.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from .columns import shared

MOST_COMPARED = 1_500
"""Bodies; more are taken as they come."""
MOST_TRIANGLES = 1_000_000
"""In bodies that may share room."""
MOST_WALLS = 20_000_000
"""Triangles that are looked at to tell which body lies in which; beyond it each is taken by itself."""
SHARES = 2e-3
"""Less than this share of the volume is not spoken of."""
SPECK = 0.02
Floats = NDArray[np.float64]
Labels = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Bodies:
    """``volume`` of all, what they share counted once, in cubes of the triangles' unit."""

    volume: float
    turned: int = 0
    """Bodies that are inside out while others are not."""
    inverted: bool = False
    """Whether every body is inside out."""
    twice: float = 0.0
    """Volume that lies in more than one body."""
    specks: bool = False
    """Whether even the largest is tiny beside the space between them."""


@dataclass(frozen=True, slots=True)
class _Each:
    volume: Floats
    low: Floats
    high: Floats
    members: list[Labels]
    """The triangles of each body, by their numbers."""


def weigh(triangles: NDArray[np.float32], labels: Labels, count: int) -> Bodies:
    """The bodies of a closed surface; ``labels``: to which one each triangle belongs, from 0 on."""
    each = _each(triangles, labels, count)
    size = float((each.high.max(axis=0) - each.low.min(axis=0)).max())
    specks = count > 1 and float((each.high - each.low).max()) < SPECK * size
    signs = np.sign(each.volume)
    pairs = _touching(each, size) if 1 < count <= MOST_COMPARED else {}
    if count > MOST_COMPARED:
        total = float(each.volume.sum())
        return Bodies(abs(total), inverted=total < 0, specks=specks)
    if sum(len(each.members[other]) for others in pairs.values() for other in others) > MOST_WALLS:
        pairs = {}
    if not pairs:
        found = Bodies(float(np.abs(each.volume).sum()), specks=specks)
        return _told(found, signs)
    return replace(_nested(triangles, labels, each, pairs), specks=specks)


def touching_bodies(faces: NDArray[np.int32]) -> tuple[Labels, int] | None:
    """To which body each face belongs where bodies touch along edges, and how many there are; None where faces leave an
    edge unevenly, so that nothing is closed.

    Along such an edge the first face that runs one way belongs to the first that runs the other way: programs write one
    body after the other.
    """
    number = np.arange(len(faces))
    one, other = np.concatenate([faces[:, [a, b]] for a, b in ((0, 1), (1, 2), (2, 0))]).T.astype(np.int64)
    owner = np.tile(number, 3)
    edge = np.minimum(one, other) * (int(faces.max()) + 1) + np.maximum(one, other)
    there = one < other
    ways = []
    for way in (there, ~there):
        order = np.lexsort((owner[way], edge[way]))
        ways.append((edge[way][order], owner[way][order]))
    (along, first), (back, second) = ways
    if len(along) != len(back) or (along != back).any():
        return None
    links = coo_matrix((np.ones(len(first), np.int8), (first, second)), shape=(len(faces), len(faces)))
    count, labels = connected_components(links, directed=False)
    return labels.astype(np.int64), int(count)


def _told(found: Bodies, signs: Floats) -> Bodies:
    wrong = int((signs < 0).sum())
    return replace(found, inverted=wrong == len(signs), turned=wrong if wrong < len(signs) else 0)


def _nested(triangles: NDArray[np.float32], labels: Labels, each: _Each, pairs: dict[int, list[int]]) -> Bodies:
    order = np.argsort(-np.abs(each.volume), kind="stable")
    signs = np.ones(len(order))
    outermost = []
    for body in order.tolist():
        around = [one for one in pairs.get(body, []) if _within(triangles, each, body, one)]
        if not around:
            outermost.append(body)
            continue
        nearest = min(around, key=lambda one: abs(each.volume[one]))
        if each.volume[body] * each.volume[nearest] < 0:
            signs[body] = -signs[nearest]
    found = _told(Bodies(0.0), np.sign(each.volume)[outermost])
    exact = float((signs * np.abs(each.volume)).sum())
    close = np.isin(labels, [body for body in range(len(order)) if pairs.get(body)])
    if int(close.sum()) > MOST_TRIANGLES:
        return replace(found, volume=abs(exact))
    part = triangles[close].copy()
    back = (signs * each.volume < 0)[labels[close]]
    part[back] = part[back][:, ::-1]
    twice = shared(part).twice
    twice = twice if twice > SHARES * abs(exact) else 0.0
    return replace(found, volume=abs(exact) - twice, twice=twice)


def _each(triangles: NDArray[np.float32], labels: Labels, count: int) -> _Each:
    middle = triangles.reshape(-1, 3).mean(axis=0, dtype=np.float64)
    a, b, c = (triangles[:, i].astype(np.float64) - middle for i in range(3))
    volume = np.bincount(labels, np.einsum("ij,ij->i", a, np.cross(b, c)) / 6, count).astype(np.float64)
    order = np.argsort(labels, kind="stable")
    starts = np.searchsorted(labels[order], np.arange(count))
    low = np.minimum.reduceat(triangles.min(axis=1)[order], starts, axis=0).astype(np.float64)
    high = np.maximum.reduceat(triangles.max(axis=1)[order], starts, axis=0).astype(np.float64)
    return _Each(volume, low, high, np.split(order, starts[1:]))


def _touching(each: _Each, size: float) -> dict[int, list[int]]:
    """For each body those whose boxes share room with its box."""
    found: dict[int, list[int]] = {}
    slack = 1e-6 * size
    for body in range(len(each.volume)):
        meet = (each.low < each.high[body] - slack).all(axis=1) & (each.high > each.low[body] + slack).all(axis=1)
        meet[body] = False
        if meet.any():
            found[body] = np.flatnonzero(meet).tolist()
    return found


def _within(triangles: NDArray[np.float32], each: _Each, body: int, other: int) -> bool:
    """Whether a corner of one body lies inside the other one: a line upwards leaves it an odd number of times."""
    slack = 1e-9 * (np.abs(each.high[other]).max() + 1.0)
    if (each.low[body] < each.low[other] - slack).any() or (each.high[body] > each.high[other] + slack).any():
        return False
    point = triangles[each.members[body][0]].astype(np.float64).mean(axis=0)
    walls = triangles[each.members[other]].astype(np.float64)
    x, y, z = (walls[:, :, i] for i in range(3))
    nudge = 1e-7 * float((each.high[other] - each.low[other]).max())
    px, py = point[0] + 0.71 * nudge, point[1] + 0.53 * nudge
    turns = [
        (x[:, j] - x[:, i]) * (py - y[:, i]) - (y[:, j] - y[:, i]) * (px - x[:, i]) for i, j in ((0, 1), (1, 2), (2, 0))
    ]
    over = ((turns[0] > 0) & (turns[1] > 0) & (turns[2] > 0)) | ((turns[0] < 0) & (turns[1] < 0) & (turns[2] < 0))
    area = turns[0] + turns[1] + turns[2]
    safe = np.where(over, area, 1.0)
    height = (turns[1] * z[:, 0] + turns[2] * z[:, 1] + turns[0] * z[:, 2]) / safe
    return bool(np.count_nonzero(over & (height > point[2])) % 2)
