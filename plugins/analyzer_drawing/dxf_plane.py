"""Drawings that do not lie on the floor: a sketch on the front plane of a CAD program stands upright in its DXF."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from craftops.domain.files.designs import Finding, Severity

from .strokes import Points, Stroke

LEVEL = 1e-4
"""A share of the drawing's size; heights that differ by less are the same one."""
FIX = "Draw it on the floor (the XY plane), and please compare the picture."


def laid_flat(strokes: list[Stroke], heights: list[Points]) -> tuple[list[Stroke], Finding | None]:
    """The strokes as one sees them from square above their plane, and what is to be said of it.

    ``heights``: the z of each point of each stroke, in the strokes' own unit.
    """
    sloping = [float(np.ptp(high)) for high in heights]
    if not strokes or not max(sloping, default=0.0):
        return strokes, None
    points = np.vstack([np.column_stack((one.points, high)) for one, high in zip(strokes, heights, strict=True)])
    extent = float(np.ptp(points, axis=0).max())
    if max(sloping) <= LEVEL * extent:
        return strokes, None
    middle = points.mean(axis=0)
    normal = np.linalg.eigh(np.cov((points - middle).T))[1][:, 0]
    if np.abs((points - middle) @ normal).max() > 10 * LEVEL * extent:
        sentence = "Some of its lines rise: it does not lie flat, and was measured as seen from above."
        return strokes, Finding("not_flat", Severity.WARNING, sentence, FIX)
    right, up = _axes(normal)
    begin, laid = 0, []
    for stroke in strokes:
        own = points[begin : begin + len(stroke.points)]
        begin += len(stroke.points)
        laid.append(replace(stroke, points=np.column_stack((own @ right, own @ up))))
    sentence = "It does not lie flat but stands upright; we laid it down to measure it."
    return laid, Finding("not_flat", Severity.WARNING, sentence, FIX)


def _axes(normal: Points) -> tuple[Points, Points]:
    """Right and up in the plane: up leads as far towards z as the plane allows."""
    up = np.array([0.0, 0.0, 1.0]) - normal[2] * normal
    if np.linalg.norm(up) < 1e-6:
        up = np.array([0.0, 1.0, 0.0])
    up = up / np.linalg.norm(up)
    right = np.cross(up, normal)
    if right[np.argmax(np.abs(right))] < 0:
        right = -right
    return right, up
