"""From strokes to what a cutter does: contours, holes, duplicates, crossings, layers."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from craftops.domain.files.designs import DrawingFacts, LayerFacts

from .doubles import doubled
from .strokes import Drawing, Points, Stroke

JOIN_MM = 0.02
SAME_MM = 0.01
GAP_MM = 0.5
MOST_NESTED = 3_000
MOST_PAIRS = 8_000_000
MOST_LAYERS = 40
MOST_TWINS = 150_000
"""Pieces; beyond it a hole that was drawn twice counts twice."""
ENGRAVE = re.compile(r"engrav|etch|mark|score|scor|gravur|gravier|raster|ritz", re.IGNORECASE)
OTHER = re.compile(r"dim|bem|text|note|anno|defpoint|frame|border|title|hilf|guide|constr", re.IGNORECASE)
Numbers = NDArray[np.int64]
Segment = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class MeasuredDrawing:
    """The facts, and counts that only matter for findings."""

    facts: DrawingFacts
    gaps: int
    """Open ends that nearly meet another one."""
    doubled_mm: float = 0.0
    """Over which length lines lie on others."""


def measure(drawing: Drawing) -> MeasuredDrawing:
    """Everything about the strokes of a drawing; there is at least one."""
    strokes = [stroke for stroke in drawing.strokes if np.ptp(stroke.points, axis=0).any()] or drawing.strokes
    everything = np.concatenate([stroke.points for stroke in strokes])
    size = np.ptp(everything, axis=0)
    lengths = np.array([_length(stroke) for stroke in strokes])
    loops, open_chains, ends = _chains(strokes)
    segments = pieces(strokes)
    doubles = doubled(strokes)
    once = strokes
    if doubles.lines and len(segments) <= MOST_TWINS:
        once = [stroke for stroke, twin in zip(strokes, twins(strokes), strict=True) if not twin]
    depth = _depths(loops if len(once) == len(strokes) else _chains(once)[0])
    facts = DrawingFacts(
        size_mm=(float(size[0]), float(size[1])),
        unit=drawing.unit,
        cut_mm=float(lengths.sum()),
        closed=len(loops),
        open=open_chains,
        pierces=len(loops) + open_chains,
        holes=int((depth % 2 == 1).sum()),
        parts=int((depth % 2 == 0).sum()),
        duplicates=doubles.lines,
        crossings=_crossings(segments),
        texts=drawing.texts,
        images=drawing.images,
        layers=_layers(strokes, lengths),
    )
    return MeasuredDrawing(facts, _gaps(ends), doubles.length_mm)


def _length(stroke: Stroke) -> float:
    points = stroke.points
    total = float(np.hypot(*np.diff(points, axis=0).T).sum())
    return total + float(np.hypot(*(points[0] - points[-1]))) if stroke.closed else total


def is_loop(stroke: Stroke) -> bool:
    return stroke.closed or (
        len(stroke.points) > 3 and bool(np.hypot(*(stroke.points[0] - stroke.points[-1])) <= JOIN_MM)
    )


def _chains(strokes: list[Stroke]) -> tuple[list[Points], int, Points]:
    """Closed loops as polygons, how many chains stay open, and the loose ends of these."""
    loops = [stroke.points for stroke in strokes if is_loop(stroke)]
    rest = [stroke for stroke in strokes if not is_loop(stroke)]
    if not rest:
        return loops, 0, np.empty((0, 2))
    ends = np.array([point for stroke in rest for point in (stroke.points[0], stroke.points[-1])])
    pairs = cKDTree(ends).query_pairs(JOIN_MM, output_type="ndarray")
    count = len(ends)
    links = coo_matrix((np.ones(len(pairs), np.int8), (pairs[:, 0], pairs[:, 1])), shape=(count, count))
    _, node = connected_components(links, directed=False)
    first, last = node[0::2], node[1::2]
    nodes = int(node.max()) + 1
    degree = np.bincount(node, minlength=nodes)
    graph = coo_matrix((np.ones(len(first), np.int8), (first, last)), shape=(nodes, nodes))
    chains, chain_of = connected_components(graph, directed=False)
    ragged = np.zeros(chains, bool)
    ragged[chain_of[degree != 2]] = True
    members: dict[int, list[int]] = defaultdict(list)
    for index, one in enumerate(chain_of[first]):
        members[int(one)].append(index)
    loops += [_walk(rest, chosen, first, last) for one, chosen in members.items() if not ragged[one]]
    return loops, int(ragged.sum()), ends[degree[node] == 1]


def _walk(strokes: list[Stroke], chosen: list[int], first: Numbers, last: Numbers) -> Points:
    """The strokes of one closed chain in the order in which a cutter follows them."""
    at: dict[int, list[int]] = defaultdict(list)
    for index in chosen:
        at[int(first[index])].append(index)
        at[int(last[index])].append(index)
    index, here = chosen[0], int(first[chosen[0]])
    done: set[int] = set()
    pieces = []
    while index not in done:
        done.add(index)
        forward = int(first[index]) == here
        points = strokes[index].points
        pieces.append(points if forward else points[::-1])
        here = int(last[index]) if forward else int(first[index])
        index = next((one for one in at[here] if one not in done), index)
    return np.concatenate(pieces)


def _area(points: Points) -> float:
    x, y = points[:, 0], points[:, 1]
    return abs(float(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1)))) / 2


def _depths(loops: list[Points]) -> Numbers:
    """Inside how many others each loop lies. Beyond some thousand loops, by their boxes alone."""
    count = len(loops)
    depth = np.zeros(count, np.int64)
    if count < 2:
        return depth
    area = np.array([_area(loop) for loop in loops])
    order = np.argsort(-area, kind="stable")
    left, bottom = np.array([loops[one].min(axis=0) for one in order]).T.copy()
    right, top = np.array([loops[one].max(axis=0) for one in order]).T.copy()
    sizes = area[order]
    for place, index in enumerate(order.tolist()):
        larger = int(np.searchsorted(-sizes, -sizes[place] * (1 + 1e-9), side="left"))
        around = (left[:larger] <= left[place]) & (right[:larger] >= right[place])
        around &= (bottom[:larger] <= bottom[place]) & (top[:larger] >= top[place])
        outer = order[np.flatnonzero(around)]
        if count > MOST_NESTED:
            depth[index] = len(outer)
        else:
            point = (loops[index][0] + loops[index][1]) / 2
            depth[index] = sum(inside(point, loops[one]) for one in outer)
    return depth


def inside(point: Points, polygon: Points) -> bool:
    """Whether a ray to the right leaves an odd number of times (Shimrat 1962)."""
    x, y = polygon[:, 0], polygon[:, 1]
    nx, ny = np.roll(x, -1), np.roll(y, -1)
    across = (y > point[1]) != (ny > point[1])
    where = x[across] + (point[1] - y[across]) * (nx[across] - x[across]) / (ny[across] - y[across])
    return bool(np.count_nonzero(where > point[0]) % 2)


def pieces(strokes: list[Stroke]) -> Points:
    """All straight pieces, shape (n, 4): x, y, x, y."""
    parts = []
    for stroke in strokes:
        points = np.vstack((stroke.points, stroke.points[:1])) if stroke.closed else stroke.points
        parts.append(np.hstack((points[:-1], points[1:])))
    found = np.concatenate(parts)
    return found[np.hypot(found[:, 0] - found[:, 2], found[:, 1] - found[:, 3]) > SAME_MM / 10]


def keys_of(stroke: Stroke) -> Iterator[Segment]:
    """The straight pieces of a stroke on a grid, each the same in both directions."""
    for x1, y1, x2, y2 in np.round(np.clip(pieces([stroke]), -1e12, 1e12) / SAME_MM).astype(np.int64).tolist():
        yield (x1, y1, x2, y2) if (x1, y1) <= (x2, y2) else (x2, y2, x1, y1)


def twins(strokes: list[Stroke]) -> Iterator[bool]:
    """For each stroke whether all of it lies on strokes before it, piece upon piece."""
    seen: set[Segment] = set()
    for stroke in strokes:
        own = set(keys_of(stroke))
        yield bool(own) and own <= seen
        seen |= own


def _crossings(segments: Points) -> int | None:
    """Pairs of pieces that cut through each other; None where there are too many to look at."""
    if not len(segments):
        return 0
    left = np.minimum(segments[:, 0], segments[:, 2])
    order = np.argsort(left, kind="stable")
    seg, left = segments[order], left[order]
    right = np.maximum(seg[:, 0], seg[:, 2])
    until = np.searchsorted(left, right, side="right")
    if int((until - np.arange(len(seg)) - 1).sum()) > MOST_PAIRS:
        return None
    counts = until - np.arange(len(seg)) - 1
    found = 0
    for begin in range(0, len(seg), 2000):
        part = counts[begin : begin + 2000]
        one = np.repeat(np.arange(begin, begin + len(part)), part)
        other = one + 1 + np.arange(len(one)) - np.repeat(np.cumsum(part) - part, part)
        found += _cut(seg[one], seg[other])
    return found


def _cut(p: Points, q: Points) -> int:
    def side(line: Points, x: Points, y: Points) -> Points:
        return (line[:, 2] - line[:, 0]) * (y - line[:, 1]) - (line[:, 3] - line[:, 1]) * (x - line[:, 0])

    a, b = side(p, q[:, 0], q[:, 1]), side(p, q[:, 2], q[:, 3])
    c, d = side(q, p[:, 0], p[:, 1]), side(q, p[:, 2], p[:, 3])
    scale = np.maximum(np.abs(p).max(axis=1), np.abs(q).max(axis=1)) * JOIN_MM + 1e-12
    real = (np.minimum(np.abs(a), np.abs(b)) > scale) & (np.minimum(np.abs(c), np.abs(d)) > scale)
    return int(np.count_nonzero(real & (a * b < 0) & (c * d < 0)))


def _gaps(ends: Points) -> int:
    """Loose ends that miss another loose end by less than half a millimetre."""
    if len(ends) < 2:
        return 0
    return len(cKDTree(ends).query_pairs(GAP_MM))


def _layers(strokes: list[Stroke], lengths: Points) -> tuple[LayerFacts, ...]:
    count: dict[tuple[str, str], int] = defaultdict(int)
    total: dict[tuple[str, str], float] = defaultdict(float)
    for stroke, length in zip(strokes, lengths, strict=True):
        count[(stroke.layer, stroke.colour)] += 1
        total[(stroke.layer, stroke.colour)] += float(length)
    keys = sorted(count, key=lambda key: -total[key])[:MOST_LAYERS]
    return tuple(
        LayerFacts(name, colour, count[k], total[k], role_of(name, colour)) for k in keys for name, colour in [k]
    )


def role_of(name: str, colour: str) -> str:
    """cut, engrave or other, by the layer's name; a plain blue is the usual colour of engraving."""
    if ENGRAVE.search(name) or colour == "#0000ff":
        return "engrave"
    return "other" if OTHER.search(name) else "cut"
