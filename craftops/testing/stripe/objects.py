"""Stripe's objects with every key that the API shows, at the values that a simple account has."""

from __future__ import annotations

from typing import Any

Thing = dict[str, Any]
ADDRESS = dict.fromkeys(("city", "country", "line1", "line2", "postal_code", "state"))
EVIDENCE = dict.fromkeys(
    (
        "access_activity_log", "billing_address", "cancellation_policy", "cancellation_policy_disclosure",
        "cancellation_rebuttal", "customer_communication", "customer_email_address", "customer_name",
        "customer_purchase_ip", "customer_signature", "duplicate_charge_documentation", "duplicate_charge_explanation",
        "duplicate_charge_id", "product_description", "receipt", "refund_policy", "refund_policy_disclosure",
        "refund_refusal_explanation", "service_date", "service_documentation", "shipping_address", "shipping_carrier",
        "shipping_date", "shipping_documentation", "shipping_tracking_number", "uncategorized_file", "uncategorized_text",
    )
)  # fmt: skip


def session(key: str, now: int, live: bool, **known: Any) -> Thing:
    """A Checkout Session in ``payment`` mode."""
    nothing = (
        "after_expiration", "allow_promotion_codes", "billing_address_collection", "cancel_url", "client_reference_id",
        "client_secret", "collected_information", "consent", "consent_collection", "currency_conversion", "customer",
        "customer_account", "customer_details", "customer_email", "discounts", "integration_identifier", "invoice",
        "locale", "managed_payments", "origin_context", "payment_intent", "payment_link", "permissions",
        "payment_method_configuration_details", "recovered_from", "setup_intent", "shipping_address_collection",
        "shipping_cost", "submit_type", "subscription", "wallet_options",
    )  # fmt: skip
    return {
        "id": key,
        "object": "checkout.session",
        **dict.fromkeys(nothing),
        "adaptive_pricing": {"enabled": False},
        "amount_subtotal": 0,
        "amount_total": 0,
        "automatic_tax": {"enabled": False, "liability": None, "provider": None, "status": None},
        "created": now,
        "currency": "eur",
        "custom_fields": [],
        "custom_text": dict.fromkeys(("after_submit", "shipping_address", "submit", "terms_of_service_acceptance")),
        "customer_creation": "if_required",
        "expires_at": now + 86_400,
        "invoice_creation": {
            "enabled": False,
            "invoice_data": {
                **dict.fromkeys(("account_tax_ids", "custom_fields", "description", "footer", "issuer")),
                "metadata": {},
                "rendering_options": None,
            },
        },
        "livemode": live,
        "metadata": {},
        "mode": "payment",
        "payment_method_collection": "if_required",
        "payment_method_options": {},
        "payment_method_types": ["card", "sepa_debit"],
        "payment_status": "unpaid",
        "phone_number_collection": {"enabled": False},
        "saved_payment_method_options": None,
        "shipping_options": [],
        "status": "open",
        "success_url": None,
        "total_details": {"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0},
        "ui_mode": "hosted_page",
        "url": None,
        **known,
    }


def payment_intent(key: str, now: int, live: bool, **known: Any) -> Thing:
    """A PaymentIntent that Checkout makes when somebody first tries to pay."""
    nothing = (
        "application", "application_fee_amount", "canceled_at", "cancellation_reason", "customer", "customer_account",
        "description", "excluded_payment_method_types", "last_payment_error", "latest_charge", "managed_payments",
        "next_action", "on_behalf_of", "payment_method", "payment_method_configuration_details", "processing",
        "receipt_email", "review", "setup_future_usage", "shipping", "source", "statement_descriptor",
        "statement_descriptor_suffix", "transfer_data", "transfer_group",
    )  # fmt: skip
    return {
        "id": key,
        "object": "payment_intent",
        **dict.fromkeys(nothing),
        "amount": 0,
        "amount_capturable": 0,
        "amount_details": {"tip": {}},
        "amount_received": 0,
        "automatic_payment_methods": {"enabled": True},
        "capture_method": "automatic",
        "client_secret": f"{key}_secret_{key[-12:]}",
        "confirmation_method": "automatic",
        "created": now,
        "currency": "eur",
        "livemode": live,
        "metadata": {},
        "payment_method_options": {},
        "payment_method_types": ["card", "sepa_debit"],
        "status": "requires_payment_method",
        **known,
    }


def charge(key: str, now: int, live: bool, **known: Any) -> Thing:
    """One try to take the money. ``refunds`` is filled in only when it is expanded."""
    nothing = (
        "application", "application_fee", "application_fee_amount", "balance_transaction", "customer", "description",
        "failure_balance_transaction", "failure_code", "failure_message", "on_behalf_of", "payment_intent",
        "payment_method", "receipt_email", "receipt_number", "receipt_url", "refunds", "review", "shipping", "source",
        "source_transfer", "statement_descriptor", "statement_descriptor_suffix", "transfer_data", "transfer_group",
    )  # fmt: skip
    return {
        "id": key,
        "object": "charge",
        **dict.fromkeys(nothing),
        "amount": 0,
        "amount_captured": 0,
        "amount_refunded": 0,
        "billing_details": {"address": dict(ADDRESS), "email": None, "name": None, "phone": None, "tax_id": None},
        "calculated_statement_descriptor": "LOCAL STRIPE",
        "captured": False,
        "created": now,
        "currency": "eur",
        "disputed": False,
        "fraud_details": {},
        "livemode": live,
        "metadata": {},
        "outcome": outcome(),
        "paid": False,
        "payment_method_details": None,
        "refunded": False,
        "status": "pending",
        **known,
    }


def outcome(kind: str = "authorized", reason: str | None = None) -> Thing:
    approved = kind == "authorized"
    return {
        **dict.fromkeys(("advice_code", "network_advice_code", "network_decline_code")),
        "network_status": "approved_by_network" if approved else "declined_by_network",
        "reason": reason,
        "seller_message": "Payment complete." if approved else "The bank said no.",
        "type": kind,
    }


def card_details(brand: str, last4: str, amount: int, *, authenticated: bool) -> Thing:
    """``payment_method_details`` of a card."""
    secure = dict.fromkeys(
        (
            "authentication_flow", "electronic_commerce_indicator", "exemption_indicator", "result", "result_reason",
            "transaction_id", "version",
        )
    )  # fmt: skip
    if authenticated:
        secure.update(authentication_flow="challenge", result="authenticated", version="2.2.0")
    nothing = ("authorization_code", "installments", "mandate", "network_transaction_id", "regulated_status")
    return {
        "type": "card",
        "card": {
            **dict.fromkeys((*nothing, "transaction_link_id", "wallet")),
            "amount_authorized": amount,
            "brand": brand,
            "checks": {"address_line1_check": None, "address_postal_code_check": None, "cvc_check": "pass"},
            "country": "DE",
            "exp_month": 12,
            "exp_year": 2034,
            "extended_authorization": {"status": "disabled"},
            "fingerprint": f"local{last4}",
            "funding": "credit",
            "incremental_authorization": {"status": "unavailable"},
            "last4": last4,
            "multicapture": {"status": "unavailable"},
            "network": brand,
            "network_token": {"used": False},
            "overcapture": {"maximum_amount_capturable": amount, "status": "unavailable"},
            "three_d_secure": secure if authenticated else None,
        },
    }


def debit_details(iban: str) -> Thing:
    """``payment_method_details`` of a SEPA debit."""
    nothing = dict.fromkeys(("bank_code", "branch_code", "expected_debit_date", "mandate"))
    return {
        "type": "sepa_debit",
        "sepa_debit": {**nothing, "country": iban[:2], "fingerprint": f"local{iban[-4:]}", "last4": iban[-4:]},
    }


def refund(key: str, now: int, **known: Any) -> Thing:
    nothing = (
        "balance_transaction", "charge", "customer", "customer_account", "payment_intent", "payment_method", "reason",
        "receipt_number", "source_transfer_reversal", "transfer_reversal",
    )  # fmt: skip
    return {
        "id": key,
        "object": "refund",
        **dict.fromkeys(nothing),
        "amount": 0,
        "created": now,
        "currency": "eur",
        "destination_details": {"card": {"type": "refund"}, "type": "card"},
        "metadata": {},
        "status": "succeeded",
        **known,
    }


def dispute(key: str, now: int, live: bool, **known: Any) -> Thing:
    return {
        "id": key,
        "object": "dispute",
        "amount": 0,
        "balance_transactions": [],
        "charge": None,
        "created": now,
        "currency": "eur",
        "enhanced_eligibility_types": [],
        "evidence": {**EVIDENCE, "enhanced_evidence": {}},
        "evidence_details": {
            "due_by": now + 9 * 86_400,
            "enhanced_eligibility": {},
            "has_evidence": False,
            "past_due": False,
            "submission_count": 0,
        },
        "is_charge_refundable": False,
        "livemode": live,
        "metadata": {},
        "payment_intent": None,
        "payment_method_details": {
            "card": {"brand": "visa", "case_type": "chargeback", "network": "visa", "network_reason_code": "10.4"},
            "type": "card",
        },
        "reason": "fraudulent",
        "status": "needs_response",
        **known,
    }


def balance_transaction(key: str, now: int, **known: Any) -> Thing:
    return {
        "id": key,
        "object": "balance_transaction",
        "amount": 0,
        "available_on": now + 2 * 86_400,
        "balance_type": "payments",
        "created": now,
        "currency": "eur",
        "description": None,
        "exchange_rate": None,
        "fee": 0,
        "fee_details": [],
        "net": 0,
        "reporting_category": "charge",
        "source": None,
        "status": "pending",
        "type": "charge",
        **known,
    }


def customer(key: str, now: int, live: bool, **known: Any) -> Thing:
    nothing = ("address", "currency", "default_source", "description", "discount", "email", "name", "phone", "shipping")
    return {
        "id": key,
        "object": "customer",
        **dict.fromkeys((*nothing, "test_clock")),
        "balance": 0,
        "created": now,
        "delinquent": False,
        "invoice_prefix": key[-8:].upper(),
        "invoice_settings": dict.fromkeys(("custom_fields", "default_payment_method", "footer", "rendering_options")),
        "livemode": live,
        "metadata": {},
        "next_invoice_sequence": 1,
        "preferred_locales": [],
        "tax_exempt": "none",
        **known,
    }


def event(key: str, now: int, live: bool, kind: str, thing: Thing, version: str) -> Thing:
    return {
        "id": key,
        "object": "event",
        "api_version": version,
        "created": now,
        "data": {"object": thing},
        "livemode": live,
        "pending_webhooks": 0,
        "request": {"id": None, "idempotency_key": None},
        "type": kind,
    }


def webhook_endpoint(key: str, now: int, live: bool, **known: Any) -> Thing:
    return {
        "id": key,
        "object": "webhook_endpoint",
        **dict.fromkeys(("api_version", "application", "description")),
        "created": now,
        "enabled_events": ["*"],
        "livemode": live,
        "metadata": {},
        "status": "enabled",
        "url": "",
        **known,
    }


def line_item(key: str, amount: int, currency: str, quantity: int, description: str) -> Thing:
    return {
        "id": key,
        "object": "item",
        "adjustable_quantity": None,
        "amount_discount": 0,
        "amount_subtotal": amount * quantity,
        "amount_tax": 0,
        "amount_total": amount * quantity,
        "currency": currency,
        "description": description,
        "metadata": {},
        "price": None,
        "quantity": quantity,
    }
