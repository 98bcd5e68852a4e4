"""The shop's books for a span of days: what was invoiced, credited, paid and sent back, as entries of a journal.

Days are days in the shop's zone, both ends included. A customer's account in the books is 10000 and their number, as
the books of German advisers have it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from craftops.domain.billing.documents import Document, DocumentKind
from craftops.domain.billing.journal import EntryKind, JournalEntry, PayMeans, TaxedAmount, in_order
from craftops.domain.hours.days import begin_of, end_of
from craftops.domain.people.access import Actor
from craftops.domain.shop.profile import ShopProfile
from craftops.sdk.payment import CounterProvider, OnlineProvider
from craftops.services.billing.settings import billing_settings
from craftops.services.shop.context import Shop
from craftops.store.documents import document_from_json
from craftops.store.models import AccountRow, InvoiceRow, PaymentRow, RefundRow, SettlementRow
from craftops.store.queries import billing
from craftops.store.views.people import Account

FIRST_ACCOUNT = 10_000
TILL = ("cash", "till")
"""Kinds of a counter whose money lies in the till."""


@dataclass(frozen=True, slots=True)
class Days:
    """From the first to the last, both included."""

    first: date
    last: date

    def bounds(self, zone: ZoneInfo) -> tuple[datetime, datetime]:
        """The moments between which they lie in this zone: from the first, before the second."""
        return begin_of(self.first, zone), end_of(self.last, zone)


def journal(shop: Shop, days: Days, *, actor: Actor, profile: ShopProfile | None = None) -> list[JournalEntry]:
    """Everything in these days, in order. Raises AccessError for anybody but the owner. ``profile``: for a caller that
    has read it."""
    actor.must_be_owner()
    return in_order(_entries(shop, days, None, profile))


def journal_of(shop: Shop, customer: Account, days: Days) -> list[JournalEntry]:
    """What of it is on a customer's account, in order."""
    return in_order(_entries(shop, days, customer.id))


def account_number(customer_id: int) -> str:
    """A customer's account in the books."""
    return str(FIRST_ACCOUNT + customer_id)


def _entries(
    shop: Shop, days: Days, customer_id: int | None, profile: ShopProfile | None = None
) -> Iterator[JournalEntry]:
    profile = profile or shop.profile()
    zone = profile.zone
    start, end = days.bounds(zone)
    query = billing.invoices(customer_id).where(InvoiceRow.issued_at >= start, InvoiceRow.issued_at < end)
    for row in list(query):
        yield _document_entry(row)
    means = _Means(shop, profile)
    came = (
        PaymentRow.select(PaymentRow, AccountRow)
        .join(AccountRow)
        .where(PaymentRow.received_at >= start, PaymentRow.received_at < end)
    )
    back = RefundRow.select(RefundRow, PaymentRow, AccountRow).join(PaymentRow).join(AccountRow)
    back = back.where(RefundRow.settled_at >= start, RefundRow.settled_at < end, RefundRow.state == "succeeded")
    payments, refunds = list(_touching(came, customer_id)), list(_touching(back, customer_id))
    moved = [*payments, *(one.payment for one in refunds)]
    names = {one.customer_id: one.customer.name for one in moved}
    parts = _parts(moved, names)
    for row in payments:
        on = row.received_at.astimezone(zone).date()
        for who, amount, invoices in _shared(row, row.received, parts.get((row.id, row.received_at), ())):
            if customer_id in (None, who):
                yield JournalEntry(
                    on, row.receipt or f"P{row.id}", EntryKind.PAYMENT, row.currency, names[who],
                    account_number(who), amount=amount, means=means.of(row), refers_to=_only(invoices), text=row.method,
                )  # fmt: skip
    for row in refunds:
        payment, on = row.payment, row.settled_at.astimezone(zone).date()
        for who, amount, invoices in _shared(payment, row.amount, parts.get((payment.id, row.settled_at), ())):
            if customer_id in (None, who):
                yield JournalEntry(
                    on, f"{payment.receipt or f'P{payment.id}'}-{row.id}", EntryKind.REFUND, payment.currency,
                    names[who], account_number(who), amount=amount, means=means.of(payment),
                    refers_to=_only(invoices), text=row.reason,
                )  # fmt: skip


