"""What a line costs a customer: a sum of named parts, each reckoned exactly, rounded once for the price of one copy.

::

    copy  = material + machine time + hand work + finish          by the shop's rates
          + failure allowance      (a share of material and machine time: what is made twice)
    line  = copies x copy + setup
          + margin                 (a share of all that)
          - quantity break         (the highest that the quantity reaches)
          + rush                   (a share, where the customer asked for it)
    unit  = line / copies, rounded half up to the minor unit; the line is copies x unit, never below the least

Rates and prices of a price list are net. Shares are in hundredths of a per cent.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction

from craftops.domain.billing.costing import MOST, Copy, Rates, Unsaid, machine_and_material
from craftops.domain.billing.money import Money
from craftops.domain.billing.totals import rounded

WHOLE = 10_000
"""A share of 100 %."""


class PriceMode(StrEnum):
    """What a customer sees while ordering."""

    INSTANT = "instant"
    """A price that they order at, up to a limit; above it, and where it cannot be said, as REVIEW."""
    REVIEW = "review"
    """A price that the shop confirms by a quote."""
    MANUAL = "manual"
    """That a quote comes; no price."""
    HIDDEN = "hidden"
    """Nothing about money."""


class CostPart(StrEnum):
    """What a price is made of."""

    MATERIAL = "material"
    MACHINE = "machine"
    HAND = "hand"
    FINISH = "finish"
    FAILURE = "failure"
    SETUP = "setup"
    MARGIN = "margin"
    BREAK = "break"
    RUSH = "rush"
    LEAST = "least"
    """What is added to reach the least price of a line."""
    ROUNDING = "rounding"


@dataclass(frozen=True, slots=True)
class QuantityBreak:
    """From so many copies on, this share is taken off."""

    quantity: int
    off: int


@dataclass(frozen=True, slots=True)
class PriceList:
    """What the shop asks; amounts in minor units of ``currency``, net; shares in hundredths of a per cent."""

    currency: str = "EUR"
    rates: Rates = field(default_factory=Rates)
    hand_hour: int = 0
    setup: Mapping[str, int] = field(default_factory=dict)
    """Process -> once a line."""
    finish: Mapping[str, int] = field(default_factory=dict)
    """Finish -> for each copy, besides the hand work that it takes."""
    failure: int = 0
    margin: int = 0
    breaks: tuple[QuantityBreak, ...] = ()
    rush: int = 0
    least_line: int = 0
    least_order: int = 0
    mode: PriceMode = PriceMode.REVIEW
    instant_up_to: int = 0
    """Largest gross sum of an order that is sold without a look; 0 for none."""
    show_parts: bool = False
    """Whether customers see what a price is made of."""

    @property
    def speaks(self) -> bool:
        """Whether there is any rate at all; where there is none, nobody is told anything of prices."""
        rates = self.rates
        return bool(rates.machine_hour or rates.kilogram or rates.square_metre)


@dataclass(frozen=True, slots=True)
class LineWork:
    """A line as it will be made. ``hand_s`` and ``hand_setup_s`` in seconds: for each copy, and once."""

    copy: Copy
    copies: int
    finish: str = ""
    hand_s: float = 0.0
    hand_setup_s: float = 0.0
    rush: bool = False


@dataclass(frozen=True, slots=True)
class PricePart:
    """One part of a line's price, in whole minor units: for people to read. Together they are the price."""

    part: CostPart
    minor: int


@dataclass(frozen=True, slots=True)
class Price:
    """The price of a line, or why there is none."""

    unit: Money | None = None
    copies: int = 0
    parts: tuple[PricePart, ...] = ()
    unsaid: Unsaid | None = None

    @property
    def total(self) -> Money | None:
        return Money(self.unit.minor * self.copies, self.unit.currency) if self.unit else None


def price_of(work: LineWork, prices: PriceList) -> Price:
    """The net price of a line. Never a guess: what cannot be measured has no price but its reason."""
    basis = machine_and_material(work.copy, prices.rates, prices.currency)
    if isinstance(basis, Unsaid):
        return Price(unsaid=basis)
    parts = _parts(work, prices, *basis)
    line = sum(parts.values(), Fraction(0))
    least = Fraction(prices.least_line)
    if line < least:
        parts[CostPart.LEAST] = least - line
        line = least
    unit = math.floor(line / work.copies + Fraction(1, 2))
    if unit * work.copies < least:
        unit += 1
    if unit > MOST:
        return Price(unsaid=Unsaid.TOO_MUCH)
    return Price(Money(unit, prices.currency), work.copies, _told(parts, unit * work.copies))


def _parts(work: LineWork, prices: PriceList, machine: Fraction, material: Fraction) -> dict[CostPart, Fraction]:
    copies = work.copies
    hand = Fraction(work.hand_s) * copies + Fraction(work.hand_setup_s)
    parts = {
        CostPart.MATERIAL: copies * material,
        CostPart.MACHINE: copies * machine,
        CostPart.HAND: hand / 3600 * prices.hand_hour,
        CostPart.FINISH: Fraction(copies * prices.finish.get(work.finish, 0)),
        CostPart.FAILURE: copies * (machine + material) * prices.failure / WHOLE,
        CostPart.SETUP: Fraction(prices.setup.get(work.copy.process, 0)),
    }
    parts[CostPart.MARGIN] = sum(parts.values(), Fraction(0)) * prices.margin / WHOLE
    off = max((one.off for one in prices.breaks if one.quantity <= copies), default=0)
    parts[CostPart.BREAK] = -sum(parts.values(), Fraction(0)) * off / WHOLE
    if work.rush:
        parts[CostPart.RUSH] = sum(parts.values(), Fraction(0)) * prices.rush / WHOLE
    return parts


def _told(parts: Mapping[CostPart, Fraction], total: int) -> tuple[PricePart, ...]:
    """Each part rounded for itself, and what that leaves as a part of its own, so that the sum is the price."""
    told = [PricePart(part, rounded(value)) for part, value in parts.items()]
    left = total - sum(one.minor for one in told)
    return tuple(one for one in (*told, PricePart(CostPart.ROUNDING, left)) if one.minor)


@dataclass(frozen=True, slots=True)
class OrderPrice:
    """All lines of an order together, net: what the least order adds is a line of its own."""

    lines: tuple[Price, ...]
    surcharge: int
    """To reach the least price of an order."""

    @property
    def complete(self) -> bool:
        return all(line.unit is not None for line in self.lines)

    @property
    def net(self) -> int:
        return sum(line.total.minor for line in self.lines if line.total) + self.surcharge


def order_price(lines: tuple[Price, ...], prices: PriceList) -> OrderPrice:
    """The sum of an order. The least price of an order is only asked where every line has a price."""
    found = OrderPrice(lines, 0)
    if not lines or not found.complete:
        return found
    return OrderPrice(lines, max(0, prices.least_order - found.net))
