"""Fitting: a part may be turned, never bent."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from craftops.domain.files.weight import mass_g
from craftops.domain.machines.bed import fits, parse_bed
from craftops.errors import IntakeError

SIDE = st.floats(0.1, 1000)


@pytest.mark.parametrize(
    ("text", "bed"),
    [
        ("250 × 210 × 220", (250, 210, 220)), ("250x210x220 mm", (250, 210, 220)), ("1300*900", (1300, 900)),
        ("100,5 x 20 X 3", (100.5, 20, 3)), ("", None), ("  ", None),
    ],
)  # fmt: skip
def test_what_people_write_is_read(text: str, bed: tuple[float, ...] | None) -> None:
    assert parse_bed(text) == bed


@pytest.mark.parametrize("text", ["big", "250", "1x2x3x4", "0 x 10 x 10", "-5 x 3", "1e9 x 1 x 1"])
def test_what_is_no_size_is_said(text: str) -> None:
    with pytest.raises(IntakeError) as said:
        parse_bed(text)
    assert said.value.fields["bed"]


@given(st.tuples(SIDE, SIDE, SIDE), st.tuples(SIDE, SIDE, SIDE))
def test_turning_part_or_bed_changes_nothing(part: tuple[float, ...], bed: tuple[float, ...]) -> None:
    answers = {fits(turned, bed) for turned in itertools.permutations(part)}
    answers |= {fits(part, turned) for turned in itertools.permutations(bed)}
    assert len(answers) == 1
    by_hand = any(all(a <= b for a, b in zip(turned, bed, strict=True)) for turned in itertools.permutations(part))
    assert answers == {by_hand}


def test_a_sheet_lies_flat() -> None:
    assert fits((800, 400), (900, 500, 20))
    assert not fits((800, 600), (900, 500, 600))
    assert fits((400, 800, 3), (900, 500))


def test_a_cube_of_aluminium_weighs_what_it_weighs() -> None:
    assert mass_g(20.0**3, 2.7) == pytest.approx(21.6)
