"""What pages and mails read of quotes and invoices: views, each in one query."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from peewee import JOIN, SQL

from craftops.domain.billing.quotes import QuoteState
from craftops.domain.people.access import Actor
from craftops.store.models import (
    AccountRow,
    InvoiceRow,
    OrderRow,
    PaymentRow,
    PaymentTargetRow,
    QuoteRow,
    SettlementRow,
)
from craftops.store.prepared import Prepared
from craftops.store.queries import billing
from craftops.store.queries.scoped import me_of
from craftops.store.viewing import columns
from craftops.store.views.billing import (
    AnsweredQuote,
    CancelledInvoice,
    InvoiceView,
    ListedInvoice,
    SettlementView,
    StoredQuote,
    UndeliveredInvoice,
    WholeInvoice,
)

# Quotes

_OF_QUOTE = columns(StoredQuote, QuoteRow)
_QUOTE: Prepared[StoredQuote] = Prepared(lambda id_: QuoteRow.select(*_OF_QUOTE).where(QuoteRow.id == id_), StoredQuote)
_QUOTES: Prepared[StoredQuote] = Prepared(
    lambda order: QuoteRow.select(*_OF_QUOTE).where(QuoteRow.order == order).order_by(QuoteRow.version), StoredQuote
)
_NEWEST: Prepared[StoredQuote] = Prepared(
    lambda order: QuoteRow.select(*_OF_QUOTE).where(QuoteRow.order == order).order_by(QuoteRow.version.desc()).limit(1),
    StoredQuote,
)
_ANSWERED: Prepared[AnsweredQuote] = Prepared(
    lambda states: (
        QuoteRow.select(
            QuoteRow.state, QuoteRow.reason, QuoteRow.decided_at, OrderRow.code, OrderRow.title, OrderRow.hold_reason
        )
        .join(OrderRow)
        .where(QuoteRow.state.in_(states))
        .order_by(QuoteRow.decided_at)
    ),
    AnsweredQuote,
)


def quote(quote_id: int) -> StoredQuote | None:
    """One quote."""
    return _QUOTE.first(quote_id)


def quotes_of(order_id: int) -> list[StoredQuote]:
    """The quotes of an order, the oldest first."""
    return _QUOTES.all(order_id)


def newest_quote(order_id: int) -> StoredQuote | None:
    """The last one that was written for an order."""
    return _NEWEST.first(order_id)


def quotes_in(states: Iterable[QuoteState]) -> list[AnsweredQuote]:
    """The quotes of these states with their orders, the longest decided first."""
    return _ANSWERED.all([state.value for state in states])


# Invoices

_OF_INVOICE = columns(InvoiceView, InvoiceRow)
_LISTED = [*_OF_INVOICE, AccountRow.name, OrderRow.code, OrderRow.title]
_WHOLE = [
    *_LISTED, InvoiceRow.document, InvoiceRow.reference, InvoiceRow.checked, InvoiceRow.delivered_to,
    InvoiceRow.delivered_at, InvoiceRow.delivery_trouble,
]  # fmt: skip


def _targeted(payment: Any) -> Any:
    query = InvoiceRow.select(*_OF_INVOICE).join(PaymentTargetRow).where(PaymentTargetRow.payment == payment)
    return query.order_by(InvoiceRow.id)


_BY_ID: Prepared[InvoiceView] = Prepared(
    lambda id_: InvoiceRow.select(*_OF_INVOICE).where(InvoiceRow.id == id_), InvoiceView
)
_BY_NUMBER: Prepared[InvoiceView] = Prepared(
    lambda number: InvoiceRow.select(*_OF_INVOICE).where(InvoiceRow.number == number), InvoiceView
)
_FIRST_OF_QUOTE: Prepared[InvoiceView] = Prepared(
    lambda quote_id: (
        InvoiceRow.select(*_OF_INVOICE).where(InvoiceRow.quote == quote_id).order_by(InvoiceRow.id).limit(1)
    ),
    InvoiceView,
)
_OF_PAYMENT: Prepared[InvoiceView] = Prepared(_targeted, InvoiceView)
_OF_ORDER: Prepared[ListedInvoice] = Prepared(
    lambda order: billing.invoices().select(*_LISTED).where(InvoiceRow.order == order).order_by(InvoiceRow.id),
    ListedInvoice,
)
_NEWEST_OF_ORDER: Prepared[InvoiceView] = Prepared(
    lambda order, most: (
        InvoiceRow.select(*_OF_INVOICE).where(InvoiceRow.order == order).order_by(InvoiceRow.id.desc()).limit(most)
    ),
    InvoiceView,
)
_WHOLE_BY_ID: Prepared[WholeInvoice] = Prepared(
    lambda id_: billing.invoices().select(*_WHOLE).where(InvoiceRow.id == id_), WholeInvoice
)
_WHOLE_BY_NUMBER: Prepared[WholeInvoice] = Prepared(
    lambda number: billing.invoices().select(*_WHOLE).where(InvoiceRow.number == number), WholeInvoice
)
_OVERDUE: Prepared[ListedInvoice] = Prepared(lambda at: billing.overdue(at).select(*_LISTED), ListedInvoice)
_CANCELLED: Prepared[CancelledInvoice] = Prepared(billing.invoices_of_cancelled, CancelledInvoice)
_UNDELIVERED: Prepared[UndeliveredInvoice] = Prepared(
    lambda: (
        InvoiceRow.select(InvoiceRow.number, InvoiceRow.issued_at, InvoiceRow.delivery_trouble, AccountRow.name)
        .join(AccountRow, JOIN.LEFT_OUTER, on=InvoiceRow.customer == AccountRow.id)  # so that no search begins at them
        .where(InvoiceRow.delivery_trouble != SQL("''"))  # as its index says it, which leaves the others out
        .order_by(InvoiceRow.id)
        .limit(100)
    ),
    UndeliveredInvoice,
)


def invoice(invoice_id: int) -> InvoiceView | None:
    """One invoice."""
    return _BY_ID.first(invoice_id)


def invoice_of_number(number: str) -> InvoiceView | None:
    """The invoice of this number."""
    return _BY_NUMBER.first(number)


def whole_invoice(invoice_id: int) -> WholeInvoice | None:
    """One invoice with its document."""
    return _WHOLE_BY_ID.first(invoice_id)


def whole_invoice_of_number(number: str) -> WholeInvoice | None:
    """The invoice of this number with its document."""
    return _WHOLE_BY_NUMBER.first(number)


def first_of_quote(quote_id: int) -> InvoiceView | None:
    """The first invoice that was issued by a quote."""
    return _FIRST_OF_QUOTE.first(quote_id)


def of_payment(payment_id: int) -> list[InvoiceView]:
    """The invoices that a payment is meant for, the oldest first."""
    return _OF_PAYMENT.all(payment_id)


def invoices_of_order(order_id: int) -> list[ListedInvoice]:
    """The invoices of an order, the oldest first."""
    return _OF_ORDER.all(order_id)


def newest_invoices(order_id: int, most: int) -> list[InvoiceView]:
    """The last invoices of an order, at most so many, the newest first."""
    return _NEWEST_OF_ORDER.all(order_id, most)


def overdue(at: datetime) -> list[ListedInvoice]:
    """Those that should have been paid by now, the ones due first before."""
    return _OVERDUE.all(at)


def of_cancelled() -> list[CancelledInvoice]:
    """Invoices of cancelled orders that are not credited whole, or that a payment still covers."""
    return _CANCELLED.all()


def undelivered() -> list[UndeliveredInvoice]:
    """Invoices that a plugin should have taken to their buyers and could not, the oldest first."""
    return _UNDELIVERED.all()


def invoices_page(
    show: str, words: str, at: datetime, *, page: int, most: int
) -> tuple[list[ListedInvoice], int, int]:  # fmt: skip
    """A page of the list of all invoices, narrowed to what has ``words`` in its number, customer or order: its
    invoices, the number of the page that this is, and how many pages there are.

    ``show`` is open, overdue (at ``at``, aware UTC) or all; a page above the last is the last. Two queries.
    """
    rows = {"open": billing.unpaid(), "overdue": billing.overdue(at)}.get(show, billing.invoices())
    if words:
        rows = billing.searched(rows, words)
    pages = max(1, -(-rows.count() // most))
    here = min(max(1, page), pages)
    shown = rows.select(*_LISTED).paginate(here, most).tuples()
    return [ListedInvoice(*row) for row in shown], here, pages


def whole_invoices(start: datetime | None = None, end: datetime | None = None) -> list[WholeInvoice]:
    """All invoices with their documents, the newest first; or those that were issued from ``start`` on and before
    ``end``, both aware UTC."""
    rows = billing.invoices().select(*_WHOLE)
    if start is not None and end is not None:
        rows = rows.where(InvoiceRow.issued_at >= start, InvoiceRow.issued_at < end)
    return [WholeInvoice(*row) for row in rows.tuples()]


def _seen(me: Any) -> Any:
    return billing.seen_by(me).select(*_LISTED)


_SEEN: Prepared[ListedInvoice] = Prepared(_seen, ListedInvoice)
_SEEN_OF_THESE: Prepared[ListedInvoice] = Prepared(
    lambda me, ids: _seen(me).where(InvoiceRow.id.in_(ids)), ListedInvoice
)


def seen_by(actor: Actor) -> list[ListedInvoice]:
    """The invoices that a customer may see, the newest first."""
    return _SEEN.all(me_of(actor))


def seen_of_these(actor: Actor, ids: Iterable[int]) -> list[ListedInvoice]:
    """Those of these invoices that a customer may see, the newest first."""
    wanted = list(ids)
    return _SEEN_OF_THESE.all(me_of(actor), wanted) if wanted else []


# What has covered them

_NOTE = InvoiceRow.alias("credit_note")
_SETTLEMENTS: Prepared[SettlementView] = Prepared(
    lambda invoice_id: (
        SettlementRow.select(
            *columns(SettlementView, SettlementRow, "method", "credit_number"), PaymentRow.method, _NOTE.number
        )
        .join(PaymentRow, JOIN.LEFT_OUTER, on=SettlementRow.payment == PaymentRow.id)
        .join_from(SettlementRow, _NOTE, JOIN.LEFT_OUTER, on=SettlementRow.credit == _NOTE.id)
        .where(SettlementRow.invoice == invoice_id)
        .order_by(SettlementRow.id)
    ),
    SettlementView,
)


def settlements_of(invoice_id: int) -> list[SettlementView]:
    """What has covered an invoice, the oldest first."""
    return _SETTLEMENTS.all(invoice_id)
