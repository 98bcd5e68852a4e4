"""Codes that people say, reminders that are due, and what keeps an order at the counter."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from craftops.domain.orders.order import CODE_ALPHABET
from craftops.domain.shipping.pickup import (
    Unpaid,
    check_bin,
    check_person,
    objection,
    reminders_due,
    said_code,
    spaced,
)
from craftops.errors import IntakeError

READY = datetime(2026, 11, 2, 12, tzinfo=UTC)


@given(st.text(CODE_ALPHABET, min_size=6, max_size=6))
def test_a_code_is_understood_as_it_is_scanned_said_and_typed(code: str) -> None:
    for said in (
        code,
        code.lower(),
        spaced(code),
        f" {code[:3]}-{code[3:]}\r\n",
        f"https://shop.example/pickup/{code}",
    ):
        assert said_code(said) == code
    assert said_code(f"http://10.0.0.2:8080/pickup/{code}/?x=1") == code


@given(st.text(max_size=40))
def test_whatever_is_typed_is_a_code_or_nothing(text: str) -> None:
    found = said_code(text)
    assert found == "" or (len(found) == 6 and set(found) <= set(CODE_ALPHABET))


@pytest.mark.parametrize(("days", "due"), [(0, 0), (2.99, 0), (3, 1), (6.9, 1), (7, 2), (13, 2), (14, 3), (90, 3)])
def test_reminders_come_after_three_seven_and_fourteen_days(days: float, due: int) -> None:
    assert reminders_due(READY, READY + timedelta(days=days)) == due


def test_only_what_is_unpaid_where_that_holds_or_a_hold_keeps_it() -> None:
    assert objection({"EUR": 500}, Unpaid.WARN, on_hold=False) == ""
    assert "to be paid" in objection({"EUR": 500}, Unpaid.HOLD, on_hold=False)
    assert objection({"EUR": 0}, Unpaid.HOLD, on_hold=False) == ""
    assert "on hold" in objection({}, Unpaid.WARN, on_hold=True)


def test_names_and_places_are_plain_and_short() -> None:
    assert check_person("  Grace \n Hopper ") == "Grace Hopper"
    assert check_bin(" Shelf\t3 ") == "Shelf 3"
    for bad in ("", "   ", "x" * 101):
        with pytest.raises(IntakeError):
            check_person(bad)
    with pytest.raises(IntakeError):
        check_bin("x" * 61)
