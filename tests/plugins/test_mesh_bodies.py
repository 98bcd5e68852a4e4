"""Bodies that are turned, nested, cut out, copied or nearly joined: the volume is that of the stuff that is made."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from craftops_plugins.analyzer_mesh import threemf
from craftops_plugins.analyzer_mesh.analyzer import MeshAnalyzer
from craftops_plugins.analyzer_mesh.columns import shared
from craftops_plugins.analyzer_mesh.facts import measure
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from PIL import Image
from samples.meshes import TRIANGLES, component, components, corners, mesh_xml, model_xml, object_xml, package, placed

from craftops.domain.files.designs import Analysis, Verdict

Box = tuple[tuple[float, float, float], tuple[float, float, float]]


def box(
    size: tuple[float, float, float], at: tuple[float, float, float] = (0, 0, 0), *, turned: bool = False
) -> np.ndarray:
    points = np.array(corners(*size, at=at), np.float32)
    faces = points[np.array(TRIANGLES) - 1]
    return faces[:, ::-1] if turned else faces


def volume(*boxes: np.ndarray) -> float:
    found = measure(np.concatenate(boxes)).facts.volume_mm3
    assert found is not None
    return found


CUBE = (20.0, 20.0, 20.0)
SHAPES = {
    "apart": (16_000, box(CUBE), box(CUBE, (50, 0, 0))),
    "one turned": (16_000, box(CUBE), box(CUBE, (50, 0, 0), turned=True)),
    "both turned": (16_000, box(CUBE, turned=True), box(CUBE, (50, 0, 0), turned=True)),
    "a hollow": (7_000, box(CUBE), box((10, 10, 10), (5, 5, 5), turned=True)),
    "a hollow in what is turned": (7_000, box(CUBE, turned=True), box((10, 10, 10), (5, 5, 5))),
    "stuff within stuff": (8_000, box(CUBE), box((10, 10, 10), (5, 5, 5))),
    "stuff in a hollow": (7_064, box(CUBE), box((10, 10, 10), (5, 5, 5), turned=True), box((4, 4, 4), (8, 8, 8))),
    "through each other": (12_000, box(CUBE), box(CUBE, (10, 0, 0))),
    "through each other, one turned": (12_000, box(CUBE), box(CUBE, (10, 0, 0), turned=True)),
    "one upon the other": (16_000, box(CUBE), box(CUBE, (0, 5, 20.5))),
}


@pytest.mark.parametrize("kind", SHAPES)
def test_the_volume_is_that_of_the_stuff(kind: str) -> None:
    right, *boxes = SHAPES[kind]
    assert volume(*boxes) == pytest.approx(right, rel=6e-3)  # type: ignore[arg-type]
    assert (measure(np.concatenate(boxes)).bodies.twice > 0) == ("through" in kind or "within stuff" in kind)


TOUCHING = {
    "by a side": (16_000, box(CUBE), box(CUBE, (20, 0, 0))),
    "by a side, one turned": (16_000, box(CUBE), box(CUBE, (20, 0, 0), turned=True)),
    "by an edge": (16_000, box(CUBE), box(CUBE, (20, 20, 0))),
    "three in a row": (24_000, box(CUBE), box(CUBE, (0, 0, 20)), box(CUBE, (0, 0, 40))),
    "twice the same": (8_000, box(CUBE), box(CUBE)),
}


@pytest.mark.parametrize("kind", TOUCHING)
def test_bodies_that_touch_are_weighed_one_by_one_and_said(kind: str) -> None:
    right, *boxes = TOUCHING[kind]
    found = measure(np.concatenate(boxes))  # type: ignore[arg-type]
    assert found.facts.volume_mm3 == pytest.approx(right, rel=6e-3)
    assert (found.facts.bodies, found.crowded_edges > 0, found.facts.watertight) == (len(boxes), True, False)


def test_faces_that_leave_an_edge_unevenly_have_no_volume() -> None:
    assert measure(np.concatenate([box(CUBE), box(CUBE)[:1, ::-1]])).facts.volume_mm3 is None


@pytest.mark.parametrize("way", ["20 0 0", "0 0 20", "20 20 0"])
def test_parts_of_a_project_may_touch(tmp_path: Path, way: str) -> None:
    built = placed(1) + placed(1, f"1 0 0 0 1 0 0 0 1 {way}")
    (tmp_path / "part.3mf").write_bytes(package(model_xml(object_xml(1, mesh_xml(20, 20, 20)), built)))
    analysis = MeshAnalyzer().analyse(tmp_path / "part.3mf", "part.3mf")
    assert analysis.verdict is Verdict.ACCEPTED
    assert analysis.mesh is not None
    assert (analysis.mesh.volume_mm3, analysis.mesh.bodies) == (pytest.approx(16_000), 2)


SIDES = st.floats(4, 40).map(lambda value: round(value, 2))
BOXES = st.tuples(st.tuples(SIDES, SIDES, SIDES), st.tuples(*[st.floats(-30, 30).map(lambda v: round(v, 2))] * 3))


@settings(deadline=None, max_examples=20)
@given(BOXES, BOXES.map(lambda box: (box[0], tuple(place + 0.0137 for place in box[1]))))  # they share no corner
def test_two_boxes_fill_their_union(one: Box, other: Box) -> None:
    meet = [min(a + s, b + t) - max(a, b) for s, a, t, b in zip(*one, *other, strict=True)]
    assume(min(meet) < 0 or min(meet) > 1)  # a sliver is thinner than a column
    common = float(np.prod(meet)) if min(meet) > 0 else 0.0
    both = float(np.prod(one[0]) + np.prod(other[0]))
    assert shared(box(*one), box(*other)).taken == pytest.approx(common, rel=0.15)
    assert volume(box(*one), box(*other)) == pytest.approx(both - common, rel=0.02)


@pytest.mark.parametrize("noise", [1e-6, 5e-5])
def test_corners_apart_by_a_rounding_error_are_one(noise: float) -> None:
    chance = np.random.default_rng(4)
    shaken = box((90, 60, 30)) + chance.uniform(-noise, noise, (12, 3, 3)).astype(np.float32)
    found = measure(shaken)
    assert found.facts.watertight
    assert found.welded
    assert found.facts.volume_mm3 == pytest.approx(162_000, rel=1e-4)
    assert not measure(box((90, 60, 30))[:-1]).facts.watertight


def analyse(folder: Path, content: bytes) -> Analysis:
    (folder / "part.3mf").write_bytes(content)
    return MeshAnalyzer().analyse(folder / "part.3mf", "part.3mf")


def codes(analysis: Analysis) -> set[str]:
    return {found.code for found in analysis.findings}


PLATE = object_xml(1, mesh_xml(60, 40, 10))
MIRROR = "-1 0 0 0 1 0 0 0 1 -5 0 0"


def test_a_mirrored_copy_counts_like_any_other(tmp_path: Path) -> None:
    analysis = analyse(tmp_path, package(model_xml(PLATE, placed(1) + placed(1, MIRROR))))
    assert analysis.mesh is not None
    assert analysis.mesh.volume_mm3 == pytest.approx(48_000)
    assert analysis.verdict is Verdict.ACCEPTED


def off(item: str, value: str = "0") -> str:
    return item.replace("/>", f' printable="{value}"/>')


def test_what_is_switched_off_is_not_made(tmp_path: Path) -> None:
    far = placed(1, "1 0 0 0 1 0 0 0 1 900 0 0")
    analysis = analyse(tmp_path, package(model_xml(PLATE, off(placed(1), "1") + off(far))))
    assert analysis.mesh is not None
    assert (analysis.mesh.size_mm, analysis.mesh.objects) == (pytest.approx((60, 40, 10)), 1)
    assert analysis.verdict is Verdict.ACCEPTED, analysis.findings
    everything = analyse(tmp_path, package(model_xml(PLATE, off(placed(1)))))
    assert everything.mesh is not None
    assert "all_hidden" in codes(everything)


@pytest.mark.parametrize("kind", ["support", "solidsupport", "other"])
def test_supports_are_left_out_through_components_too(tmp_path: Path, kind: str) -> None:
    objects = PLATE + object_xml(2, mesh_xml(90, 90, 90), kind) + object_xml(3, components(component(1), component(2)))
    analysis = analyse(tmp_path, package(model_xml(objects, placed(3))))
    assert analysis.mesh is not None
    assert analysis.mesh.size_mm == pytest.approx((60, 40, 10))
    assert "helpers" in codes(analysis)


def prusa(*volumes: tuple[int, int, str]) -> tuple[str, str]:
    told = "".join(
        f'<volume firstid="{first}" lastid="{last}"><metadata type="volume" key="volume_type" value="{kind}"/></volume>'
        for first, last, kind in volumes
    )
    return "Metadata/Slic3r_PE_model.config", f'<?xml version="1.0"?><config><object id="1">{told}</object></config>'


def bambu(kind: str) -> tuple[str, str]:
    parts = f'<part id="1" subtype="normal_part"/><part id="2" subtype="{kind}"/>'
    return "Metadata/model_settings.config", f'<?xml version="1.0"?><config><object id="3">{parts}</object></config>'


def two_meshes(one: str, other: str) -> str:
    """Both meshes in one object, the second one's triangles behind the first one's."""
    points = one.split("<vertices>")[1].split("</vertices>")[0] + other.split("<vertices>")[1].split("</vertices>")[0]
    first, second = (mesh.split("<triangles>")[1].split("</triangles>")[0] for mesh in (one, other))
    for number in range(7, -1, -1):
        second = second.replace(f'"{number}"', f'"{number + 8}"')
    return f"<mesh><vertices>{points}</vertices><triangles>{first}{second}</triangles></mesh>"


WINDOW = mesh_xml(20, 20, 30, (20, 10, -10))


@pytest.mark.parametrize("negative", ["NegativeVolume", "negative_part"])
def test_negative_volumes_are_cut_out(tmp_path: Path, negative: str) -> None:
    if negative == "NegativeVolume":
        objects = object_xml(1, two_meshes(mesh_xml(60, 40, 10), WINDOW))
        content = package(model_xml(objects, placed(1)), prusa((0, 11, "ModelPart"), (12, 23, negative)))
    else:
        objects = PLATE + object_xml(2, WINDOW) + object_xml(3, components(component(1), component(2)))
        content = package(model_xml(objects, placed(3)), bambu(negative))
    analysis = analyse(tmp_path, content)
    assert analysis.mesh is not None
    assert analysis.mesh.size_mm == pytest.approx((60, 40, 10))
    assert analysis.mesh.volume_mm3 == pytest.approx(20_000, rel=5e-3)
    assert "negative" in codes(analysis)


def test_a_cut_that_shortens_the_part_shortens_its_size(tmp_path: Path) -> None:
    objects = (
        PLATE
        + object_xml(2, mesh_xml(40, 60, 30, (45, -10, -10)))
        + object_xml(3, components(component(1), component(2)))
    )
    analysis = analyse(tmp_path, package(model_xml(objects, placed(3)), bambu("negative_part")))
    assert analysis.mesh is not None
    assert analysis.mesh.size_mm == pytest.approx((45, 40, 10), abs=0.3)


@pytest.mark.parametrize("kind", ["ParameterModifier", "SupportEnforcer", "SupportBlocker"])
def test_modifiers_are_no_stuff(tmp_path: Path, kind: str) -> None:
    objects = object_xml(1, two_meshes(mesh_xml(60, 40, 10), WINDOW))
    analysis = analyse(tmp_path, package(model_xml(objects, placed(1)), prusa((0, 11, "ModelPart"), (12, 23, kind))))
    assert analysis.mesh is not None
    assert analysis.mesh.volume_mm3 == pytest.approx(24_000)
    assert "helpers" in codes(analysis)


@pytest.mark.parametrize("kind", ["modifier_part", "support_enforcer", "support_blocker"])
def test_modifiers_of_bambu_are_no_stuff(tmp_path: Path, kind: str) -> None:
    objects = PLATE + object_xml(2, WINDOW) + object_xml(3, components(component(1), component(2)))
    analysis = analyse(tmp_path, package(model_xml(objects, placed(3)), bambu(kind)))
    assert analysis.mesh is not None
    assert analysis.mesh.volume_mm3 == pytest.approx(24_000)


def test_a_support_of_cura_is_no_stuff(tmp_path: Path) -> None:
    mark = '<metadatagroup><metadata name="cura:support_mesh" preserve="1" type="xs:boolean">True</metadata></metadatagroup>'
    objects = PLATE + object_xml(2, mark + WINDOW)
    analysis = analyse(tmp_path, package(model_xml(objects, placed(1) + placed(2))))
    assert analysis.mesh is not None
    assert analysis.mesh.volume_mm3 == pytest.approx(24_000)


SLICES = (
    '<s:slicestack xmlns:s="http://schemas.microsoft.com/3dmanufacturing/slice/2015/07" id="9"><s:slice ztop="1"><s:vertices>'
    '<s:vertex x="0" y="0"/><s:vertex x="1" y="0"/></s:vertices></s:slice></s:slicestack>'
)
NOTE = "<metadata name='Title'><![CDATA[a <vertices> & b]]></metadata>"


@pytest.mark.parametrize("before", [SLICES, NOTE])
def test_blocks_of_others_before_the_mesh_do_no_harm(tmp_path: Path, before: str) -> None:
    model = model_xml(PLATE, placed(1))
    where = "<resources>"
    model = model.replace(where, before + where if before is NOTE else where + before)
    analysis = analyse(tmp_path, package(model))
    assert analysis.mesh is not None, analysis.sentence
    assert analysis.mesh.volume_mm3 == pytest.approx(24_000)


def test_a_locked_model_is_called_so(tmp_path: Path) -> None:
    analysis = analyse(tmp_path, package(b"%3McF" + bytes(200)))
    assert (analysis.verdict, analysis.code) == (Verdict.REFUSED, "encrypted")


def test_a_coarse_stand_in_is_called_so(tmp_path: Path) -> None:
    space = 'xmlns:pa="http://schemas.microsoft.com/3dmanufacturing/production/alternatives/2021/04"'
    objects = PLATE.replace("<object", f'<object {space} pa:modelresolution="lowres"')
    assert "lowres" in codes(analyse(tmp_path, package(model_xml(objects, placed(1)))))


@pytest.mark.parametrize(
    "matrix", ["1 0 0 0 1 0 0 0 1", "0 2 0 -2 0 0 0 0 2", "1 0 0 0 3 0 0 0 1", "-1 0 0 0 1 0 0 0 1"]
)
def test_copies_measured_by_their_matrix_say_what_all_of_them_say(
    tmp_path: Path, matrix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    items = "".join(placed(1, f"{matrix} {100 * i} {7 * i} 0") for i in range(40))
    content = package(model_xml(PLATE, items, "inch"))
    whole = analyse(tmp_path, content).mesh
    monkeypatch.setattr(threemf, "MANY_TRIANGLES", 100)
    thinned = analyse(tmp_path, content)
    assert whole is not None
    assert thinned.mesh is not None
    assert thinned.mesh.size_mm == pytest.approx(whole.size_mm, rel=1e-5)
    assert thinned.mesh.area_mm2 == pytest.approx(whole.area_mm2, rel=1e-5)
    assert thinned.mesh.volume_mm3 == pytest.approx(whole.volume_mm3, rel=1e-5)
    assert (thinned.mesh.triangles, thinned.mesh.bodies, thinned.mesh.objects, thinned.mesh.inverted) == (
        whole.triangles, whole.bodies, whole.objects, whole.inverted,
    )  # fmt: skip
    assert thinned.picture is not None


def test_specks_far_apart_are_seen_and_said(tmp_path: Path) -> None:
    tiny = object_xml(1, mesh_xml(0.03, 0.03, 0.03))
    analysis = analyse(tmp_path, package(model_xml(tiny, placed(1) + placed(1, "1 0 0 0 1 0 0 0 1 22 0 0"))))
    assert "specks" in codes(analysis)
    with Image.open(io.BytesIO(analysis.picture or b"")) as image:
        assert np.count_nonzero(np.asarray(image)[:, :, 3] > 100) > 20
