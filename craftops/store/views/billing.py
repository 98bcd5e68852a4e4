"""Money as pages read it: quotes, invoices, payments and what came of them. Amounts are in minor units of their
currency, moments are aware UTC."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol


class Identified(Protocol):
    """A quote, an invoice or a payment, whether it was read to be shown or to be changed: who changes it reads it
    anew."""

    @property
    def id(self) -> int: ...


@dataclass(frozen=True, slots=True)
class StoredQuote:
    """One version of an offer for an order."""

    id: int
    order_id: int
    version: int
    state: str
    """A ``QuoteState`` value."""
    body: dict[str, Any]
    """Lines, discount and words as staff wrote them (``services.billing.quote_drafts``)."""
    document: dict[str, Any] | None
    """The frozen document; None before it was sent."""
    currency: str
    gross: int
    deposit: int
    valid_until: datetime | None
    nonce: str
    """What makes its link."""
    created_at: datetime
    sent_at: datetime | None
    viewed_at: datetime | None
    decided_at: datetime | None
    decided_by: str
    decided_via: str
    reason: str


@dataclass(frozen=True, slots=True)
class AnsweredQuote:
    """A quote that its customer has answered, or that is not valid any more, with its order."""

    state: str
    reason: str
    decided_at: datetime | None
    order_code: str
    order_title: str
    hold_reason: str
    """Why its order rests; empty where it goes on."""


@dataclass(frozen=True, slots=True)
class InvoiceView:
    """An invoice, a deposit invoice or a credit note, without its document."""

    id: int
    kind: str
    """A ``DocumentKind`` value."""
    number: str
    order_id: int | None
    customer_id: int
    currency: str
    net: int
    tax: int
    gross: int
    settled: int
    """What of ``gross`` payments and credit notes have covered."""
    nonce: str
    """What makes the address of its durable page."""
    issued_at: datetime
    due_at: datetime | None
    once: str
    """What it was issued for."""


@dataclass(frozen=True, slots=True)
class ListedInvoice(InvoiceView):
    """An invoice in a list, with the names of its customer and its order; without an order there are none."""

    customer: str
    order_code: str | None
    order_title: str | None


@dataclass(frozen=True, slots=True)
class WholeInvoice(ListedInvoice):
    """An invoice with its document and what became of it."""

    document: dict[str, Any]
    reference: str
    """ISO 11649: what a transfer says."""
    checked: str
    """What the judge of e-invoices said; empty before it was asked."""
    delivered_to: str
    delivered_at: datetime | None
    delivery_trouble: str


@dataclass(frozen=True, slots=True)
class CancelledInvoice:
    """An invoice of a cancelled order that somebody has to look at, and what payments cover of it."""

    number: str
    currency: str
    paid: int
    order_code: str
    order_title: str
    stage_since: datetime
    customer: str
    """Who has placed the order."""


@dataclass(frozen=True, slots=True)
class UndeliveredInvoice:
    """An invoice that a plugin could not take to its buyer."""

    number: str
    issued_at: datetime
    delivery_trouble: str
    customer: str


@dataclass(frozen=True, slots=True)
class SettlementView:
    """What has covered a part of an invoice; below zero where that was undone."""

    id: int
    at: datetime
    amount: int
    by_name: str
    payment_id: int | None
    method: str | None
    """How the payment was made; None where no payment covers it."""
    credit_number: str | None
    """The number of the credit note that covers it."""


@dataclass(frozen=True, slots=True)
class PaymentView:
    """Money from a customer: asked for, on its way, here, or never come."""

    id: int
    customer_id: int
    provider: str
    state: str
    """A ``PaymentStatus`` value."""
    intent: str
    ref: str | None
    """The provider's own id of it."""
    url: str
    """Where it is paid, while it may be."""
    currency: str
    amount: int
    received: int
    refunded: int
    surplus: int
    """What of it no invoice has taken."""
    method: str
    reason: str
    receipt: str | None
    created_at: datetime
    received_at: datetime | None
    by_name: str
    note: str


@dataclass(frozen=True, slots=True)
class ListedPayment(PaymentView):
    """A payment in a list, with the name of its customer."""

    customer: str


@dataclass(frozen=True, slots=True)
class PaymentInTrouble:
    """A payment that a person has to look at, and why."""

    receipt: str | None
    received_at: datetime | None
    currency: str
    received: int
    refunded: int
    surplus: int
    customer: str
    invoice: str | None
    """The number of the oldest invoice that it is meant for."""
    why: str
    """What a provider or a payer said; empty where nobody said anything."""


@dataclass(frozen=True, slots=True)
class RefundView:
    """Money back to a customer."""

    id: int
    payment_id: int
    state: str
    amount: int
    reason: str
    created_at: datetime
    settled_at: datetime | None


@dataclass(frozen=True, slots=True)
class StrangePayment:
    """Money that a provider has in its books and we have not."""

    id: int
    said: str
    ref: str
    came_at: datetime


@dataclass(frozen=True, slots=True)
class WaitingTransfer:
    """A booked line of a bank's statement that staff have to decide about."""

    id: int
    booked_on: str
    amount: int
    currency: str
    reference: str
    text: str
    party: str
    proposal: list[dict[str, Any]] | None
    """What may be booked by one click: ``{"why", "takes_back", "shares": [[invoice, amount], …]}`` each."""
    why: str
    imported_at: datetime
