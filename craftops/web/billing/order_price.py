"""The price of an order that is being written, as its customer may see it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from flask import request

from craftops.domain.billing.money import Money
from craftops.domain.billing.pricing import OrderPrice, PriceList, PriceMode
from craftops.domain.billing.tax import Tax
from craftops.domain.people.access import Actor
from craftops.errors import IntakeError
from craftops.services.billing import invoicing, pricing, quote_drafts, quoting
from craftops.services.billing.details import details_of
from craftops.services.billing.quote_drafts import QuotedOrder
from craftops.services.billing.settings import billing_settings
from craftops.services.orders.ordering import LineDraft
from craftops.store.queries import scoped
from craftops.store.views.files import FileView
from craftops.store.views.people import Account
from craftops.web.billing.forms import SeenPriceForm
from craftops.web.billing.present import UNSAID, money
from craftops.web.billing.present_papers import PARTS, percent
from craftops.web.frame.language.translation import gettext as _
from craftops.web.frame.numbers import is_number
from craftops.web.frame.request_context import RequestContext, actor


def is_business(customer: Account) -> bool:
    """Whether a customer has said that they buy for a business."""
    return details_of(customer, "").is_business


FRAGMENT = "X-Fragment"
"""A script asks for the price alone by this header."""
MOST_COPIES = 1_000_000


@dataclass(frozen=True, slots=True)
class LineToPrice:
    """A line of an order that is being written, as it would be ordered."""

    title: str
    quantity: int
    material: str
    colour: str
    finish: str
    file: FileView
    file_id: int
    again: int | None
    """The line of an earlier order that it is again."""
    instructions: str = ""
    made_from: Mapping[str, Any] | None = None
    """Nothing yet: today's catalogue counts."""
    revision: int = 1
    id: int = 0
    order_id: int = 0


@dataclass(frozen=True, slots=True)
class PricedLine:
    """A line with its price, or why it has none yet."""

    name: str
    amount: str
    why: str
    parts: tuple[tuple[str, str], ...] = ()
    minor: int | None = None
    again: int | None = None
    """The line of an earlier order that it is again."""
    before: str = ""
    """Its price then, and how it differs; empty where nothing is known or it is the same."""


@dataclass(frozen=True, slots=True)
class OrderPriceView:
    """What stands above the button that sends an order."""

    lines: tuple[PricedLine, ...]
    total: str
    tax: str
    sentence: str
    button: str
    seen: str
    """The sum that is ordered at, in minor units; empty where nothing is sold at once."""
    minor: int | None = None
    """The sum in minor units; None where it cannot be said."""
    before: str = ""
    """What the order that this one is again came to: "Last time €12.00: now €1.50 more"."""


class Sells(Enum):
    """Where what is shown may be ordered at its price, in a shop that sells without a look."""

    HERE = "here"
    BY_LINK = "by_link"
    """On the page that a mail leads to."""
    NOWHERE = "nowhere"


def asked_alone() -> bool:
    """Whether a script wants the price and nothing else."""
    return request.headers.get(FRAGMENT) == "price"


