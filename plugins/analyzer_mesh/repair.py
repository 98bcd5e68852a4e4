"""Repairing a surface: holes closed, faces turned the same way. Loaded when it is needed: trimesh takes its time."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
import trimesh
from numpy.typing import NDArray

from craftops.sdk.analyzer import CannotMend

from .facts import axes, measure, merge
from .reading import Triangles

LONGEST_LOOP = 2_000
"""Edges around a hole; a wider one is rather a missing part than a hole."""
Faces = NDArray[np.int64]


def repaired(triangles: Triangles) -> tuple[Triangles, str]:
    """The surface repaired, and in words what became of it. Raises CannotMend where it is no better."""
    before = measure(triangles)
    if before.facts.watertight and not before.facts.inverted and not before.bodies.turned:
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
