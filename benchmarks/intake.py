"""A million triangles: facts and picture against trimesh, which only loads, sums and checks."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import trimesh
from craftops_plugins.analyzer_mesh.facts import measure
from craftops_plugins.analyzer_mesh.picture import draw
from craftops_plugins.analyzer_mesh.stl import read_stl
from numpy.typing import NDArray

from benchmarks.common import Result, median

MILLION = (500, 1000)


def corners(rows: int, columns: int) -> NDArray[np.float32]:
    """A displaced sphere, closed, corners bit-identical: 2 × rows × columns triangles, 2 × columns of them flat."""
    v, u = np.meshgrid(
        np.linspace(0, np.pi, rows + 1), np.linspace(0, 2 * np.pi, columns, endpoint=False), indexing="ij"
    )
    r = 50 * (1 + 0.06 * np.sin(7 * u) * np.sin(5 * v))
    round_about = np.sin(v)
    round_about[[0, -1]] = 0.0  # a pole is one point
    points = np.stack([r * round_about * np.cos(u), r * round_about * np.sin(u), r * np.cos(v)], axis=2).astype("<f4")
    a, b = points[:-1], points[1:]
    c, d = np.roll(b, -1, axis=1), np.roll(a, -1, axis=1)
    return np.concatenate([np.stack([a, b, c], axis=2), np.stack([a, c, d], axis=2)]).reshape(-1, 3, 3)


def write_stl(path: Path, triangles: NDArray[np.float32]) -> Path:
    records = np.zeros(len(triangles), np.dtype([("n", "<f4", 3), ("t", "<f4", (3, 3)), ("a", "<u2")]))
    records["t"] = triangles
    path.write_bytes(bytes(80) + struct.pack("<I", len(records)) + records.tobytes())
    return path


def run(folder: Path) -> Iterator[Result]:
    path = write_stl(folder / "million.stl", corners(*MILLION))

    def theirs() -> object:
        mesh = trimesh.load(path)
        return mesh.volume, mesh.is_watertight

    def facts() -> object:
        return measure(read_stl(path).triangles)

    def both() -> object:
        triangles = read_stl(path).triangles
        return measure(triangles), draw(triangles, cull=True)

    baseline = median(theirs, 2)
    name = "trimesh load+volume+watertight"
    yield Result("1 M triangles: facts", median(facts, 3), name, baseline, 0.2)
    yield Result("1 M triangles: facts and picture", median(both, 3), name, baseline, 0.5)
