"""Checkout Sessions: made, listed, ended."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from craftops.testing.stripe import objects
from craftops.testing.stripe.amounts import check_amount
from craftops.testing.stripe.forms import StripeFault, Tree, check, metadata, missing, text, whole, wrong
from craftops.testing.stripe.ledger import Ledger
from craftops.testing.stripe.objects import Thing

DONE = frozenset(
    {
        "mode", "success_url", "cancel_url", "client_reference_id", "customer", "customer_email", "customer_creation",
        "expires_at", "locale", "metadata.*", "submit_type", "ui_mode", "payment_intent_data.description",
        "payment_intent_data.metadata.*", "payment_intent_data.receipt_email", "allowed_payment_method_types",
        "adaptive_pricing.enabled", "line_items.quantity", "line_items.price_data.currency", "currency",
        "line_items.price_data.unit_amount", "line_items.price_data.product_data.name",
        "line_items.price_data.product_data.description", "expand",
    }
)  # fmt: skip
METHODS = {"card", "sepa_debit"}
HALF_AN_HOUR, DAY = 1800, 86_400


def create(ledger: Ledger, given: Tree, live: bool, base: str) -> Thing:
    """Raises StripeFault."""
    check(given, "checkout.SessionCreateParams", DONE)
    mode = text(given, "mode")
    if mode is None:
        raise missing("mode")
    if mode != "payment":
        raise StripeFault(400, f"The local Stripe does not do the mode {mode}.", code="not_simulated", param="mode")
    items, currency = _items(ledger, given)
    total = sum(one["amount_total"] for one in items)
    check_amount(total, currency, "line_items")
    key = ledger.key("checkout.session", live)
    customer = text(given, "customer")
    if customer is not None:
        ledger.get("customer", customer, live, "customer")
    intent_data = given.get("payment_intent_data") or {}
    made = objects.session(
        key,
        ledger.now,
        live,
        amount_subtotal=total,
        amount_total=total,
        cancel_url=_url(given, "cancel_url", required=False),
        client_reference_id=text(given, "client_reference_id", 200),
        currency=currency,
        customer=customer,
        customer_email=_email(given),
        expires_at=_end(ledger, given),
        locale=text(given, "locale"),
        metadata=metadata(given),
        payment_method_types=_methods(given),
        submit_type=text(given, "submit_type"),
        success_url=_url(given, "success_url", required=True),
        url=f"{base}/c/pay/{key}",
    )
    ledger.add(
        made,
        live,
        items=items,
        description=text(intent_data, "description"),
        metadata=metadata(intent_data),
        receipt_email=text(intent_data, "receipt_email"),
    )
    return made


def _items(ledger: Ledger, given: Tree) -> tuple[list[Thing], str]:
    told = given.get("line_items")
    if not isinstance(told, list) or not told:
        raise missing("line_items")
    found, currency = [], ""
    for index, one in enumerate(told):
        where = f"line_items[{index}]"
        price = one.get("price_data") or {} if isinstance(one, dict) else {}
        code = (text(price, "currency") or "").lower()
        name = text(price.get("product_data") or {}, "name")
        if not code or name is None:
            raise missing(f"{where}[price_data][{'product_data][name' if code else 'currency'}]")
        if currency and code != currency:
            raise wrong(where, "All lines must be in one currency.")
        amount, quantity = whole(price, "unit_amount"), whole(one, "quantity", 1)
        if amount < 0 or quantity < 1:
            raise wrong(where, "Neither an amount below zero nor a quantity below one can be charged.")
        currency = code
        found.append(objects.line_item(ledger.key("item"), amount, code, quantity, name))
    return found, currency


def _url(given: Tree, name: str, *, required: bool) -> str | None:
    value = text(given, name)
    if value is None:
        if required:
            raise missing(name)
        return None
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise wrong(name, "Not a whole address with http:// or https://.", "url_invalid")
    return value


def _email(given: Tree) -> str | None:
    value = text(given, "customer_email", 512)
    if value is not None:
        name, _, host = value.rpartition("@")
        if not name or "." not in host or any(one.isspace() for one in value):
            raise wrong("customer_email", f"Not an e-mail address: {value}", "email_invalid")
    return value


def _end(ledger: Ledger, given: Tree) -> int:
    end = whole(given, "expires_at", ledger.now + DAY)
    if not ledger.now + HALF_AN_HOUR <= end <= ledger.now + DAY:
        raise wrong("expires_at", "A session ends between half an hour and a day after it was made.")
    return end


def _methods(given: Tree) -> list[str]:
    told = given.get("allowed_payment_method_types") or ["card", "sepa_debit"]
    if not isinstance(told, list) or not set(told) <= METHODS:
        raise wrong("allowed_payment_method_types", "The local Stripe does cards and SEPA debits.", "not_simulated")
    return [str(one) for one in told]


def expire(ledger: Ledger, session: Thing) -> Thing:
    """Raises StripeFault where it is over already."""
    if session["status"] != "open":
        raise StripeFault(400, f"Only an open session can be expired; this one is {session['status']}.")
    return _over(ledger, session)


def _over(ledger: Ledger, session: Thing) -> Thing:
    session.update(status="expired", url=None)
    intent = ledger.things.get(session["payment_intent"] or "")
    if intent is not None and intent["status"] in ("requires_payment_method", "requires_action"):
        intent.update(status="canceled", canceled_at=ledger.now, cancellation_reason="automatic", next_action=None)
        ledger.tell("payment_intent.canceled", intent)
    ledger.tell("checkout.session.expired", session)
    return session


def expire_due(ledger: Ledger) -> None:
    """End the sessions whose time is over."""
    for session in ledger.where("checkout.session", status="open"):
        if session["expires_at"] <= ledger.now:
            _over(ledger, session)


def lines(ledger: Ledger, session: Thing) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = ledger.notes[session["id"]]["items"]
    return found
