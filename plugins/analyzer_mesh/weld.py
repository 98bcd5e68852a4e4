"""Joining corners that only rounding keeps apart: one point, written twice with other last digits."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

NEAR = 1e-5
"""A share of the size: 1 µm on a part of 100 mm."""
MOST_CORNERS = 400_000
"""Corners on open edges; more are no rounding but a heap of triangles."""


def welded(triangles: NDArray[np.float32], faces: NDArray[np.int32], size: float) -> NDArray[np.int32] | None:
    """The faces with corners on open edges joined to their nearest fellows; None where nothing is to be joined.

    ``faces``: corners by number, shape (n, 3), one row for each of ``triangles``.
    """
    loose = _on_open_edges(faces)
    if not 2 <= len(loose) <= MOST_CORNERS:
        return None
    count = int(faces.max()) + 1
    first = np.zeros(count, np.int64)
    first[faces.reshape(-1)] = np.arange(faces.size)
    points = triangles.reshape(-1, 3)[first[loose]].astype(np.float64)
    pairs = cKDTree(points).query_pairs(NEAR * size, output_type="ndarray")
    if not len(pairs):
        return None
    links = coo_matrix((np.ones(len(pairs), np.int8), (pairs[:, 0], pairs[:, 1])), shape=(len(loose), len(loose)))
    _, group = connected_components(links, directed=False)
    leader = np.full(int(group.max()) + 1, count, np.int64)
    np.minimum.at(leader, group, loose)
    to = np.arange(count)
    to[loose] = leader[group]
    return to[faces].astype(np.int32)


def _on_open_edges(faces: NDArray[np.int32]) -> NDArray[np.int64]:
    """The corners of edges that one face alone has."""
    edges = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]]).astype(np.int64)
    key = np.minimum(edges[:, 0], edges[:, 1]) << 32 | np.maximum(edges[:, 0], edges[:, 1])
    _, index, counts = np.unique(key, return_index=True, return_counts=True)
    return np.unique(edges[index[counts == 1]])
