"""Sizes of real drawings against what others say of them: they agree within 1 %, or a finding stands beside them."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from craftops_plugins.analyzer_drawing.analyzer import DrawingAnalyzer
from craftops_plugins.analyzer_drawing.dxf_open import open_dxf

from craftops.domain.files.designs import Analysis, Severity
from craftops.sdk.analyzer import NotReadable

LARGEST = 40_000
"""Bytes of a file; larger ones would take the suite too long."""
DRAWN = ("LINE", "CIRCLE", "ARC", "LWPOLYLINE", "ELLIPSE", "SPLINE", "INSERT", "HATCH", "SOLID", "TRACE", "3DFACE")


def analyse(path: Path) -> Analysis:
    return DrawingAnalyzer().analyse(path, path.name)


def agrees(analysis: Analysis, wide: float, high: float) -> bool:
    """Whether the size is theirs, or something is said."""
    if any(found.severity is not Severity.NOTE for found in analysis.findings) or analysis.drawing is None:
        return True
    own, theirs = np.array(analysis.drawing.size_mm), np.array([wide, high])
    return bool((np.abs(own - theirs) <= 0.01 * max(own.max(), theirs.max()) + 0.01).all())


@pytest.mark.usefixtures("no_picture")
def test_dxf_is_as_large_as_the_extents_of_a_library(corpus: Path) -> None:
    from ezdxf import bbox

    looked_at = 0
    for path in sorted((corpus / "dxf").glob("*.dxf")):
        if path.stat().st_size > LARGEST:
            continue
        analysis = analyse(path)
        try:
            document = open_dxf(path).document
        except NotReadable:
            continue
        visible = [one for one in document.modelspace() if not one.dxf.get("invisible", 0)]
        if (
            analysis.drawing is None
            or analysis.drawing.unit not in ("mm", "")
            or {one.dxftype() for one in visible} - set(DRAWN)
        ):
            continue
        box = bbox.extents(visible)
        if box.has_data and not any(layer.is_off() or layer.is_frozen() for layer in document.layers):
            assert agrees(analysis, box.size.x, box.size.y), (path.name, analysis.drawing.size_mm, tuple(box.size))
            looked_at += 1
    assert looked_at >= 5


def test_svg_and_ai_are_as_large_as_their_ink(corpus: Path) -> None:
    """The renderers' ink on the picture without dimensions: its proportions are those that were measured."""
    from craftops_plugins.analyzer_drawing.work import reader_of
    from PIL import Image

    from craftops.domain.files.file_types import format_of

    looked_at = 0
    for path in sorted([*(corpus / "svg").glob("*.svg"), *(corpus / "ai").glob("*.ai")]):
        if path.stat().st_size > LARGEST:
            continue
        analysis = analyse(path)
        kind = format_of(path.name)
        if (
            analysis.drawing is None
            or analysis.drawing.texts
            or analysis.drawing.images
            or not analysis.picture
            or kind is None
        ):
            continue
        drawing = reader_of(kind)(path)
        pen = max((stroke.pen for stroke in drawing.strokes), default=0.0)
        if drawing.seen_mm is None or pen > 0.01 * max(analysis.drawing.size_mm):
            continue
        with Image.open(io.BytesIO(analysis.picture)) as image:
            assert image.size == (512, 512)
        assert agrees(analysis, *drawing.seen_mm), (path.name, analysis.drawing.size_mm, drawing.seen_mm)
        looked_at += 1
    assert looked_at >= 5
