"""What of an AI file is seen, and in which unit: layers, clips, gradients, and the large canvas."""

from __future__ import annotations

import zlib
from pathlib import Path

import pytest
from craftops_plugins.analyzer_drawing.analyzer import DrawingAnalyzer
from craftops_plugins.analyzer_drawing.pdf_objects import told_by
from samples.drawings import assembled, pdf, square, stream

from craftops.domain.files.designs import Analysis

MM = 25.4 / 72
FAR = b"q 1 0 0 1 0 0 cm 0 0 190 95 re S Q\n"
SHADE = (
    b"/Shading<</Sh<</ShadingType 2/ColorSpace/DeviceRGB/Coords[0 0 200 0]"
    b"/Function<</FunctionType 2/Domain[0 1]/C0[1 0 0]/C1[0 0 1]/N 1>>/Extend[true true]>>>>"
)


def analyse(folder: Path, content: bytes) -> Analysis:
    (folder / "part.ai").write_bytes(content)
    return DrawingAnalyzer().analyse(folder / "part.ai", "part.ai")


def codes(analysis: Analysis) -> set[str]:
    return {found.code for found in analysis.findings}


def layered(settings: bytes, drawn: bytes, name: bytes = b"(Guides)") -> bytes:
    """A drawing with the layer L1 (object 10) around a part of it, and L2 (object 11)."""
    content = pdf(
        drawn, (200, 100), b"<</Type/OCG/Name%s>>" % name, b"<</Type/OCG/Name(Cut)>>",
        resources=b"/Properties<</L1 10 0 R/L2 11 0 R>>",
    )  # fmt: skip
    told = b"/OCProperties<</OCGs[10 0 R 11 0 R]/D<<%s/Order[10 0 R 11 0 R]>>>>" % settings
    catalog = b"<</Type/Catalog/Pages 2 0 R>>"
    return content.replace(catalog, catalog[:-2] + told + b">>")


HIDDEN = b"/OC/L1 BDC %b EMC /OC/L2 BDC %b EMC" % (FAR, square(20, 20, 72))


@pytest.mark.parametrize("name", [b"(Guides)", b"(a \\(b\\)\\\\\\101)", b"<FEFF004800FC006C006C0065>", b"<4142>"])
def test_a_layer_that_is_off_is_not_measured(tmp_path: Path, name: bytes) -> None:
    analysis = analyse(tmp_path, layered(b"/OFF[10 0 R]", HIDDEN, name))
    assert analysis.drawing is not None
    assert analysis.drawing.size_mm == pytest.approx((25.4, 25.4))
    assert analysis.drawing.cut_mm == pytest.approx(4 * 25.4)
    assert codes(analysis) == {"hidden"}


@pytest.mark.parametrize(
    ("settings", "wide"),
    [(b"/BaseState/OFF/ON[11 0 R]", 72), (b"/BaseState/ON", 190), (b"/OFF[]", 190), (b"/OFF[10 0 R 11 0 R]", 190)],
)
def test_what_is_on_is_measured_and_all_where_nothing_is(tmp_path: Path, settings: bytes, wide: float) -> None:
    analysis = analyse(tmp_path, layered(settings, HIDDEN))
    assert analysis.drawing is not None
    assert analysis.drawing.size_mm[0] == pytest.approx(wide * MM)
    assert ("all_hidden" in codes(analysis)) == settings.startswith(b"/OFF[1")


def test_what_the_picture_does_not_show_is_no_confident_size(tmp_path: Path) -> None:
    form = stream(FAR, b"/Type/XObject/Subtype/Form/BBox[0 0 900 900]/OC 10 0 R")
    content = pdf(
        b"/F Do " + square(20, 20, 72), (200, 100), b"<</Type/OCG/Name(x)>>", form, resources=b"/XObject<</F 11 0 R>>"
    ).replace(b"<</Type/Catalog/", b"<</Type/Catalog/OCProperties<</OCGs[10 0 R]/D<</OFF[10 0 R]>>>>/")
    analysis = analyse(tmp_path, content)
    assert analysis.drawing is not None
    assert analysis.drawing.size_mm == pytest.approx((25.4, 25.4)) or "picture_differs" in codes(analysis)


