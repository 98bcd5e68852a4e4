"""Measuring OBJ: whatever a program writes, the box stays the box; nothing that the file names is opened."""

from __future__ import annotations

import builtins
import io
import os
from pathlib import Path

import pytest
from craftops_plugins.analyzer_mesh.analyzer import MeshAnalyzer
from craftops_plugins.analyzer_mesh.facts import measure
from craftops_plugins.analyzer_mesh.obj import read_obj
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from samples.meshes import QUADS, TRIANGLES, box_obj, corners, obj

from craftops.domain.files.designs import Analysis, Verdict
from craftops.testing import FileAnalyzerContract

BOX = corners(20, 30, 40)


def analyse(folder: Path, content: str | bytes) -> Analysis:
    path = folder / "part.obj"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return MeshAnalyzer().analyse(path, path.name)


class TestContract(FileAnalyzerContract):
    def analyzer(self) -> MeshAnalyzer:
        return MeshAnalyzer()

    def good(self) -> tuple[str, bytes]:
        return "box.obj", box_obj().encode()


def backwards() -> str:
    """Each face right behind its own points, counted from the end."""
    lines = []
    for face in TRIANGLES:
        lines += ["v {:g} {:g} {:g}".format(*BOX[number - 1]) for number in face]
        lines.append("f -3 -2 -1")
    return "\n".join(lines)


DIALECTS = {
    "triangles": obj(BOX, TRIANGLES),
    "squares": obj(BOX, QUADS),
    "with textures": "vt 0 0\nvn 0 0 1\n" + obj(BOX, TRIANGLES, "{}/1/1"),
    "with normals": "vn 0 0 1\n" + obj(BOX, QUADS, "{}//1"),
    "with textures only": "vt 0 0\n" + obj(BOX, QUADS, "{}/1"),
    "counted from the end": backwards(),
    "counted from the end once": obj(BOX, [tuple(number - 9 for number in face) for face in QUADS]),
    "windows": obj(BOX, TRIANGLES).replace("\n", "\r\n"),
    "old mac": obj(BOX, QUADS).replace("\n", "\r"),
    "continued lines": obj(BOX, QUADS).replace(" 3 2\n", " \\\n 3 2\n").replace("v 20 0 0", "v 20 \\\r\n0 0"),
    "utf-16": obj(BOX, QUADS).encode("utf-16"),
    "utf-8 with a mark": b"\xef\xbb\xbf# a comment\n" + obj(BOX, QUADS).encode(),
    "a mark before the first point": b"\xef\xbb\xbf" + obj(BOX, QUADS).encode(),
    "commas": obj([(x + 0.5, y + 0.5, z + 0.5) for x, y, z in BOX], QUADS).replace(".", ","),
    "colours": obj(BOX, QUADS).replace("v 20 0 0\n", "v 20 0 0 0.5 0.5 0.5\n"),
    "colours everywhere": "".join("v {:g} {:g} {:g} .1 .2 .3\n".format(*one) for one in BOX) + obj([], QUADS),
    "a fourth number": "".join("v {:g} {:g} {:g} 1.0\n".format(*one) for one in BOX) + obj([], TRIANGLES),
    "groups, smoothing, materials": "mtllib a.mtl\no box\ng a b\ns off\nusemtl red\n" + obj(BOX, QUADS),
    "indented with tabs": "\n".join("\t" + one.replace(" ", "\t") for one in obj(BOX, QUADS).split("\n")),
    "comments at the end of lines": obj(BOX, QUADS).replace(" 3 2\n", " 3 2 # the bottom\n"),
    "lines and points as well": obj(BOX, QUADS) + "l 1 2 3\np 1\n",
}


@pytest.mark.usefixtures("no_picture")
@pytest.mark.parametrize("kind", DIALECTS)
def test_every_dialect_says_the_same(tmp_path: Path, kind: str) -> None:
    analysis = analyse(tmp_path, DIALECTS[kind])
    assert analysis.mesh is not None, analysis.sentence
    assert analysis.mesh.size_mm == pytest.approx((20, 30, 40))
    assert analysis.mesh.volume_mm3 == pytest.approx(24_000)
    assert analysis.mesh.watertight
    assert analysis.verdict is Verdict.ACCEPTED, analysis.findings


@given(st.floats(0.5, 900), st.floats(0.5, 900), st.floats(0.5, 900), st.sampled_from([QUADS, TRIANGLES]))
def test_a_box_has_the_volume_of_a_box(
    tmp_path: Path, a: float, b: float, c: float, faces: tuple[tuple[int, ...], ...]
) -> None:
    (tmp_path / "part.obj").write_text(obj(corners(a, b, c), faces))
    facts = measure(read_obj(tmp_path / "part.obj").triangles).facts
    assert facts.watertight
    assert facts.volume_mm3 == pytest.approx(a * b * c, rel=1e-3)
    assert facts.size_mm == pytest.approx((a, b, c), rel=1e-3)


@pytest.mark.usefixtures("no_picture")
def test_an_inside_out_box_has_a_positive_volume_and_says_so(tmp_path: Path) -> None:
    analysis = analyse(tmp_path, obj(BOX, [face[::-1] for face in QUADS]))
    assert analysis.mesh is not None
    assert analysis.mesh.inverted
    assert analysis.mesh.volume_mm3 == pytest.approx(24_000)
    assert "inverted" in {found.code for found in analysis.findings}