def price_view(
    drafts: Iterable[LineDraft], customer: Account, sight: RequestContext, *, sells: Sells = Sells.HERE,
    rush: bool = False, by: Actor | None = None,
) -> OrderPriceView:  # fmt: skip
    """The price of what is in the form, by the shop's list. ``rush``: with the share for going first; ``by``: whose
    files they are, if not those of whoever looks."""
    settings = billing_settings(sight.shop, sight.profile)
    prices = settings.prices
    review = _("You pay nothing now. We review it first.")
    if prices.mode is PriceMode.HIDDEN or not prices.speaks:
        return _unpriced(review)
    if prices.mode is PriceMode.MANUAL:
        return _unpriced(_("You pay nothing now. We send you a quote first."))
    rows = list(rows_of(drafts, by))
    if not rows:
        return _unpriced(review)
    details, tax = details_of(customer, settings.seller.country), invoicing.tax_for(customer, settings)
    found = pricing.price_lines(sight.shop, rows, prices, rush=rush)
    lines = _priced_lines(rows, found, prices, tax, gross=details.rounding.prices_are_gross)
    whole = quote_drafts.total_for(sight.shop, rows, customer, settings, rush=rush)
    if whole is None:
        return _unpriced(_("Where a price is missing, we tell it in a quote. You pay nothing now."), lines)
    at_once = prices.mode is PriceMode.INSTANT and whole.minor <= prices.instant_up_to
    button, seen = _("Send the order"), ""
    if at_once and sells is Sells.BY_LINK:
        said = _("You order at this price by the link that we mail to you.")
    elif at_once and sells is Sells.HERE:
        button = _("Accept and order") if details.is_business else _("Order with obligation to pay")
        said, seen = _("You order at this price. The invoice follows."), str(whole.minor)
    else:
        said = _("We confirm it by a quote. You pay nothing now.")
    tax_words = tax.reason or _("with %(rate)s VAT", rate=percent(tax.rate))  # the sum is what is to be paid
    return OrderPriceView(lines, money(whole), tax_words, said, button, seen, whole.minor)


def _unpriced(sentence: str, lines: tuple[PricedLine, ...] = ()) -> OrderPriceView:
    """An order whose sum cannot be said yet."""
    return OrderPriceView(lines, "", "", sentence, _("Send the order"), "")


def _priced_lines(
    rows: Sequence[LineToPrice], found: OrderPrice, prices: PriceList, tax: Tax, *, gross: bool
) -> tuple[PricedLine, ...]:
    """Each line with its price, and the share that a small order has on top."""

    def each(minor: int) -> int:
        return quote_drafts.in_mode(minor, tax, gross=gross)

    def told(minor: int) -> str:
        return money(Money(each(minor), prices.currency))

    lines = [
        PricedLine(
            row.title,
            money(Money(each(one.unit.minor) * row.quantity, prices.currency)) if one.unit else "",
            str(UNSAID[one.unsaid]) if one.unsaid else "",
            tuple((str(PARTS[part.part]), told(part.minor)) for part in one.parts) if prices.show_parts else (),
            each(one.unit.minor) * row.quantity if one.unit else None,
            row.again,
        )
        for row, one in zip(rows, found.lines, strict=True)
    ]  # fmt: skip
    if found.surcharge:
        lines.append(PricedLine(_("Minimum order"), told(found.surcharge), ""))
    return tuple(lines)


def rows_of(drafts: Iterable[LineDraft], by: Actor | None = None) -> Iterator[LineToPrice]:
    """Lines as they would be ordered; those that are not filled in yet are left out."""
    filled = [
        one for one in drafts if one.file_id is not None and one.material and is_number(str(one.quantity).strip())
    ]
    ids = {one.file_id for one in filled if one.file_id is not None}
    files = scoped.file_views(by or actor(), ids) if ids else {}  # who has sent no file yet is nobody
    for draft in filled:
        quantity, file = str(draft.quantity).strip(), files.get(draft.file_id or 0)
        if file is None or not 1 <= int(quantity) <= MOST_COPIES:
            continue
        yield LineToPrice(
            file.name, int(quantity), draft.material, draft.colour, draft.finish, file, file.id, draft.reordered_from
        )


def sell(order: QuotedOrder, customer: Account, sight: RequestContext, by: Actor | None = None) -> str:
    """Sell an order at the price that its customer (``by``, if they are not signed in yet) has just read; a sentence
    where it is another by now."""
    seen = SeenPriceForm.sent().seen
    if seen is None:
        return ""
    try:
        sold = quoting.sell_at_once(sight.shop, order, seen, name=customer.name, actor=by or actor(), at=sight.now)
    except IntakeError as error:
        return error.sentence
    return "" if sold else _("The price has changed meanwhile. We confirm it by a quote; you owe nothing yet.")
