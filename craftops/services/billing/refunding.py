"""Money back: asked for by staff, done once by the provider, and taken off what the payment had covered."""

from __future__ import annotations

from datetime import datetime

from craftops.domain.billing.money import Money
from craftops.domain.billing.payments import PaymentStatus, check_refund
from craftops.domain.events import Event, EventKind
from craftops.domain.people.access import SYSTEM, Actor
from craftops.errors import Refused, RuleError, Unreachable, Unsure
from craftops.sdk.payment import (
    OnlineProvider,
    PaymentState,
    ProviderDispute,
    ProviderPayment,
    ProviderRefund,
    RefundRequest,
)
from craftops.services.billing import invoicing
from craftops.services.shop.context import Shop
from craftops.store.database import UnitOfWork, unit_of_work
from craftops.store.models import DisputeRow, InvoiceRow, PaymentRow, RefundRow
from craftops.store.queries import billing
from craftops.store.viewing import view_of
from craftops.store.views.billing import Identified, RefundView

ASKED, UNKNOWN, PENDING, SUCCEEDED, FAILED = "asked", "unknown", "pending", "succeeded", "failed"
AT_BANK = "the bank"
AT_PROVIDER = "at the provider's own site"


def refund(
    shop: Shop, payment: Identified, amount: int, reason: str, *, once: str, actor: Actor, at: datetime
) -> RefundView:
    """Ask for money to go back. A provider's is done by the worker; money from the counter went back by hand, so it is
    booked at once. The same ``once`` again is the same refund. Raises AccessError, RuleError."""
    actor.must_be_staff()
    with unit_of_work() as uow:
        fresh = locked(payment.id)
        intent = f"refund-{once[:40]}"
        known: RefundRow | None = RefundRow.get_or_none(RefundRow.intent == intent)
        if known is not None:
            return view_of(RefundView, known)
        if fresh.state != PaymentStatus.SUCCEEDED.value:
            raise RuleError("Only money that is here can go back.")
        check_refund(amount, fresh.received, fresh.refunded)
        row: RefundRow = RefundRow.create(
            payment=fresh, intent=intent, state=ASKED, amount=amount, reason=reason.strip()[:200],
            by_name=actor.name[:200], created_at=at,
        )  # fmt: skip
        PaymentRow.update(refunded=PaymentRow.refunded + amount).where(PaymentRow.id == fresh.id).execute()
        if isinstance(shop.plugins.payment_providers.get(fresh.provider), OnlineProvider):
            uow.enqueue("refund", {"refund": row.id}, at=at, dedupe=f"refund:{row.id}")
        else:
            _settled(uow, fresh, row, at)
        _record(uow, fresh, row, actor, at)
    return view_of(RefundView, RefundRow.get_by_id(row.id))


def carry_out(shop: Shop, refund_id: int, *, at: datetime) -> None:
    """Have the provider send the money back, once: where an answer was lost, it is asked for that before.

    Raises Unreachable, so that the work is tried again.
    """
    row: RefundRow | None = RefundRow.get_or_none(RefundRow.id == refund_id)
    if row is None or row.state not in (ASKED, UNKNOWN):
        return
    payment: PaymentRow = row.payment
    provider = shop.plugins.payment_providers.get(payment.provider)
    if not isinstance(provider, OnlineProvider):
        raise Unreachable("The way that this was paid by is switched off.")
    told = provider.look(payment.ref or "")
    known = next((one for one in told.refunds if one.intent == row.intent), None)
    if known is None and row.state == UNKNOWN:
        known = provider.find_refund(told, row.intent)
    if known is None:
        RefundRow.update(state=UNKNOWN).where(RefundRow.id == row.id).execute()
        try:
            known = provider.refund(RefundRequest(row.intent, told, Money(row.amount, payment.currency), row.reason))
        except Unsure as error:
            raise Unreachable(error.sentence) from error
        except Unreachable:
            RefundRow.update(state=ASKED).where(RefundRow.id == row.id).execute()
            raise
        except Refused as error:
            _refused(payment, row, error.sentence, at)
            return
    with unit_of_work() as uow:
        PaymentRow.update(looked_at=at).where(PaymentRow.id == payment.id).execute()
        _apply(uow, PaymentRow.get_by_id(payment.id), RefundRow.get_by_id(row.id), known, at)


def _refused(payment: PaymentRow, row: RefundRow, sentence: str, at: datetime) -> None:
    with unit_of_work() as uow:
        PaymentRow.update(refunded=PaymentRow.refunded - row.amount).where(PaymentRow.id == payment.id).execute()
        RefundRow.update(state=FAILED, error=sentence[:500], settled_at=at).where(RefundRow.id == row.id).execute()
        _record(uow, payment, RefundRow.get_by_id(row.id), SYSTEM, at)


def apply_all(uow: UnitOfWork, payment: PaymentRow, told: ProviderPayment, *, at: datetime) -> None:
    """Bring refunds and disputes of a payment to what its provider says; also those made at the provider's own site."""
    for one in told.refunds:
        row = RefundRow.get_or_none((RefundRow.ref == one.ref) | (RefundRow.intent == (one.intent or one.ref)))
        if row is None and one.state is PaymentState.FAILED:
            continue
        if row is None:
            row = RefundRow.create(
                payment=payment, intent=(one.intent or one.ref)[:64], ref=one.ref, state=PENDING,
                amount=one.amount.minor, reason=AT_PROVIDER, by_name=payment.provider, created_at=at,
            )  # fmt: skip
            PaymentRow.update(refunded=PaymentRow.refunded + row.amount).where(PaymentRow.id == payment.id).execute()
        _apply(uow, payment, row, one, at)
    for dispute in told.disputes:
        _apply_dispute(uow, payment, dispute, at)


