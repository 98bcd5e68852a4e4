"""Prices in steps: where the smallest coin is five cents, or a price shall look like one, a copy costs whole steps."""

from __future__ import annotations

from dataclasses import dataclass, replace

from craftops.domain.billing.money import Money
from craftops.domain.billing.pricing import CostPart, LineWork, Price, PriceList, PricePart, price_of
from craftops.errors import ConfigError
from craftops.sdk import Plugin, hookimpl
from craftops.sdk.settings import setting


@dataclass(frozen=True, slots=True)
class PriceStepSettings:
    """The step."""

    step: int = setting(
        5, help="In cents, or whatever the smallest unit is: the net price of a copy is a multiple of it"
    )


class PriceSteps(Plugin[PriceStepSettings]):
    """The shop's own price, rounded up to the next step."""

    name = "price_steps"
    title = "Prices in steps"
    summary = "Rounds the price of a copy up to whole steps, such as five cents."
    settings_type = PriceStepSettings

    def __init__(self, settings: PriceStepSettings) -> None:
        super().__init__(settings)
        if settings.step < 1:
            raise ConfigError("The settings cannot be used:", ["plugin.price_steps.step: write 1 or more"])

    @hookimpl
    def price_line(self, work: LineWork, prices: PriceList) -> Price | None:
        price = price_of(work, prices)
        if price.unit is None or not (short := -price.unit.minor % self.settings.step):
            return None
        unit = Money(price.unit.minor + short, price.unit.currency)
        known = {part.part: part.minor for part in price.parts}
        known[CostPart.ROUNDING] = known.get(CostPart.ROUNDING, 0) + short * work.copies
        return replace(price, unit=unit, parts=tuple(PricePart(part, minor) for part, minor in known.items()))


PLUGIN = PriceSteps
