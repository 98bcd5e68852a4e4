"""One walk through the local Stripe that meets every kind of object in every state, for whoever judges them."""

from __future__ import annotations

from typing import Any

import stripe as sdk

from craftops.testing.stripe import LocalStripe
from craftops.testing.stripe.paying import FAILING_DEBIT, REFUND_FAILS, REFUND_PENDING

sdk.enable_telemetry = False


def client(local: LocalStripe, key: str = "") -> sdk.StripeClient:
    """Stripe's own client, speaking to the local one."""
    return sdk.StripeClient(key or local.key, base_addresses={"api": local.address}, max_network_retries=0)


def asked(**told: Any) -> dict[str, Any]:
    price = {"currency": "eur", "unit_amount": 12_345, "product_data": {"name": "Invoice R-1"}}
    return {
        "mode": "payment",
        "line_items": [{"quantity": 1, "price_data": price}],
        "success_url": "https://shop.example/paid?session={CHECKOUT_SESSION_ID}",
        "cancel_url": "https://shop.example/",
        **told,
    }


def walk(local: LocalStripe) -> list[dict[str, Any]]:
    """Every answer of the API, and every event, as JSON gave them."""
    api = client(local).v1
    seen: list[Any] = []
    customer = api.customers.create({"email": "ada@example.org", "name": "Ada", "metadata": {"a": "b"}})
    seen += [
        customer,
        api.webhook_endpoints.create({"url": "http://127.0.0.1:9/", "enabled_events": ["charge.failed"]}),
    ]

    def opened(**told: Any) -> str:
        made = api.checkout.sessions.create(asked(**told))  # type: ignore[arg-type]
        seen.append(made)
        return str(made.id)

    for card in (
        "4242424242424242",
        "4000000000000002",
        "4000000000000259",
        "4000000000001976",
        REFUND_PENDING,
        REFUND_FAILS,
    ):
        ref = opened(customer=customer.id) if card.startswith("42") else opened(customer_email="ada@example.org")
        if local.control.pay(ref, card).kind != "paid":
            continue
        session = api.checkout.sessions.retrieve(ref, {"expand": ["payment_intent.latest_charge.refunds"]})
        seen.append(session)
        if not local.control.charge(ref)["disputed"]:
            paid_by = session.payment_intent
            assert isinstance(paid_by, sdk.PaymentIntent)
            made = api.refunds.create({"payment_intent": paid_by.id, "amount": 345})
            seen.append(made)
            if card == REFUND_FAILS:
                local.control.settle_refund(made.id, arrived=False)
            elif card == REFUND_PENDING:
                seen.append(api.refunds.cancel(made.id))
    for won in (True, False):
        ref = opened()
        local.control.pay(ref)
        dispute = local.control.dispute(ref)["id"]
        seen.append(api.disputes.update(dispute, {"evidence": {"product_description": "A part"}, "submit": True}))
        local.control.end_dispute(dispute, won=won)
    for iban in ("DE89370400440532013000", FAILING_DEBIT):
        ref = opened()
        local.control.debit(ref, iban)
        local.control.settle(ref, paid=iban != FAILING_DEBIT)
    for agreed in (True, False):
        ref = opened(locale="de")
        local.control.pay(ref, "4000002760003184")
        local.control.authenticate(ref, agreed=agreed)
    seen.append(api.checkout.sessions.expire(opened()))
    for kind in (
        api.checkout.sessions, api.payment_intents, api.charges, api.refunds, api.disputes, api.balance_transactions,
        api.customers, api.events, api.webhook_endpoints,
    ):  # fmt: skip
        seen += list(kind.list({"limit": 7}).auto_paging_iter())
    return [one.to_dict() for one in seen]
