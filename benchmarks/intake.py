"""A million triangles: facts and picture against trimesh, which only loads, sums and checks."""

from __future__ import annotations

import struct
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from craftops_plugins.analyzer_mesh.facts import axes, merge
from craftops_plugins.analyzer_mesh.model_xml import CORE
from craftops_plugins.analyzer_mesh.package import MODEL_TYPE
from numpy.typing import NDArray

from benchmarks.common import Result
from benchmarks.fresh import cost

MILLION = (500, 1000)
FIVE_MILLION = (1250, 2000)


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


def _joined(triangles: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
    """Points and faces, as programs write them to OBJ and 3MF; without the flat faces at the poles."""
    faces = merge(axes(triangles))
    points = np.empty((int(faces.max()) + 1, 3), np.float32)
    points[faces.reshape(-1)] = triangles.reshape(-1, 3)
    a, b, c = faces.T
    return points, faces[(a != b) & (b != c) & (c != a)]


def write_obj(path: Path, points: NDArray[np.float32], faces: NDArray[np.int32]) -> Path:
    lines = [f"v {x:.6f} {y:.6f} {z:.6f}" for x, y, z in points.tolist()]
    lines += [f"f {a} {b} {c}" for a, b, c in (faces + 1).tolist()]
    path.write_text("\n".join([*lines, ""]))
    return path


def write_3mf(path: Path, points: NDArray[np.float32], faces: NDArray[np.int32]) -> Path:
    corners = [f'<vertex x="{x:.6f}" y="{y:.6f}" z="{z:.6f}"/>' for x, y, z in points.tolist()]
    triangles = [f'<triangle v1="{a}" v2="{b}" v3="{c}"/>' for a, b, c in faces.tolist()]
    model = (
        f'<?xml version="1.0" encoding="UTF-8"?><model unit="millimeter" xmlns="{CORE}"><resources>'
        f'<object id="1" type="model"><mesh><vertices>{"".join(corners)}</vertices><triangles>{"".join(triangles)}'
        '</triangles></mesh></object></resources><build><item objectid="1"/></build></model>'
    )
    relations = (
        '<?xml version="1.0" encoding="UTF-8"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/'
        f'relationships"><Relationship Id="r" Type="{MODEL_TYPE}" Target="/3D/3dmodel.model"/></Relationships>'
    )
    types = (
        '<?xml version="1.0" encoding="UTF-8"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/'
        'content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships'
        '+xml"/><Default Extension="model" ContentType="application/vnd.ms-package.3dmanufacturing-3dmodel+xml"/>'
        "</Types>"
    )
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr("[Content_Types].xml", types)
        archive.writestr("_rels/.rels", relations)
        archive.writestr("3D/3dmodel.model", model)
    return path


def run(folder: Path) -> Iterator[Result]:
    """Facts, picture and loading, each in a fresh process with the environment that the sandbox gives."""
    name = "trimesh load+volume+watertight"
    million = corners(*MILLION)
    path = write_stl(folder / "million.stl", million)
    theirs = cost("theirs", path, 2).ms
    yield Result("1 M triangles: facts", cost("facts", path, 3).ms, name, theirs, 0.2)
    yield Result("1 M triangles: facts and picture", cost("drawn", path, 3).ms, name, theirs, 0.5)
    yield Result("1 M triangles: the whole verdict and its picture", cost("whole", path, 3).ms, name, theirs, 0.5)
    yield Result("1 M triangles: the same with a model to turn", cost("modelled", path, 3).ms, name, theirs, 1.0)
    points, faces = _joined(million)
    path = write_obj(folder / "million.obj", points, faces)
    yield Result("1 M triangles: OBJ, load", cost("obj", path, 3).ms, "trimesh", cost("theirs_loaded", path, 2).ms, 0.4)
    path = write_3mf(folder / "million.3mf", points, faces)
    yield Result("1 M triangles: 3MF, load", cost("3mf", path, 3).ms, "trimesh", cost("theirs_loaded", path, 1).ms, 0.4)
    del million, points, faces
    path = write_stl(folder / "five.stl", corners(*FIVE_MILLION))
    much, ours = cost("theirs", path), cost("facts", path, 3)
    yield Result("5 M triangles: facts", ours.ms, name, much.ms, 0.2)
    yield Result("5 M triangles: facts, memory", ours.peak_mb, name, much.peak_mb, 0.45, "MB")
    path.unlink()
