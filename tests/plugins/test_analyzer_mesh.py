"""Measuring STL: what is right by formula stays right in every dialect; what is wrong gets a sentence."""

from __future__ import annotations

import io
import math
import random
import struct
from pathlib import Path

import numpy as np
import pytest
from craftops_plugins.analyzer_mesh import facts as facts_module
from craftops_plugins.analyzer_mesh.analyzer import MeshAnalyzer
from craftops_plugins.analyzer_mesh.facts import axes, measure, merge
from craftops_plugins.analyzer_mesh.indicators import indicators
from craftops_plugins.analyzer_mesh.picture import draw
from craftops_plugins.analyzer_mesh.stl import read_stl
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from craftops.domain.files.designs import Analysis, Verdict
from craftops.testing import FileAnalyzerContract
from craftops.testing.workshop import cube_stl

sides = st.floats(1.0, 500.0, width=32)


def box(a: float, b: float, c: float, at: tuple[float, float, float] = (0, 0, 0)) -> np.ndarray:
    count = int.from_bytes(cube_stl()[80:84], "little")
    records = np.frombuffer(cube_stl(1.0), np.dtype([("n", "<f4", 3), ("t", "<f4", (3, 3)), ("a", "<u2")]), count, 84)
    return (records["t"] * np.array([a, b, c], np.float32) + np.array(at, np.float32)).astype(np.float32)


def binary(triangles: np.ndarray, header: bytes = b"", count: int | None = None) -> bytes:
    body = b"".join(struct.pack("<3f", 0, 0, 0) + t.astype("<f4").tobytes() + b"\0\0" for t in triangles)
    return header.ljust(80, b" ") + struct.pack("<I", len(triangles) if count is None else count) + body


def ascii_stl(
    triangles: np.ndarray, *, form: str = "%.9g", name: str = "part", end: str = "\n", upper: bool = False
) -> bytes:
    lines = [f"solid {name}"]
    for t in triangles:
        lines += ["facet normal 0 0 0", "outer loop"]
        lines += ["vertex " + " ".join(form % value for value in corner) for corner in t]
        lines += ["endloop", "endfacet"]
    lines.append(f"endsolid {name}")
    text = end.join(lines) + end
    return (text.upper() if upper else text).encode()


def analyse(folder: Path, content: bytes) -> Analysis:
    path = folder / "x.stl"
    path.write_bytes(content)
    return MeshAnalyzer().analyse(path, "x.stl")


class TestContract(FileAnalyzerContract):
    def analyzer(self) -> MeshAnalyzer:
        return MeshAnalyzer()

    def good(self) -> tuple[str, bytes]:
        return "cube.stl", cube_stl()


@given(sides, sides, sides)
def test_a_box_has_the_volume_and_area_of_a_box(a: float, b: float, c: float) -> None:
    facts = measure(box(a, b, c)).facts
    assert facts.watertight
    assert not facts.inverted
    assert (facts.bodies, facts.triangles) == (1, 12)
    assert facts.volume_mm3 == pytest.approx(a * b * c, rel=1e-5)
    assert facts.area_mm2 == pytest.approx(2 * (a * b + b * c + a * c), rel=1e-5)
    assert facts.size_mm == pytest.approx((a, b, c))


@given(sides, st.floats(0, 6.3), st.floats(0, 6.3))
def test_turning_and_moving_change_no_volume(side: float, first: float, second: float) -> None:
    c, s, d, e = math.cos(first), math.sin(first), math.cos(second), math.sin(second)
    turn = np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]]) @ np.array([[1, 0, 0], [0, d, -e], [0, e, d]])
    turned = (box(side, side, side) @ turn.T + 1000).astype(np.float32)
    assert measure(turned).facts.volume_mm3 == pytest.approx(side**3, rel=2e-2)


@pytest.mark.parametrize(
    "content",
    [
        binary(box(20, 30, 40)),
        binary(box(20, 30, 40), b"solid made by a CAD program"),
        ascii_stl(box(20, 30, 40)),
        ascii_stl(box(20, 30, 40), end="\r\n"),
        ascii_stl(box(20, 30, 40), end="\r"),
        ascii_stl(box(20, 30, 40), upper=True),
        ascii_stl(box(20, 30, 40), form="%.6e"),
        ascii_stl(box(20, 30, 40), form="%.3f", name="a name of words and facet normal"),
        ascii_stl(box(20, 30, 40), name="Würfel").replace("ü".encode(), b"\xfc"),
        b"; a comment\n# another\n" + ascii_stl(box(20, 30, 40)),
        b"\xef\xbb\xbf" + ascii_stl(box(20, 30, 40)),
        ascii_stl(box(20, 30, 40)).decode().encode("utf-16"),
        ascii_stl(box(20, 30, 40)).replace(b"endsolid part\n", b""),
        ascii_stl(box(20, 30, 40)).replace(b".", b",").replace(b"vertex 20 ", b"vertex 20,0 "),
        binary(box(20, 30, 40)) + b"a trailer of a CAD program",
        binary(box(20, 30, 40), count=0),
    ],
    ids=range(16),
)
def test_every_dialect_says_the_same(tmp_path: Path, content: bytes) -> None:
    analysis = analyse(tmp_path, content)
    assert analysis.mesh is not None, analysis.sentence
    assert analysis.mesh.volume_mm3 == pytest.approx(24_000)
    assert analysis.mesh.size_mm == pytest.approx((20, 30, 40))
    assert analysis.verdict in (Verdict.ACCEPTED, Verdict.FINDINGS)


