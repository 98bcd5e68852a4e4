"""The demo's money: a price list, quotes in every state, invoices open, late, paid in part, paid and credited."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from craftops.domain.billing.pricing import PriceMode, QuantityBreak
from craftops.domain.billing.quotes import QuoteStep
from craftops.domain.billing.settings import BillingSettings
from craftops.domain.people.access import SYSTEM
from craftops.services.billing import bank_import, details, invoicing, paying, quote_drafts, quoting
from craftops.services.billing.details import Details
from craftops.services.billing.settings import billing_settings, save_settings
from craftops.services.people import accounts
from craftops.services.shop.context import Shop
from craftops.store.database import unit_of_work
from craftops.store.models import AccountRow, InvoiceRow, OrderRow, QuoteRow

PEOPLE = {
    "anna": Details("Lindqvist Motion AB", "Anna Lindqvist", "Storgatan 12", "411 24", "Göteborg", "SE", True, ""),
    "ben": Details("Ben Yilmaz", "", "Weserstraße 41", "12045", "Berlin", "DE"),
    "clara": Details("Hoffmann Möbelbau GmbH", "Clara Hoffmann", "Am Sägewerk 3", "14482", "Potsdam", "DE", True, ""),
}
STATEMENT = "Buchungstag;Valutadatum;Beguenstigter/Zahlungspflichtiger;Verwendungszweck;IBAN;Betrag;Waehrung"
TERMS = "Parts are made to your files. We keep them for two years and show them to nobody."


@dataclass(frozen=True, slots=True)
class Deal:
    """What became of the quote for an order, and of its money. ``days_ago``: when it was sent."""

    until: str
    """draft, sent, viewed, changes, declined, expired; deposit_open, deposit_paid, rest_open, overdue, part, paid,
    credited."""
    days_ago: float = 1.0
    deposit: int = 0
    title: str = ""
    """Of the order that it is for; else the next one that fits."""


DEALS = (
    Deal("paid", 9.0), Deal("deposit_open", 1.0, 5_000), Deal("credited", 12.0),
    Deal("overdue", 31.0), Deal("part", 6.0), Deal("draft"), Deal("deposit_paid", 3.0, 3_000), Deal("rest_open", 2.0),
    Deal("viewed", 0.2), Deal("expired", 2.5, title="Knobs for a cupboard"),
    Deal("changes", 1.0, title="Lamp shades for the stairs"), Deal("declined", 0.8, title="Pulleys for the lab"),
    Deal("sent", 0.4, title="Feet for the scanner"),
)  # fmt: skip
"""Each for the next order that fits and has a price; the oldest is written first, so that numbers follow dates."""
NEW_WISH = "Please with a wider ring, as I wrote."
"""Why the quote that is viewed has one before it."""


def _in_review(fresh: Sequence[OrderRow]) -> dict[str, list[OrderRow]]:
    """Orders that are looked at, by the end of the story that they may be of; those of a story with a name are left out
    where nobody waits for their customer."""
    named = {deal.title for deal in DEALS}
    review = [row for row in fresh if row.stage == "in_review"]
    return {
        "viewed": [row for row in review if row.hold_since is not None],
        "deposit_open": [row for row in review if row.hold_since is None and row.title not in named],
    }


def _deals(fresh: Sequence[OrderRow]) -> list[tuple[Deal, list[OrderRow]]]:
    """Each story with the orders that it may be of, the oldest story first."""
    pools = _in_review(fresh)
    late = [row for row in fresh if row.stage not in ("received", "in_review", "cancelled")]
    titles = {deal.title: [row for row in fresh if row.title == deal.title] for deal in DEALS if deal.title}
    in_time = sorted(DEALS, key=lambda deal: -deal.days_ago)
    return [(deal, titles.get(deal.title) or pools.get(deal.until, late)) for deal in in_time]


def bill(shop: Shop, people: Mapping[str, AccountRow], orders: Sequence[OrderRow], now: datetime) -> None:
    """Give the shop prices, and each order a quote with a story."""
    _settings(shop, now)
    for short, one in PEOPLE.items():
        details.save_details(people[short], one, actor=SYSTEM, at=now - timedelta(days=40))
    staff = people["sam"]
    for deal, pool in _deals([OrderRow.get_by_id(row.id) for row in orders]):
        order = next((row for row in pool if quote_drafts.proposed(shop, row)[1].complete), None)
        if order is None:
            continue
        pool.remove(order)
        _deal(shop, order, deal, staff, now)
    quoting.expire(shop, at=now)
    _statement(shop, staff, now)


def _settings(shop: Shop, now: datetime) -> None:
    known = billing_settings(shop)
    prices = replace(
        known.prices, hand_hour=4_200, setup={"fdm": 350, "laser": 500, "cnc": 3_500}, failure=800, margin=2_500,
        breaks=(QuantityBreak(10, 500), QuantityBreak(50, 1_200)), rush=3_000, least_order=1_500, mode=PriceMode.REVIEW,
    )  # fmt: skip
    seller = replace(
        known.seller, legal_name="Fabrik Nord GmbH", address=("Kanalstraße 12",), postcode="22085", city="Hamburg",
        vat_id="DE136695976", registration="HRB 12345, Amtsgericht Hamburg", terms=TERMS,
    )  # fmt: skip
    save_settings(shop, BillingSettings(prices, seller), actor=SYSTEM, at=now - timedelta(days=40))


def _deal(shop: Shop, order: OrderRow, deal: Deal, person: AccountRow, now: datetime) -> None:
    staff, sent = accounts.actor_of(person), now - timedelta(days=deal.days_ago)
    customer = accounts.actor_of(order.customer)
    draft, _prices = quote_drafts.proposed(shop, order)
    draft = replace(draft, deposit=deal.deposit, valid_days=1 if deal.until == "expired" else draft.valid_days)
    row = quoting.save_draft(shop, order.code, draft, actor=staff, at=sent)
    if deal.until == "viewed":
        earlier = quoting.send(shop, order.code, row.version, actor=staff, at=sent - timedelta(hours=2))
        quoting.answer(
            shop, order.code, earlier.version, QuoteStep.REQUEST_CHANGES, NEW_WISH, via="link", actor=customer,
            at=sent - timedelta(hours=1),
        )  # fmt: skip
        row = quoting.save_draft(shop, order.code, draft, actor=staff, at=sent)
    if deal.until == "draft":
        return
    sent_quote = quoting.send(shop, order.code, row.version, actor=staff, at=sent)
    if deal.until in ("sent", "expired"):
        return
    quoting.viewed(sent_quote, actor=customer, at=sent + timedelta(minutes=20))
    said = {"changes": (QuoteStep.REQUEST_CHANGES, "Could it be two weeks later, and cheaper for it?"),
            "declined": (QuoteStep.DECLINE, "We build it ourselves after all.")}  # fmt: skip
    if deal.until == "viewed":
        return
    if deal.until in said:
        step, why = said[deal.until]
        quoting.answer(
            shop, order.code, row.version, step, why, via="link", actor=customer, at=sent + timedelta(hours=1)
        )
        return
    agreed = sent + timedelta(hours=2)
    quoting.accept(shop, order.code, row.version, name=order.customer.name, via="link", actor=customer, at=agreed)
    if deal.until == "deposit_paid":
        _book(shop, order, person, agreed + timedelta(hours=3), part=100)
    if deal.until.startswith("deposit"):
        return
    with unit_of_work() as uow:
        invoicing.issue_rest(shop, uow, QuoteRow.get_by_id(row.id), actor=staff, at=agreed)
    paid = {"paid": 100, "part": 40, "credited": 100}.get(deal.until)
    if paid:
        _book(shop, order, person, agreed + timedelta(days=1), part=paid)
    if deal.until == "credited":
        invoice = InvoiceRow.get(InvoiceRow.order == order.id)
        invoicing.credit(
            shop, invoice, invoice.gross // 5, "One part was scratched", once="demo", actor=staff,
            at=agreed + timedelta(days=3),
        )  # fmt: skip


def _book(shop: Shop, order: OrderRow, person: AccountRow, at: datetime, *, part: int) -> None:
    """Money at the counter for ``part`` per cent of what is open on an order."""
    rows = [row for row in InvoiceRow.select().where(InvoiceRow.order == order.id) if paying.left_on(row) > 0]
    whole = sum(paying.left_on(row) for row in rows)
    if not rows or "counter" not in shop.plugins.payment_providers:
        return
    paying.book(
        shop, rows, "counter", "terminal", amount=whole * part // 100, note=f"slip {4100 + order.id}",
        once=f"demo-{order.id}", actor=accounts.actor_of(person), at=at,
    )  # fmt: skip


def _statement(shop: Shop, person: AccountRow, now: datetime) -> None:
    """The bank's file of yesterday: one transfer that a guess is made of, and two that somebody has to know."""
    late = InvoiceRow.select().where(InvoiceRow.due_at < now, InvoiceRow.settled < InvoiceRow.gross).first()
    if late is None:
        return
    day = (now - timedelta(days=1)).astimezone(shop.profile().zone)
    rows = (
        (late.customer.name, "My invoice of last month", paying.left_on(late)),
        ("M. Sommer", "Deposit for the order by phone", 4_500),
        ("Hoffmann Moebelbau GmbH", "Thanks a lot", 21_999),
    )
    lines = [
        f"{day:%d.%m.%Y};{day:%d.%m.%Y};{who};{text};DE02120300000000202051;{cents // 100},{cents % 100:02d};EUR"
        for who, text, cents in rows
    ]
    content = "\n".join((STATEMENT, *lines, "")).encode()
    bank_import.import_file(shop, content, actor=accounts.actor_of(person), at=now)
