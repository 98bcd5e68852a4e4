"""The part as a GLB that a browser turns: glTF 2.0 (Khronos, 2021), one mesh, one material, written by hand.

glTF counts in metres with y upwards; files of parts count in millimetres with z upwards. There are no normals in it:
a viewer then has to shade flat (glTF 2.0, 3.7.2.1), which is what a printed part looks like.
"""

from __future__ import annotations

import json
import struct

import numpy as np
from numpy.typing import NDArray

from .facts import axes, merge
from .thinning import thin

MANY = 150_000
"""Triangles; more are thinned out."""
FEW = 100_000
"""At most so many triangles are left then."""
LARGEST = 4_000_000
"""Bytes of a GLB; a larger one is thinned out as well."""
LEAST_AREA = 0.5
"""Where thinning out loses more of the surface (lattices, dust), the rest would be another part."""
GREY = (0.22, 0.22, 0.21, 1.0)
"""Linear light, not sRGB: the grey of the pictures, which stands out from white and from nearly black."""
MAGIC, JSON_CHUNK, BINARY_CHUNK = 0x46546C67, 0x4E4F534A, 0x004E4942
FLOAT, UINT16, UINT32 = 5126, 5123, 5125
Points = NDArray[np.float64]
Faces = NDArray[np.int64]


def to_glb(triangles: NDArray[np.float32], *, inverted: bool = False) -> tuple[bytes, int] | None:
    """The GLB of finite ``triangles``, shape (n, 3, 3), millimetres, and how many triangles it has.

    The part stands in the middle of the floor. None where a simpler shape would not be this part any more.
    """
    points, faces = _joined(triangles) if len(triangles) <= MANY else _thinned(triangles)
    if 12 * (len(points) + len(faces)) > LARGEST:
        points, faces = _thinned(triangles)
    if not len(faces):
        return None
    if inverted:
        faces = faces[:, ::-1]
    return _container(_placed(points), faces), len(faces)


def _joined(triangles: NDArray[np.float32]) -> tuple[Points, Faces]:
    numbers = merge(axes(triangles)).reshape(-1)
    points = np.empty((int(numbers.max()) + 1, 3))
    points[numbers] = triangles.reshape(-1, 3)
    faces = numbers.reshape(-1, 3).astype(np.int64)
    a, b, c = faces.T
    return points, faces[(a != b) & (b != c) & (c != a)]


def _thinned(triangles: NDArray[np.float32]) -> tuple[Points, Faces]:
    simple = thin(triangles, FEW)
    before, after = _area(triangles), _area(simple.points[simple.faces])
    if after < LEAST_AREA * before:
        return np.empty((0, 3)), np.empty((0, 3), np.int64)
    return simple.points, simple.faces


def _area(triangles: NDArray[np.float32] | Points) -> float:
    total = 0.0
    for begin in range(0, len(triangles), FEW):
        part = triangles[begin : begin + FEW].astype(np.float64)
        total += float(np.linalg.norm(np.cross(part[:, 1] - part[:, 0], part[:, 2] - part[:, 0]), axis=1).sum()) / 2
    return total


def _placed(points: Points) -> NDArray[np.float32]:
    """Metres, y upwards, in the middle of the floor: near zero, where float32 is finest."""
    low, high = points.min(axis=0), points.max(axis=0)
    x, y, z = (points - [(low[0] + high[0]) / 2, (low[1] + high[1]) / 2, low[2]]).T / 1000
    return np.stack([x, z, -y], axis=1).astype("<f4")


def _container(points: NDArray[np.float32], faces: Faces) -> bytes:
    """Header, JSON chunk, binary chunk; each padded to four bytes, as 4.4 of the specification asks."""
    small = len(points) <= 0xFFFF  # 65535 itself is no index, it would end the primitive
    indices = faces.astype("<u2" if small else "<u4").tobytes()
    corners = points.tobytes()
    body = corners + indices
    document = {
        "asset": {"version": "2.0", "generator": "CraftOps"},
        "scene": 0,
        "scenes": [{"nodes": [0]}],
        "nodes": [{"mesh": 0}],
        "meshes": [{"primitives": [{"attributes": {"POSITION": 0}, "indices": 1, "material": 0}]}],
        "materials": [
            {
                "pbrMetallicRoughness": {"baseColorFactor": GREY, "metallicFactor": 0.0, "roughnessFactor": 0.62},
                "doubleSided": True,  # a shape that is not closed has insides to look at
            }
        ],
        "buffers": [{"byteLength": len(body)}],
        "bufferViews": [
            {"buffer": 0, "byteOffset": 0, "byteLength": len(corners), "target": 34962},
            {"buffer": 0, "byteOffset": len(corners), "byteLength": len(indices), "target": 34963},
        ],
        "accessors": [
            {
                "bufferView": 0, "componentType": FLOAT, "count": len(points), "type": "VEC3",
                "min": [float(value) for value in points.min(axis=0)],
                "max": [float(value) for value in points.max(axis=0)],
            },
            {"bufferView": 1, "componentType": UINT16 if small else UINT32, "count": faces.size, "type": "SCALAR"},
        ],
    }  # fmt: skip
    text = json.dumps(document, separators=(",", ":")).encode()
    chunks = _chunk(JSON_CHUNK, text, b" ") + _chunk(BINARY_CHUNK, body, b"\0")
    return struct.pack("<III", MAGIC, 2, 12 + len(chunks)) + chunks


def _chunk(kind: int, data: bytes, padding: bytes) -> bytes:
    data += padding * (-len(data) % 4)
    return struct.pack("<II", len(data), kind) + data
