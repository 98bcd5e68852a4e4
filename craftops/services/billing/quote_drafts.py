"""What a quote says before it is a quote: drafted from the price list, as staff write it, in net or gross prices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from craftops.domain.billing.money import Money
from craftops.domain.billing.pricing import OrderPrice
from craftops.domain.billing.settings import BillingSettings
from craftops.domain.billing.tax import Tax
from craftops.domain.billing.totals import Item, rounded, totals
from craftops.domain.shop.catalogue import Specified
from craftops.services.billing import invoicing, pricing
from craftops.services.billing.details import details_of
from craftops.services.billing.settings import billing_settings
from craftops.services.production.planning import PlannedLine
from craftops.services.shop.context import Shop
from craftops.store.queries import order_lines
from craftops.store.views.people import Account


class QuotedOrder(Protocol):
    """An order as far as its quotes go, whether it was read to be shown or to be changed."""

    @property
    def id(self) -> int: ...
    @property
    def code(self) -> str: ...
    @property
    def customer(self) -> Account: ...
    @property
    def po_number(self) -> str: ...
    @property
    def rush(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class QuoteLine:
    """A line as staff edit it. ``unit`` in minor units, net or gross as the quote is; ``discount`` in hundredths of a
    per cent."""

    title: str
    quantity: int
    unit: int
    detail: str = ""
    discount: int = 0
    order_line: int | None = None


@dataclass(frozen=True, slots=True)
class QuoteDraft:
    """What staff write. ``deposit`` is a share in hundredths of a per cent; ``gross``: prices are with tax."""

    lines: tuple[QuoteLine, ...] = ()
    gross: bool = True
    deposit: int = 0
    valid_days: int = 30
    note: str = ""

    def as_json(self) -> dict[str, Any]:
        return {
            "lines": [
                {
                    "title": one.title, "quantity": one.quantity, "unit": one.unit, "detail": one.detail,
                    "discount": one.discount, "order_line": one.order_line,
                }
                for one in self.lines
            ],
            "gross": self.gross, "deposit": self.deposit, "valid_days": self.valid_days, "note": self.note,
        }  # fmt: skip


def draft_from_json(body: Mapping[str, Any]) -> QuoteDraft:
    """A stored draft."""
    lines = tuple(QuoteLine(**line) for line in body["lines"])
    return QuoteDraft(lines, body["gross"], body["deposit"], body["valid_days"], body["note"])


def in_mode(unit: int, tax: Tax, *, gross: bool) -> int:
    """A net price as it is written on a document: with the tax where its prices are gross."""
    return rounded(unit * (1 + tax.share)) if gross else unit


def in_other_mode(draft: QuoteDraft, tax: Tax, *, gross: bool) -> QuoteDraft:
    """The customer became a business (or the reverse) after the draft was written: its prices keep their net."""
    if draft.gross == gross:
        return draft
    factor = 1 + tax.share
    lines = tuple(
        replace(one, unit=rounded(one.unit * factor) if gross else rounded(one.unit / factor)) for one in draft.lines
    )
    return replace(draft, lines=lines, gross=gross)


def proposed(shop: Shop, order: QuotedOrder) -> tuple[QuoteDraft, OrderPrice]:
    """A draft by the price list; a line without a price has the price 0, which cannot be sent, and its reason."""
    settings = billing_settings(shop)
    details = details_of(order.customer, settings.seller.country)
    tax, gross = invoicing.tax_for(order.customer, settings), details.rounding.prices_are_gross
    rows = order_lines.lines_of(order.id)
    found = pricing.price_lines(shop, rows, settings.prices, rush=order.rush)
    lines = [
        QuoteLine(
            row.title[:200], row.quantity, in_mode(price.unit.minor, tax, gross=gross) if price.unit else 0,
            _detail(shop, row), order_line=row.id,
        )
        for row, price in zip(rows, found.lines, strict=True)
    ]  # fmt: skip
    if found.surcharge:
        lines.append(QuoteLine("Minimum order", 1, in_mode(found.surcharge, tax, gross=gross)))
    return QuoteDraft(tuple(lines), gross, settings.seller.deposit, settings.seller.quote_days), found


def _detail(shop: Shop, row: Specified) -> str:
    material, finish = shop.catalogue.material_of(row), shop.catalogue.finish_of(row)
    parts = (material.label if material else row.material, row.colour, finish.label if finish else row.finish)
    return ", ".join(part for part in parts if part)[:300]


def total_for(
    shop: Shop,
    rows: Sequence[PlannedLine],
    customer: Account,
    settings: BillingSettings,
    *,
    rush: bool = False,
) -> Money | None:
    """What lines come to with tax, as a quote of them would; None where one of them has no price."""
    found = pricing.price_lines(shop, rows, settings.prices, rush=rush)
    if not found.complete:
        return None
    rounding = details_of(customer, settings.seller.country).rounding
    tax = invoicing.tax_for(customer, settings)
    gross = rounding.prices_are_gross
    items = [
        Item(in_mode(price.unit.minor, tax, gross=gross), row.quantity, tax)
        for row, price in zip(rows, found.lines, strict=True)
        if price.unit
    ]
    if found.surcharge:
        items.append(Item(in_mode(found.surcharge, tax, gross=gross), 1, tax))
    return Money(totals(items, rounding).gross, settings.prices.currency)
