"""Sizes of real files against what others say of them: they agree within 1 %, or a finding stands beside them."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from craftops_plugins.analyzer_drawing.analyzer import DrawingAnalyzer
from craftops_plugins.analyzer_drawing.dxf_open import open_dxf
from craftops_plugins.analyzer_mesh.analyzer import MeshAnalyzer
from samples.meshes import component, components, mesh_xml, model_xml, object_xml, package, placed

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
    from craftops_plugins.analyzer_drawing.work import examine
    from PIL import Image

    from craftops.domain.files.file_types import format_of

    looked_at = 0
    for path in sorted([*(corpus / "svg").glob("*.svg"), *(corpus / "ai").glob("*.ai")]):
        if path.stat().st_size > LARGEST:
            continue
        kind = format_of(path.name)
        assert kind is not None
        found = examine(path, kind)
        analysis, drawing = found.analysis, found.drawing
        if drawing is None or analysis.drawing is None or drawing.texts or drawing.images or not analysis.picture:
            continue
        pen = max((stroke.pen for stroke in drawing.strokes), default=0.0)
        if drawing.seen_mm is None or pen > 0.01 * max(analysis.drawing.size_mm):
            continue
        with Image.open(io.BytesIO(analysis.picture)) as image:
            assert image.size == (512, 512)
        assert agrees(analysis, *drawing.seen_mm), (path.name, analysis.drawing.size_mm, drawing.seen_mm)
        looked_at += 1
    assert looked_at >= 5


UNIT_MM = {0: 0.001, 1: 1.0, 2: 10.0, 3: 25.4, 4: 304.8, 5: 1000.0}
"""lib3mf's ModelUnit in millimetres."""


def box_of_lib3mf(path: Path) -> np.ndarray | None:
    """The sides of all that a 3MF builds, in millimetres, as the consortium's library says; None where it cannot."""
    import lib3mf

    model = lib3mf.get_wrapper().CreateModel()
    try:
        model.QueryReader("3mf").ReadFromFile(str(path))
        box = model.GetOutbox()
    except lib3mf.ELib3MFException:
        return None
    sides = np.array(list(box.MaxCoordinate)) - np.array(list(box.MinCoordinate))
    return sides * UNIT_MM[int(getattr(model.GetUnit(), "value", model.GetUnit()))]


@pytest.mark.usefixtures("no_picture")
def test_3mf_is_as_large_as_lib3mf_says(corpus: Path) -> None:
    analyzer = MeshAnalyzer()
    analyzer.with_model = False
    looked_at = 0
    for path in sorted((corpus / "3mf").glob("*.3mf")):
        theirs = box_of_lib3mf(path) if path.stat().st_size <= LARGEST else None
        if theirs is None or not (theirs > 0).any():
            continue
        analysis = analyzer.analyse(path, path.name)
        if analysis.mesh is None or any(found.severity is not Severity.NOTE for found in analysis.findings):
            continue
        assert analysis.mesh.size_mm == pytest.approx(theirs, abs=0.01 * theirs.max() + 0.01), path.name
        looked_at += 1
    assert looked_at >= 5


PLACED = [
    (object_xml(1, mesh_xml(20, 30, 40)), placed(1, "0 1 0 -1 0 0 0 0 1 5 6 7"), "centimeter"),
    (object_xml(1, mesh_xml(1, 2, 3)), placed(1, "1 0 0 0.5 1 0 0 0 1 0 0 0") + placed(1, "1 0 0 0 1 0 0 0 1 9 9 9"), "inch"),
    (
        object_xml(1, mesh_xml(20, 20, 20))
        + object_xml(2, components(component(1), component(1, "-1 0 0 0 1 0 0 0 1 -10 0 0"))),
        placed(2, "2 0 0 0 2 0 0 0 2 0 0 0"), "micron",
    ),
    (
        object_xml(1, mesh_xml(5, 6, 7))
        + object_xml(2, components(component(1, "0 0 1 0 1 0 -1 0 0 0 0 0")))
        + object_xml(3, components(component(2, "1 0 0 0 1 0 0 0 1 1 2 3"), component(1))),
        placed(3) + placed(1, "1 0 0 0 1 0 0 0 1 0 0 90"), "foot",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("objects", "built", "unit"), PLACED)
@pytest.mark.usefixtures("no_picture")
def test_parts_lie_where_lib3mf_puts_them(tmp_path: Path, objects: str, built: str, unit: str) -> None:
    path = tmp_path / "part.3mf"
    path.write_bytes(package(model_xml(objects, built, unit)))
    theirs = box_of_lib3mf(path)
    assert theirs is not None
    assert MeshAnalyzer().analyse(path, path.name).size_mm == pytest.approx(theirs, rel=1e-4)
