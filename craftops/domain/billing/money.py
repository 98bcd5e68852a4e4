"""Money: whole minor units of a currency, read from what people write without passing through a binary fraction."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

from craftops.errors import IntakeError

CURRENCY = re.compile(r"[A-Z]{3}")
WRITTEN = re.compile(r"[0-9]{1,9}(\.[0-9]{1,4})?")
EXPONENTS = {
    **dict.fromkeys(("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND"), 0),
    **dict.fromkeys(("VUV", "XAF", "XOF", "XPF"), 0),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
    **dict.fromkeys(("CLF", "UYW"), 4),
}
"""Decimals of the currencies that have not two (ISO 4217)."""


def exponent(currency: str) -> int:
    """Decimals of a currency: 0 for JPY, 2 for EUR, 3 for KWD; 2 for a code that nobody knows."""
    return EXPONENTS.get(currency, 2)


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in minor units (cents) of ``currency`` (ISO 4217); negative where it is owed the other way."""

    minor: int
    currency: str

    @property
    def major(self) -> Decimal:
        """The amount as people write it, exact: 450 minor units of EUR are 4.50."""
        digits = tuple(int(digit) for digit in str(abs(self.minor)))
        return Decimal((int(self.minor < 0), digits, -exponent(self.currency)))

    def __sub__(self, other: Money) -> Money:
        """The difference. Raises ValueError for two currencies."""
        if self.currency != other.currency:
            raise ValueError(f"{self.currency} and {other.currency} cannot be reckoned together")
        return Money(self.minor - other.minor, self.currency)


def read_amount(value: object) -> Decimal:
    """What a person wrote, "4.50" or the number 4.5 or 4, as a decimal that is not negative. Raises IntakeError.

    A number with a fraction is taken as it is printed, which is as it was written: amounts have at most 13 digits here,
    and a float tells 15 apart.
    """
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    text = str(value).strip() if is_number or isinstance(value, str) else ""
    text = text.removesuffix(".0") if is_number else text
    if not WRITTEN.fullmatch(text):
        raise IntakeError('Write an amount of money as "4.50": digits, a point, no currency, nothing below zero.')
    return Decimal(text)


def minor_units(amount: Decimal, currency: str) -> int:
    """An amount as ``read_amount`` gives it, in whole minor units. Raises IntakeError when the currency has no such."""
    places = exponent(currency)
    scaled = amount.scaleb(places)
    if scaled != scaled.to_integral_value():
        smallest = Money(1, currency).major
        raise IntakeError(f"{amount} is finer than {currency} goes; the smallest amount is {smallest}.")
    return int(scaled)
