"""What pages read of payments and refunds, and of those that need a person: views, each in one query."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from peewee import JOIN, Value

from craftops.domain.billing.payments import PaymentStatus
from craftops.domain.people.access import Actor
from craftops.store.models import (
    AccountRow,
    DisputeRow,
    InvoiceRow,
    PaymentRow,
    PaymentTargetRow,
    ProviderEventRow,
    RefundRow,
    SettlementRow,
)
from craftops.store.prepared import Prepared
from craftops.store.queries import billing
from craftops.store.queries.scoped import me_of
from craftops.store.viewing import columns
from craftops.store.views.billing import ListedPayment, PaymentInTrouble, PaymentView, RefundView, StrangePayment

_OF_PAYMENTS = columns(PaymentView, PaymentRow)


def _payments() -> Any:
    """Payments with the names of their customers, the newest first."""
    return PaymentRow.select(*_OF_PAYMENTS, AccountRow.name).join(AccountRow).order_by(PaymentRow.id.desc())


def _meant_for(invoices: Any) -> Any:
    return PaymentTargetRow.select(PaymentTargetRow.payment).where(PaymentTargetRow.invoice.in_(invoices))


def _touching(invoice_id: Any) -> Any:
    covers = SettlementRow.select(SettlementRow.payment).where(
        SettlementRow.invoice == invoice_id, SettlementRow.payment.is_null(False)
    )
    return _payments().where(PaymentRow.id.in_(_meant_for([invoice_id])) | PaymentRow.id.in_(covers))


_LATEST: Prepared[ListedPayment] = Prepared(
    lambda without, most: _payments().where(PaymentRow.state != without).limit(most), ListedPayment
)
_TOUCHING: Prepared[ListedPayment] = Prepared(_touching, ListedPayment)
_FOR_INVOICE: Prepared[PaymentView] = Prepared(
    lambda invoice_id: (
        PaymentRow.select(*_OF_PAYMENTS)
        .where(PaymentRow.id.in_(_meant_for([invoice_id])))
        .order_by(PaymentRow.id.desc())
    ),
    PaymentView,
)
_OF_SEEN: Prepared[PaymentView] = Prepared(
    lambda me, states: (
        PaymentRow.select(*_OF_PAYMENTS)
        .where(
            PaymentRow.id.in_(_meant_for(billing.seen_by(me).select(InvoiceRow.id).order_by())),
            PaymentRow.state.in_(states),
        )
        .order_by(PaymentRow.id.desc())
    ),
    PaymentView,
)
_PAYMENT: Prepared[PaymentView] = Prepared(
    lambda id_: PaymentRow.select(*_OF_PAYMENTS).where(PaymentRow.id == id_), PaymentView
)


def payment(payment_id: int) -> PaymentView | None:
    """One payment."""
    return _PAYMENT.first(payment_id)


def latest_payments(most: int) -> list[ListedPayment]:
    """The last payments of all customers, the newest first, without those that were closed unpaid."""
    return _LATEST.all(PaymentStatus.EXPIRED.value, most)


def payments_touching(invoice_id: int) -> list[ListedPayment]:
    """Payments that are meant for an invoice or have covered a part of it, the newest first."""
    return _TOUCHING.all(invoice_id)


def payments_for(invoice_id: int) -> list[PaymentView]:
    """Payments that are meant for an invoice, the newest first."""
    return _FOR_INVOICE.all(invoice_id)


def payments_of_seen(actor: Actor, states: Iterable[PaymentStatus]) -> list[PaymentView]:
    """Payments of these states that are meant for invoices which a customer may see, the newest first."""
    return _OF_SEEN.all(me_of(actor), [state.value for state in states])


_REFUNDS: Prepared[RefundView] = Prepared(
    lambda payments: (
        RefundRow.select(*columns(RefundView, RefundRow)).where(RefundRow.payment.in_(payments)).order_by(RefundRow.id)
    ),
    RefundView,
)


def refunds_of(payment_ids: Iterable[int]) -> list[RefundView]:
    """The refunds of these payments, the oldest first."""
    wanted = list(payment_ids)
    return _REFUNDS.all(wanted) if wanted else []


# What needs a person


def _in_trouble(table: Any, why: Any) -> Any:
    """Payments with their customers, the number of the oldest invoice that each is meant for, and ``why``."""
    first = (
        InvoiceRow.select(InvoiceRow.number)
        .join(PaymentTargetRow)
        .where(PaymentTargetRow.payment == PaymentRow.id)
        .order_by(InvoiceRow.id)
        .limit(1)
    )
    own = columns(PaymentInTrouble, PaymentRow, "customer", "invoice", "why")
    query = table.select(*own, AccountRow.name, first.alias("invoice"), why)
    query = query if table is PaymentRow else query.join(PaymentRow)
    return query.join(AccountRow, JOIN.LEFT_OUTER).order_by(table.id)  # every one has a payer: no join begins at them


_SURPLUS: Prepared[PaymentInTrouble] = Prepared(
    lambda state: _in_trouble(PaymentRow, Value("")).where(PaymentRow.surplus > 0, PaymentRow.state == state),
    PaymentInTrouble,
)
_FAILED_REFUNDS: Prepared[PaymentInTrouble] = Prepared(
    lambda: _in_trouble(RefundRow, RefundRow.error).where(RefundRow.state == "failed"), PaymentInTrouble
)
_OPEN_DISPUTES: Prepared[PaymentInTrouble] = Prepared(
    lambda: _in_trouble(DisputeRow, DisputeRow.reason).where(DisputeRow.state == "open"), PaymentInTrouble
)


def with_surplus() -> list[PaymentInTrouble]:
    """Payments that came and are more than was asked for, the oldest first."""
    return _SURPLUS.all(PaymentStatus.SUCCEEDED.value)


def failed_refunds() -> list[PaymentInTrouble]:
    """The payment of each refund that could not be sent, the oldest refund first."""
    return _FAILED_REFUNDS.all()


def open_disputes() -> list[PaymentInTrouble]:
    """The payment of each dispute that is not decided, the oldest dispute first."""
    return _OPEN_DISPUTES.all()


_STRANGE: Prepared[StrangePayment] = Prepared(
    lambda kind: (
        ProviderEventRow.select(*columns(StrangePayment, ProviderEventRow))
        .where(ProviderEventRow.kind == kind, ProviderEventRow.applied_at.is_null())
        .order_by(ProviderEventRow.id)
    ),
    StrangePayment,
)


def unlooked_events(kind: str) -> list[StrangePayment]:
    """What was written down of a provider under this kind, and nobody has looked at yet."""
    return _STRANGE.all(kind)
