"""What a line of an invoice costs a piece, net, so that price times quantity less discount is its amount (BT-131)."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, localcontext
from fractions import Fraction

from craftops.domain.billing.documents import DocumentLine
from craftops.domain.billing.money import exponent
from craftops.domain.billing.totals import Rounding, rounded


@dataclass(frozen=True, slots=True)
class Priced:
    """A line in the norm's terms. Amounts in minor units; ``base`` less ``allowance`` is ``net``."""

    line: DocumentLine
    quantity: int
    """BT-129: below zero where the line takes off, since a price never is (BR-27)."""
    price: Decimal
    """BT-146, in major units."""
    base: int
    """BT-137: before the discount."""
    allowance: int
    """BT-136."""
    net: int
    """BT-131."""


def priced(line: DocumentLine, net: int, rule: Rounding, currency: str) -> Priced:
    """A line whose net amount is ``net`` minor units by ``rule``."""
    base = net
    if line.discount:
        full = Fraction(line.item.full)
        base = rounded(full / (1 + line.tax.share)) if rule.prices_are_gross else line.item.full
        if abs(base) <= abs(net) or base * net < 0:
            base = net  # so small a discount that rounding has eaten it
    quantity = -abs(line.quantity) if base < 0 else abs(line.quantity)
    return Priced(line, quantity, price_of(abs(base), abs(quantity), exponent(currency)), base, base - net, net)


def price_of(amount: int, quantity: int, places: int) -> Decimal:
    """The price that gives ``amount`` minor units again, ``quantity`` times and rounded to ``places``: as few decimals
    as do, and ``places`` at least."""
    if not quantity:
        return Decimal(0)
    with localcontext() as exact:
        exact.prec = 60
        whole = Decimal(amount).scaleb(-places)
        for more in range(len(str(quantity)) + 1):
            unit = Decimal(1).scaleb(-places - more)
            price = (whole / quantity).quantize(unit, ROUND_HALF_UP)
            if abs(price * quantity - whole) < Decimal("0.5").scaleb(-places):  # however a reader rounds a half
                return price
    raise AssertionError(f"{quantity} pieces are never {amount}")
