"""Decimals of currencies: ISO 4217, list one. Payment providers have other tables; theirs belong to their plugins."""

from __future__ import annotations

from decimal import Decimal

import pytest

from craftops.domain.billing.money import EXPONENTS, Money, exponent
from craftops.domain.billing.statements import whole_minor

NONE = [
    "BIF",
    "CLP",
    "DJF",
    "GNF",
    "ISK",
    "JPY",
    "KMF",
    "KRW",
    "PYG",
    "RWF",
    "UGX",
    "UYI",
    "VND",
    "VUV",
    "XAF",
    "XOF",
    "XPF",
]
THREE = ["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"]
FOUR = ["CLF", "UYW"]
TWO = [
    "AED",
    "AUD",
    "CAD",
    "CHF",
    "CNY",
    "CZK",
    "DKK",
    "EUR",
    "GBP",
    "HUF",
    "IDR",
    "INR",
    "MGA",
    "MRU",
    "NOK",
    "PLN",
    "SEK",
    "TRY",
    "USD",
    "ZAR",
]


@pytest.mark.parametrize(("currencies", "places"), [(NONE, 0), (TWO, 2), (THREE, 3), (FOUR, 4)])
def test_decimals_are_those_of_iso(currencies: list[str], places: int) -> None:
    assert {currency: exponent(currency) for currency in currencies} == dict.fromkeys(currencies, places)


def test_no_other_currency_is_told_apart() -> None:
    assert set(EXPONENTS) == {*NONE, *THREE, *FOUR}


@pytest.mark.parametrize(
    ("amount", "currency", "minor", "exact"),
    [("5", "ISK", 5, True), ("5.5", "UGX", 6, False), ("1.234", "KWD", 1234, True), ("8.85000", "EUR", 885, True),
     ("-0.005", "EUR", -1, False), ("0", "JPY", 0, True)],
)  # fmt: skip
def test_amounts_of_banks_in_minor_units(amount: str, currency: str, minor: int, exact: bool) -> None:
    assert whole_minor(Decimal(amount), currency) == (minor, exact)
    if exact:
        assert Money(minor, currency).major == Decimal(amount)