def _apply_dispute(uow: UnitOfWork, payment: PaymentRow, told: ProviderDispute, at: datetime) -> None:
    state = "open" if told.won is None else ("won" if told.won else "lost")
    values = {
        "payment": payment, "ref": told.ref, "amount": told.amount.minor, "reason": told.reason[:200], "state": state,
        "opened_at": told.at, "answer_by": told.answer_by,
    }  # fmt: skip
    known = DisputeRow.get_or_none(DisputeRow.ref == told.ref)
    if known is not None and known.state == state:
        return
    if known is None:
        DisputeRow.create(**values)
    else:
        DisputeRow.update(state=state).where(DisputeRow.id == known.id).execute()
    uow.record(_event(payment, at, {"dispute": told.ref, "dispute_state": state}))


def _apply(uow: UnitOfWork, payment: PaymentRow, row: RefundRow, told: ProviderRefund, at: datetime) -> None:
    if row.state in (SUCCEEDED, FAILED) and not (row.state == SUCCEEDED and told.state is PaymentState.FAILED):
        return
    RefundRow.update(ref=told.ref).where(RefundRow.id == row.id).execute()
    if told.state is PaymentState.SUCCEEDED:
        _settled(uow, payment, row, at)
    elif told.state is PaymentState.FAILED:
        if row.state == SUCCEEDED:
            _undo(payment, row, at)
        _refused(payment, row, told.reason or "The provider could not send it.", at)
        return
    elif row.state != PENDING:
        RefundRow.update(state=PENDING).where(RefundRow.id == row.id).execute()
    _record(uow, payment, RefundRow.get_by_id(row.id), SYSTEM, at)


def _settled(uow: UnitOfWork, payment: PaymentRow, row: RefundRow, at: datetime) -> None:
    """The money is back: first what no invoice had taken, then what it covered, the latest first."""
    RefundRow.update(state=SUCCEEDED, settled_at=at).where(RefundRow.id == row.id).execute()
    fresh = locked(payment.id)
    spare = min(fresh.surplus, row.amount)
    PaymentRow.update(surplus=PaymentRow.surplus - spare).where(PaymentRow.id == payment.id).execute()
    rest = row.amount - spare
    covers = billing.covered_by(payment.id)
    invoicing.locked(invoice_id for invoice_id, _ in covers)
    for invoice_id, covered in covers:
        part = min(rest, covered)
        if part > 0:
            invoice = InvoiceRow.get_by_id(invoice_id)
            invoicing.settle(invoice, -part, at, payment=payment, by=row.by_name)
            invoicing.cover_by_credits(InvoiceRow.get_by_id(invoice_id), at=at)
            rest -= part


def locked(payment_id: int) -> PaymentRow:
    """The payment, of which nobody else takes anything until the transaction ends."""
    PaymentRow.update(looked_at=PaymentRow.looked_at).where(PaymentRow.id == payment_id).execute()
    row: PaymentRow = PaymentRow.get_by_id(payment_id)
    return row


def _undo(payment: PaymentRow, row: RefundRow, at: datetime) -> None:
    """A refund that was told to have succeeded came back: the money is ours again, as the customer's credit."""
    PaymentRow.update(surplus=PaymentRow.surplus + row.amount).where(PaymentRow.id == payment.id).execute()


def _record(uow: UnitOfWork, payment: PaymentRow, row: RefundRow, actor: Actor, at: datetime) -> None:
    uow.record(_event(payment, at, {"refund": row.id, "refund_state": row.state}, actor))


def _event(payment: PaymentRow, at: datetime, data: dict[str, object], actor: Actor = SYSTEM) -> Event:
    orders = [one.order_id for one in billing.of_payment(payment.id) if one.order_id]
    data = {"payment": payment.id, "state": payment.state, **data}
    return Event(EventKind.PAYMENT_CHANGED, at, actor, orders[0] if orders else None, payment.customer_id, data=data)


def took_back(uow: UnitOfWork, payment: PaymentRow, amount: int, why: str, *, key: str, at: datetime) -> None:
    """The payer's bank took a transfer back: what it covered is open again. In a transaction; once for a key."""
    payment = locked(payment.id)
    intent = f"back-{key[:59]}"
    if RefundRow.get_or_none(RefundRow.intent == intent) is not None:
        return
    part = min(amount, payment.received - payment.refunded)
    if part <= 0:
        return
    row: RefundRow = RefundRow.create(
        payment=payment, intent=intent, state=PENDING, amount=part, reason=why[:200], by_name=AT_BANK, created_at=at
    )
    PaymentRow.update(refunded=PaymentRow.refunded + part).where(PaymentRow.id == payment.id).execute()
    _settled(uow, payment, row, at)
    _record(uow, payment, RefundRow.get_by_id(row.id), SYSTEM, at)