@pytest.mark.parametrize("unit", [10, 2.5, 1])
@pytest.mark.parametrize("packed", [False, True])
def test_a_large_canvas_is_as_large_as_it_says(tmp_path: Path, unit: float, packed: bool) -> None:
    page = f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 100]/UserUnit {unit}/Contents 5 0 R/Resources<<>>>>".encode()
    pages = b"<</Type/Pages/Count 1/Kids[3 0 R]>>"
    objects = {1: b"<</Type/Catalog/Pages 2 0 R>>", 5: stream(square(20, 20, 72))}
    if packed:
        inner = b"2 0 3 %d " % (len(pages) + 1)
        body = zlib.compress(inner + pages + b" " + page)
        objects[8] = stream(body, b"/Type/ObjStm/N 2/First %d/Filter/FlateDecode" % len(inner))
        (tmp_path / "part.ai").write_bytes(assembled(objects))
        assert told_by(tmp_path / "part.ai").unit == unit
        return
    analysis = analyse(tmp_path, assembled(objects | {2: pages, 3: page}))
    assert analysis.drawing is not None
    assert analysis.drawing.size_mm == pytest.approx((25.4 * unit, 25.4 * unit))
    assert not codes(analysis) - {"odd_size"}


def test_a_gradient_is_as_large_as_what_it_fills(tmp_path: Path) -> None:
    drawn = b"q 20 10 160 80 re W n /Sh sh Q 100 50 20 20 re f"
    analysis = analyse(tmp_path, pdf(drawn, (200, 100), resources=SHADE))
    assert analysis.drawing is not None
    assert analysis.drawing.size_mm == pytest.approx((160 * MM, 80 * MM))
    assert (analysis.drawing.closed, analysis.drawing.holes) == (2, 1)
    assert not codes(analysis)


CLIPPED = {
    "cut in part": (b"q 50 20 100 50 re W n -500 -500 2000 2000 re f Q", {"clipped"}),
    "cut by a circle": (b"q 50 50 m 50 90 150 90 150 50 c 150 10 50 10 50 50 c W n 55 40 90 30 re f Q", {"clipped"}),
    "cut away": (b"q 50 20 10 5 re W n 150 80 20 10 re f Q 20 20 72 72 re S", {"hidden"}),
    "cut around it": (b"q 0 0 200 100 re W n 20 20 72 72 re S Q", set()),
    "without a colour": (b"q /G gs 0 0 190 95 re f Q 20 20 72 72 re S", set()),
}


@pytest.mark.parametrize("kind", CLIPPED)
def test_a_clip_is_followed_or_said(tmp_path: Path, kind: str) -> None:
    drawn, right = CLIPPED[kind]
    analysis = analyse(tmp_path, pdf(drawn, (200, 100), resources=b"/ExtGState<</G<</ca 0>>>>"))
    assert analysis.drawing is not None
    if right == {"clipped"}:
        assert "clipped" in codes(analysis)
    else:
        assert analysis.drawing.size_mm == pytest.approx((25.4, 25.4))
        assert codes(analysis) - {"hidden"} == set()


def membered(settings: bytes, drawn: bytes, *members: bytes) -> bytes:
    """A drawing with two layers (objects 10 and 11), and membership dictionaries M1, M2 (objects 12, 13)."""
    names = b"".join(b"/M%d %d 0 R" % (number, 11 + number) for number in range(1, len(members) + 1))
    content = pdf(
        drawn, (200, 100), b"<</Type/OCG/Name(A)>>", b"<</Type/OCG/Name(B)>>", *members,
        resources=b"/Properties<</L1 10 0 R/L2 11 0 R%s>>" % names,
    )  # fmt: skip
    told = b"/OCProperties<</OCGs[10 0 R 11 0 R]/D<<%s/Order[10 0 R 11 0 R]>>>>" % settings
    catalog = b"<</Type/Catalog/Pages 2 0 R>>"
    return content.replace(catalog, catalog[:-2] + told + b">>")


