"""Mending meshes: another unit, closed holes and turned faces, the part put on the bed. Out comes binary STL."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import numpy as np
import trimesh
from numpy.typing import NDArray

from craftops.domain.files.designs import FileFormat
from craftops.domain.files.file_types import format_of
from craftops.domain.files.remedies import UNIT_WORDS, Ask, Remedy, unit_mm
from craftops.sdk.analyzer import CannotMend, Mended, NotReadable

from .facts import axes, measure, merge
from .reading import Triangles
from .stl import HEADER, RECORD, read_stl
from .work import READERS

LONGEST_LOOP = 2_000
"""Edges around a hole; a wider one is rather a missing part than a hole."""
SAME_SHARE = 1e-3
"""By how much a mended copy may differ from what was promised."""
Faces = NDArray[np.int64]


def mend_mesh(path: Path, name: str, ask: Ask, target: Path) -> Mended:
    """Write the mended copy. Raises CannotMend."""
    try:
        mesh = READERS[format_of(name) or FileFormat.STL](path)
    except NotReadable as error:
        raise CannotMend(error.sentence) from None
    triangles = mesh.triangles[np.isfinite(mesh.triangles).all(axis=(1, 2))]
    if not len(triangles):
        raise CannotMend("There is no surface in it that could be mended.")
    if mesh.negative is not None:
        raise CannotMend("Parts are cut out of it, which the copy could not hold.")
    grows = unit_mm(ask.option) / unit_mm(mesh.unit) if ask.remedy is Remedy.UNIT else 1.0
    if ask.remedy is Remedy.UNIT:
        mended, sentence = triangles * np.float32(grows), f"Read in {UNIT_WORDS[ask.option]}."
    elif ask.remedy is Remedy.CENTRE:
        mended, sentence = _on_the_bed(triangles), "Moved to the middle of the bed."
    elif ask.remedy is Remedy.REPAIR:
        mended, sentence = _repaired(triangles)
    else:
        raise CannotMend("We cannot do this to a model.")
    write_stl(mended, target)
    if not _kept_its_word(triangles, read_stl(target).triangles, grows):
        target.unlink(missing_ok=True)
        raise CannotMend("We could not do this by machine without changing its measures.")
    return Mended(f"{name.rsplit('.', 1)[0]}.stl", sentence)


def _kept_its_word(before: Triangles, after: Triangles, grows: float) -> bool:
    """Whether the copy, read back, has the size that was promised."""
    was, now = (np.ptp(one.reshape(-1, 3).astype(np.float64), axis=0) for one in (before, after))
    return bool(np.allclose(was * grows, now, rtol=SAME_SHARE, atol=SAME_SHARE * float(was.max()) * grows))


def write_stl(triangles: Triangles, target: Path) -> None:
    """Binary STL with the normals that the corners give."""
    a, b, c = (triangles[:, i].astype(np.float64) for i in range(3))
    normals = np.cross(b - a, c - a)
    lengths = np.linalg.norm(normals, axis=1, keepdims=True)
    records = np.zeros(len(triangles), RECORD)
    records["normal"] = np.divide(normals, lengths, out=np.zeros_like(normals), where=lengths > 0)
    records["corners"] = triangles
    with target.open("wb") as file:
        file.write(b"binary STL, millimetres".ljust(HEADER - 4, b" "))
        file.write(len(triangles).to_bytes(4, "little"))
        records.tofile(file)


def _on_the_bed(triangles: Triangles) -> Triangles:
    corners = triangles.reshape(-1, 3)
    low, high = corners.min(axis=0).astype(np.float64), corners.max(axis=0).astype(np.float64)
    away = np.array([(low[0] + high[0]) / 2, (low[1] + high[1]) / 2, low[2]])
    return (triangles - away).astype(np.float32)


def _repaired(triangles: Triangles) -> tuple[Triangles, str]:
    before = measure(triangles)
    if before.facts.watertight and not before.facts.inverted:
        raise CannotMend("There is nothing to close: its surface has no holes.")
    numbers = merge(axes(triangles)).astype(np.int64)
    corners = np.empty((int(numbers.max()) + 1, 3))
    corners[numbers.reshape(-1)] = triangles.reshape(-1, 3)
    mesh = trimesh.Trimesh(corners, numbers, process=False)
    mesh.update_faces(mesh.nondegenerate_faces(height=1e-8) & mesh.unique_faces())
    mesh.merge_vertices(digits_vertex=5)
    mesh.update_faces(mesh.nondegenerate_faces(height=1e-8) & mesh.unique_faces())
    trimesh.repair.fix_winding(mesh)
    closed = _filled(np.asarray(mesh.vertices, np.float64), np.asarray(mesh.faces, np.int64))
    whole = trimesh.Trimesh(*closed, process=False)
    trimesh.repair.fix_normals(whole, multibody=True)
    mended = np.asarray(whole.triangles, np.float32)
    after = measure(mended)
    if after.facts.watertight:
        return mended, "Closed: its surface has no holes any more."
    better = [
        f"{was:,} {what} before, {now:,} now"
        for what, was, now in (
            ("open edges", before.open_edges, after.open_edges),
            ("edges where too many faces meet", before.crowded_edges, after.crowded_edges),
        )
        if now < was
    ]
    if not better:
        raise CannotMend("We could not close it by machine. Please repair it where it was drawn.")
    return mended, f"Better, but not closed: {'; '.join(better)}."


def _filled(corners: NDArray[np.float64], faces: Faces) -> tuple[NDArray[np.float64], Faces]:
    """Each hole gets a point in its middle and a fan of faces around it."""
    points, fans = [corners], [faces]
    count = len(corners)
    for loop in _loops(faces):
        if len(loop) > LONGEST_LOOP:
            continue
        if len(loop) == 3:
            fans.append(np.array([loop[::-1]]))
            continue
        points.append(corners[loop].mean(axis=0, keepdims=True))
        following = np.roll(loop, -1)
        fans.append(np.stack([following, loop, np.full(len(loop), count)], axis=1))
        count += 1
    return np.concatenate(points), np.concatenate(fans)


def _loops(faces: Faces) -> list[Faces]:
    """The edges that one face alone has, chained to loops, in that face's direction."""
    edges = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    key = np.sort(edges, axis=1)
    _, first, counts = np.unique(key, axis=0, return_index=True, return_counts=True)
    following: dict[int, list[int]] = defaultdict(list)
    for a, b in edges[first[counts == 1]].tolist():
        following[a].append(b)
    loops = []
    while following:
        here = next(iter(following))
        walk: list[int] = []
        place: dict[int, int] = {}
        while here in following:
            place[here] = len(walk)
            walk.append(here)
            onward = following[here].pop()
            if not following[here]:
                del following[here]
            here = onward
            if here in place:  # back where it has been: a loop of its own, also where two holes share a corner
                loop = walk[place[here] :]
                del walk[place[here] :]
                for corner in loop:
                    del place[corner]
                if len(loop) >= 3:
                    loops.append(np.array(loop, np.int64))
    return loops