def test_several_solids_in_one_file_are_one_order_line(tmp_path: Path) -> None:
    two = ascii_stl(box(10, 10, 10), name="one") + ascii_stl(box(10, 10, 10, (50, 0, 0)), name="two")
    analysis = analyse(tmp_path, two)
    assert analysis.mesh is not None
    assert analysis.mesh.bodies == 2
    assert analysis.mesh.volume_mm3 == pytest.approx(2000)


CASES = {
    "open_edges": binary(box(20, 20, 20)[:-1]),
    "inverted": binary(box(20, 20, 20)[:, ::-1]),
    "flat": binary(np.array([[[0, 0, 0], [10, 0, 0], [0, 10, 0]]], np.float32)),
    "tiny": binary(box(0.02, 0.02, 0.02)),
    "huge": binary(box(5000, 20, 20)),
    "truncated": binary(box(20, 20, 20))[:-120],
    "wrong_count": binary(box(20, 20, 20), count=3),
    "degenerate": binary(np.concatenate([box(20, 20, 20), np.zeros((2, 3, 3), np.float32)])),
    "bad_numbers": binary(np.concatenate([box(20, 20, 20), np.full((1, 3, 3), np.nan, np.float32)])),
    "non_manifold": binary(np.concatenate([box(20, 20, 20), box(20, 20, 20, (20, 20, 0))])),
    "many_bodies": binary(np.concatenate([box(5, 5, 5, (10 * i, 0, 0)) for i in range(25)])),
}


@pytest.mark.parametrize("code", CASES)
def test_what_would_go_wrong_is_found_and_said(tmp_path: Path, code: str) -> None:
    analysis = analyse(tmp_path, CASES[code])
    found = {finding.code: finding for finding in analysis.findings}
    assert code in found
    assert found[code].sentence.endswith(".")
    assert analysis.mesh is not None
    assert analysis.picture is not None


