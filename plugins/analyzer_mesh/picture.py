"""Drawing a mesh without any graphics library: an orthographic span rasteriser in numpy.

Each triangle becomes rows, each row a span of pixels, by two ``np.repeat``; the nearest face of a pixel wins by
``np.minimum.at`` on (depth << 32 | face). Drawn at twice the size and averaged, for smooth edges.
"""

from __future__ import annotations

import io
import itertools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.ndimage import uniform_filter

SIDE = 512
OVER = 2
FILL = 0.86
FACES_AT_ONCE = 100_000
SPAN_PIXELS_AT_ONCE = 6_000_000
MOST_PIXELS = 100_000_000
"""Pixels of all faces together, hidden ones as well, that one picture may cost."""
EYE = np.array([0.56, -0.86, 0.58])
KEY_LIGHT = np.array([-0.35, 0.62, 0.70])
BASE = np.array([0.815, 0.805, 0.785])
NOTHING = np.uint64(0xFFFFFFFFFFFFFFFF)
Floats = NDArray[np.float64]


def draw(triangles: NDArray[np.float32], *, cull: bool) -> bytes:
    """A PNG of 512 × 512, transparent ground. ``cull``: leave faces out that look away (closed shapes only)."""
    side = SIDE * OVER
    seen = _project(triangles, side)
    normals = _normals(seen)
    front = normals[:, 2] > 0 if cull else np.ones(len(triangles), bool)
    faces = np.flatnonzero(front)
    coarse = _coarseness(seen, faces)
    if coarse > 1:
        seen = _project(triangles, side // coarse)
    buffer = np.full((side // coarse) ** 2, NOTHING, np.uint64)
    for begin in range(0, len(faces), FACES_AT_ONCE):
        _fill(seen, faces[begin : begin + FACES_AT_ONCE], buffer, side // coarse)
    buffer = buffer.reshape(side // coarse, -1).repeat(coarse, axis=0).repeat(coarse, axis=1).reshape(-1)
    return _encode(_shade(buffer, normals, side))


@dataclass(frozen=True, slots=True)
class _Seen:
    """Corners as the eye sees them: pixels right, pixels down, depth (0 near, 1 far); each of shape (n, 3)."""

    x: Floats
    y: Floats
    z: Floats
    deep: float
    """How many pixels long the depth from 0 to 1 is."""


def _project(triangles: NDArray[np.float32], side: int) -> _Seen:
    eye = EYE / np.linalg.norm(EYE)
    right = np.cross([0.0, 0.0, 1.0], eye)
    right /= np.linalg.norm(right)
    up = np.cross(eye, right)
    a, b, c = (np.ascontiguousarray(triangles[:, :, i], dtype=np.float64) for i in range(3))
    x, y, z = (a * axis[0] + b * axis[1] + c * axis[2] for axis in (right, up, eye))
    (x0, x1), (y0, y1), (z0, z1) = ((float(v.min()), float(v.max())) for v in (x, y, z))
    scale = side * FILL / max(x1 - x0, y1 - y0, 1e-12)
    x -= (x0 + x1) / 2
    x *= scale
    x += side / 2
    y -= (y0 + y1) / 2
    y *= -scale
    y += side / 2
    depth = max(z1 - z0, 1e-12)
    z -= z1
    z /= -depth
    return _Seen(x, y, z, depth * scale)


def _coarseness(seen: _Seen, faces: NDArray[np.int64]) -> int:
    """How many pixels are drawn as one: more than 1 where thousands of large faces lie behind each other."""
    x, y = seen.x[faces], seen.y[faces]
    x1, y1, x2, y2 = x[:, 1] - x[:, 0], y[:, 1] - y[:, 0], x[:, 2] - x[:, 0], y[:, 2] - y[:, 0]
    pixels = float(np.abs(x1 * y2 - x2 * y1).sum()) / 2
    return next((many for many in (1, 2, 4) if pixels / many**2 <= MOST_PIXELS), 8)


def _normals(seen: _Seen) -> Floats:
    """Unit normals as the eye sees them: x right, y up, z towards the eye; shape (n, 3)."""
    ux, uy, uz = (v[:, 1] - v[:, 0] for v in (seen.x, -seen.y, -seen.z * seen.deep))
    vx, vy, vz = (v[:, 2] - v[:, 0] for v in (seen.x, -seen.y, -seen.z * seen.deep))
    normals = np.stack([uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx], axis=1)
    lengths = np.sqrt(np.einsum("ij,ij->i", normals, normals))[:, None]
    unit: Floats = np.divide(normals, lengths, out=np.zeros_like(normals), where=lengths > 0)
    return unit


def _fill(seen: _Seen, faces: NDArray[np.int64], buffer: NDArray[np.uint64], side: int) -> None:
    x, y, z = seen.x[faces], seen.y[faces], seen.z[faces]
    first = np.clip(np.ceil(y.min(axis=1) - 0.5), 0, side).astype(np.int64)
    last = np.clip(np.floor(y.max(axis=1) - 0.5), -1, side - 1).astype(np.int64)
    rows = np.maximum(0, last - first + 1)
    owner = np.repeat(np.arange(len(faces)), rows)
    if not len(owner):
        return
    row = np.arange(len(owner)) - np.repeat(np.cumsum(rows) - rows, rows) + first[owner]
    left, right = _span_ends(x[owner], y[owner], row + 0.5)
    begin = np.clip(np.ceil(left - 0.5), 0, side).astype(np.int64)
    end = np.clip(np.floor(right - 0.5), -1, side - 1).astype(np.int64)
    width = np.maximum(0, end - begin + 1)
    slope = _slopes(x, y, z)
    for part in _parts(width):
        _spans(part, owner, row, begin, width, x, y, z, slope, faces, buffer, side)


def _span_ends(x: Floats, y: Floats, line: Floats) -> tuple[Floats, Floats]:
    left = np.full(len(line), np.inf)
    right = np.full(len(line), -np.inf)
    for i, j in ((0, 1), (1, 2), (2, 0)):
        crosses = (y[:, i] <= line) != (y[:, j] <= line)
        run = np.where(crosses, y[:, j] - y[:, i], 1.0)
        at = x[:, i] + (line - y[:, i]) * (x[:, j] - x[:, i]) / run
        left = np.where(crosses, np.minimum(left, at), left)
        right = np.where(crosses, np.maximum(right, at), right)
    none = ~np.isfinite(left)
    left[none], right[none] = 0.0, -1.0
    return left, right


def _slopes(x: Floats, y: Floats, z: Floats) -> tuple[Floats, Floats]:
    """How depth changes by pixel, right and down."""
    x1, y1, z1 = x[:, 1] - x[:, 0], y[:, 1] - y[:, 0], z[:, 1] - z[:, 0]
    x2, y2, z2 = x[:, 2] - x[:, 0], y[:, 2] - y[:, 0], z[:, 2] - z[:, 0]
    area = x1 * y2 - x2 * y1
    good = np.abs(area) > 1e-9
    safe = np.where(good, area, 1.0)
    return np.where(good, (z1 * y2 - z2 * y1) / safe, 0.0), np.where(good, (x1 * z2 - x2 * z1) / safe, 0.0)


def _parts(width: NDArray[np.int64]) -> list[slice]:
    """Slices of spans with a bounded number of pixels each."""
    total = np.cumsum(width)
    cuts = np.searchsorted(total, np.arange(SPAN_PIXELS_AT_ONCE, int(total[-1]) + 1, SPAN_PIXELS_AT_ONCE))
    edges = [0, *(int(cut) + 1 for cut in cuts), len(width)]
    return [slice(a, b) for a, b in itertools.pairwise(edges) if b > a]


def _spans(
    part: slice, owner: NDArray[np.int64], row: NDArray[np.int64], begin: NDArray[np.int64], width: NDArray[np.int64],
    x: Floats, y: Floats, z: Floats, slope: tuple[Floats, Floats], faces: NDArray[np.int64],
    buffer: NDArray[np.uint64], side: int,
) -> None:  # fmt: skip
    wide = width[part]
    span = np.repeat(np.arange(len(wide)), wide)
    if not len(span):
        return
    column = np.arange(len(span)) - np.repeat(np.cumsum(wide) - wide, wide) + begin[part][span]
    own = owner[part]
    start = z[own, 0] + slope[0][own] * (0.5 - x[own, 0]) + slope[1][own] * (row[part] + 0.5 - y[own, 0])
    depth = np.clip(start[span] + slope[0][own][span] * column, 0.0, 1.0)
    key = ((depth * 4294967294.0).astype(np.uint64) << np.uint64(32)) | faces[own][span].astype(np.uint64)
    np.minimum.at(buffer, row[part][span] * side + column, key)


def _shade(buffer: NDArray[np.uint64], normals: Floats, side: int) -> Floats:
    """Colour and cover of every pixel, shape (side, side, 4), 0 to 1."""
    hit = buffer != NOTHING
    face = (buffer & np.uint64(0xFFFFFFFF)).astype(np.int64)
    normal = np.zeros((side * side, 3))
    normal[hit] = normals[face[hit]]
    normal[normal[:, 2] < 0] *= -1
    key_light = KEY_LIGHT / np.linalg.norm(KEY_LIGHT)
    light = 0.34 + 0.5 * np.clip(normal @ key_light, 0, 1) + 0.2 * np.clip(normal[:, 2], 0, 1)
    depth = np.where(hit, (buffer >> np.uint64(32)).astype(np.float64) / 4294967294.0, 1.0).reshape(side, side)
    shade = light.reshape(side, side) * _occlusion(depth, hit.reshape(side, side))
    shade *= _creases(normal.reshape(side, side, 3), hit.reshape(side, side))
    image = np.empty((side, side, 4))
    image[..., :3] = np.clip(shade[..., None] * BASE, 0, 1)
    image[..., 3] = hit.reshape(side, side)
    return image


def _occlusion(depth: Floats, hit: NDArray[np.bool_]) -> Floats:
    """Darker where the surroundings are nearer than the point: hollows and feet of walls."""
    mean = uniform_filter(np.where(hit, depth, 0.0), 41)
    weight = uniform_filter(hit.astype(np.float64), 41)
    around = np.divide(mean, weight, out=depth.copy(), where=weight > 0.05)
    shadow: Floats = 1.0 - np.clip((depth - around) * 2.4, 0.0, 0.32)
    return shadow


def _creases(normal: Floats, hit: NDArray[np.bool_]) -> Floats:
    """A fine dark line where the surface bends sharply, as a drawing has it."""
    bend = np.zeros(hit.shape)
    for axis in (0, 1):
        step = np.diff(normal, axis=axis, append=np.take(normal, [-1], axis=axis))
        both = hit & np.roll(hit, -1, axis=axis)
        bend = np.maximum(bend, np.where(both, np.linalg.norm(step, axis=2), 0.0))
    line: Floats = 1.0 - 0.3 * np.clip((bend - 0.45) / 0.5, 0.0, 1.0)
    return line


def _encode(image: Floats) -> bytes:
    cover = image[..., 3:]
    colour = (image[..., :3] * cover).reshape(SIDE, OVER, SIDE, OVER, 3).sum(axis=(1, 3))
    covered = cover.reshape(SIDE, OVER, SIDE, OVER, 1).sum(axis=(1, 3))
    colour = np.divide(colour, covered, out=np.zeros_like(colour), where=covered > 0)
    pixels = np.concatenate([colour, covered / OVER**2], axis=2)
    out = io.BytesIO()
    Image.fromarray((pixels * 255 + 0.5).astype(np.uint8), "RGBA").save(out, "PNG", compress_level=6)
    return out.getvalue()
