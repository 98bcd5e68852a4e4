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

SIDE = 512
OVER = 2
FILL = 0.9
FACES_AT_ONCE = 100_000
SPAN_PIXELS_AT_ONCE = 6_000_000
MOST_PIXELS = 100_000_000
"""Pixels of all faces together, hidden ones as well, that one picture may cost."""
EYE = np.array([0.56, -0.86, 0.58])
KEY_LIGHT = np.array([-0.35, 0.62, 0.70])
BASE = np.array([0.815, 0.805, 0.785])
HOLLOW = 41
"""Side of the square, in pixels of the large drawing, that a point is compared with for its shadow."""
RIM, OUTLINE = 3, 0.6
"""Width, in pixels of the large drawing, and brightness of the line around what is seen: 4.2 : 1 on white, 3.8 : 1 on
the ground of a dark page."""
FEW_PIXELS = 400
"""Of the large drawing; a part that covers fewer would hardly be seen."""
DOT, MOST_DOTS = 6, 4_000
NOTHING = np.uint64(0xFFFFFFFFFFFFFFFF)
Floats = NDArray[np.float64]


def draw(triangles: NDArray[np.float32], *, cull: bool) -> bytes:
    """A PNG of 512 × 512, transparent ground. ``cull``: leave faces out that look away (closed shapes only)."""
    side = SIDE * OVER
    seen = _project(triangles, side)
    faces = np.flatnonzero(_towards(seen)) if cull else np.arange(len(triangles))
    coarse = _coarseness(seen, faces)
    drawn = _project(triangles, side // coarse) if coarse > 1 else seen
    buffer = np.full((side // coarse) ** 2, NOTHING, np.uint64)
    for begin in range(0, len(faces), FACES_AT_ONCE):
        _fill(drawn, faces[begin : begin + FACES_AT_ONCE], buffer, side // coarse)
    nearest = buffer.reshape(side // coarse, side // coarse)
    if np.count_nonzero(nearest != NOTHING) < FEW_PIXELS:
        _dot(drawn, nearest)
    if coarse > 1:
        nearest = nearest.repeat(coarse, axis=0).repeat(coarse, axis=1)
    return _encode(*_shade(nearest, seen))


def _dot(seen: _Seen, nearest: NDArray[np.uint64]) -> None:
    """A square where each face is: what is smaller than a pixel is to be seen all the same."""
    side = len(nearest)
    for face in np.linspace(0, len(seen.x) - 1, min(len(seen.x), MOST_DOTS)).astype(np.int64):
        row, column = (int(np.clip(v[face].mean(), DOT, side - DOT - 1)) for v in (seen.y, seen.x))
        depth = np.uint64(np.clip(seen.z[face].mean(), 0.0, 1.0) * 4294967294.0)
        square = nearest[row - DOT : row + DOT + 1, column - DOT : column + DOT + 1]
        np.minimum(square, (depth << np.uint64(32)) | np.uint64(face), out=square)


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


def _towards(seen: _Seen) -> NDArray[np.bool_]:
    """Which faces look towards the eye."""
    x, y = seen.x, -seen.y
    found: NDArray[np.bool_] = (x[:, 1] - x[:, 0]) * (y[:, 2] - y[:, 0]) > (y[:, 1] - y[:, 0]) * (x[:, 2] - x[:, 0])
    return found


def _normals(seen: _Seen, faces: NDArray[np.int64]) -> Floats:
    """Unit normals of some faces as the eye sees them: x right, y up, z towards the eye; shape (n, 3)."""
    x, y, z = seen.x[faces], -seen.y[faces], -seen.z[faces] * seen.deep
    ux, uy, uz = (v[:, 1] - v[:, 0] for v in (x, y, z))
    vx, vy, vz = (v[:, 2] - v[:, 0] for v in (x, y, z))
    normals = np.stack([uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx], axis=1)
    lengths = np.sqrt(np.einsum("ij,ij->i", normals, normals))[:, None]
    unit: Floats = np.divide(normals, lengths, out=np.zeros_like(normals), where=lengths > 0)
    unit[unit[:, 2] < 0] *= -1  # an open shape shows its inside: it is lit as if it were the outside
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
    left, right = span_ends(x[owner], y[owner], row + 0.5)
    begin = np.clip(np.ceil(left - 0.5), 0, side).astype(np.int64)
    end = np.clip(np.floor(right - 0.5), -1, side - 1).astype(np.int64)
    width = np.maximum(0, end - begin + 1)
    slope = slopes(x, y, z)
    for part in _parts(width):
        _spans(part, owner, row, begin, width, x, y, z, slope, faces, buffer, side)


def span_ends(x: Floats, y: Floats, line: Floats) -> tuple[Floats, Floats]:
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


def slopes(x: Floats, y: Floats, z: Floats) -> tuple[Floats, Floats]:
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


def _shade(buffer: NDArray[np.uint64], seen: _Seen) -> tuple[Floats, NDArray[np.bool_]]:
    """Brightness of every pixel (0 to 1.04), and whether there is anything. The base colour comes later."""
    hit = buffer != NOTHING
    shade = np.zeros(buffer.shape)
    box = _box(hit)
    buffer, inside = buffer[box], hit[box]
    face = buffer.astype(np.uint32).astype(np.int64)  # the lower half
    there = np.zeros(len(seen.x), bool)
    there[face[inside]] = True
    shown = np.flatnonzero(there)  # light and normals are the faces', so they are reckoned for each face once
    place = np.zeros(len(there), np.int32)
    place[shown] = np.arange(len(shown), dtype=np.int32)
    own = place[np.where(inside, face, shown[0])]
    normals = _normals(seen, shown)
    key_light = KEY_LIGHT / np.linalg.norm(KEY_LIGHT)
    light = 0.34 + 0.5 * np.clip(normals @ key_light, 0, 1) + 0.2 * np.clip(normals[:, 2], 0, 1)
    depth = np.where(inside, (buffer >> np.uint64(32)).astype(np.float64) / 4294967294.0, 0.0)
    shade[box] = np.where(inside, light[own] * _occlusion(depth, inside) * _creases(own, normals, inside), 0.0)
    shade[box][_rim(inside)] = OUTLINE
    return shade, hit


def _box(hit: NDArray[np.bool_]) -> tuple[slice, slice]:
    """Where the shape is; there is one, since a shape without any extent was refused."""
    rows, columns = np.flatnonzero(hit.any(axis=1)), np.flatnonzero(hit.any(axis=0))
    if not len(rows):
        return slice(0, 1), slice(0, 1)
    return slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)


def _occlusion(depth: Floats, hit: NDArray[np.bool_]) -> Floats:
    """Darker where the surroundings are nearer than the point: hollows and feet of walls."""
    mean, weight = _summed(depth), _summed(hit.astype(np.float64))
    around = np.divide(mean, weight, out=depth.copy(), where=weight > 0.05 * HOLLOW**2)
    shadow: Floats = 1.0 - np.clip((depth - around) * 2.4, 0.0, 0.32)
    return shadow


def _summed(values: Floats) -> Floats:
    """The sum of a square of HOLLOW × HOLLOW around each value; nothing lies outside."""
    reach = HOLLOW // 2
    for _axis in range(2):
        padded = np.zeros((values.shape[0] + HOLLOW, values.shape[1]))
        np.cumsum(values, axis=0, out=padded[reach + 1 : reach + 1 + len(values)])
        padded[reach + 1 + len(values) :] = padded[reach + len(values)]
        values = np.ascontiguousarray((padded[HOLLOW:] - padded[:-HOLLOW]).T)
    return values


def _creases(own: NDArray[np.int32], normals: Floats, hit: NDArray[np.bool_]) -> Floats:
    """A fine dark line where the surface bends sharply, as a drawing has it."""
    bend = np.zeros(hit.shape)
    for here, next_to in (np.s_[:-1, :], np.s_[1:, :]), (np.s_[:, :-1], np.s_[:, 1:]):
        both = np.nonzero(hit[here] & hit[next_to] & (own[here] != own[next_to]))
        step = normals[own[next_to][both]] - normals[own[here][both]]
        bend[here][both] = np.maximum(bend[here][both], np.sqrt(np.einsum("ij,ij->i", step, step)))
    line: Floats = 1.0 - 0.3 * np.clip((bend - 0.45) / 0.5, 0.0, 1.0)
    return line


def _rim(hit: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The outermost pixels of what is seen: a line in a tone that stands out from a light and from a dark page."""
    deep = np.pad(hit, RIM)
    for _axis in range(2):
        deep = np.logical_and.reduce([deep[shift : len(deep) - 2 * RIM + shift] for shift in range(2 * RIM + 1)]).T
    return hit & ~deep


def _encode(shade: Floats, hit: NDArray[np.bool_]) -> bytes:
    """Averages the pixels that are covered, gives them the base colour, and packs them."""
    light = sum(shade[i::OVER, j::OVER] for i in range(OVER) for j in range(OVER))
    covered = sum(hit[i::OVER, j::OVER].astype(np.float64) for i in range(OVER) for j in range(OVER))
    grey = np.divide(light, covered, out=np.zeros((SIDE, SIDE)), where=np.asarray(covered) > 0)
    pixels = np.empty((SIDE, SIDE, 4), np.uint8)
    for channel, base in enumerate(BASE):
        pixels[..., channel] = grey * (base * 255) + 0.5
    pixels[..., 3] = covered / OVER**2 * 255 + 0.5
    out = io.BytesIO()
    Image.fromarray(pixels, "RGBA").save(out, "PNG", compress_level=6)
    return out.getvalue()