def _document_entry(row: InvoiceRow) -> JournalEntry:
    document: Document = document_from_json(row.document)
    is_credit = row.kind == DocumentKind.CREDIT.value
    parts = tuple(
        TaxedAmount(group.net, group.amount, Decimal(group.tax.rate) / 100, group.tax.category.value)
        for group in document.totals.groups
    )
    return JournalEntry(
        document.issued_on, row.number, EntryKind.CREDIT_NOTE if is_credit else EntryKind.INVOICE, row.currency,
        document.buyer.name, account_number(row.customer_id), parts,
        refers_to=document.preceding[0].number if is_credit and document.preceding else "",
        text=document.order_code, vat_id=document.buyer.vat_id,
    )  # fmt: skip


def _touching(query: Any, customer_id: int | None) -> Any:
    """Payments of a customer, and those of others that cover an invoice of theirs."""
    if customer_id is None:
        return query.order_by(PaymentRow.id)
    covers = (
        SettlementRow.select(SettlementRow.payment)
        .join(InvoiceRow, on=SettlementRow.invoice == InvoiceRow.id)
        .where(InvoiceRow.customer == customer_id, SettlementRow.payment.is_null(False))
    )
    return query.where((PaymentRow.customer == customer_id) | PaymentRow.id.in_(covers)).order_by(PaymentRow.id)


Part = tuple[int, int, str]
"""Whose invoice, how much of it, and its number."""


def _parts(payments: Iterable[PaymentRow], names: dict[int, str]) -> dict[tuple[int, datetime], list[Part]]:
    """What payments covered, and refunds uncovered, at each moment; ``names`` gets those whose invoices they are."""
    found: defaultdict[tuple[int, datetime], list[Part]] = defaultdict(list)
    query = (
        SettlementRow.select(SettlementRow, InvoiceRow, AccountRow)
        .join(InvoiceRow, on=SettlementRow.invoice == InvoiceRow.id)
        .join(AccountRow, on=InvoiceRow.customer == AccountRow.id)
        .where(SettlementRow.payment.in_([one.id for one in payments]))
        .order_by(SettlementRow.id)
    )
    for one in query:
        names[one.invoice.customer_id] = one.invoice.customer.name
        found[one.payment_id, one.at].append((one.invoice.customer_id, abs(one.amount), one.invoice.number))
    return found


def _shared(payment: PaymentRow, amount: int, parts: Iterable[Part]) -> Iterator[tuple[int, int, list[str]]]:
    """By whose account money moved: a colleague's payment covers what another ordered; the rest is the payer's own."""
    by: dict[int, int] = {}
    numbers: defaultdict[int, list[str]] = defaultdict(list)
    left = amount
    for who, share, number in parts:
        taken = min(share, left)
        by[who] = by.get(who, 0) + taken
        numbers[who].append(number)
        left -= taken
    if left > 0:
        by[payment.customer_id] = by.get(payment.customer_id, 0) + left
    for who, share in by.items():
        if share > 0:
            yield who, share, numbers[who]


def _only(invoices: list[str]) -> str:
    """The invoice, where there is one alone."""
    return invoices[0] if len(set(invoices)) == 1 else ""


class _Means:
    """Where the money of a payment lies, by who took it."""

    def __init__(self, shop: Shop, profile: ShopProfile) -> None:
        self._providers = shop.plugins.payment_providers
        self._country = billing_settings(shop, profile).seller.country

    def of(self, row: PaymentRow) -> PayMeans:
        provider = self._providers.get(row.provider)
        if isinstance(provider, OnlineProvider):
            return PayMeans.PROVIDER
        if isinstance(provider, CounterProvider):
            kinds = provider.kinds(self._country)
            till = row.method in [kinds[kind] for kind in TILL if kind in kinds]
            return PayMeans.CASH if till else PayMeans.PROVIDER
        return PayMeans.BANK
