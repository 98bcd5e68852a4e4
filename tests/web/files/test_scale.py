"""The question of the unit as a picture: the part is as large beside the coin and the hand as it would be."""

from __future__ import annotations

import itertools
import re
import xml.etree.ElementTree as ElementTree

import pytest
from flask import Flask, render_template_string
from flask_babel import Babel
from hypothesis import given
from hypothesis import strategies as st

from craftops.domain.files.remedies import UNITS_MM
from craftops.testing import Workshop
from craftops.web.files.scale import COIN_MM, EDGE, HAND_MM, HIGH, LEAST, WIDE, scale_of
from craftops.web.files.views import Scale

WORDS = Flask("words")
Babel(WORDS)
READ_IN = ("mm", "cm", "in", "m")
sides = st.floats(0.001, 100_000.0)


@pytest.fixture
def drawings(workshop: Workshop) -> dict[str, Scale]:
    with workshop.app.test_request_context():
        return {unit: scale_of([side * UNITS_MM[unit] for side in (20.0, 30.0, 40.0)], unit) for unit in READ_IN}


def test_each_unit_has_its_drawing(drawings: dict[str, Scale]) -> None:
    assert drawings["mm"].size == "20 × 30 × 40 mm"
    assert drawings["cm"].size == "200 × 300 × 400 mm"
    assert drawings["in"].size == "508 × 762 × 1,016 mm"
    assert drawings["m"].size == "20 × 30 × 40 m"
    assert drawings["mm"].compared == "Lies in the palm of a hand"
    assert drawings["cm"].compared == "About 2.1 hands long"
    assert drawings["m"].compared == "Larger than a house"
    assert drawings["m"].hand is None


@given(sides, sides, sides)
def test_everything_is_to_scale_and_inside(a: float, b: float, c: float) -> None:
    with WORDS.app_context():
        drawn = scale_of((a, b, c), "mm")
    pieces = [one for one in (drawn.part, drawn.coin, drawn.hand) if one]
    for one in pieces:
        assert one.x >= EDGE - 0.02
        assert one.y >= EDGE - 0.02
        assert one.x + one.wide <= WIDE - EDGE + 0.02 + 2 * LEAST
        assert one.y + one.high == pytest.approx(HIGH - EDGE, abs=0.02)
    for left, right in itertools.pairwise(pieces):
        assert left.x + left.wide < right.x
    wide, high = (side for side, keep in zip((a, b, c), _two_longest(a, b, c), strict=True) if keep)
    for one, real in ((drawn.coin, COIN_MM), (drawn.hand, HAND_MM)):
        if one is None:
            continue
        step = one.high / real
        assert drawn.part.wide == pytest.approx(max(LEAST, wide * step), rel=0.02, abs=0.02)
        assert drawn.part.high == pytest.approx(max(LEAST, high * step), rel=0.02, abs=0.02)


def _two_longest(*size: float) -> list[bool]:
    least = min(range(3), key=lambda axis: (size[axis], -axis))
    return [axis != least for axis in range(3)]


@pytest.mark.parametrize("size", [(0.02, 0.02, 0.02), (20, 30, 40), (8, 180), (5000, 20, 20), (300_000, 1)])
def test_the_macro_draws_it_without_any_style(workshop: Workshop, size: tuple[float, ...]) -> None:
    with workshop.app.test_request_context():
        for unit in READ_IN:
            one = scale_of([side * UNITS_MM[unit] for side in size], unit)
            html = render_template_string('{% import "_ui.html" as ui %}{{ ui.scale(s) }}', s=one)
            assert "style=" not in html
            assert "<style" not in html
            svg = ElementTree.fromstring(html[html.index("<svg") : html.index("</svg>") + 6])
            assert svg.get("role") == "img"
            assert svg.get("aria-label") == f"{one.size}. {one.compared}."
            assert svg.get("viewBox") == f"0 0 {WIDE} {HIGH}"
            assert (svg.find("circle") is None) == (one.coin is None)
            assert (svg.find("g") is None) == (one.hand is None)
            assert re.search(rf"<b>{one.unit}</b>", html)
            assert "None" not in html
