"""Between the words of the shop and those of Stripe. Pure.

Money counts where ``payment_status`` is ``paid``. A session that is complete and unpaid is a bank debit, a voucher or a
transfer under way: it becomes paid, or its payment intent falls back to ``requires_payment_method``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from craftops.domain.billing.money import Money
from craftops.errors import NotUnderstood
from craftops.sdk.payment import (
    PaymentRequest,
    PaymentState,
    ProviderDispute,
    ProviderPayment,
    ProviderRefund,
    RefundRequest,
)

from .currencies import from_stripe, to_stripe

EXPAND = ["payment_intent.latest_charge.balance_transaction"]
_LANGUAGES = (
    "bg cs da de el en en-GB es es-419 et fi fil fr fr-CA hr hu id it ja ko lt lv ms mt nb nl pl pt pt-BR ro ru sk sl "
    "sv th tr vi zh zh-HK zh-TW"
)
LANGUAGES = frozenset(_LANGUAGES.split())
"""Of Stripe's pay page."""
INTENT, REFERENCE, PAYMENT, WHY = "intent", "reference", "payment", "why"
"""Keys of our metadata. ``intent`` of a refund is the refund's own; ``payment`` is the session that it belongs to."""
SOONEST, LATEST = timedelta(minutes=31), timedelta(hours=23, minutes=59)
"""Stripe lets a session end half an hour to a day after it was made."""
GOING = frozenset({"processing", "requires_action", "requires_capture", "requires_confirmation", "succeeded"})
"""States of a payment intent of a complete, unpaid session that may still become money."""
REFUND_STATES = {
    "pending": PaymentState.PENDING,
    "requires_action": PaymentState.PENDING,
    "succeeded": PaymentState.SUCCEEDED,
    "failed": PaymentState.FAILED,
    "canceled": PaymentState.FAILED,
}
DISPUTE_ENDS = {"won": True, "prevented": True, "warning_closed": True, "lost": False}
INQUIRY = "warning_"
"""So begin the states of an inquiry: the bank asks, and took no money."""
BRANDS = {"amex": "American Express", "visa": "Visa", "mastercard": "Mastercard", "unionpay": "UnionPay", "jcb": "JCB"}


def session_params(request: PaymentRequest, now: datetime) -> dict[str, Any]:
    """What a Checkout Session is made of. Raises Refused for an amount that Stripe has not."""
    ours = {INTENT: request.intent, REFERENCE: request.reference[:500]}
    price = {
        "currency": request.amount.currency.lower(),
        "unit_amount": to_stripe(request.amount),
        "product_data": {"name": request.title[:250] or request.reference},
    }
    params: dict[str, Any] = {
        "mode": "payment",
        "line_items": [{"quantity": 1, "price_data": price}],
        "success_url": request.return_url.replace("{session}", "{CHECKOUT_SESSION_ID}"),
        "cancel_url": request.cancel_url,
        "client_reference_id": request.reference[:200],
        "metadata": ours,
        "payment_intent_data": {"description": request.title[:500], "metadata": ours},
        "submit_type": "pay",
        "adaptive_pricing": {"enabled": False},  # what is paid is what was asked for, in its currency
        "locale": request.language if request.language in LANGUAGES else "auto",
    }
    if request.email:
        params["customer_email"] = request.email
    if request.expires_at is not None and request.expires_at < now + LATEST:
        params["expires_at"] = int(max(request.expires_at, now + SOONEST).timestamp())
    return params


def refund_params(request: RefundRequest) -> dict[str, Any]:
    """What a refund is made of. Raises Refused for an amount that Stripe has not."""
    ours = {INTENT: request.intent, PAYMENT: request.payment.ref, REFERENCE: request.payment.reference[:500]}
    if request.reason:
        ours[WHY] = request.reason[:500]
    return {"payment_intent": request.payment.charge, "amount": to_stripe(request.amount), "metadata": ours}


def payment_of(
    session: Mapping[str, Any], refunds: Iterable[ProviderRefund] = (), disputes: Iterable[ProviderDispute] = ()
) -> ProviderPayment:
    """A session, its payment intent and charge expanded, as a payment. Raises NotUnderstood."""
    try:
        return _payment(session, tuple(refunds), tuple(disputes))
    except (AttributeError, KeyError, TypeError, ValueError, OverflowError) as error:
        raise NotUnderstood("Stripe tells a payment in words that we do not know.", str(session)) from error