BOTH, FIRST = b"[10 0 R 11 0 R]", b"[10 0 R]"
POLICIES = [
    (b"/OCGs[10 0 R 11 0 R]", FIRST, True), (b"/OCGs[10 0 R 11 0 R]", BOTH, False),
    (b"/OCGs[10 0 R 11 0 R]/P/AllOn", FIRST, False), (b"/OCGs[10 0 R 11 0 R]/P/AllOn", b"[]", True),
    (b"/OCGs[10 0 R 11 0 R]/P/AnyOff", FIRST, True), (b"/OCGs[10 0 R 11 0 R]/P/AnyOff", b"[]", False),
    (b"/OCGs[10 0 R 11 0 R]/P/AllOff", FIRST, False), (b"/OCGs[10 0 R 11 0 R]/P/AllOff", BOTH, True),
    (b"/OCGs 10 0 R", FIRST, False), (b"/OCGs 11 0 R", FIRST, True), (b"/OCGs[]", BOTH, True), (b"/OCGs null", BOTH, True),
    (b"/VE[/Not 10 0 R]", FIRST, True), (b"/VE[/Not 11 0 R]", FIRST, False),
    (b"/VE[/Not 11 0 R]/OCGs[11 0 R]", FIRST, False),
    (b"/VE[/And 10 0 R [/Not 11 0 R]]", FIRST, False), (b"/VE[/Or 10 0 R [/Not [/And 11 0 R 10 0 R]]]", FIRST, True),
    (b"/VE[/And]/OCGs[10 0 R]", FIRST, False),
]  # fmt: skip


@pytest.mark.parametrize(("member", "off", "shown"), POLICIES)
def test_memberships_of_layers_are_followed(tmp_path: Path, member: bytes, off: bytes, shown: bool) -> None:
    drawn = square(20, 20, 72) + b"/OC/M1 BDC %b EMC" % FAR
    analysis = analyse(tmp_path, membered(b"/OFF" + off, drawn, b"<</Type/OCMD%b>>" % member))
    assert analysis.drawing is not None
    assert (max(analysis.drawing.size_mm) > 60) is shown
    assert ("hidden" in codes(analysis)) is not shown


def test_what_lies_within_a_hidden_layer_is_hidden(tmp_path: Path) -> None:
    nested = b"/OC/L1 BDC /Artifact<</Type/Pagination>>BDC /OC/L2 BDC %b EMC EMC EMC " % FAR
    analysis = analyse(tmp_path, membered(b"/OFF[10 0 R]", nested + square(20, 20, 72)))
    assert analysis.size_mm == pytest.approx((25.4, 25.4))
    assert codes(analysis) == {"hidden"}


def test_memberships_that_cannot_be_told_apart_are_said(tmp_path: Path) -> None:
    drawn = square(20, 20, 72) + b"/OC/M1 BDC %b EMC /OC/M2 BDC %b EMC" % (FAR, square(30, 30, 10))
    members = (b"<</Type/OCMD/OCGs[10 0 R]>>", b"<</Type/OCMD/OCGs[11 0 R]>>")
    assert "layers" in codes(analyse(tmp_path, membered(b"/OFF[10 0 R]", drawn, *members)))


def test_a_form_on_a_layer_that_is_off_is_said(tmp_path: Path) -> None:
    form = stream(square(30, 30, 10), b"/Type/XObject/Subtype/Form/BBox[0 0 200 100]/OC 10 0 R")
    content = membered(b"/OFF[10 0 R]", square(20, 20, 72) + b"/F Do", form)
    content = content.replace(b"/Properties<<", b"/XObject<</F 12 0 R>>/Properties<<")
    assert "layers" in codes(analyse(tmp_path, content))


def test_a_layer_that_is_not_printed_is_said(tmp_path: Path) -> None:
    content = membered(b"", square(20, 20, 72)).replace(
        b"/Name(A)>>", b"/Name(A)/Usage<</Print<</PrintState/OFF>>/View<</ViewState/ON>>>>>>"
    )
    assert "unplotted" in codes(analyse(tmp_path, content))


def test_nothing_is_seen_through_a_clip_without_a_width(tmp_path: Path) -> None:
    analysis = analyse(tmp_path, pdf(square(20, 20, 72) + b"q 10 10 0 50 re W n %b Q" % FAR))
    assert analysis.size_mm == pytest.approx((25.4, 25.4))