REFUSED = {
    "nothing": b"",
    "no triangles": binary(np.zeros((0, 3, 3), np.float32)),
    "only words": b"solid nothing\nendsolid nothing\n",
    "a picture": b"\x89PNG\r\n\x1a\n" + bytes(200),
    "an archive": b"PK\x03\x04" + bytes(200),
    "a page": b"<!doctype html><title>Not found</title>" + b" " * 200,
    "an OBJ": b"# obj\nv 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n" + b"# " * 50,
    "a STEP": b"ISO-10303-21;\nHEADER;\n" + b" " * 200,
    "a start": binary(box(1, 1, 1))[:83],
    "noise": np.random.default_rng(7).bytes(5000),
    "prose": b"Dear shop, please find attached my part. " * 10,
    "only infinities": binary(np.full((4, 3, 3), np.inf, np.float32)),
    "one point": binary(np.full((4, 3, 3), 7, np.float32)),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_what_cannot_be_made_is_refused_in_plain_words(tmp_path: Path, kind: str) -> None:
    analysis = analyse(tmp_path, REFUSED[kind])
    assert analysis.verdict is Verdict.REFUSED
    assert analysis.sentence.endswith(".")
    assert analysis.picture is None


@given(st.binary(max_size=2000))
def test_no_bytes_make_it_raise(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    folder = tmp_path_factory.mktemp("noise")
    for data in (content, b"solid x\n" + content, bytes(80) + struct.pack("<I", 3) + content):
        analyse(folder, data)


@given(st.lists(st.tuples(*[st.sampled_from([0.0, -0.0, 1.0, 2.0, 1e-30, 3.5])] * 3), min_size=3, max_size=60))
def test_corners_are_joined_exactly_where_they_are_equal(points: list[tuple[float, float, float]]) -> None:
    usable = len(points) // 3 * 3
    triangles = np.array(points[:usable], np.float32).reshape(-1, 3, 3)
    numbers = merge(axes(triangles)).reshape(-1)
    flat = [tuple(value + 0.0 for value in corner) for corner in triangles.reshape(-1, 3).tolist()]
    for i in range(usable):
        for j in range(i):
            assert (numbers[i] == numbers[j]) == (flat[i] == flat[j])


def test_the_picture_is_the_part_on_nothing() -> None:
    image = Image.open(io.BytesIO(draw(box(40, 40, 10), cull=True)))
    assert image.size == (512, 512)
    assert image.mode == "RGBA"
    cover = np.asarray(image)[..., 3]
    assert cover[0, 0] == 0
    assert cover[256, 256] == 255
    assert 0.15 < (cover > 0).mean() < 0.7


def test_a_real_million_is_read_whole(tmp_path: Path) -> None:
    path = tmp_path / "big.stl"
    one = binary(box(20, 20, 20))
    path.write_bytes(one[:80] + struct.pack("<I", 12 * 5000) + one[84:] * 5000)
    mesh = read_stl(path)
    triangles, findings = mesh.triangles, mesh.findings
    assert triangles.shape == (60_000, 3, 3)
    assert findings == []


def test_every_file_of_the_corpus_gets_the_verdict_it_should(corpus: Path) -> None:
    expected = {}
    for line in (corpus / "MANIFEST.tsv").read_text().splitlines():
        cells = line.split("\t")
        if len(cells) > 2 and cells[1].lower() == "stl":
            expected[cells[0]] = cells[2]
    assert expected, "the manifest names no STL"
    for name, wanted in expected.items():
        analysis = MeshAnalyzer().analyse(corpus / name, Path(name).name)
        if wanted == "good":
            assert analysis.verdict in (Verdict.ACCEPTED, Verdict.FINDINGS), name
            assert analysis.mesh is not None, name
            assert analysis.picture is not None, name
        elif wanted in ("empty", "bad"):
            assert analysis.verdict is not Verdict.ACCEPTED, name
        assert analysis.sentence, name


def test_facts_agree_with_trimesh(corpus: Path) -> None:
    trimesh = pytest.importorskip("trimesh")
    for path in sorted((corpus / "stl").glob("*.[sS][tT][lL]")):
        try:
            theirs = trimesh.load(path, file_type="stl", process=True)
        except ValueError:
            continue  # it reads fewer dialects than we do
        ours = MeshAnalyzer().analyse(path, path.name).mesh
        if ours is None or not len(theirs.faces):
            continue
        assert ours.size_mm == pytest.approx(tuple(theirs.extents), rel=1e-4, abs=1e-6), path.name
        assert ours.area_mm2 == pytest.approx(float(theirs.area), rel=1e-4), path.name
        if ours.watertight and theirs.is_watertight:
            assert ours.volume_mm3 == pytest.approx(abs(float(theirs.volume)), rel=1e-4), path.name


def test_walls_are_what_they_measure(tmp_path: Path) -> None:
    outer, inner = box(40, 40, 40), box(30, 36, 36, (7, 2, 2))[:, ::-1]
    analysis = analyse(tmp_path, binary(np.concatenate([outer, inner])))
    assert analysis.mesh is not None
    assert analysis.mesh.wall_mm == pytest.approx(2.0, abs=0.01)


@given(sides, st.integers(0, 2))
def test_a_table_hangs_over_by_its_underside(side: float, seed: int) -> None:
    lifted = np.concatenate([box(side, side, 1, (0, 0, 20)), box(1, 1, 20)])
    order = np.random.default_rng(seed).permutation(len(lifted))
    facts = measure(lifted[order]).facts
    total = facts.area_mm2
    assert indicators(lifted[order], facts)["overhang"] == pytest.approx(side * side / total, abs=2e-4)


@given(st.lists(st.integers(1, 6), min_size=1, max_size=8), st.randoms(use_true_random=False))
def test_bodies_are_counted_in_whatever_order_they_come(chains: list[int], chance: random.Random) -> None:
    """Each chain is a row of boxes that share a corner with the next; each number of chains is as many bodies."""
    parts = [
        box(1, 1, 1, (place, place, 1000.0 * row + place))
        for row, length in enumerate(chains)
        for place in range(length)
    ]
    triangles = np.concatenate(parts)
    order = list(range(len(triangles)))
    chance.shuffle(order)
    assert measure(triangles[order]).facts.bodies == len(chains)


@pytest.mark.parametrize("kept", [0, 1, 3])
def test_corners_with_one_hash_stay_apart(kept: int, monkeypatch: pytest.MonkeyPatch) -> None:
    plain, whole = facts_module._hashes, measure(np.concatenate([box(2, 3, 4), box(1, 1, 1, (9, 9, 9))])).facts

    def weak(columns: tuple[np.ndarray, ...], low: np.uint64) -> np.ndarray:
        high = np.uint64(((1 << kept) - 1) << (64 - kept))
        return plain(columns, low) & (low | high)

    monkeypatch.setattr(facts_module, "_hashes", weak)
    assert measure(np.concatenate([box(2, 3, 4), box(1, 1, 1, (9, 9, 9))])).facts == whole
