"""What waits for a customer's word or money, as their home shows it: quotes and invoices in one query."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from peewee import JOIN, Value

from craftops.domain.billing.quotes import OPEN as OPEN_QUOTES
from craftops.store.models import InvoiceRow, OrderRow, QuoteRow
from craftops.store.models.base import EPOCH, from_micros
from craftops.store.prepared import Prepared
from craftops.store.queries.billing import CREDIT, payable, perhaps_of

QUOTE = "quote"


@dataclass(frozen=True, slots=True)
class WaitingMoney:
    """A quote that is to be answered, or an invoice that is to be paid."""

    kind: str
    """``QUOTE``, or the kind of the invoice."""
    id: int
    nonce: str
    """What makes its link (``links``)."""
    left: int
    """What the quote comes to, or what is left of the invoice to pay, in minor units."""
    currency: str
    name: str
    """The title of the quote's order, or the invoice's number."""
    due_at: datetime | None


def _waiting(customer: Any, payer: Any) -> Any:
    quotes = (
        QuoteRow.select(
            Value(QUOTE).alias("kind"), QuoteRow.id, QuoteRow.nonce, QuoteRow.gross.alias("left"), QuoteRow.currency,
            OrderRow.title.alias("name"), Value(0).alias("due"),
        )
        .join(OrderRow)
        .where(OrderRow.customer == customer, QuoteRow.state.in_([state.value for state in OPEN_QUOTES]))
    )  # fmt: skip
    invoices = (
        InvoiceRow.select(
            InvoiceRow.kind, InvoiceRow.id, InvoiceRow.nonce, InvoiceRow.gross - InvoiceRow.settled,
            InvoiceRow.currency, InvoiceRow.number, InvoiceRow.due_at.cast("bigint"),
        )
        .join(OrderRow, JOIN.LEFT_OUTER)
        .where(InvoiceRow.id.in_(perhaps_of(payer, uncovered=True)), InvoiceRow.kind != CREDIT, payable(payer))
    )  # fmt: skip
    return quotes.union_all(invoices)


def _view(kind: str, row_id: int, nonce: str, left: int, currency: str, name: str, due: int | None) -> WaitingMoney:
    return WaitingMoney(kind, row_id, nonce, left, currency, name, from_micros(due) if due else None)


_WAITING: Prepared[WaitingMoney] = Prepared(_waiting, _view)


def waiting_for(customer_id: int) -> tuple[WaitingMoney, ...]:
    """The quotes that a customer has still to answer, then what they may pay and nobody has paid whole, theirs and of
    companies, the ones due first before."""
    return tuple(sorted(_WAITING.all(customer_id, customer_id), key=_place))


def _place(one: WaitingMoney) -> tuple[bool, bool, datetime, int]:
    """Where it stands; the databases differ on where what has no day goes."""
    return one.kind != QUOTE, one.due_at is None, one.due_at or EPOCH, one.id
