"""The GLB: read back by the letter of glTF 2.0; the part in it is the part that was measured."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from craftops_plugins.analyzer_mesh.analyzer import MeshAnalyzer
from craftops_plugins.analyzer_mesh.glb import FEW, LARGEST, MANY, to_glb
from craftops_plugins.analyzer_mesh.thinning import thin
from hypothesis import given
from hypothesis import strategies as st

from craftops.testing.workshop import cube_stl

DTYPES = {5123: "<u2", 5125: "<u4", 5126: "<f4"}
WIDTH = {"SCALAR": 1, "VEC3": 3}


def opened(glb: bytes) -> tuple[dict[str, Any], np.ndarray, np.ndarray]:
    """The document, positions (n, 3) in metres and faces (m, 3); what the specification asks is asserted."""
    magic, version, length = struct.unpack_from("<III", glb)
    assert (magic, version, length) == (0x46546C67, 2, len(glb))
    chunks, at = [], 12
    while at < len(glb):
        size, kind = struct.unpack_from("<II", glb, at)
        assert size % 4 == 0
        chunks.append((kind, glb[at + 8 : at + 8 + size]))
        at += 8 + size
    assert at == len(glb)
    assert [kind for kind, _ in chunks] == [0x4E4F534A, 0x004E4942]
    document, binary = json.loads(chunks[0][1]), chunks[1][1]
    assert document["asset"]["version"] == "2.0"
    (buffer,) = document["buffers"]
    assert "uri" not in buffer
    assert 0 <= len(binary) - buffer["byteLength"] < 4
    arrays = [_accessor(document, binary, index) for index in range(len(document["accessors"]))]
    primitive = document["meshes"][document["nodes"][document["scenes"][document["scene"]]["nodes"][0]]["mesh"]][
        "primitives"
    ][0]
    positions, indices = arrays[primitive["attributes"]["POSITION"]], arrays[primitive["indices"]]
    accessor = document["accessors"][primitive["attributes"]["POSITION"]]
    assert accessor["min"] == positions.min(axis=0).tolist()
    assert accessor["max"] == positions.max(axis=0).tolist()
    assert np.isfinite(positions).all()
    assert primitive.get("mode", 4) == 4
    assert indices.max() < len(positions)
    assert indices.max() < np.iinfo(indices.dtype).max, "the largest value restarts the primitive"
    assert document["materials"][primitive["material"]]["pbrMetallicRoughness"]["metallicFactor"] == 0
    return document, positions, indices.reshape(-1, 3)


def _accessor(document: dict[str, Any], binary: bytes, index: int) -> np.ndarray:
    accessor = document["accessors"][index]
    view = document["bufferViews"][accessor["bufferView"]]
    kind, width = np.dtype(DTYPES[accessor["componentType"]]), WIDTH[accessor["type"]]
    assert (view["byteOffset"] + accessor.get("byteOffset", 0)) % kind.itemsize == 0
    assert view["byteOffset"] + view["byteLength"] <= document["buffers"][view["buffer"]]["byteLength"]
    assert accessor["count"] * width * kind.itemsize <= view["byteLength"]
    values = np.frombuffer(binary, kind, accessor["count"] * width, view["byteOffset"])
    return values.reshape(-1, 3) if width == 3 else values


def glb_of(triangles: np.ndarray, **more: Any) -> bytes:
    made = to_glb(np.asarray(triangles, np.float32), **more)
    assert made is not None
    return made[0]


def box(a: float, b: float, c: float, at: tuple[float, float, float] = (0, 0, 0)) -> np.ndarray:
    records = np.frombuffer(cube_stl(1.0), np.dtype([("n", "<f4", 3), ("t", "<f4", (3, 3)), ("a", "<u2")]), 12, 84)
    return (records["t"] * np.array([a, b, c], np.float32) + np.array(at, np.float32)).astype(np.float32)


def surface(rows: int, columns: int, radius: float = 50.0) -> np.ndarray:
    """A closed sphere with bumps, about 2 × rows × columns triangles."""
    v, u = np.meshgrid(
        np.linspace(0, np.pi, rows + 1), np.linspace(0, 2 * np.pi, columns, endpoint=False), indexing="ij"
    )
    r = radius * (1 + 0.06 * np.sin(7 * u) * np.sin(5 * v))
    points = np.stack([r * np.sin(v) * np.cos(u), r * np.sin(v) * np.sin(u), r * np.cos(v)], axis=2).astype("<f4")
    a, b = points[:-1], points[1:]
    c, d = np.roll(b, -1, axis=1), np.roll(a, -1, axis=1)
    return np.concatenate([np.stack([a, b, c], axis=2), np.stack([a, c, d], axis=2)]).reshape(-1, 3, 3)


def plate(wide: float, deep: float, thick: float, cells: int) -> np.ndarray:
    """A plate whose two faces are cut into ``2 × cells²`` triangles each."""
    x, y = np.meshgrid(np.linspace(0, wide, cells + 1), np.linspace(0, deep, cells + 1), indexing="ij")
    low = np.stack([x, y, np.zeros_like(x)], axis=2).astype("<f4")
    high = low + np.array([0, 0, thick], np.float32)
    sides = [np.stack(one, axis=2).reshape(-1, 3, 3) for p in (low, high) for one in (
        (p[:-1, :-1], p[1:, :-1], p[1:, 1:]), (p[:-1, :-1], p[1:, 1:], p[:-1, 1:]))]  # fmt: skip
    return np.concatenate(sides)


sizes = st.floats(0.015625, 3000.0, width=32)


@given(sizes, sizes, sizes, st.tuples(*[st.integers(-1000, 1000)] * 3))
def test_a_box_comes_back_in_metres_with_y_upwards(a: float, b: float, c: float, at: tuple[int, int, int]) -> None:
    triangles = box(a, b, c, at)
    x, y, z = np.ptp(triangles.reshape(-1, 3).astype(np.float64), axis=0) / 1000
    document, positions, faces = opened(glb_of(triangles))
    assert np.ptp(positions, axis=0) == pytest.approx([x, z, y], rel=1e-5, abs=1e-9)
    assert positions[:, 1].min() == 0
    assert (positions.max(axis=0) + positions.min(axis=0))[[0, 2]] == pytest.approx([0, 0], abs=1e-6)
    assert document["accessors"][0]["count"] == len(positions)
    assert len(faces) <= 12


def test_a_cube_has_eight_corners_and_its_faces_look_outwards() -> None:
    document, positions, faces = opened(glb_of(box(20, 30, 40)))
    assert (len(positions), len(faces)) == (8, 12)
    assert document["accessors"][1]["componentType"] == 5123
    corners = positions[faces].astype(np.float64)
    volume = np.einsum("ij,ij->i", corners[:, 0], np.cross(corners[:, 1], corners[:, 2])).sum() / 6
    assert volume == pytest.approx(0.02 * 0.03 * 0.04, rel=1e-5)
    inside_out = opened(glb_of(box(20, 30, 40)[:, ::-1], inverted=True))[1:]
    corners = inside_out[0][inside_out[1]].astype(np.float64)
    assert np.einsum("ij,ij->i", corners[:, 0], np.cross(corners[:, 1], corners[:, 2])).sum() > 0


def test_the_analyzer_makes_one_that_agrees_with_its_facts(tmp_path: Path) -> None:
    path = tmp_path / "x.stl"
    path.write_bytes(cube_stl(25.4))
    analysis = MeshAnalyzer().analyse(path, "x.stl")
    assert analysis.mesh is not None
    assert analysis.model is not None
    x, y, z = analysis.mesh.size_mm
    assert np.ptp(opened(analysis.model)[1], axis=0) == pytest.approx([x / 1000, z / 1000, y / 1000], rel=1e-6)
    assert analysis.extra["model_triangles"] == 12


def test_none_is_made_where_none_is_wanted(tmp_path: Path) -> None:
    path = tmp_path / "x.stl"
    path.write_bytes(cube_stl())
    analyzer = MeshAnalyzer()
    analyzer.with_model = False
    analysis = analyzer.analyse(path, "x.stl")
    assert analysis.picture is not None
    assert analysis.model is None


def test_a_large_part_is_thinned_out_and_keeps_its_shape() -> None:
    triangles = surface(300, 600)
    assert len(triangles) > MANY
    glb = glb_of(triangles)
    assert len(glb) < LARGEST
    _document, positions, faces = opened(glb)
    assert FEW / 2 < len(faces) <= FEW
    x, y, z = np.ptp(triangles.reshape(-1, 3), axis=0) / 1000
    assert np.ptp(positions, axis=0) == pytest.approx([x, z, y], rel=0.01)
    away = np.linalg.norm(thin(triangles, FEW).points, axis=1)
    assert 0.995 * 47 < away.min() < away.max() < 1.005 * 53


@pytest.mark.parametrize("thick", [40.0, 1.0, 0.05])
def test_thin_walls_stay_as_thick_as_they_are(thick: float) -> None:
    simple = thin(plate(300, 200, thick, 220), 20_000)
    assert 0 < len(simple.faces) <= 20_000
    assert np.ptp(simple.points, axis=0) == pytest.approx([300, 200, thick], rel=0.01)
    assert set(np.round(simple.points[:, 2], 4)) == {0.0, round(thick, 4)}


def test_edges_stay_sharp() -> None:
    """A ridge between two cells of the grid is where the planes meet, not where the corners' mean would be."""
    x, y = np.meshgrid(np.linspace(0, 100, 301), np.linspace(0, 60, 201), indexing="ij")
    p = np.stack([x, y, 30 - np.abs(x - 41.7)], axis=2).astype("<f4")
    p[..., 0][np.abs(p[..., 0] - 41.7) < 0.2] = 41.7
    p[..., 2] = 30 - np.abs(p[..., 0] - 41.7)
    roof = np.concatenate([
        np.stack((p[:-1, :-1], p[1:, :-1], p[1:, 1:]), axis=2).reshape(-1, 3, 3),
        np.stack((p[:-1, :-1], p[1:, 1:], p[:-1, 1:]), axis=2).reshape(-1, 3, 3),
    ])  # fmt: skip
    simple = thin(roof, 8_000)
    near = simple.points[np.abs(simple.points[:, 0] - 41.7) < 3]
    assert len(near) > 50
    assert np.abs(near[:, 2] - (30 - np.abs(near[:, 0] - 41.7))).max() < 0.1  # means of corners: 0.38


def test_what_would_fall_apart_is_not_shown_as_something_else() -> None:
    """Dust of 40,000 grains over half a metre: at a hundred thousand triangles nothing of it would be left."""
    rng = np.random.default_rng(3)
    places = rng.uniform(0, 500, (40_000, 1, 1, 3)).astype(np.float32)
    dust = (places + box(0.05, 0.05, 0.05)[None]).reshape(-1, 3, 3)
    assert to_glb(dust) is None


def test_a_soup_of_triangles_stays_small() -> None:
    rng = np.random.default_rng(5)
    soup = (rng.uniform(0, 100, (MANY, 1, 3)) + rng.normal(0, 4, (MANY, 3, 3))).astype(np.float32)
    made = to_glb(soup)
    assert made is None or len(made[0]) <= LARGEST
