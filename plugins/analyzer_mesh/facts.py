"""Measuring a mesh in numpy: size, area, volume, closedness, bodies.

Corners are joined only where their coordinates are bit-identical, as exporters write them. Sorting 64-bit keys
(a hash of the three coordinates with the row in the low bits) is several times faster than sorting rows.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from craftops.domain.files.designs import MeshFacts

from .bodies import Bodies, touching_bodies, weigh
from .weld import welded

CHUNK = 1 << 16


@dataclass(frozen=True, slots=True)
class MeasuredMesh:
    """The facts, and counts that only matter for findings."""

    facts: MeshFacts
    open_edges: int
    crowded_edges: int
    turned_faces: bool
    welded: bool = False
    """Whether corners that only rounding kept apart were joined."""
    bodies: Bodies = field(default_factory=lambda: Bodies(0.0))


def measure(triangles: NDArray[np.float32], owners: NDArray[np.int64] | None = None) -> MeasuredMesh:
    """Everything about finite ``triangles`` of shape (n, 3, 3), millimetres; n ≥ 1.

    ``owners``: to which of the file's own parts each belongs, where it has several: these may touch one another.
    """
    columns = axes(triangles)
    low = np.array([float(column.min()) for column in columns])
    high = np.array([float(column.max()) for column in columns])
    size = (high - low).tolist()
    area, volume, thin = _area_and_volume(columns, (low + high) / 2, max(size))
    corners = merge(columns)
    faces, edges, real, joined = _joined(triangles, corners, max(size))
    if edges.crowded and owners is not None:
        faces, edges, real, joined = _joined(triangles, _apart(corners, owners), max(size))
    labels, count, solid = _told_apart(faces, edges)
    bodies = Bodies(abs(volume), inverted=volume < 0)
    if solid and count > 1:
        bodies = weigh(triangles if real.all() else triangles[real], labels, count)
    facts = MeshFacts(
        triangles=len(triangles),
        bodies=count,
        size_mm=(size[0], size[1], size[2]),
        area_mm2=area,
        volume_mm3=bodies.volume if solid and bodies.volume > 0 else None,
        watertight=edges.closed,
        inverted=edges.closed and bodies.inverted,
        degenerate=int(len(real) - (real & ~thin).sum()),
    )
    return MeasuredMesh(facts, edges.open, edges.crowded, edges.turned, joined, bodies)


def _joined(
    triangles: NDArray[np.float32], faces: NDArray[np.int32], size: float
) -> tuple[NDArray[np.int32], _Edges, NDArray[np.bool_], bool]:
    """Faces with three different corners, their edges, which faces these are, and whether corners had to be welded."""
    real = _real(faces)
    edges = _edges(faces[real])
    if edges.open and (better := welded(triangles, faces, size)) is not None:
        also = _real(better)
        closer = _edges(better[also])
        if closer.open < edges.open and closer.crowded <= edges.crowded:
            return better[also], closer, also, True
    return faces[real], edges, real, False


def _told_apart(faces: NDArray[np.int32], edges: _Edges) -> tuple[NDArray[np.int64], int, bool]:
    """To which body each face belongs, how many there are, and whether they have an inside: closed, or touching."""
    if not edges.closed and not edges.open and len(faces) and (touching := touching_bodies(faces)) is not None:
        return *touching, True
    labels, count = _bodies(faces)
    return labels[faces[:, 0]], count, edges.closed


def _apart(corners: NDArray[np.int32], owners: NDArray[np.int64]) -> NDArray[np.int32]:
    """The corners with other numbers in every part of the file, so that parts which touch are not grown together."""
    keys = corners.astype(np.int64) * (int(owners.max()) + 1) + owners[:, None]
    found: NDArray[np.int32] = np.unique(keys, return_inverse=True)[1].reshape(-1, 3).astype(np.int32)
    return found


def _real(faces: NDArray[np.int32]) -> NDArray[np.bool_]:
    a, b, c = faces.T
    found: NDArray[np.bool_] = (a != b) & (b != c) & (c != a)
    return found


def _area_and_volume(
    columns: tuple[NDArray[np.float32], ...], centre: NDArray[np.float64], extent: float
) -> tuple[float, float, NDArray[np.bool_]]:
    """Area, signed volume (divergence theorem), and which triangles have no area; in chunks, float64 sums."""
    area = volume = 0.0
    count = len(columns[0]) // 3
    thin = np.empty(count, bool)
    limit = 1e-14 * extent * extent
    for begin in range(0, count, CHUNK):
        corners = [
            [(column[3 * begin + i : 3 * (begin + CHUNK) : 3] - middle) for i in range(3)]
            for column, middle in zip(columns, centre, strict=True)
        ]
        x, y, z = crossed(corners)
        twice = np.sqrt(x * x + y * y + z * z)
        thin[begin : begin + CHUNK] = twice <= limit
        area += float(twice.sum()) / 2
        volume += float((corners[0][0] * x + corners[1][0] * y + corners[2][0] * z).sum()) / 6
    return area, volume, thin


def crossed(corners: list[list[NDArray[np.float64]]]) -> tuple[NDArray[np.float64], ...]:
    """Normals, as long as twice the area, of triangles given as ``corners[axis][corner]``: x, y and z of each."""
    (ux, vx), (uy, vy), (uz, vz) = ((one[1] - one[0], one[2] - one[0]) for one in corners)
    return uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx


def axes(triangles: NDArray[np.float32]) -> tuple[NDArray[np.float32], ...]:
    """All x, all y, all z of the corners, each in one piece (several times faster to work on than rows of three)."""
    rows = triangles.reshape(-1, 3)
    return tuple(np.ascontiguousarray(rows[:, i]) for i in range(3))


def merge(columns: tuple[NDArray[np.float32], ...]) -> NDArray[np.int32]:
    """Faces as vertex numbers, shape (n, 3): equal coordinates, equal number (0.0 and -0.0 are equal).

    Numbers rise with the first use of a vertex, so that neighbours in the file stay neighbours in memory.
    """
    count = len(columns[0])
    bits = np.uint64(max(1, int(count - 1).bit_length()))
    low = (np.uint64(1) << bits) - np.uint64(1)
    key = _hashes(columns, low)
    key.sort()
    fresh = np.empty(count, bool)
    fresh[0] = True
    for begin in range(1, count, CHUNK):
        part = key[begin - 1 : begin + CHUNK] >> bits
        np.not_equal(part[1:], part[:-1], out=fresh[begin : begin + CHUNK])
    key &= low
    order = key.view(np.int64)
    first = np.empty(count, np.int32)  # the corner that had these coordinates first: sorted rows of one hash rise
    first[order] = np.repeat(order[fresh], np.diff(np.append(np.flatnonzero(fresh), count)))
    clash = np.zeros(count, bool)
    for column in columns:
        clash |= column.take(first) != column
    if clash.any():
        _part_clashes(columns, first, clash)
    opens = first == np.arange(count, dtype=np.int32)
    number = np.cumsum(opens, dtype=np.int32)
    number -= np.int32(1)
    return number.take(first).reshape(-1, 3)


def _part_clashes(columns: tuple[NDArray[np.float32], ...], first: NDArray[np.int32], clash: NDArray[np.bool_]) -> None:
    """Different corners with one hash (at five million triangles a few are to be expected): sort just these by rows."""
    shared = np.zeros(len(first), bool)
    shared[first[clash]] = True
    rows = np.flatnonzero(shared[first])
    whole = np.stack([column[rows] + np.float32(0) for column in columns], axis=1)
    _, index, inverse = np.unique(whole, axis=0, return_index=True, return_inverse=True)
    first[rows] = rows[index][inverse.reshape(-1)]


def _hashes(columns: tuple[NDArray[np.float32], ...], low: np.uint64) -> NDArray[np.uint64]:
    """Well-mixed bits of each corner (multiply and fold, after splitmix64), its row in the bits of ``low``."""
    count = len(columns[0])
    found = np.arange(count, dtype=np.uint64)
    for begin in range(0, count, CHUNK):  # small enough to stay in the processor's cache
        x, y, z = (
            (column[begin : begin + CHUNK] + np.float32(0)).view(np.uint32).astype(np.uint64) for column in columns
        )
        x <<= np.uint64(32)
        x |= y
        z *= np.uint64(0x9E3779B97F4A7C15)
        x ^= z
        x *= np.uint64(0xBF58476D1CE4E5B9)
        x ^= x >> np.uint64(31)
        x *= np.uint64(0x94D049BB133111EB)
        x ^= x >> np.uint64(29)
        x &= ~low
        found[begin : begin + CHUNK] |= x
    return found


def _edge_keys(faces: NDArray[np.int32]) -> NDArray[np.uint64]:
    """Every face's three edges, sorted: smaller corner, larger corner, and in the lowest bit the direction."""
    count = len(faces)
    columns = [np.ascontiguousarray(faces[:, i]) for i in range(3)]
    keys = np.empty(3 * count, np.uint64)
    for i, (one, other) in enumerate(((0, 1), (1, 2), (2, 0))):
        a, b = columns[one], columns[other]
        part = keys[i * count : (i + 1) * count]
        part[:] = np.minimum(a, b)
        part <<= np.uint64(31)
        part |= np.maximum(a, b).astype(np.uint64)
        part <<= np.uint64(1)
        part |= a < b
    keys.sort()
    return keys


