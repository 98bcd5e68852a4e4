"""What a document's lines come to: two named rounding rules, whole minor units, nothing ever in floating point.

``SUM_BY_NET``: prices are net. Each line is rounded to the minor unit, the lines of one kind of tax are added, and
their tax is reckoned once, of the sum. ``SUM_BY_NET_KEEP_GROSS``: prices are what a consumer pays, and the gross sum of
each kind of tax stays what it is. Its net is the one whose tax, reckoned as above, gives it again; single lines move by
a minor unit for it. Some sums have no such net (at 19 %: 0.03, one sum in six): there the nearest is taken and its tax
is what is left, one minor unit beside BR-CO-17, which its published test allows for.

Both say the totals as EN 16931 wants them (BR-CO-10, -13, -15, -17). Rounding the tax of each line for itself cannot:
five times 100.00 gross at 19 % would be 420.15 + 79.85, and 19 % of 420.15 are 79.83. The names are those of pretix,
whose documentation describes the rules.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from craftops.domain.billing.tax import Tax

MOST = 10**12
"""Minor units beyond which no line of an invoice goes."""


class Rounding(StrEnum):
    """How the totals of a document are reckoned; frozen with the document."""

    SUM_BY_NET = "sum_by_net"
    SUM_BY_NET_KEEP_GROSS = "sum_by_net_keep_gross"

    @property
    def prices_are_gross(self) -> bool:
        return self is Rounding.SUM_BY_NET_KEEP_GROSS


@dataclass(frozen=True, slots=True)
class Item:
    """A line as it is priced. ``unit`` in minor units, net or gross as the rounding rule has it; negative takes off.

    ``discount`` in hundredths of a per cent of the line.
    """

    unit: int
    quantity: int
    tax: Tax
    discount: int = 0

    @property
    def full(self) -> int:
        """Without its discount."""
        return self.unit * self.quantity

    @property
    def reduced(self) -> int:
        """With its discount, rounded half away from zero."""
        return rounded(Fraction(self.full) * (10_000 - self.discount) / 10_000)


@dataclass(frozen=True, slots=True)
class TaxGroup:
    """All lines of one kind of tax (BG-23), in minor units."""

    tax: Tax
    net: int
    amount: int

    @property
    def gross(self) -> int:
        return self.net + self.amount


@dataclass(frozen=True, slots=True)
class Totals:
    """What a document comes to, in minor units: ``lines`` are the net amounts of its lines in their order (BT-131)."""

    lines: tuple[int, ...]
    groups: tuple[TaxGroup, ...]

    @property
    def net(self) -> int:
        return sum(self.lines)

    @property
    def tax(self) -> int:
        return sum(group.amount for group in self.groups)

    @property
    def gross(self) -> int:
        return self.net + self.tax


def rounded(value: Fraction) -> int:
    """To the nearest whole number, a half away from zero: what is taken off is rounded as what is put on."""
    whole = math.floor(abs(value) + Fraction(1, 2))
    return whole if value >= 0 else -whole


def totals(items: Sequence[Item], rule: Rounding) -> Totals:
    """The totals of a document. Raises ValueError for a line that is larger than ``MOST``."""
    if any(abs(item.full) > MOST for item in items):
        raise ValueError("A line of an invoice cannot be that large.")
    lines = [0] * len(items)
    groups = []
    for tax in sorted({item.tax for item in items}):
        places = [n for n, item in enumerate(items) if item.tax == tax]
        amounts = [items[n].reduced for n in places]
        nets = _net_lines(amounts, tax) if rule.prices_are_gross else amounts
        net = sum(nets)
        amount = sum(amounts) - net if rule.prices_are_gross else tax_on(net, tax)
        groups.append(TaxGroup(tax, net, amount))
        for place, one in zip(places, nets, strict=True):
            lines[place] = one
    return Totals(tuple(lines), tuple(groups))


def tax_on(net: int, tax: Tax) -> int:
    """The tax on a net sum (BR-CO-17)."""
    return rounded(net * tax.share)


def net_of(gross: int, tax: Tax) -> int:
    """The net sum whose tax gives ``gross``; where there is none, the nearest."""
    near = rounded(Fraction(gross) / (1 + tax.share))
    return next((net for net in (near, near - 1, near + 1) if net + tax_on(net, tax) == gross), near)


def _net_lines(grosses: Sequence[int], tax: Tax) -> list[int]:
    """Net amounts of lines whose gross amounts are given, so that their sum is the net of the sum."""
    exact = [Fraction(gross) / (1 + tax.share) for gross in grosses]
    return spread(net_of(sum(grosses), tax), exact)


def spread(total: int, exact: Sequence[Fraction]) -> list[int]:
    """Whole numbers near ``exact`` that add up to ``total``: largest remainders are rounded up (Hamilton's method)."""
    whole = [math.floor(value) for value in exact]
    missing = total - sum(whole)
    order = sorted(range(len(exact)), key=lambda n: (whole[n] - exact[n], n))
    rounds, rest = divmod(missing, len(exact)) if exact else (0, 0)
    for place, n in enumerate(order):
        whole[n] += rounds + (place < rest)
    return whole


def share_out(amount: int, groups: Iterable[TaxGroup]) -> tuple[tuple[Tax, int], ...]:
    """A part of a document's gross sum (a deposit, a discount), split over its kinds of tax in their proportion."""
    found = tuple(groups)
    whole = sum(group.gross for group in found)
    if whole == 0:
        return ()
    parts = spread(amount, [Fraction(amount) * group.gross / whole for group in found])
    return tuple((group.tax, part) for group, part in zip(found, parts, strict=True) if part)
