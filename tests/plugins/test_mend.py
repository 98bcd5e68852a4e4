"""Mended copies: what was asked for is done, what was right stays, the original is never touched."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import ezdxf
import numpy as np
import pytest
from craftops_plugins.analyzer_drawing import mend as mending
from craftops_plugins.analyzer_drawing.analyzer import DrawingAnalyzer
from craftops_plugins.analyzer_mesh import mend as meshes
from craftops_plugins.analyzer_mesh.analyzer import MeshAnalyzer
from samples.drawings import dxf as drawn_dxf
from samples.drawings import line, modern, outline, svg

from craftops.domain.files.designs import Analysis, Verdict
from craftops.domain.files.remedies import UNITS_MM, Ask, Remedy, factor
from craftops.sandbox import analyse, mend
from craftops.sdk.analyzer import CannotMend, FileAnalyzer, Mended
from craftops.testing.workshop import cube_stl

RECORD = 50


def mended(folder: Path, analyzer: FileAnalyzer, name: str, ask: Ask) -> tuple[Mended, Analysis]:
    """The copy and its analysis."""
    before = (folder / name).read_bytes()
    target = folder / "out"
    done = analyzer.mend(folder / name, name, ask, target)
    assert (folder / name).read_bytes() == before
    copy = target.rename(folder / f"mended-{done.name}")
    return done, analyzer.analyse(copy, done.name)


def stl(folder: Path, content: bytes) -> str:
    (folder / "part.stl").write_bytes(content)
    return "part.stl"


def without(content: bytes, *triangles: int) -> bytes:
    body = [content[84 + i * RECORD : 84 + (i + 1) * RECORD] for i in range((len(content) - 84) // RECORD)]
    kept = [one for i, one in enumerate(body) if i not in triangles]
    return content[:80] + len(kept).to_bytes(4, "little") + b"".join(kept)


def turned(content: bytes) -> bytes:
    records = np.frombuffer(content[84:], np.dtype([("n", "<f4", 3), ("c", "<f4", (3, 3)), ("a", "<u2")])).copy()
    records["c"] = records["c"][:, ::-1]
    return content[:84] + records.tobytes()


@pytest.mark.parametrize("gone", [(0,), (0, 1), (0, 1, 4, 5), (2, 7, 11)])
def test_holes_of_a_cube_are_closed(tmp_path: Path, gone: tuple[int, ...]) -> None:
    name = stl(tmp_path, without(cube_stl(20.0), *gone))
    done, after = mended(tmp_path, MeshAnalyzer(), name, Ask(Remedy.REPAIR))
    assert done.sentence == "Closed: its surface has no holes any more."
    assert after.verdict is Verdict.ACCEPTED
    assert after.mesh is not None
    assert after.mesh.size_mm == (20.0, 20.0, 20.0)
    if len(gone) < 3:  # a flat hole has one right answer
        assert after.mesh.volume_mm3 == pytest.approx(8000.0)


def test_a_cube_that_is_inside_out_is_turned(tmp_path: Path) -> None:
    name = stl(tmp_path, turned(cube_stl(20.0)))
    assert MeshAnalyzer().analyse(tmp_path / name, name).mesh.inverted
    _done, after = mended(tmp_path, MeshAnalyzer(), name, Ask(Remedy.REPAIR))
    assert after.mesh is not None
    assert not after.mesh.inverted


def test_another_unit_and_the_bed(tmp_path: Path) -> None:
    name = stl(tmp_path, cube_stl(2.0))
    _done, after = mended(tmp_path, MeshAnalyzer(), name, Ask(Remedy.UNIT, "in"))
    assert after.mesh is not None
    assert after.mesh.size_mm == pytest.approx((50.8, 50.8, 50.8), rel=1e-6)
    done, _ = mended(tmp_path, MeshAnalyzer(), name, Ask(Remedy.CENTRE))
    data = np.frombuffer(
        (tmp_path / f"mended-{done.name}").read_bytes()[84:],
        np.dtype([("n", "<f4", 3), ("c", "<f4", (3, 3)), ("a", "<u2")]),
    )
    corners = data["c"].reshape(-1, 3)
    assert corners.min(axis=0).tolist() == [-1.0, -1.0, 0.0]


def dxf(folder: Path, *, unit: int = 0) -> str:
    document = ezdxf.new("R2010", units=unit)
    space = document.modelspace()
    space.add_lwpolyline([(0, 0), (10, 0), (10, 10), (0.2, 10)])
    space.add_line((0, 9.9), (0, 0.1))
    space.add_line((0, 9.9), (0, 0.1))
    space.add_circle((5, 5), 2)
    document.layers.add("Nothing on it")
    document.saveas(folder / "plate.dxf")
    return "plate.dxf"


def test_a_drawing_gets_its_unit(tmp_path: Path) -> None:
    name = dxf(tmp_path)
    first = DrawingAnalyzer().analyse(tmp_path / name, name)
    assert "no_unit" in [found.code for found in first.findings]
    _done, after = mended(tmp_path, DrawingAnalyzer(), name, Ask(Remedy.UNIT, "in"))
    assert after.drawing is not None
    assert after.drawing.size_mm == pytest.approx((254.0, 254.0))
    assert "no_unit" not in [found.code for found in after.findings]


def test_gaps_doubles_and_empty_layers_of_a_dxf(tmp_path: Path) -> None:
    name = dxf(tmp_path, unit=4)
    done, after = mended(tmp_path, DrawingAnalyzer(), name, Ask(Remedy.MERGE_DUPLICATES))
    assert done.sentence == "1 doubled element taken out."
    assert after.drawing is not None
    assert after.drawing.duplicates == 0
    (tmp_path / "plate.dxf").write_bytes((tmp_path / "mended-plate.dxf").read_bytes())
    done, after = mended(tmp_path, DrawingAnalyzer(), name, Ask(Remedy.CLOSE_GAPS))
    assert done.sentence == "2 gaps closed by a short line."
    assert after.drawing is not None
    assert (after.drawing.open, after.drawing.closed, after.drawing.holes) == (0, 2, 1)
    done, after = mended(tmp_path, DrawingAnalyzer(), name, Ask(Remedy.DROP_EMPTY))
    assert done.sentence == "1 empty layer taken out."
    assert "empty_layers" not in [found.code for found in after.findings]
    circles = ezdxf.readfile(tmp_path / "mended-plate.dxf").modelspace().query("CIRCLE")
    assert len(circles) == 1, "arcs stay arcs"


def test_an_svg_is_read_in_millimetres(tmp_path: Path) -> None:
    (tmp_path / "plate.svg").write_text(
        '<svg xmlns="http://www.w3.org/2000/svg" width="100" height="50"><rect width="100" height="50" fill="none" stroke="red"/></svg>'
    )
    done, after = mended(tmp_path, DrawingAnalyzer(), "plate.svg", Ask(Remedy.UNIT, "mm"))
    assert done.name == "plate.svg"
    assert after.drawing is not None
    assert after.drawing.size_mm == pytest.approx((100.0, 50.0))
    assert after.drawing.unit == "mm"


def test_doubled_lines_of_an_svg_make_a_dxf(tmp_path: Path) -> None:
    path = '<path d="M0 0L40 0L40 40Z" fill="none" stroke="#ff0000"/>'
    (tmp_path / "plate.svg").write_text(
        f'<svg xmlns="http://www.w3.org/2000/svg" width="40mm" height="40mm" viewBox="0 0 40 40">{path}{path}</svg>'
    )
    done, after = mended(tmp_path, DrawingAnalyzer(), "plate.svg", Ask(Remedy.MERGE_DUPLICATES))
    assert done.name == "plate.dxf"
    assert after.drawing is not None
    assert (after.drawing.duplicates, after.drawing.closed) == (0, 1)
    assert after.drawing.size_mm == pytest.approx((40.0, 40.0), abs=0.01)
    assert after.drawing.layers[0].colour == "#ff0000"


def test_what_cannot_be_mended_is_said(tmp_path: Path) -> None:
    name = stl(tmp_path, cube_stl())
    for ask in (Ask(Remedy.REPAIR), Ask(Remedy.CLOSE_GAPS)):
        with pytest.raises(CannotMend) as said:
            MeshAnalyzer().mend(tmp_path / name, name, ask, tmp_path / "out")
        assert said.value.sentence.endswith(".")
    (tmp_path / "broken.stl").write_bytes(b"nonsense")
    with pytest.raises(CannotMend):
        MeshAnalyzer().mend(tmp_path / "broken.stl", "broken.stl", Ask(Remedy.REPAIR), tmp_path / "out")


def test_it_happens_in_a_child(tmp_path: Path) -> None:
    name = stl(tmp_path, cube_stl(2.0))
    kept: list[bytes] = []

    def keep(path: Path) -> str:
        kept.append(path.read_bytes())
        return "sha"

    analyzer = "craftops_plugins.analyzer_mesh.analyzer:MeshAnalyzer"
    done, sha = mend(analyzer, tmp_path / name, name, Ask(Remedy.UNIT, "cm"), keep)
    assert (done.name, sha, len(kept[0])) == ("part.stl", "sha", len(cube_stl()))
    with pytest.raises(CannotMend, match="There is nothing to close"):
        mend(analyzer, tmp_path / name, name, Ask(Remedy.REPAIR), keep)
    with pytest.raises(CannotMend, match="We could not do this by machine"):
        mend("nowhere:Nothing", tmp_path / name, name, Ask(Remedy.REPAIR), keep)


RECTANGLE = outline(0, 0, 4, 2) + outline(1, 0.5, 2, 1)


@pytest.mark.parametrize("version", [None, "AC1009", "AC1012", "AC1015", "AC1032"])
@pytest.mark.parametrize("unit", ["in", "cm", "m"])
def test_the_unit_stays_in_a_copy_of_every_version(tmp_path: Path, version: str | None, unit: str) -> None:
    (tmp_path / "plate.dxf").write_text(drawn_dxf(RECTANGLE, version=version))
    _done, after = mended(tmp_path, DrawingAnalyzer(), "plate.dxf", Ask(Remedy.UNIT, unit))
    assert after.drawing is not None
    assert after.drawing.size_mm == pytest.approx((4 * UNITS_MM[unit], 2 * UNITS_MM[unit]))
    assert after.drawing.unit == unit
    assert "no_unit" not in [found.code for found in after.findings], "it asks again"


@pytest.mark.parametrize("version", ["AC1009", "AC1015"])
@pytest.mark.parametrize(("ask", "extra"), [
    (Ask(Remedy.MERGE_DUPLICATES), line(0, 0, 4, 0)), (Ask(Remedy.CLOSE_GAPS), line(6, 0, 9, 0) + line(9.01, 0, 12, 0)),
])  # fmt: skip
def test_a_copy_measures_in_inches_what_the_file_did(tmp_path: Path, version: str, ask: Ask, extra: str) -> None:
    (tmp_path / "plate.dxf").write_text(drawn_dxf(RECTANGLE + extra, version=version, unit=1))
    before = DrawingAnalyzer().analyse(tmp_path / "plate.dxf", "plate.dxf")
    _done, after = mended(tmp_path, DrawingAnalyzer(), "plate.dxf", ask)
    assert before.drawing is not None
    assert after.drawing is not None
    assert after.drawing.size_mm == pytest.approx(before.drawing.size_mm)
    assert (before.drawing.unit, after.drawing.unit) == ("in", "in")


def test_a_fix_that_would_change_the_measures_is_not_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "plate.dxf").write_text(drawn_dxf(RECTANGLE))
    monkeypatch.setitem(mending.CODES, "in", 5)  # the copy would be read in centimetres
    with pytest.raises(CannotMend, match="without changing its measures"):
        DrawingAnalyzer().mend(tmp_path / "plate.dxf", "plate.dxf", Ask(Remedy.UNIT, "in"), tmp_path / "out")
    assert not (tmp_path / "out").exists()


PAGES = [
    'viewBox="0 0 100 50"', 'width="100%" height="100%" viewBox="0 0 100 50"', 'width="100" height="50"',
    'width="50mm" viewBox="0 0 100 50"', 'style="width:100px;height:50px" viewBox="0 0 100 50"',
    'width="100" height="50" inkscape:version="0.48.4"', 'width="1in" viewBox="0 0 100 25"',
]  # fmt: skip


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("unit", ["mm", "in", "m", "pt", "px90"])
def test_an_svg_grows_as_much_as_was_promised(tmp_path: Path, page: str, unit: str) -> None:
    rect = '<rect x="10" width="80%" height="20" fill="none" stroke="red"/>'
    (tmp_path / "plate.svg").write_text(svg(rect, page).replace("xmlns=", "\n  xmlns=", 1))
    before = DrawingAnalyzer().analyse(tmp_path / "plate.svg", "plate.svg")
    ask = Ask(Remedy.UNIT, unit)
    _done, after = mended(tmp_path, DrawingAnalyzer(), "plate.svg", ask)
    assert before.size_mm is not None
    assert after.size_mm == pytest.approx([side * factor(before, unit) for side in before.size_mm], rel=1e-6)
    assert not {"no_unit", "pixels"} & {found.code for found in after.findings}


def test_a_fix_that_would_not_be_kept_is_not_offered(tmp_path: Path) -> None:
    def draw(document: Any) -> None:
        document.blocks.new("B").add_line((0, 0), (40, 0))
        document.modelspace().add_blockref("B", (0, 0))
        document.modelspace().add_blockref("B", (0, 0))

    (tmp_path / "plate.dxf").write_bytes(modern(draw))
    analysis = DrawingAnalyzer().analyse(tmp_path / "plate.dxf", "plate.dxf")
    assert {found.code: found.remedy for found in analysis.findings}["duplicates"] == ""
    (tmp_path / "plate.dxf").write_text(drawn_dxf(RECTANGLE + line(0, 0, 4, 0)))
    analysis = DrawingAnalyzer().analyse(tmp_path / "plate.dxf", "plate.dxf")
    assert {"unit", "merge_duplicates"} <= {found.remedy for found in analysis.findings}


def test_fixes_that_would_only_be_kept_apart_are_tried_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "plate.dxf").write_text(drawn_dxf(RECTANGLE + line(0, 0, 4, 0)))
    monkeypatch.setitem(mending.CODES, "cm", 1)
    analysis = DrawingAnalyzer().analyse(tmp_path / "plate.dxf", "plate.dxf")
    assert {found.code: found.remedy for found in analysis.findings if found.code in ("no_unit", "duplicates")} == {
        "no_unit": "",
        "duplicates": "merge_duplicates",
    }


def offers(analysis: Analysis) -> dict[str, str]:
    return {found.code: found.remedy for found in analysis.findings}


def test_a_large_drawing_says_that_its_fixes_are_untried(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mending, "MOST_TRIED", 3)
    (tmp_path / "plate.dxf").write_text(drawn_dxf(RECTANGLE + line(0, 0, 4, 0)))
    said = offers(DrawingAnalyzer().analyse(tmp_path / "plate.dxf", "plate.dxf"))
    assert (said["no_unit"], said["untried"]) == ("unit", "")


SOUP = b"".join(
    bytes(12) + np.random.default_rng(one).normal(0, 20, (3, 3)).astype("<f4").tobytes() + bytes(2) for one in range(40)
)


def test_a_mesh_is_offered_what_it_keeps(tmp_path: Path) -> None:
    content = {
        "holed.stl": without(cube_stl(20.0), 0, 1),
        "soup.stl": bytes(80) + (40).to_bytes(4, "little") + SOUP,
        "small.stl": cube_stl(2.0),
    }
    said = {}
    for name, data in content.items():
        (tmp_path / name).write_bytes(data)
        said[name] = offers(MeshAnalyzer().analyse(tmp_path / name, name))
    assert said["holed.stl"]["open_edges"] == "repair"
    assert said["soup.stl"]["open_edges"] == "", "nothing closes it"
    assert said["small.stl"]["small"] == "unit"
    assert not any("untried" in one for one in said.values())
    with pytest.raises(CannotMend):
        MeshAnalyzer().mend(tmp_path / "soup.stl", "soup.stl", Ask(Remedy.REPAIR), tmp_path / "out")


def test_a_mesh_that_would_read_otherwise_is_not_offered_its_unit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = stl(tmp_path, cube_stl(2.0))
    monkeypatch.setattr(meshes, "write_stl", lambda triangles, target: target.write_bytes(cube_stl(3.0)))
    assert offers(MeshAnalyzer().analyse(tmp_path / name, name))["small"] == ""
    with pytest.raises(CannotMend, match="without changing its measures"):
        MeshAnalyzer().mend(tmp_path / name, name, Ask(Remedy.UNIT, "in"), tmp_path / "out")


@pytest.mark.parametrize("most", [11, 12])
def test_fixes_of_a_large_mesh_are_checked_when_chosen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    name = stl(tmp_path, cube_stl(2.0))
    monkeypatch.setitem(meshes.MOST_TRIED, Remedy.UNIT, most)
    said = offers(MeshAnalyzer().analyse(tmp_path / name, name))
    assert said["small"] == "unit"
    assert ("untried" in said) is (most < 12)


def test_a_body_that_is_inside_out_beside_another_is_turned(tmp_path: Path) -> None:
    far = np.frombuffer(cube_stl(20.0)[84:], np.dtype([("n", "<f4", 3), ("c", "<f4", (3, 3)), ("a", "<u2")])).copy()
    far["c"] = far["c"][:, ::-1] + np.float32(50)
    name = stl(tmp_path, bytes(80) + (24).to_bytes(4, "little") + cube_stl(20.0)[84:] + far.tobytes())
    before = MeshAnalyzer().analyse(tmp_path / name, name)
    assert offers(before)["turned_bodies"] == "repair"
    _done, after = mended(tmp_path, MeshAnalyzer(), name, Ask(Remedy.REPAIR))
    assert after.mesh is not None
    assert before.mesh is not None
    assert after.mesh.volume_mm3 == pytest.approx(before.mesh.volume_mm3)
    assert after.mesh.volume_mm3 == pytest.approx(16_000)
    assert "turned_bodies" not in offers(after)


def test_fixes_are_tried_in_the_child_too(tmp_path: Path) -> None:
    path = tmp_path / "soup.stl"
    path.write_bytes(bytes(80) + (40).to_bytes(4, "little") + SOUP)
    analysis = analyse("craftops_plugins.analyzer_mesh.analyzer:MeshAnalyzer", path, path.name)
    assert analysis.verdict is Verdict.FINDINGS
    assert offers(analysis)["open_edges"] == ""