@dataclass(frozen=True, slots=True)
class _Edges:
    open: int
    crowded: int
    turned: bool
    count: int

    @property
    def closed(self) -> bool:
        return not self.open and not self.crowded and not self.turned and self.count > 0


def _edges(faces: NDArray[np.int32]) -> _Edges:
    """The edges, and how many of them have not exactly two faces that run along them in opposite directions."""
    keys = _edge_keys(faces)
    edge = keys >> np.uint64(1)
    if len(edge) % 2 == 0 and len(edge):
        half = edge[0::2]
        if np.array_equal(half, edge[1::2]) and np.all(half[1:] != half[:-1]):
            turned = bool(np.any((keys[0::2] ^ keys[1::2]) & np.uint64(1) == 0))
            return _Edges(0, 0, turned, len(half))
    starts = np.flatnonzero(np.concatenate((np.ones(min(1, len(edge)), bool), edge[1:] != edge[:-1])))
    counts = np.diff(np.append(starts, len(edge)))
    pairs = starts[counts == 2]
    turned = bool(((keys[pairs] ^ keys[pairs + 1]) & np.uint64(1) == 0).any())
    return _Edges(int((counts == 1).sum()), int((counts > 2).sum()), turned, len(starts))


def _bodies(faces: NDArray[np.int32]) -> tuple[NDArray[np.int64], int]:
    """To which connected piece each vertex belongs, from 0 on, and how many pieces there are.

    Each vertex points to a smaller one of its face, and so in the end to the smallest of all. Where pieces meet that
    end in different vertices, the larger of these points to the smaller, until none meet.
    """
    if not len(faces):
        return np.empty(0, np.int64), 0
    columns = [np.ascontiguousarray(faces[:, i]) for i in range(3)]
    least = np.minimum(np.minimum(columns[0], columns[1]), columns[2])
    parent = np.arange(int(faces.max()) + 1, dtype=np.int32)
    for column in columns:
        parent[column] = np.minimum(parent[column], least)
    used = np.zeros(len(parent), bool)
    for column in columns:
        used[column] = True
    pairs = [(column, least) for column in columns]
    while True:
        while not np.array_equal(above := parent[parent], parent):
            parent = above
        ends = [(parent[one], parent[other]) for one, other in pairs]
        apart = [one != other for one, other in ends]
        pairs = [(one[here], other[here]) for (one, other), here in zip(ends, apart, strict=True) if here.any()]
        if not pairs:
            heads = used & (parent == np.arange(len(parent), dtype=np.int32))
            return (np.cumsum(heads) - 1)[parent], int(heads.sum())
        for one, other in pairs:
            high, deep = np.maximum(one, other), np.minimum(one, other)
            parent[high] = np.minimum(parent[high], deep)
