"""Measuring 3MF: copies are placed and counted, units are believed, and no package gets to name its own price."""

from __future__ import annotations

import io
import itertools
import struct
import zipfile
from pathlib import Path

import numpy as np
import pytest
from craftops_plugins.analyzer_mesh import package as packages
from craftops_plugins.analyzer_mesh import picture, threemf
from craftops_plugins.analyzer_mesh.analyzer import MeshAnalyzer
from craftops_plugins.analyzer_mesh.picture import draw
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from samples.meshes import (
    box_3mf,
    component,
    components,
    mesh_xml,
    model_xml,
    object_xml,
    package,
    placed,
    relations,
    zipped,
)  # fmt: skip

from craftops.domain.files.designs import Analysis, Verdict
from craftops.sandbox import analyse as in_a_child
from craftops.testing import FileAnalyzerContract

CUBE = object_xml(1, mesh_xml())


@pytest.fixture(autouse=True)
def _quiet(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.cls is None:
        request.getfixturevalue("no_picture")


def analyse(folder: Path, content: bytes) -> Analysis:
    path = folder / "part.3mf"
    path.write_bytes(content)
    return MeshAnalyzer().analyse(path, path.name)


def child(folder: Path, content: bytes) -> Analysis:
    path = folder / "part.3mf"
    path.write_bytes(content)
    return in_a_child("craftops_plugins.analyzer_mesh.analyzer:MeshAnalyzer", path, path.name)


class TestContract(FileAnalyzerContract):
    def analyzer(self) -> MeshAnalyzer:
        return MeshAnalyzer()

    def good(self) -> tuple[str, bytes]:
        return "cube.3mf", box_3mf()


@pytest.mark.parametrize(("unit", "mm"), [*threemf.UNITS_MM.items(), (None, 1.0)])
def test_a_unit_is_taken_at_its_word(tmp_path: Path, unit: str | None, mm: float) -> None:
    analysis = analyse(tmp_path, box_3mf(unit))
    assert analysis.mesh is not None
    assert analysis.mesh.size_mm == pytest.approx((10 * mm,) * 3)
    assert analysis.mesh.volume_mm3 == pytest.approx(1000 * mm**3)
    assert analysis.mesh.unit == (unit or "millimeter")


def test_copies_are_counted_and_placed(tmp_path: Path) -> None:
    where = [f"1 0 0 0 1 0 0 0 1 {20 * i} 0 0" for i in range(5)]
    analysis = analyse(tmp_path, box_3mf("millimeter", *where))
    assert analysis.verdict is Verdict.ACCEPTED, analysis.findings
    assert analysis.mesh is not None
    assert (analysis.mesh.objects, analysis.mesh.bodies, analysis.mesh.triangles) == (5, 5, 60)
    assert analysis.mesh.size_mm == pytest.approx((90, 10, 10))
    assert analysis.mesh.volume_mm3 == pytest.approx(5000)


def test_turning_and_scaling_are_done_in_the_order_of_the_standard(tmp_path: Path) -> None:
    """A row vector from the left: first the component's own matrix, then that of what holds it."""
    twice = "2 0 0 0 1 0 0 0 1 5 0 0"
    turned = "0 1 0 -1 0 0 0 0 1 0 0 100"
    inner = object_xml(2, components(component(1, twice)))
    analysis = analyse(tmp_path, package(model_xml(CUBE + inner, placed(2, turned))))
    assert analysis.mesh is not None
    assert analysis.mesh.size_mm == pytest.approx((10, 20, 10))
    assert analysis.mesh.volume_mm3 == pytest.approx(2000)


def test_components_of_components_multiply(tmp_path: Path) -> None:
    objects = CUBE
    for number in range(2, 6):
        step = 20 * 2 ** (number - 2)
        twins = [component(number - 1), component(number - 1, f"1 0 0 0 1 0 0 0 1 {step} 0 0")]
        objects += object_xml(number, components(*twins))
    analysis = analyse(tmp_path, package(model_xml(objects, placed(5))))
    assert analysis.mesh is not None
    assert (analysis.mesh.objects, analysis.mesh.bodies) == (16, 16)
    assert analysis.mesh.size_mm == pytest.approx((310, 10, 10))
    assert analysis.mesh.volume_mm3 == pytest.approx(16_000)


@given(st.lists(st.integers(1, 4), min_size=1, max_size=4))
def test_any_nest_of_components_counts_as_often_as_it_is_placed(tmp_path: Path, uses: list[int]) -> None:
    objects, expected = CUBE, 1
    for number, many in enumerate(uses, 2):
        objects += object_xml(number, components(*[component(number - 1)] * many))
        expected *= many
    (tmp_path / "part.3mf").write_bytes(package(model_xml(objects, placed(len(uses) + 1))))
    mesh = threemf.read_3mf(tmp_path / "part.3mf")
    assert mesh.objects == expected
    assert len(mesh.triangles) == 12 * expected


def test_parts_may_stand_in_files_of_their_own(tmp_path: Path) -> None:
    other = ("3D/Objects/cube.model", model_xml(object_xml(7, mesh_xml(10, 20, 30)), ""))
    objects = object_xml(1, components(component(7, path="/3D/Objects/cube.model")))
    analysis = analyse(tmp_path, package(model_xml(objects, placed(1)), other))
    assert analysis.mesh is not None
    assert analysis.mesh.size_mm == pytest.approx((10, 20, 30))


def test_supports_and_what_is_not_built_do_not_count(tmp_path: Path) -> None:
    objects = CUBE + object_xml(2, mesh_xml(90, 90, 90), "support") + object_xml(3, mesh_xml(70, 70, 70))
    analysis = analyse(tmp_path, package(model_xml(objects, placed(1) + placed(2))))
    assert analysis.mesh is not None
    assert analysis.mesh.volume_mm3 == pytest.approx(1000)


def test_a_package_that_builds_nothing_is_taken_whole_and_says_so(tmp_path: Path) -> None:
    analysis = analyse(tmp_path, package(model_xml(CUBE, "")))
    assert analysis.verdict is Verdict.FINDINGS
    assert analysis.mesh is not None
    assert analysis.mesh.volume_mm3 == pytest.approx(1000)


@pytest.mark.parametrize("mirrored", [False, True])
def test_inside_out_and_mirrored_have_a_positive_volume_and_say_so(tmp_path: Path, mirrored: bool) -> None:
    if mirrored:
        content = package(model_xml(CUBE, placed(1, "-1 0 0 0 1 0 0 0 1 0 0 0")))
    else:
        content = package(model_xml(object_xml(1, mesh_xml(inside_out=True)), placed(1)))
    analysis = analyse(tmp_path, content)
    assert analysis.mesh is not None
    assert analysis.mesh.volume_mm3 == pytest.approx(1000)
    assert analysis.mesh.inverted
    assert "inverted" in {found.code for found in analysis.findings}


PLAIN = model_xml(CUBE, placed(1))
DIALECTS = {
    "utf-16": package(PLAIN.replace("UTF-8", "UTF-16").encode("utf-16")),
    "with a mark": package(b"\xef\xbb\xbf" + PLAIN.encode()),
    "single quotes": package(PLAIN.replace('"', "'")),
    "attributes in another order": package(
        PLAIN.replace('<vertex x="10" y="0" z="0"/>', '<vertex z="0" y="0" x="10"></vertex>')
    ),
    "line breaks and spaces": package(PLAIN.replace("/>", " />\n\t").replace(" y=", "\n  y=")),
    "comments": package(PLAIN.replace("<vertices>", "<!-- <vertex x='1e9'/> --><vertices>")),
    "a prefix": package(PLAIN.replace("<", "<m:").replace("<m:/", "</m:").replace("<m:?", "<?").replace("xmlns=", "xmlns:m=")),
    "colours": package(PLAIN.replace(' v3="', ' pid="5" p1="0" p2="1" p3="2" v3="')),
    "exponents": package(PLAIN.replace('x="10"', 'x="1.0E+001"')),
    "no list of parts": zipped([("3D/3dmodel.model", PLAIN)]),
    "a name in other letters": package(PLAIN, rels=relations("/3d/3DModel.model")),
}  # fmt: skip


@pytest.mark.parametrize("kind", DIALECTS)
def test_every_way_to_write_it_says_the_same(tmp_path: Path, kind: str) -> None:
    analysis = analyse(tmp_path, DIALECTS[kind])
    assert analysis.mesh is not None, analysis.sentence
    assert analysis.mesh.size_mm == pytest.approx((10, 10, 10))
    assert analysis.mesh.volume_mm3 == pytest.approx(1000)


def _with_flag(content: bytes, flag: int) -> bytes:
    """The same archive, whose first member says this in its flags."""
    spot = content.index(b"PK\x01\x02") + 8
    return content[:spot] + struct.pack("<H", flag) + content[spot + 2 :]


def _saying(content: bytes, name: bytes, size: int) -> bytes:
    """The same archive, whose member says another unpacked size in both of its places."""
    spot = content.index(b"PK\x01\x02")
    while content[spot + 46 : spot + 46 + len(name)] != name:
        spot = content.index(b"PK\x01\x02", spot + 1)
    local = int.from_bytes(content[spot + 42 : spot + 46], "little")
    raw = bytearray(content)
    raw[spot + 24 : spot + 28] = raw[local + 22 : local + 26] = struct.pack("<I", size)
    return bytes(raw)


CYCLE = object_xml(1, components(component(2))) + object_xml(2, components(component(1)))
OTHER_END = '<Relationship Target="http://shop.invalid/x" TargetMode="External" Id="r1" Type="http://t.invalid"/>'
REFUSED = {
    "unknown_unit": box_3mf("lightyear"),
    "duplicate_parts": package(PLAIN, ("3D/3dmodel.model", PLAIN)),
    "duplicate_parts in other letters": package(PLAIN, ("3D/3DMODEL.MODEL", PLAIN)),
    "cycle": package(model_xml(CYCLE, placed(1))),
    "cycle of one": package(model_xml(object_xml(1, components(component(1))), placed(1))),
    "cycle that nothing builds": package(model_xml(CYCLE + object_xml(3, components(component(1))), placed(3))),
    "external": package(PLAIN, rels=relations(more=OTHER_END)),
    "external model": package(PLAIN, rels=relations("http://shop.invalid/3D/3dmodel.model")),
    "external file": package(PLAIN, rels=relations("file:///etc/passwd")),
    "dtd": package(model_xml(CUBE, placed(1), before="<!DOCTYPE model>")),
    "dtd with an entity": package(
        model_xml(CUBE, placed(1), before='<!DOCTYPE model [<!ENTITY x SYSTEM "file:///etc/passwd">]>')
    ),
    "dtd in the list of parts": package(PLAIN, rels=relations().replace("?>", "?><!DOCTYPE a>", 1)),
    "dtd in utf-16": package(model_xml(CUBE, placed(1), before="<!DOCTYPE m>").encode("utf-16")),
    "unsafe_names": package(PLAIN, ("../../etc/cron.d/x", "x")),
    "encrypted": _with_flag(package(PLAIN), 1),
    "bomb": _saying(package(PLAIN), b"3D/3dmodel.model", 3_000_000_000),
    "damaged by saying less": _saying(package(PLAIN), b"3D/3dmodel.model", 10),
    "empty": package(model_xml("", "")),
    "empty mesh": package(model_xml(object_xml(1, "<mesh><vertices/><triangles/></mesh>"), placed(1))),
    "no_extent": package(model_xml(object_xml(1, mesh_xml(0, 0, 0)), placed(1))),
    "no_extent by its matrix": package(model_xml(CUBE, placed(1, "0 0 0 0 0 0 0 0 0 0 0 0"))),
    "bad_transform": package(model_xml(CUBE, placed(1, "1 0 0 0 1 0 0 0 nan 0 0 0"))),
    "bad_transform, too short": package(model_xml(CUBE, placed(1, "1 2 3"))),
    "missing_part": package(model_xml(CUBE, placed(9))),
    "missing_part file": package(model_xml(object_xml(1, components(component(7, path="/3D/x.model"))), placed(1))),
    "bad_index": package(PLAIN.replace('v1="0"', 'v1="99"')),
    "bad_index below zero": package(PLAIN.replace('v1="0"', 'v1="-1"')),
    "bad_index beyond numbers": package(PLAIN.replace('v1="0"', 'v1="1e300"')),
    "bad_xml": package(PLAIN[:-40]),
    "bad_xml in the middle": package(PLAIN.replace("</vertices>", "")),
    "no_model": zipped([("readme.txt", "hello")]),
    "no_model in the model": package('<?xml version="1.0"?><svg/>'),
    "not_3mf": b"PK\x03\x04" + bytes(100),
    "other_format": b"<!doctype html><html><title>Not found</title></html>",
    "other_format without a doctype": b"<html><body>Please sign in</body></html>",
}


@pytest.mark.parametrize("kind", REFUSED)
def test_what_cannot_be_made_is_refused_with_its_reason(tmp_path: Path, kind: str) -> None:
    analysis = analyse(tmp_path, REFUSED[kind])
    assert analysis.verdict is Verdict.REFUSED, analysis.sentence
    assert analysis.code == kind.split()[0].rstrip(","), analysis.sentence
    assert analysis.sentence.endswith(".")
    assert analysis.mesh is None


@pytest.mark.parametrize("number", ["nan", "inf", "-inf", "1e39", "1e308"])
def test_points_without_a_place_are_left_out_and_named(tmp_path: Path, number: str) -> None:
    analysis = analyse(tmp_path, package(PLAIN.replace('x="10" y="0" z="0"', f'x="{number}" y="0" z="0"')))
    assert analysis.verdict is Verdict.FINDINGS
    assert "bad_numbers" in {found.code for found in analysis.findings}
    assert analysis.mesh is not None
    assert analysis.mesh.volume_mm3 is None


def test_a_matrix_that_leads_beyond_all_numbers_gives_no_measure(tmp_path: Path) -> None:
    analysis = analyse(tmp_path, package(model_xml(CUBE, placed(1, "1e300 0 0 0 1e300 0 0 0 1e300 0 0 0"))))
    assert analysis.verdict is Verdict.REFUSED
    assert analysis.mesh is None


def test_a_hundred_thousand_copies_are_counted_by_a_person(tmp_path: Path) -> None:
    objects = CUBE
    for number in range(2, 7):
        objects += object_xml(number, components(*[component(number - 1)] * 10))
    analysis = child(tmp_path, package(model_xml(objects, placed(6))))
    assert (analysis.verdict, analysis.code) == (Verdict.BY_HAND, "too_many_parts")
    assert "100,000 parts" in analysis.sentence
    assert analysis.mesh is None
    assert analysis.peak_mb < 500


def test_laughs_by_the_googol_are_counted_in_no_time(tmp_path: Path) -> None:
    objects = CUBE
    for number in range(2, 92):
        objects += object_xml(number, components(*[component(number - 1)] * 15))
    analysis = analyse(tmp_path, package(model_xml(objects, placed(91))))
    assert (analysis.verdict, analysis.code) == (Verdict.BY_HAND, "too_many_parts")


def test_a_million_lines_of_the_build_are_counted(tmp_path: Path) -> None:
    model = model_xml(CUBE, placed(1) * 1_000_000)
    analysis = analyse(tmp_path, zipped([("3D/3dmodel.model", model)], zipfile.ZIP_STORED))
    assert (analysis.verdict, analysis.code) == (Verdict.BY_HAND, "too_many_parts")
    assert "1,000,000 parts" in analysis.sentence
    assert analysis.mesh is None


def test_components_of_nothing_are_not_walked_again_for_each_copy(tmp_path: Path) -> None:
    nothing = object_xml(2, "<mesh><vertices/><triangles/></mesh>")
    many = object_xml(3, components(component(1), component(2) * 50_000))
    model = model_xml(CUBE + nothing + many, placed(3) * 40)
    analysis = child(tmp_path, zipped([("3D/3dmodel.model", model)], zipfile.ZIP_STORED))
    assert analysis.verdict is Verdict.FINDINGS
    assert analysis.mesh is not None
    assert analysis.mesh.objects == 40


def test_objects_that_hold_nothing_are_not_followed_a_thousand_million_times(tmp_path: Path) -> None:
    objects = object_xml(1, "<mesh><vertices/><triangles/></mesh>")
    for number in range(2, 12):
        objects += object_xml(number, components(*[component(number - 1)] * 10))
    analysis = analyse(tmp_path, package(model_xml(objects, placed(11))))
    assert (analysis.verdict, analysis.code) == (Verdict.REFUSED, "empty")


def test_five_thousand_levels_are_refused(tmp_path: Path) -> None:
    deep = (object_xml(number, components(component(number - 1))) for number in range(2, 5002))
    analysis = child(tmp_path, package(model_xml(CUBE + "".join(deep), placed(5001))))
    assert (analysis.verdict, analysis.code) == (Verdict.REFUSED, "too_deep")


def test_levels_that_are_known_from_below_are_refused_too(tmp_path: Path) -> None:
    """Counted from the bottom up, each step is shallow; placing them would go as deep as they are."""
    deep = (object_xml(number, components(component(number - 1))) for number in range(2, 3002))
    built = "".join(placed(number) for number in range(1, 3002, 90))
    analysis = analyse(tmp_path, package(model_xml(CUBE + "".join(deep), built)))
    assert (analysis.verdict, analysis.code) == (Verdict.REFUSED, "too_deep")


@pytest.mark.parametrize("declared", ["honest", "lying"])
def test_a_part_that_streams_without_end_is_never_unpacked(tmp_path: Path, declared: str) -> None:
    start, end = PLAIN.split("<resources>")
    content = package((start + " " * 60_000_000 + "<resources>" + end).encode())
    if declared == "lying":
        content = _saying(content, b"3D/3dmodel.model", 5_000)
    analysis = child(tmp_path, content)
    assert (analysis.verdict, analysis.code) == (Verdict.REFUSED, "bomb" if declared == "honest" else "damaged")
    assert analysis.peak_mb < 400


def test_more_members_than_a_model_needs_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packages, "MOST_MEMBERS", 20)
    analysis = analyse(tmp_path, package(PLAIN, *[(f"a/{i}", "") for i in range(30)]))
    assert (analysis.verdict, analysis.code) == (Verdict.REFUSED, "bomb")


