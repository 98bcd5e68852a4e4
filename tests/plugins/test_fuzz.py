"""Damaged files: our own readers and pre-scans give an answer or say no; they never break."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from craftops_plugins.analyzer_drawing.dxf_repair import with_markers
from craftops_plugins.analyzer_drawing.strokes import TooMuch
from craftops_plugins.analyzer_drawing.svg import safe_svg
from craftops_plugins.analyzer_drawing.svg_font import letters_of
from craftops_plugins.analyzer_mesh import threemf
from craftops_plugins.analyzer_mesh.model_xml import read_model
from craftops_plugins.analyzer_mesh.obj import read_obj
from craftops_plugins.analyzer_mesh.package import open_package
from craftops_plugins.analyzer_mesh.stl import read_stl
from craftops_plugins.analyzer_mesh.threemf import TooMany, read_3mf
from craftops_plugins.analyzer_mesh.work import analyse_mesh
from hypothesis import given
from hypothesis import strategies as st
from samples.drawings import dxf, outline, pdf, square, svg
from samples.meshes import box_3mf, box_obj, box_stl, component, components, mesh_xml, model_xml, object_xml, placed

from craftops.domain.files.designs import FileFormat, Verdict
from craftops.domain.files.file_types import FILE_TYPES, HEAD, identify
from craftops.sdk.analyzer import NotReadable
from craftops.testing.workshop import cube_stl

MODEL = model_xml(object_xml(1, mesh_xml()) + object_xml(2, components(component(1))), placed(2)).encode()
SVG = (
    '<!DOCTYPE svg [<!ENTITY a "red">]>'
    + svg('<defs><g id="a"><rect width="9" height="9" fill="&a;"/></g></defs><use xlink:href="#a"/>')
).encode()
FONT = svg('<font><glyph d="M0 0H5V5Z"/><glyph d="M0 0H9V9Z"/></font>').encode()
DXF = dxf(outline(0, 0, 50, 20), version="AC1015", unit=4).encode()
GOOD = {
    "stl": box_stl().encode(), "binary stl": cube_stl(), "obj": box_obj().encode(), "3mf": box_3mf(), "dxf": DXF,
    "svg": SVG, "ai": pdf(square(0, 0, 50)),
}  # fmt: skip
Cut = tuple[str, float, float, bytes]
cuts = st.lists(
    st.tuples(
        st.sampled_from(["flip", "cut", "duplicate", "insert"]),
        st.floats(0, 1),
        st.floats(0, 0.2),
        st.one_of(st.binary(max_size=12), st.sampled_from([b"1e999", b"-1", b"nan", b"<", b'"', b"\0", b"/", b"\n", b"99999999999999999999"])),
    ),
    min_size=1,
    max_size=4,
)  # fmt: skip


def damaged(content: bytes, many: list[Cut]) -> bytes:
    """The content with pieces flipped, cut out, doubled, or put in."""
    for how, where, share, piece in many:
        begin = int(where * len(content))
        end = begin + 1 + int(share * len(content))
        if how == "flip":
            turned = bytes(a ^ b for a, b in zip(content[begin : begin + len(piece)], piece, strict=False))
            content = content[:begin] + turned + content[begin + len(piece) :]
        elif how == "cut":
            content = content[:begin] + content[end:]
        elif how == "duplicate":
            content = content[:end] + content[begin:]
        else:
            content = content[:begin] + piece + content[begin:]
    return content


def answers(read: Callable[[Path], object], folder: Path, content: bytes) -> None:
    path = folder / "file"
    path.write_bytes(content)
    try:
        read(path)
    except NotReadable as error:
        assert error.sentence.endswith((".", "…"))
    except (TooMany, TooMuch):
        pass


@given(cuts)
def test_damaged_stl_is_read_or_refused(tmp_path: Path, many: list[Cut]) -> None:
    answers(read_stl, tmp_path, damaged(GOOD["stl"], many))
    answers(read_stl, tmp_path, damaged(GOOD["binary stl"], many))


@given(cuts)
def test_damaged_obj_is_read_or_refused(tmp_path: Path, many: list[Cut]) -> None:
    answers(read_obj, tmp_path, damaged(GOOD["obj"], many))


@given(cuts)
def test_a_damaged_package_is_opened_or_refused(tmp_path: Path, many: list[Cut]) -> None:
    def read(path: Path) -> None:
        package = open_package(path)
        package.read(package.model)

    answers(read, tmp_path, damaged(GOOD["3mf"], many))


@given(cuts)
def test_a_damaged_model_in_a_whole_package_is_read_or_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, many: list[Cut]
) -> None:
    monkeypatch.setattr(threemf, "second_opinion", lambda *_which: [])  # another's code, which only the sandbox may run
    model = damaged(MODEL, many)
    answers(lambda _path: read_model(model), tmp_path, b"")
    with zipfile.ZipFile(tmp_path / "made", "w") as archive:
        archive.writestr("3D/3dmodel.model", model)
    answers(read_3mf, tmp_path, (tmp_path / "made").read_bytes())


@given(cuts)
def test_a_damaged_svg_is_made_safe_or_refused(tmp_path: Path, many: list[Cut]) -> None:
    answers(lambda path: letters_of(safe_svg(path)), tmp_path, damaged(SVG, many))
    answers(lambda path: letters_of(safe_svg(path)), tmp_path, damaged(FONT, many))


@given(cuts)
def test_markers_are_put_into_anything(many: list[Cut]) -> None:
    assert isinstance(with_markers(damaged(DXF, many)), bytes)


@given(cuts, st.sampled_from(sorted(GOOD)))
def test_anything_is_some_kind(many: list[Cut], form: str) -> None:
    kind = identify(damaged(GOOD[form], many)[:HEAD], f"part.{form.split()[-1]}")
    assert FILE_TYPES[kind.name] is kind


@given(cuts, st.sampled_from(["stl", "binary stl", "obj"]))
@pytest.mark.usefixtures("no_picture")
def test_what_was_read_of_a_damaged_mesh_is_measured_or_refused(tmp_path: Path, many: list[Cut], form: str) -> None:
    (tmp_path / "file").write_bytes(damaged(GOOD[form], many))
    analysis = analyse_mesh(tmp_path / "file", FileFormat(form.split()[-1]))
    assert analysis.mesh is not None or analysis.verdict in (Verdict.REFUSED, Verdict.BY_HAND)
    assert analysis.mesh is None or analysis.mesh.volume_mm3 is None or analysis.mesh.volume_mm3 > 0
