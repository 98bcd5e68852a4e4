"""What an order came to, beside what the same comes to today."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Protocol

from craftops.domain.billing.money import Money
from craftops.domain.billing.pricing import PriceMode
from craftops.domain.billing.quotes import QuoteState
from craftops.domain.billing.totals import rounded
from craftops.services.billing.details import details_of
from craftops.services.billing.quote_drafts import QuoteLine, draft_from_json
from craftops.services.billing.settings import billing_settings
from craftops.store.queries import billing_pages
from craftops.store.views.billing import StoredQuote
from craftops.store.views.people import Account
from craftops.web.billing.order_price import OrderPriceView, PricedLine
from craftops.web.billing.present import money
from craftops.web.frame.language.translation import gettext as _
from craftops.web.frame.request_context import RequestContext

WHOLE = 10_000
CREDIT = "credit"


class OrderWithMoney(Protocol):
    """An order, and how many quotes and invoices it has."""

    @property
    def id(self) -> int: ...
    @property
    def money(self) -> int: ...


@dataclass(frozen=True, slots=True)
class PastPrice:
    """What was agreed for an order, in minor units of ``currency``, with tax where its prices have it."""

    total: Money | None = None
    lines: dict[int, int] = field(default_factory=dict)
    """By line of the order; only of those that can be told beside today's prices."""

    def of_line(self, line_id: int) -> int | None:
        return self.lines.get(line_id)


def past_price(order: OrderWithMoney, customer: Account, sight: RequestContext) -> PastPrice:
    """By the quote that was accepted, else by the invoices; nothing in a shop that says nothing of money. An order
    without any needs no query."""
    if not order.money:
        return PastPrice()
    settings = billing_settings(sight.shop)
    if settings.prices.mode is PriceMode.HIDDEN:
        return PastPrice()
    gross = details_of(customer, settings.seller.country).rounding.prices_are_gross
    accepted = _accepted(order)
    if accepted is not None:
        draft = draft_from_json(accepted.body)
        told = draft.gross == gross and accepted.currency == settings.prices.currency
        lines = {one.order_line: _sum(one) for one in draft.lines if one.order_line is not None} if told else {}
        return PastPrice(Money(accepted.gross, accepted.currency), lines)
    billed = [one for one in billing_pages.invoices_of_order(order.id) if one.kind != CREDIT]
    if not billed or len({one.currency for one in billed}) > 1:
        return PastPrice()
    return PastPrice(Money(sum(one.gross for one in billed), billed[0].currency))


def agreed(order: OrderWithMoney, sight: RequestContext) -> tuple[tuple[tuple[str, str], ...], str]:
    """The lines of the quote that was accepted, each with its amount, and what they came to; empty without one, and in
    a shop that says nothing of money."""
    if not order.money or billing_settings(sight.shop).prices.mode is PriceMode.HIDDEN:
        return (), ""
    accepted = _accepted(order)
    if accepted is None:
        return (), ""
    lines = draft_from_json(accepted.body).lines
    told = tuple((f"{one.quantity} × {one.title}", money(Money(_sum(one), accepted.currency))) for one in lines)
    return told, money(Money(accepted.gross, accepted.currency))


def _accepted(order: OrderWithMoney) -> StoredQuote | None:
    """The newest quote that was accepted."""
    quotes = billing_pages.quotes_of(order.id)
    return next((one for one in reversed(quotes) if one.state == QuoteState.ACCEPTED.value), None)


def _sum(line: QuoteLine) -> int:
    whole = line.unit * line.quantity
    return whole - rounded(Fraction(whole * line.discount, WHOLE)) if line.discount else whole


def beside(price: OrderPriceView, past: PastPrice, sight: RequestContext) -> OrderPriceView:
    """Today's price with the price then beside it."""
    if past.total is None:
        return price
    total = money(past.total)
    said = _("Last time it was %(total)s.", total=total)
    same_currency = past.total.currency == billing_settings(sight.shop).prices.currency
    if price.minor is not None and same_currency:
        said = _("Last time it was %(total)s: %(change)s.", total=total, change=change(price.minor, past.total))
    lines = tuple(_line(one, past) for one in price.lines)
    return replace(price, lines=lines, before=said)


def _line(one: PricedLine, past: PastPrice) -> PricedLine:
    was = past.of_line(one.again) if one.again is not None else None
    if was is None or past.total is None or one.minor in (None, was):
        return one
    return replace(one, before=_("last time %(amount)s", amount=money(Money(was, past.total.currency))))


def change(now: int, was: Money) -> str:
    """ "the same now", "€1.50 more now"."""
    if now == was.minor:
        return _("the same now")
    amount = money(Money(abs(now - was.minor), was.currency))
    return _("%(amount)s more now", amount=amount) if now > was.minor else _("%(amount)s less now", amount=amount)
