"""Faces with more than three corners as triangles: convex ones as fans, others by cutting off ears (Meisters 1975)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

LARGEST_TO_CUT = 2_000
"""Corners; a larger polygon that is not convex stays a fan, since each ear looks at all corners."""
Floats = NDArray[np.float64]
Triple = tuple[int, int, int]


def split(corners: list[int], points: Floats) -> list[Triple]:
    """The polygon as triangles of its own corners, which run the same way around."""
    fan = [(corners[0], corners[i], corners[i + 1]) for i in range(1, len(corners) - 1)]
    if len(corners) < 4 or len(corners) > LARGEST_TO_CUT:
        return fan
    if not all(0 <= one < len(points) for one in corners):
        return fan
    own = points[corners]
    if not np.isfinite(own).all():
        return fan
    normal = np.cross(own - own[0], np.roll(own, -1, axis=0) - own[0]).sum(axis=0)  # Newell's
    length = float(np.linalg.norm(normal))
    if not length:
        return fan
    flat = _flat(own, normal / length)
    step = np.roll(flat, -1, axis=0) - flat
    before = np.roll(step, 1, axis=0)
    turns = before[:, 0] * step[:, 1] - before[:, 1] * step[:, 0]
    if (turns >= -1e-12 * length).all() and not _fan_turns_back(flat):
        return fan
    return [(corners[a], corners[b], corners[c]) for a, b, c in _ears(flat.tolist())]


def _flat(points: Floats, normal: Floats) -> Floats:
    """The points as seen against the normal: counter-clockwise."""
    aside = np.eye(3)[int(np.argmin(np.abs(normal)))]
    right = np.cross(aside, normal)
    right /= np.linalg.norm(right)
    return np.column_stack((points @ right, points @ np.cross(normal, right)))


def _fan_turns_back(flat: Floats) -> bool:
    """Whether some triangle of the fan is turned over, as with a star that winds around twice."""
    ways = flat[1:] - flat[0]
    return bool((ways[:-1, 0] * ways[1:, 1] - ways[:-1, 1] * ways[1:, 0] < -1e-12 * np.abs(ways).max() ** 2).any())


def _ears(flat: list[list[float]]) -> list[Triple]:
    left = list(range(len(flat)))
    found: list[Triple] = []
    while len(left) > 3:
        for i in range(len(left)):
            a, b, c = left[i - 1], left[i], left[(i + 1) % len(left)]
            if _turn(flat, a, b, c) > 0 and not any(_in(flat, a, b, c, one) for one in left if one not in (a, b, c)):
                found.append((a, b, c))
                del left[i]
                break
        else:  # nothing is an ear: corners lie on one line, or the rim crosses itself
            worst = min(
                range(len(left)), key=lambda i: abs(_turn(flat, left[i - 1], left[i], left[(i + 1) % len(left)]))
            )
            found.append((left[worst - 1], left[worst], left[(worst + 1) % len(left)]))
            del left[worst]
    found.append((left[0], left[1], left[2]))
    return found


def _turn(flat: list[list[float]], a: int, b: int, c: int) -> float:
    (ax, ay), (bx, by), (cx, cy) = flat[a], flat[b], flat[c]
    return (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)


def _in(flat: list[list[float]], a: int, b: int, c: int, point: int) -> bool:
    """Whether a corner lies in the triangle or on its rim; a corner at the same place as one of its own does not."""
    if flat[point] in (flat[a], flat[b], flat[c]):
        return False
    return _turn(flat, a, b, point) >= 0 and _turn(flat, b, c, point) >= 0 and _turn(flat, c, a, point) >= 0
