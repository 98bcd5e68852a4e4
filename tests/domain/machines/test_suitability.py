"""Can it be made of that: sheets, drawings, beds."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from craftops.domain.machines.suitability import Misfit, Stock, misfit

PLYWOOD, PLA, ALUMINIUM = Stock("laser", 4.0), Stock("fdm"), Stock("cnc")
SIDE = st.floats(0.5, 900.0)


@pytest.mark.parametrize(
    ("size", "stock", "found"),
    [
        ((20.0, 20.0, 20.0), PLYWOOD, Misfit.NOT_A_SHEET),
        ((120.0, 4.0, 40.0), PLYWOOD, None),
        ((120.0, 3.7, 40.0), PLYWOOD, None),
        ((120.0, 3.0, 40.0), PLYWOOD, Misfit.NOT_A_SHEET),
        ((120.0, 40.0), PLYWOOD, None),
        ((20.0, 20.0, 20.0), Stock("laser"), None),
        ((120.0, 40.0), PLA, Misfit.NO_HEIGHT),
        ((120.0, 40.0), Stock("sla"), Misfit.NO_HEIGHT),
        ((120.0, 40.0), ALUMINIUM, None),
        ((20.0, 20.0, 20.0), PLA, None),
        (None, PLYWOOD, None),
        ((20.0, 20.0, 0.0), PLYWOOD, None),
    ],
)
def test_what_a_material_comes_as(size: tuple[float, ...] | None, stock: Stock, found: Misfit | None) -> None:
    assert misfit(size, stock) is found


def test_too_large_is_what_no_machine_can_make() -> None:
    small, large = (200.0, 200.0, 200.0), (300.0, 300.0, 400.0)
    part = (250.0, 100.0, 100.0)
    assert misfit(part, PLA, [small]) is Misfit.TOO_LARGE
    assert misfit(part, PLA, [small, large]) is None
    assert misfit(part, PLA, [small, None]) is None, "of one of them nobody has said"
    assert misfit(part, PLA) is None, "there is none, or nobody asked"
    assert misfit((600.0, 500.0), PLYWOOD, [(600.0, 400.0)]) is Misfit.TOO_LARGE


@given(st.tuples(SIDE, SIDE, SIDE), st.floats(0.5, 40.0))
def test_how_a_part_lies_in_its_file_changes_nothing(size: tuple[float, float, float], sheet: float) -> None:
    a, b, c = size
    stock = Stock("laser", sheet)
    assert len({misfit(turned, stock) for turned in ((a, b, c), (b, c, a), (c, a, b), (a, c, b))}) == 1