def _payment(
    session: Mapping[str, Any], refunds: tuple[ProviderRefund, ...], disputes: tuple[ProviderDispute, ...]
) -> ProviderPayment:
    intent = intent_of(session)
    charge = _expanded(intent.get("latest_charge"))
    state = _state(session, intent)
    currency = session["currency"]
    received = from_stripe(intent["amount_received"] if state is PaymentState.SUCCEEDED else 0, currency)
    told = session.get("metadata") or {}
    return ProviderPayment(
        ref=session["id"],
        intent=told.get(INTENT, ""),
        reference=told.get(REFERENCE, "") or session.get("client_reference_id") or "",
        state=state,
        amount=from_stripe(session["amount_total"], currency),
        received=received,
        at=_at(session, intent, charge, state),
        charge=intent.get("id", ""),
        method=_method(charge.get("payment_method_details") or {}),
        fee=_fee(_expanded(charge.get("balance_transaction"))),
        refunds=refunds,
        disputes=disputes,
        reason=_reason(intent) if state is PaymentState.FAILED else "",
    )


def intent_of(session: Mapping[str, Any]) -> Mapping[str, Any]:
    """Its payment intent; empty before anybody tried to pay."""
    return _expanded(session.get("payment_intent"))


def is_ours(session: Mapping[str, Any]) -> bool:
    """Whether we opened it; other programs may sell through the same account."""
    return bool((session.get("metadata") or {}).get(INTENT))


def is_disputed(session: Mapping[str, Any]) -> bool:
    """Whether its payer ever asked their bank for the money."""
    return _expanded(intent_of(session).get("latest_charge")).get("disputed") is not False


def _expanded(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {"id": value} if isinstance(value, str) else {}


def _state(session: Mapping[str, Any], intent: Mapping[str, Any]) -> PaymentState:
    status, paid = session["status"], session["payment_status"]
    if status == "open":
        return PaymentState.OPEN
    if status == "expired":
        return PaymentState.EXPIRED
    if status == "complete" and paid == "paid":
        return PaymentState.SUCCEEDED
    if status == "complete" and paid == "unpaid":
        return PaymentState.PENDING if intent.get("status") in GOING else PaymentState.FAILED
    raise ValueError(f"a session that is {status} and {paid}")


def _at(
    session: Mapping[str, Any], intent: Mapping[str, Any], charge: Mapping[str, Any], state: PaymentState
) -> datetime:
    if state is PaymentState.OPEN:
        return moment(session["created"])
    if state is PaymentState.EXPIRED:
        return moment(session["expires_at"])
    settled = _expanded(charge.get("balance_transaction")).get("created")
    return moment(settled or charge.get("created") or intent.get("created") or session["created"])


def _method(details: Mapping[str, Any]) -> str:
    """ "Visa •••• 4242"; "SEPA debit •••• 3000"; empty where Stripe names none."""
    kind = details.get("type") or ""
    more = details.get(kind) or {}
    name = kind.replace("_", " ").replace("sepa", "SEPA").replace("us ", "US ")
    if kind == "card":
        brand = more.get("brand") or "card"
        name = BRANDS.get(brand, brand.title())
    name = name[:1].upper() + name[1:]
    last4 = more.get("last4")
    return f"{name} •••• {last4}" if last4 else name


def _fee(transaction: Mapping[str, Any]) -> Money | None:
    """In the currency of the account, which may be another; None where it is not known yet, or no amount of ours."""
    if "fee" not in transaction:
        return None
    try:
        return from_stripe(transaction["fee"], transaction["currency"])
    except NotUnderstood:
        return None


def _reason(intent: Mapping[str, Any]) -> str:
    return str(_expanded(intent.get("last_payment_error")).get("message") or "")


def refund_of(refund: Mapping[str, Any]) -> ProviderRefund:
    """Raises NotUnderstood."""
    try:
        return ProviderRefund(
            ref=refund["id"],
            intent=(refund.get("metadata") or {}).get(INTENT, ""),
            amount=from_stripe(refund["amount"], refund["currency"]),
            state=REFUND_STATES[refund["status"]],
            at=moment(refund["created"]),
            reason=str(refund.get("failure_reason") or "").replace("_", " "),
        )
    except (AttributeError, KeyError, TypeError, ValueError, OverflowError) as error:
        raise NotUnderstood("Stripe tells a refund in words that we do not know.", str(refund)) from error


def dispute_of(dispute: Mapping[str, Any]) -> ProviderDispute:
    """Raises NotUnderstood."""
    try:
        due = (dispute.get("evidence_details") or {}).get("due_by")
        return ProviderDispute(
            ref=dispute["id"],
            amount=from_stripe(dispute["amount"], dispute["currency"]),
            reason=str(dispute["reason"]).replace("_", " "),
            at=moment(dispute["created"]),
            won=DISPUTE_ENDS.get(dispute["status"]),
            answer_by=moment(due) if due else None,
            withdrawn=not dispute["status"].startswith(INQUIRY),
        )
    except (AttributeError, KeyError, TypeError, ValueError, OverflowError) as error:
        raise NotUnderstood("Stripe tells a dispute in words that we do not know.", str(dispute)) from error


def moment(seconds: int) -> datetime:
    """A time of Stripe's; aware UTC."""
    return datetime.fromtimestamp(seconds, UTC)
