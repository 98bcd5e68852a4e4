"""A design and a material that do not go together: told while it is ordered, and to whoever looks at it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from craftops.domain.billing.costing import Copy, Rates, Unsaid, cost_of
from craftops.domain.files.designs import DrawingFacts, MeshFacts
from craftops.store.models import AccountRow, MachineRow, OrderRow
from craftops.testing import Workshop
from craftops.testing.workshop import MEASURED

THICK = "It is 20 mm thick, and Birch plywood 4 mm comes in sheets of 4 mm."


def form(file: int, material: str, colour: str) -> dict[str, object]:
    return {
        "line": "1", "file-1": file, "material-1": material, "colour-1": colour, "finish-1": "as_made",
        "quantity-1": 1, "title": "", "delivery": "pickup", "token": "t", "action": "price",
    }  # fmt: skip


def said_of(workshop: Workshop, material: str = "plywood", colour: str = "Natural") -> str:
    file = workshop.upload("ada")
    workshop.run_due()
    ada = workshop.browser("ada")
    return ada.send("/orders/new", form(file, material, colour), on="/orders/new").get_data(as_text=True)


@pytest.fixture
def cube(workshop: Workshop) -> Workshop:
    workshop.analysis = replace(MEASURED, mesh=MeshFacts(12, 1, (20.0, 20.0, 20.0), 2400.0, 8000.0, True))
    return workshop


def test_a_cube_is_not_cut_from_a_sheet(cube: Workshop) -> None:
    assert THICK in said_of(cube)
    assert 'id="cautions"' not in said_of(cube, "pla", "Black")


def test_whoever_orders_it_all_the_same_and_whoever_looks_at_it_read_why(cube: Workshop) -> None:
    order = cube.place("ada", material="plywood", colour="Natural")
    assert THICK in cube.browser("ada").see(f"/orders/{order.code}")
    assert THICK in cube.browser("sam").see(f"/staff/orders/{order.code}")
    cube.accept(order)
    assert THICK not in cube.browser("ada").see(f"/orders/{order.code}"), "the shop has accepted it"


def test_a_drawing_is_not_printed(workshop: Workshop) -> None:
    drawing = DrawingFacts((50.0, 30.0), "mm", 160.0, 1, 0, 1, 0, 1, 0, 0, 0, 0)
    workshop.analysis = replace(MEASURED, mesh=None, drawing=drawing)
    assert "A drawing has no height, and PLA is printed" in said_of(workshop, "pla", "Black")
    assert 'id="cautions"' not in said_of(workshop)


def test_what_no_machine_is_large_enough_for(cube: Workshop) -> None:
    cube.machine("printer-1")
    assert 'id="cautions"' not in said_of(cube, "pla", "Black"), "nobody has said how large it is"
    MachineRow.update(bed=[15, 15, 15]).where(MachineRow.key == "printer-1").execute()
    assert "It is larger than what our machines for PLA can make." in said_of(cube, "pla", "Black")
    cube.machine("printer-2")
    MachineRow.update(bed=[250, 210, 220]).where(MachineRow.key == "printer-2").execute()
    assert 'id="cautions"' not in said_of(cube, "pla", "Black")
    MachineRow.update(enabled=False).where(MachineRow.key == "printer-2").execute()
    assert "It is larger" in said_of(cube, "pla", "Black")
    assert OrderRow.select().count() == 0


def test_nothing_is_sold_at_once_that_cannot_be_made(cube: Workshop) -> None:
    """No price is told for it, so that there is none to order at."""
    rates = Rates("EUR", {"laser": 3200}, {}, {"plywood": 1800})
    fits = Copy("laser", "plywood", 0.68, seconds=225.0, size_mm=(20.0, 20.0, 4.0))
    assert cost_of(fits, 1, rates, "EUR").amount is not None
    assert cost_of(replace(fits, unsuitable=True), 1, rates, "EUR").unsaid is Unsaid.UNSUITABLE


def test_measures_are_written_as_their_reader_writes_numbers(workshop: Workshop) -> None:
    mesh = MeshFacts(24_600, 1, (1200.25, 20.5, 20.0), 2400.0, 1_234_567.0, True)
    workshop.analysis = replace(MEASURED, mesh=mesh)
    order = workshop.place("ada")
    ada = workshop.browser("ada")
    english = ada.see(f"/orders/{order.code}")
    for said in ("1,200.2 × 20.5 × 20 mm", "47.25 × 0.81 × 0.79", "1,234.6 cm³", "24,600"):
        assert said in english
    AccountRow.update(language="de").where(AccountRow.email == "ada@example.org").execute()
    german = ada.see(f"/orders/{order.code}")
    for said in ("1.200,2 × 20,5 × 20 mm", "47,25 × 0,81 × 0,79", "1.234,6 cm³", "24.600", "1,5 kg"):
        assert said in german