@pytest.mark.usefixtures("no_picture")
def test_an_open_box_has_no_volume_rather_than_a_guess(tmp_path: Path) -> None:
    analysis = analyse(tmp_path, obj(BOX, QUADS[1:]))
    assert analysis.verdict is Verdict.FINDINGS
    assert analysis.mesh is not None
    assert analysis.mesh.volume_mm3 is None
    assert analysis.code == "open_edges"


def test_lines_only_are_drawn_and_left_to_a_person(tmp_path: Path) -> None:
    analysis = analyse(tmp_path, obj(BOX, []) + "l 1 2 3 4 1\nl 5 6\n")
    assert analysis.verdict is Verdict.FINDINGS
    assert analysis.code == "no_faces"
    assert analysis.mesh is not None
    assert analysis.mesh.volume_mm3 is None
    assert Image.open(io.BytesIO(analysis.picture or b"")).size == (512, 512)


ODD = {
    "bad_index": obj(BOX, [*QUADS, (1, 2, 99)]),
    "bad_faces": obj(BOX, QUADS) + "f 1 2\nf one two three\n",
    "bad_numbers": obj(BOX, QUADS) + "v a b c\n",
    "non_manifold": obj(BOX, [*QUADS, (1, 2, 7)]),
}


@pytest.mark.usefixtures("no_picture")
@pytest.mark.parametrize("code", ODD)
def test_what_is_odd_is_said_and_the_rest_is_measured(tmp_path: Path, code: str) -> None:
    analysis = analyse(tmp_path, ODD[code])
    assert analysis.verdict is Verdict.FINDINGS
    assert code in {found.code for found in analysis.findings}
    assert analysis.mesh is not None
    assert analysis.mesh.size_mm == pytest.approx((20, 30, 40))
    assert analysis.picture is not None


REFUSED = {
    "nothing": "",
    "spaces": " \n\t\n",
    "points only": obj(BOX, []),
    "faces only": obj([], QUADS),
    "faces of points that are not there": obj(BOX, [(21, 22, 23), (31, 32, 33)]),
    "faces far below zero": obj(BOX, [(-100, -101, -102)]),
    "faces with zero": obj(BOX, [(0, 1, 2)]),
    "faces of words": obj(BOX, []) + "f a b c\n",
    "all in one point": obj([(7, 7, 7)] * 8, QUADS),
    "all on a line": obj([(i, i, i) for i in range(8)], QUADS),
    "no real numbers": "v nan nan nan\n" * 8 + obj([], QUADS),
    "endless numbers": "v inf -inf inf\n" * 8 + obj([], QUADS),
    "numbers beyond floats": "v 1e300 1e301 -1e300\n" * 8 + obj([], QUADS),
    "indices beyond integers": obj(BOX, []) + f"f {10**30} {10**31} {10**32}\n",
    "negative indices beyond integers": obj(BOX, []) + f"f -{10**30} 1 2\n",
    "mixed indices beyond integers": obj(BOX, []) + f"f {10**30} 1 2 3\n",
    "a materials file": "newmtl red\nKd 1 0 0\n",
    "a page": "<!doctype html><title>Not found</title>",
    "zeros": b"\0" * 500,
}


@pytest.mark.parametrize("kind", REFUSED)
def test_what_has_no_shape_is_refused_with_a_reason_and_never_measured(tmp_path: Path, kind: str) -> None:
    analysis = analyse(tmp_path, REFUSED[kind])
    assert analysis.verdict is Verdict.REFUSED, analysis.sentence
    assert analysis.sentence.endswith(".")
    assert analysis.mesh is None
    assert analysis.picture is None


def test_nothing_that_it_names_is_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    analyse(tmp_path, box_obj())  # whatever is imported with the first file
    opened = []
    plain, plain_io, plain_os = builtins.open, io.open, os.open

    def watch(real):  # type: ignore[no-untyped-def]
        def call(file, *more, **named):  # type: ignore[no-untyped-def]
            opened.append(str(file))
            return real(file, *more, **named)

        return call

    (tmp_path / "secret.mtl").write_text("newmtl red\nmap_Kd secret.png\n")
    (tmp_path / "part.obj").write_text("mtllib secret.mtl ../../../etc/passwd\nusemtl red\n" + box_obj())
    monkeypatch.setattr(builtins, "open", watch(plain))
    monkeypatch.setattr(io, "open", watch(plain_io))
    monkeypatch.setattr(os, "open", watch(plain_os))
    analysis = MeshAnalyzer().analyse(tmp_path / "part.obj", "part.obj")
    monkeypatch.undo()
    assert analysis.verdict is Verdict.ACCEPTED
    assert {name for name in opened if not name.endswith("part.obj")} == set()


@pytest.mark.usefixtures("no_picture")
def test_a_face_of_two_hundred_thousand_corners_is_left_out(tmp_path: Path) -> None:
    many = "f " + " ".join(str(1 + i % 8) for i in range(200_000)) + "\n"
    analysis = analyse(tmp_path, obj(BOX, QUADS) + many)
    assert analysis.verdict is Verdict.FINDINGS
    assert analysis.code == "bad_faces"
    assert analysis.mesh is not None
    assert analysis.mesh.triangles == 12


@pytest.mark.parametrize(("line", "code"), [
    ("cstype bezier\ndeg 3\ncurv 0 1 1 2 3 4\nend", "free_form"), ("call wheel.obj", "elsewhere"), ("# call wheel.obj", ""),
])  # fmt: skip
def test_what_is_not_read_beside_faces_is_said(tmp_path: Path, line: str, code: str) -> None:
    found = [one.code for one in analyse(tmp_path, obj(BOX, QUADS) + f"{line}\n").findings]
    assert found == ([code] if code else [])
