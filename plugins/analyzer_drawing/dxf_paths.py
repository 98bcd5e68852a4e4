"""The outlines of DXF elements, as ezdxf's paths of lines and Bézier curves."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator
from typing import Any

import numpy as np
from ezdxf import path as dxf_path

LARGEST = 1e12
"""Drawing units; what reaches beyond has no real place."""
FLATNESS_OF_ONE = 4e-3
"""How far a straight piece may leave its curve, as a share of the curve's own size: a small circle stays round."""
SPLINE_FITTED, FRAME_POINT = 4, 16
"""Flags of a POLYLINE and of its VERTEX (DXF reference, group 70)."""


def flat_for(path: Any, flat: float) -> float:
    """The flatness for one path: a share of its own size where this is small; coarser where it is far larger than its
    drawing, as its pieces are counted by it. Where it lies does not matter.
    """
    corners = np.array([(point.x, point.y, point.z) for point in path.control_vertices()], np.float64).reshape(-1, 3)
    if not np.abs(corners).max(initial=0.0) < LARGEST:
        raise ValueError("it has no place")
    own = float(np.ptp(corners, axis=0).max()) if len(corners) else 0.0
    return max(min(flat, own * FLATNESS_OF_ONE), own * 1e-6, 1e-12)


def paths_of(entity: Any) -> Iterator[Any]:
    """Every outline of an element, in its own coordinates. Raises what ezdxf raises for what it cannot draw."""
    kind = entity.dxftype()
    if kind in ("HATCH", "MPOLYGON"):
        yield from itertools.chain.from_iterable(one.sub_paths() for one in dxf_path.from_hatch(entity))
    elif kind == "MESH":
        yield from _rim(entity)
    elif kind == "POLYLINE" and (entity.is_poly_face_mesh or entity.is_polygon_mesh):
        for face in entity.virtual_entities():
            yield from dxf_path.make_path(face).sub_paths()
    elif kind == "POLYLINE" and entity.dxf.flags & SPLINE_FITTED:
        yield from dxf_path.make_path(_without_frame(entity)).sub_paths()
    elif kind == "MLINE":
        for part in entity.virtual_entities():
            yield from paths_of(part)
    else:
        yield from dxf_path.make_path(entity).sub_paths()


def _rim(mesh: Any) -> Iterator[Any]:
    """The edges that one face of a mesh alone has, each as a path."""
    edges: Counter[tuple[int, int]] = Counter()
    for face in mesh.faces:
        edges.update((min(a, b), max(a, b)) for a, b in zip(face, (*face[1:], face[0]), strict=True))
    for (a, b), times in edges.items():
        if times == 1:
            yield dxf_path.from_vertices([mesh.vertices[a], mesh.vertices[b]])


def _without_frame(entity: Any) -> Any:
    """A copy of a polyline that a curve was fitted to, without the corners that only steer the curve."""
    copy = entity.copy()
    copy.vertices[:] = [one for one in copy.vertices if not one.dxf.flags & FRAME_POINT]
    return copy