def test_a_lattice_of_beams_is_measured_as_rods_and_says_so(tmp_path: Path) -> None:
    space = "http://schemas.microsoft.com/3dmanufacturing/beamlattice/2017/02"
    points = "".join(
        f'<vertex x="{10 * x}" y="{10 * y}" z="{10 * z}"/>' for x, y, z in itertools.product((0, 1), repeat=3)
    )
    beams = "".join(f'<b:beam v1="{i}" v2="{j}"/>' for i, j in ((0, 1), (1, 3), (3, 2), (2, 0)))
    lattice = f'<b:beamlattice xmlns:b="{space}" minlength="0.1" radius="1"><b:beams>{beams}</b:beams></b:beamlattice>'
    mesh = f"<mesh><vertices>{points}</vertices><triangles/>{lattice}</mesh>"
    analysis = analyse(tmp_path, package(model_xml(object_xml(1, mesh), placed(1))))
    assert analysis.verdict is Verdict.FINDINGS
    assert "lattice" in {found.code for found in analysis.findings}
    assert analysis.mesh is not None
    assert analysis.mesh.size_mm[1:] == pytest.approx((12, 12), abs=0.5)


def test_large_faces_behind_each_other_are_drawn_coarser(monkeypatch: pytest.MonkeyPatch) -> None:
    sheet = np.array([[[0, 0, 0], [90, 0, 0], [0, 0, 90]]], np.float32)
    stack = np.concatenate([sheet + np.array([0, i / 100, 0], np.float32) for i in range(40)])
    assert coarseness(stack) == 1
    monkeypatch.setattr(picture, "MOST_PIXELS", 1_000_000)
    assert coarseness(stack) == 4
    with Image.open(io.BytesIO(draw(stack, cull=False))) as image:
        assert image.size == (512, 512)
        assert image.getchannel("A").getextrema() == (0, 255)


def coarseness(triangles: np.ndarray) -> int:
    return picture._coarseness(picture._project(triangles, 1024), np.arange(len(triangles)))
