"""What a line would cost with one file or another: its facts gathered, the rates of the shop applied."""

from __future__ import annotations

from craftops.domain.billing.costing import Cost, Rates, cost_of
from craftops.services.billing.pricing import copy_of
from craftops.services.billing.settings import billing_settings
from craftops.services.production import planning
from craftops.services.production.planning import MeasuredFile, PlannedLine
from craftops.services.shop.context import Shop


def rates_of(shop: Shop) -> Rates:
    """The rates as the owner keeps them, else as ``shop.toml`` has them, in its currency."""
    kept = billing_settings(shop)
    return kept.prices.rates if kept.version else shop.rates


def line_cost(shop: Shop, line: PlannedLine, file: MeasuredFile, currency: str) -> Cost | None:
    """Machine time and material of the whole line, as if it had ``file``; None where the shop has no rates for it.

    The seconds are those that a new job of the line is planned with; a plan that rests on no measure is no known time.
    """
    rates = rates_of(shop)
    if not rates.speak_of(planning.process_of(shop, line), line.material):
        return None
    return cost_of(copy_of(shop, line, file), line.quantity, rates, currency.upper())
