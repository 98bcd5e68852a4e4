"""What machine time and material cost: exact, rounded once, never more for less, and never a guess."""

from __future__ import annotations

import math
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from craftops.domain.billing.costing import Copy, Rates, Unsaid, cost_of
from craftops.domain.billing.money import Money, exponent, minor_units, read_amount
from craftops.errors import IntakeError

RATES = Rates("EUR", {"fdm": 350, "laser": 3200}, {"pla": 2400}, {"plywood": 1800})
PART = Copy("fdm", "pla", 1.25, seconds=3600.0, volume_mm3=80_000.0, size_mm=(20.0, 50.0, 80.0))
SHEET = Copy("laser", "plywood", 0.68, seconds=225.0, size_mm=(500.0, 200.0))
prices = st.integers(min_value=0, max_value=10**8)
measures = st.floats(min_value=1e-3, max_value=1e7)
counts = st.integers(min_value=1, max_value=10_000)


def minor(copy: Copy, copies: int = 1, rates: Rates = RATES) -> int:
    amount = cost_of(copy, copies, rates, rates.currency).amount
    assert amount is not None
    assert amount.currency == rates.currency
    return amount.minor


def test_an_hour_and_a_hundred_grams() -> None:
    assert minor(PART) == 350 + 240
    assert minor(PART, 7) == 7 * (350 + 240)


def test_a_sheet_is_paid_by_its_rectangle() -> None:
    assert minor(SHEET) == 200 + 180
    assert minor(replace(SHEET, size_mm=(4.0, 500.0, 200.0))) == 200 + 180, "a solid plate lies flat"


def test_half_a_cent_is_rounded_up_and_only_at_the_end() -> None:
    rates = Rates("EUR", {"fdm": 1}, {"pla": 0})
    half = replace(PART, seconds=1800.0)
    assert minor(half, 1, rates) == 1
    assert minor(half, 2, rates) == 1, "two halves are one, not two"
    assert minor(half, 3, rates) == 2
    assert minor(replace(half, seconds=1799.0), 1, rates) == 0


@given(measures, measures, counts, prices, prices)
def test_it_is_the_exact_sum_rounded_once(seconds: float, volume: float, copies: int, hour: int, kilo: int) -> None:
    part = replace(PART, density=1.0, seconds=seconds, volume_mm3=volume)
    exact = copies * (Fraction(seconds) * hour / 3600 + Fraction(volume / 1000.0) * kilo / 1000)
    assume(exact < 10**15)
    off = minor(part, copies, Rates("EUR", {"fdm": hour}, {"pla": kilo})) - exact
    assert -Fraction(1, 2) < off <= Fraction(1, 2)


@given(measures, measures, measures, measures, counts, counts)
def test_more_time_mass_or_copies_never_cost_less(
    seconds: float, more_s: float, volume: float, more_mm3: float, copies: int, more: int
) -> None:
    part = replace(PART, seconds=seconds, volume_mm3=volume)
    paid = minor(part, copies)
    assert minor(replace(part, seconds=seconds + more_s), copies) >= paid
    assert minor(replace(part, volume_mm3=volume + more_mm3), copies) >= paid
    assert minor(part, copies + more) >= paid
    sheet = replace(SHEET, seconds=seconds, size_mm=(volume, more_mm3))
    assert minor(replace(sheet, size_mm=(volume, more_mm3 + more_s))) >= minor(sheet)


NO_MEASURE = st.one_of(st.none(), st.just(math.nan), st.just(math.inf), st.floats(max_value=0.0))


@given(NO_MEASURE)
def test_what_is_no_measure_has_no_price(value: float | None) -> None:
    for copy, unsaid in (
        (replace(PART, seconds=value), Unsaid.DURATION),
        (replace(PART, volume_mm3=value), Unsaid.VOLUME),
        (replace(SHEET, size_mm=None if value is None else (500.0, value)), Unsaid.AREA),
    ):
        said = cost_of(copy, 3, RATES, "EUR")
        assert (said.amount, said.unsaid) == (None, unsaid)


@pytest.mark.parametrize(
    ("copy", "rates", "currency", "unsaid"),
    [
        (replace(PART, refused=True), RATES, "EUR", Unsaid.REFUSED),
        (PART, RATES, "CHF", Unsaid.CURRENCY),
        (PART, replace(RATES, machine_hour={}), "EUR", Unsaid.HOUR_RATE),
        (PART, replace(RATES, kilogram={"petg": 1}), "EUR", Unsaid.MATERIAL_RATE),
        (replace(PART, density=0.0), RATES, "EUR", Unsaid.VOLUME),
        (replace(PART, volume_mm3=1e300), RATES, "EUR", Unsaid.TOO_MUCH),
        (replace(SHEET, size_mm=(500.0,)), RATES, "EUR", Unsaid.AREA),
    ],
)
def test_a_price_that_cannot_be_said_says_why(copy: Copy, rates: Rates, currency: str, unsaid: Unsaid) -> None:
    said = cost_of(copy, 1, rates, currency)
    assert (said.amount, said.unsaid) == (None, unsaid)


def test_a_rate_of_zero_is_a_rate() -> None:
    assert minor(PART, 1, Rates("EUR", {"fdm": 0}, {"pla": 0})) == 0


def test_rates_speak_of_what_they_name_and_of_nothing_else() -> None:
    assert RATES.speak_of("fdm", "resin")
    assert RATES.speak_of("cnc", "plywood")
    assert not RATES.speak_of("cnc", "aluminium")
    assert not Rates().speak_of("fdm", "pla")


@pytest.mark.parametrize(
    ("currency", "written", "minor_amount"),
    [("EUR", "4.50", 450), ("JPY", "450", 450), ("KWD", "4.505", 4505), ("EUR", "0.1", 10), ("CLF", "1.0001", 10001)],
)
def test_a_currency_has_its_own_decimals(currency: str, written: str, minor_amount: int) -> None:
    assert minor_units(read_amount(written), currency) == minor_amount
    assert Money(minor_amount, currency).major == Decimal(written)
    assert -Money(minor_amount, currency).major.as_tuple().exponent == exponent(currency)


@given(st.integers(min_value=0, max_value=10**11 - 1))
def test_what_is_written_is_what_is_read_as_text_and_as_a_number(cents: int) -> None:
    text = str(Money(cents, "EUR").major)
    assert minor_units(read_amount(text), "EUR") == cents
    assert minor_units(read_amount(float(text)), "EUR") == cents
    assert Money(-cents, "EUR").major == -Decimal(text)


@pytest.mark.parametrize(
    "value",
    [
        "",
        "4,50",
        "-1",
        -1,
        "1e3",
        1e30,
        1e-7,
        math.nan,
        math.inf,
        True,
        None,
        "€ 4",
        "4.",
        "1_000",
        "٤",
        "4.50\n5",
        ["4"],
    ],
)
def test_what_is_no_amount_is_refused(value: object) -> None:
    with pytest.raises(IntakeError, match=r'as "4\.50"'):
        read_amount(value)


@pytest.mark.parametrize(("currency", "written"), [("EUR", "4.505"), ("JPY", "4.5"), ("KWD", "0.0001")])
def test_an_amount_finer_than_its_currency_is_refused(currency: str, written: str) -> None:
    with pytest.raises(IntakeError, match="finer than"):
        minor_units(read_amount(written), currency)


def test_two_currencies_are_never_reckoned_together() -> None:
    assert Money(5, "EUR") - Money(7, "EUR") == Money(-2, "EUR")
    with pytest.raises(ValueError, match="EUR and JPY"):
        Money(5, "EUR") - Money(5, "JPY")
