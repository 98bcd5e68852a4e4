"""Fixes: how they are written, and when they are offered."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from craftops.domain.files.comparison import compare
from craftops.domain.files.designs import Analysis, DrawingFacts, FileFormat, Finding, MeshFacts, Severity, Verdict
from craftops.domain.files.remedies import LIKELY_MM, UNITS_MM, Ask, Remedy, factor, offered, parse_ask
from craftops.errors import IntakeError

ASKS = st.one_of(
    st.sampled_from([Ask(one) for one in Remedy if one is not Remedy.UNIT]),
    st.sampled_from([Ask(Remedy.UNIT, unit) for unit in UNITS_MM]),
)


def mesh(side: float, *remedies: str) -> Analysis:
    findings = tuple(Finding("x", Severity.WARNING, "x", "", remedy) for remedy in remedies)
    facts = MeshFacts(12, 1, (side, side, side), 6 * side**2, side**3, watertight=True)
    return Analysis(Verdict.FINDINGS, "x", "x", facts, findings)


def drawing(side: float, unit: str) -> Analysis:
    facts = DrawingFacts((side, side), unit, 4 * side, 1, 0, 1, 0, 1, 0, 0, 0, 0)
    return Analysis(Verdict.FINDINGS, "x", "x", findings=(Finding("x", Severity.NOTE, "x", "", "unit"),), drawing=facts)


@given(ASKS)
def test_what_is_written_is_read(ask: Ask) -> None:
    assert parse_ask(str(ask)) == ask


@pytest.mark.parametrize("text", ["", "unit", "unit:", "unit:parsec", "repair:in", "nonsense", "unit:mm:cm"])
def test_what_we_cannot_do_is_refused(text: str) -> None:
    with pytest.raises(IntakeError):
        parse_ask(text)


@given(st.floats(1e-6, 1e6))
def test_only_likely_sizes_are_offered(side: float) -> None:
    for ask in offered(mesh(side, "unit"), FileFormat.STL):
        assert LIKELY_MM[0] <= side * factor(mesh(side), ask.option) <= LIKELY_MM[1]
        assert ask.option != "mm", "it was read in millimetres, so nothing would change"


def test_pixels_become_millimetres() -> None:
    assert factor(drawing(10.0, "px"), "mm") == pytest.approx(96 / 25.4)
    assert Ask(Remedy.UNIT, "mm") in offered(drawing(10.0, "px"), FileFormat.SVG)


def test_a_format_that_names_its_unit_is_not_asked() -> None:
    assert offered(mesh(0.1, "unit"), FileFormat.THREEMF) == ()


def test_each_fix_is_offered_once_and_unknown_ones_never() -> None:
    assert offered(mesh(50.0, "repair", "repair", "magic"), FileFormat.STL) == (Ask(Remedy.REPAIR),)


@given(st.floats(1.0, 1000.0), st.floats(1.0, 1000.0))
def test_a_comparison_turned_round_tells_the_same(one: float, other: float) -> None:
    there, back = compare(mesh(one), mesh(other)), compare(mesh(other), mesh(one))
    assert [d.changed for d in there.differences] == [d.changed for d in back.differences]
    assert not any(d.changed for d in compare(mesh(one), mesh(one)).differences)


def test_a_mesh_and_a_drawing_can_be_compared() -> None:
    comparison = compare(mesh(10.0, "repair"), drawing(10.0, "mm"))
    assert {d.name for d in comparison.differences} >= {"size_mm", "volume_mm3", "cut_mm"}
    assert compare(None, None).differences[0].changed is False


@pytest.mark.parametrize("read_in", ["px", "px90", "pt"])
def test_an_svg_in_pixels_may_be_read_in_those_of_another_program(read_in: str) -> None:
    options = {ask.option for ask in offered(drawing(100.0, read_in), FileFormat.SVG)}
    assert {"px", "px90", "pt", "mm"} - {read_in} <= options
    assert read_in not in options
    assert not {"px", "px90"} & {ask.option for ask in offered(drawing(100.0, ""), FileFormat.DXF)}
    assert all(parse_ask(f"unit:{option}").option == option for option in options)
