"""What the machine time and the material of a line cost by the shop's own rates. No offer: hand work is not in it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction

from craftops.domain.billing.money import Money
from craftops.domain.files.weight import mass_g

MOST = 10**15
"""Minor units beyond which a file's measures are taken for nonsense."""


class Unsaid(StrEnum):
    """Why a cost cannot be said."""

    HOUR_RATE = "hour_rate"
    MATERIAL_RATE = "material_rate"
    CURRENCY = "currency"
    REFUSED = "refused"
    UNSUITABLE = "unsuitable"
    DURATION = "duration"
    VOLUME = "volume"
    AREA = "area"
    TOO_MUCH = "too_much"


@dataclass(frozen=True, slots=True)
class Rates:
    """What the shop asks, in minor units of ``currency``. A name that is missing has no rate; 0 costs nothing."""

    currency: str = "EUR"
    machine_hour: Mapping[str, int] = field(default_factory=dict)
    """Process -> price of a machine hour."""
    kilogram: Mapping[str, int] = field(default_factory=dict)
    """Material -> price of a kilogram of the part, reckoned as solid."""
    square_metre: Mapping[str, int] = field(default_factory=dict)
    """Material -> price of a square metre of sheet; it goes before the kilogram."""

    def speak_of(self, process: str, material: str) -> bool:
        """Whether there is any rate for this; where there is none, nobody is told anything of prices."""
        return process in self.machine_hour or material in self.kilogram or material in self.square_metre


@dataclass(frozen=True, slots=True)
class Copy:
    """One copy of a line, as it is known before it is made; None for what is not known.

    ``density`` in g/cm³; ``seconds`` of machine time.
    """

    process: str
    material: str
    density: float
    seconds: float | None
    volume_mm3: float | None = None
    size_mm: tuple[float, ...] | None = None
    refused: bool = False
    """Its file cannot be made."""
    unsuitable: bool = False
    """Its file can be made, and not of this material (``machines.suitability``)."""


@dataclass(frozen=True, slots=True)
class Cost:
    """An amount, or why there is none; exactly one of both."""

    amount: Money | None = None
    unsaid: Unsaid | None = None


def cost_of(copy: Copy, copies: int, rates: Rates, currency: str) -> Cost:
    """Machine time and material of ``copies`` (at least 1), in minor units of ``currency``.

    Reckoned exactly from seconds, mass or area and the rates, and rounded once, at the very end, to the nearest minor
    unit, half up. Never a guess: what is unknown, not finite, zero or negative gives no amount but its reason, and so
    do rates in another currency than the one asked for.
    """
    basis = machine_and_material(copy, rates, currency)
    if isinstance(basis, Unsaid):
        return Cost(unsaid=basis)
    machine, material = basis
    minor = math.floor(copies * (machine + material) + Fraction(1, 2))
    return Cost(Money(minor, currency)) if minor <= MOST else Cost(unsaid=Unsaid.TOO_MUCH)


def machine_and_material(copy: Copy, rates: Rates, currency: str) -> tuple[Fraction, Fraction] | Unsaid:
    """What the machine time and the material of one copy cost, exact, in minor units; or why nobody can say it."""
    unsaid = _unsaid(copy, rates, currency)
    if unsaid is not None:
        return unsaid
    material = _material(copy, rates)
    if isinstance(material, Unsaid):
        return material
    return Fraction(copy.seconds or 0.0) / 3600 * rates.machine_hour[copy.process], material


def _unsaid(copy: Copy, rates: Rates, currency: str) -> Unsaid | None:
    if rates.currency != currency:
        return Unsaid.CURRENCY
    if copy.process not in rates.machine_hour:
        return Unsaid.HOUR_RATE
    if copy.refused:
        return Unsaid.REFUSED
    if copy.unsuitable:
        return Unsaid.UNSUITABLE
    return None if _is_measure(copy.seconds) else Unsaid.DURATION


def _material(copy: Copy, rates: Rates) -> Fraction | Unsaid:
    """Minor units for the material of one copy."""
    metre = rates.square_metre.get(copy.material)
    if metre is not None:
        area = _sheet_mm2(copy.size_mm)
        return Unsaid.AREA if area is None else area / 1_000_000 * metre
    kilogram = rates.kilogram.get(copy.material)
    if kilogram is None:
        return Unsaid.MATERIAL_RATE
    volume = copy.volume_mm3
    if volume is None or not _is_measure(volume):
        return Unsaid.VOLUME
    grams = mass_g(volume, copy.density)
    return Fraction(grams) / 1000 * kilogram if _is_measure(grams) else Unsaid.VOLUME


def _sheet_mm2(size_mm: tuple[float, ...] | None) -> Fraction | None:
    """The rectangle of sheet that a part is cut from: its two longest sides, as ``fitting.fits`` takes it."""
    longest = sorted(size_mm or (), reverse=True)[:2]
    if len(longest) < 2 or not all(_is_measure(side) for side in longest):
        return None
    return Fraction(longest[0]) * Fraction(longest[1])


def _is_measure(value: float | None) -> bool:
    return value is not None and math.isfinite(value) and value > 0
