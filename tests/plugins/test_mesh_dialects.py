"""What programs write into STL and OBJ beside the book: words left out, commas, notes behind the end, units in comments."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from craftops_plugins.analyzer_mesh.analyzer import MeshAnalyzer
from craftops_plugins.analyzer_mesh.polygons import split
from hypothesis import given
from hypothesis import strategies as st
from samples.meshes import box_obj, box_stl

from craftops.domain.files.designs import Analysis
from craftops.domain.files.remedies import Ask, Remedy
from craftops.testing.workshop import cube_stl


def analyse(folder: Path, name: str, content: str | bytes) -> Analysis:
    (folder / name).write_bytes(content.encode() if isinstance(content, str) else content)
    return MeshAnalyzer().analyse(folder / name, name)


def with_commas(text: str, gap: str) -> str:
    rows = (row.replace(" ", gap) if row.startswith("vertex") else row for row in text.splitlines())
    return "\n".join(row.replace(gap, " ", 1) for row in rows)


BOX = box_stl().replace("40", "40.5")
STL = {
    "no normal": BOX.replace("facet normal 0 0 0", "facet"),
    "commas and spaces": with_commas(BOX, ", "),
    "commas alone": with_commas(BOX, ","),
    "semicolons": with_commas(BOX, "; "),
    "decimal commas": BOX.replace("40.5", "40,5"),
    "a note behind the end": BOX + "\nmade by hand, thank you\n" + "\0" * 70,
}


@pytest.mark.parametrize("kind", STL)
def test_an_stl_in_words_says_the_same(tmp_path: Path, kind: str) -> None:
    analysis = analyse(tmp_path, "part.stl", STL[kind])
    assert analysis.mesh is not None, analysis.sentence
    assert analysis.mesh.size_mm == pytest.approx((20, 30, 40.5))
    assert analysis.mesh.volume_mm3 == pytest.approx(20 * 30 * 40.5)


@pytest.mark.parametrize("behind", [b"\0" * 50, b"\0" * 100, b"\xff" * 50, b"end of file".ljust(50), b"\0" * 33, b"x"])
def test_bytes_behind_the_end_are_no_shape(tmp_path: Path, behind: bytes) -> None:
    shifted = bytearray(cube_stl(20.0))
    body = np.frombuffer(bytes(shifted[84:]), np.dtype([("n", "<f4", 3), ("c", "<f4", (3, 3)), ("a", "<u2")])).copy()
    body["c"] += 500
    analysis = analyse(tmp_path, "part.stl", bytes(shifted[:84]) + body.tobytes() + behind)
    assert analysis.mesh is not None
    assert analysis.mesh.size_mm == pytest.approx((20, 20, 20))
    assert analysis.mesh.volume_mm3 == pytest.approx(8000)


UNITS = {
    "# 1 unit = 25.400000 mm": 25.4, "# Units: inches": 25.4, "#units=cm": 10, "# File units = millimeters": 1,
    "# exported in 2026\n# unit is metre": 1000, "# Unit: foot": 304.8, "# 1 unit is 1 cm": 10, "# UNITS IN": 25.4,
    "# all dimensions are in inches": 25.4, "# File created in centimeters": 10, "# Unit scale: 1.0 meters": 1000,
    "# scale: inches": 25.4,
}  # fmt: skip


@pytest.mark.parametrize("comment", UNITS)
def test_a_unit_in_a_comment_is_taken_at_its_word(tmp_path: Path, comment: str) -> None:
    analysis = analyse(tmp_path, "part.obj", f"{comment}\n{box_obj(4, 2, 1)}")
    assert analysis.mesh is not None
    assert analysis.mesh.size_mm == pytest.approx([side * UNITS[comment] for side in (4, 2, 1)])
    assert analysis.mesh.unit
    assert not any("tells no unit" in found.sentence for found in analysis.findings)


@pytest.mark.parametrize(
    "comment",
    ["# united in spirit", "# 12 units sold", "# object in metal", "# created in max", "# https://unit.example"],
)
def test_other_comments_are_no_unit(tmp_path: Path, comment: str) -> None:
    analysis = analyse(tmp_path, "part.obj", f"{comment}\n{box_obj(40, 20, 10)}")
    assert analysis.mesh is not None
    assert (analysis.mesh.size_mm, analysis.mesh.unit) == (pytest.approx((40, 20, 10)), "")


def test_another_unit_for_one_that_a_comment_names(tmp_path: Path) -> None:
    (tmp_path / "part.obj").write_text(f"# units: inch\n{box_obj(0.02, 0.02, 0.01)}")
    done = MeshAnalyzer().mend(tmp_path / "part.obj", "part.obj", Ask(Remedy.UNIT, "m"), tmp_path / "out.stl")
    after = MeshAnalyzer().analyse(tmp_path / "out.stl", done.name)
    assert after.mesh is not None
    assert after.mesh.size_mm == pytest.approx((20, 20, 10))


def prism(rim: list[tuple[float, float]], high: float, *, turn: int = 0) -> str:
    """An OBJ of one polygon below, one above, and quads around; the rim begins at any of its corners."""
    rim = rim[turn:] + rim[:turn]
    count = len(rim)
    lines = [f"v {x} {y} {z}" for z in (0, high) for x, y in rim]
    lines += [
        "f " + " ".join(str(i) for i in range(count, 0, -1)),
        "f " + " ".join(str(count + i + 1) for i in range(count)),
    ]
    lines += [f"f {i + 1} {(i + 1) % count + 1} {count + (i + 1) % count + 1} {count + i + 1}" for i in range(count)]
    return "\n".join(lines)


U_SHAPE = [(0.0, 0.0), (30.0, 0.0), (30.0, 30.0), (20.0, 30.0), (20.0, 10.0), (10.0, 10.0), (10.0, 30.0), (0.0, 30.0)]
COMB = [(0.0, 0.0), (70.0, 0.0), *((70.0 - 10 * i, 20.0 if i % 4 in (0, 1) else 5.0) for i in range(8))]


@pytest.mark.parametrize("rim", [U_SHAPE, COMB])
@pytest.mark.parametrize("turn", range(8))
def test_concave_polygons_keep_their_notches(tmp_path: Path, rim: list[tuple[float, float]], turn: int) -> None:
    x, y = np.array(rim).T
    flat = abs(float(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1)))) / 2
    around = sum(math.dist(rim[i - 1], rim[i]) for i in range(len(rim)))
    analysis = analyse(tmp_path, "part.obj", prism(rim, 10, turn=turn))
    assert analysis.mesh is not None
    assert analysis.mesh.area_mm2 == pytest.approx(2 * flat + 10 * around)
    assert analysis.mesh.volume_mm3 == pytest.approx(10 * flat)


@given(st.lists(st.floats(1, 50), min_size=3, max_size=25), st.integers(0, 24), st.floats(0, 6))
def test_a_star_is_cut_into_its_own_area(reach: list[float], turn: int, tilt: float) -> None:
    angles = np.arange(len(reach)) / len(reach) * 2 * np.pi
    flat = np.column_stack((np.cos(angles), np.sin(angles))) * np.array(reach)[:, None]
    points = np.column_stack((flat[:, 0], flat[:, 1] * np.cos(tilt), flat[:, 1] * np.sin(tilt)))
    order = list(np.roll(np.arange(len(reach)), turn % len(reach)))
    pieces = split([int(one) for one in order], points)
    whole = sum(np.linalg.norm(np.cross(points[b] - points[a], points[c] - points[a])) for a, b, c in pieces) / 2
    x, y = flat.T
    assert len(pieces) == len(reach) - 2
    assert whole == pytest.approx(abs(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))) / 2, rel=1e-6)


def test_faces_broken_over_lines_are_joined_and_said(tmp_path: Path) -> None:
    whole = prism(U_SHAPE, 10)
    broken = "\n".join(
        f"{row[:8]}\n{row[8:]}" if row.startswith("f") and row[7] == " " else row for row in whole.splitlines()
    )
    assert broken != whole
    one, other = (analyse(tmp_path, "part.obj", content) for content in (whole, broken))
    assert one.mesh == other.mesh
    assert "broken_lines" in {found.code for found in other.findings}
