"""What payers, banks and card networks do: pay, authenticate, decline, settle, take back."""

from __future__ import annotations

from dataclasses import dataclass

from craftops.testing.stripe import objects
from craftops.testing.stripe.amounts import check_refund, fee
from craftops.testing.stripe.forms import StripeFault, wrong
from craftops.testing.stripe.ledger import Ledger
from craftops.testing.stripe.objects import Thing

DECLINES = {
    "4000000000000002": ("card_declined", "generic_decline", "The card was declined."),
    "4000000000009995": ("card_declined", "insufficient_funds", "The card has too little money on it."),
    "4000000000009987": ("card_declined", "lost_card", "The card was declined."),
    "4000000000000069": ("expired_card", None, "The card has expired."),
    "4000000000000127": ("incorrect_cvc", None, "The security code is wrong."),
    "4000000000000119": ("processing_error", None, "Something went wrong at the bank. Try again."),
}
"""Test cards that are declined (docs.stripe.com/testing)."""
AUTHENTICATES = frozenset({"4000002760003184", "4000002500003155", "4000000000003220"})
DISPUTED = {
    "4000000000000259": ("fraudulent", "needs_response"),
    "4000000000002685": ("product_not_received", "needs_response"),
    "4000000000001976": ("fraudulent", "warning_needs_response"),
}
REFUND_PENDING, REFUND_FAILS = "4000000000007726", "4000000000005126"
GOOD_DEBIT, FAILING_DEBIT = "DE89370400440532013000", "DE62370400440532013001"
DISPUTE_FEE = 2000
PAYABLE = ("requires_payment_method", "requires_action")


@dataclass(frozen=True, slots=True)
class PayerSees:
    """What the payer sees next: ``kind`` is paid, pending, declined or authenticate."""

    kind: str
    message: str = ""


def brand(number: str) -> str:
    if number.startswith(("34", "37")):
        return "amex"
    return "mastercard" if number[:1] in "25" else "visa"


def is_card(number: str) -> bool:
    """Digits with a right check digit (ISO/IEC 7812)."""
    if not (number.isascii() and number.isdigit()) or not 12 <= len(number) <= 19:
        return False
    digits = [int(one) for one in reversed(number)]
    return sum(digits[::2]) % 10 == -sum(sum(divmod(2 * one, 10)) for one in digits[1::2]) % 10


def pay_by_card(ledger: Ledger, session: Thing, number: str, email: str = "") -> PayerSees:
    """Raises StripeFault where nobody can pay here any more."""
    number = number.replace(" ", "").replace("-", "")
    if not is_card(number):
        return PayerSees("declined", "This is no card number.")
    intent = _intent(ledger, session, email)
    if number in DECLINES:
        return _decline(ledger, session, intent, number)
    if number in AUTHENTICATES:
        intent["status"] = "requires_action"
        intent["next_action"] = {"type": "use_stripe_sdk", "use_stripe_sdk": {"type": "three_d_secure_redirect"}}
        ledger.notes[intent["id"]]["card"] = number
        ledger.tell("payment_intent.requires_action", intent)
        return PayerSees("authenticate")
    return _take(ledger, session, intent, number, authenticated=False)


def authenticate(ledger: Ledger, session: Thing, *, agreed: bool) -> PayerSees:
    """The answer to the bank's question. Raises StripeFault where none was asked."""
    intent = ledger.things.get(session["payment_intent"] or "")
    if session["status"] != "open" or intent is None or intent["status"] != "requires_action":
        raise StripeFault(400, "No bank asks anything here.")
    number = ledger.notes[intent["id"]].pop("card")
    intent.update(next_action=None)
    if agreed:
        return _take(ledger, session, intent, number, authenticated=True)
    intent["status"] = "requires_payment_method"
    intent["last_payment_error"] = {
        "type": "card_error",
        "code": "payment_intent_authentication_failure",
        "message": "The bank could not confirm that it is you. Choose another way to pay.",
    }
    ledger.tell("payment_intent.payment_failed", intent)
    return PayerSees("declined", intent["last_payment_error"]["message"])


def _intent(ledger: Ledger, session: Thing, email: str) -> Thing:
    if session["status"] != "open":
        raise StripeFault(400, f"The session is {session['status']}.")
    notes = ledger.notes[session["id"]]
    address = session["customer_email"] or email or None
    details = dict.fromkeys(("business_name", "individual_name", "name", "phone", "tax_ids"))
    details.update(address=dict(objects.ADDRESS), email=address, tax_exempt="none")
    session["customer_details"] = details
    if session["payment_intent"]:
        return ledger.things[session["payment_intent"]]
    intent = objects.payment_intent(
        ledger.key("payment_intent"),
        ledger.now,
        session["livemode"],
        amount=session["amount_total"],
        currency=session["currency"],
        customer=session["customer"],
        description=notes["description"],
        metadata=dict(notes["metadata"]),
        payment_method_types=list(session["payment_method_types"]),
        receipt_email=notes["receipt_email"],
    )
    ledger.add(intent, session["livemode"], session=session["id"])
    session["payment_intent"] = intent["id"]
    ledger.tell("payment_intent.created", intent)
    return intent


def _charge(ledger: Ledger, session: Thing, intent: Thing, details: Thing, method: str) -> Thing:
    charge = objects.charge(
        ledger.key("charge"),
        ledger.now,
        intent["livemode"],
        amount=intent["amount"],
        currency=intent["currency"],
        customer=intent["customer"],
        description=intent["description"],
        metadata=dict(intent["metadata"]),
        payment_intent=intent["id"],
        payment_method=ledger.key("payment_method"),
        payment_method_details=details,
        receipt_email=intent["receipt_email"],
    )
    charge["billing_details"]["email"] = session["customer_details"]["email"]
    ledger.add(charge, intent["livemode"], method=method)
    intent.update(latest_charge=charge["id"], payment_method=charge["payment_method"])
    return charge


def _decline(ledger: Ledger, session: Thing, intent: Thing, number: str) -> PayerSees:
    code, why, message = DECLINES[number]
    details = objects.card_details(brand(number), number[-4:], intent["amount"], authenticated=False)
    charge = _charge(ledger, session, intent, details, "card")
    charge.update(status="failed", failure_code=code, failure_message=message)
    charge["outcome"] = objects.outcome("issuer_declined", why or code)
    error = {"type": "card_error", "code": code, "message": message, "charge": charge["id"]}
    intent.update(
        status="requires_payment_method", last_payment_error={**error, **({"decline_code": why} if why else {})}
    )
    ledger.tell("charge.failed", charge)
    ledger.tell("payment_intent.payment_failed", intent)
    return PayerSees("declined", message)


def _take(ledger: Ledger, session: Thing, intent: Thing, number: str, *, authenticated: bool) -> PayerSees:
    details = objects.card_details(brand(number), number[-4:], intent["amount"], authenticated=authenticated)
    charge = _charge(ledger, session, intent, details, "card")
    ledger.notes[charge["id"]]["card"] = number
    session.update(status="complete", url=None)
    _succeed(ledger, session, intent, charge)
    ledger.tell("checkout.session.completed", session)
    if number in DISPUTED:
        dispute(ledger, charge, charge["amount"], *DISPUTED[number])
    return PayerSees("paid")


def _succeed(ledger: Ledger, session: Thing, intent: Thing, charge: Thing) -> None:
    charge.update(status="succeeded", paid=True, captured=True, amount_captured=charge["amount"])
    cost = fee(charge["amount"], charge["currency"], ledger.notes[charge["id"]]["method"])
    charge["balance_transaction"] = _transaction(ledger, charge, "charge", charge["amount"], cost)["id"]
    intent.update(status="succeeded", amount_received=intent["amount"], last_payment_error=None, processing=None)
    session["payment_status"] = "paid"
    ledger.tell("charge.succeeded", charge)
    ledger.tell("payment_intent.succeeded", intent)


def _transaction(ledger: Ledger, of: Thing, kind: str, amount: int, cost: int = 0) -> Thing:
    live = ledger.notes[of["id"]]["live"]
    detail = {
        "amount": cost,
        "application": None,
        "currency": of["currency"],
        "description": "Fee",
        "type": "stripe_fee",
    }
    made = objects.balance_transaction(
        ledger.key("balance_transaction"),
        ledger.now,
        amount=amount,
        currency=of["currency"],
        description=of.get("description"),
        fee=cost,
        fee_details=[detail] if cost else [],
        net=amount - cost,
        reporting_category=kind,
        source=of["id"],
        type="adjustment" if kind == "dispute" else kind,
    )
    return ledger.add(made, live)


def pay_by_debit(ledger: Ledger, session: Thing, iban: str, email: str = "") -> PayerSees:
    """The bank is told to; the money comes, or not, when ``settle`` says so. Raises StripeFault."""
    iban = iban.replace(" ", "").upper()
    if not (iban[:2].isalpha() and iban[2:4].isdigit() and 15 <= len(iban) <= 34 and iban.isalnum()):
        return PayerSees("declined", "This is no IBAN.")
    intent = _intent(ledger, session, email)
    charge = _charge(ledger, session, intent, objects.debit_details(iban), "sepa_debit")
    ledger.notes[intent["id"]]["fails"] = iban == FAILING_DEBIT
    intent["status"] = "processing"
    session.update(status="complete", url=None)
    ledger.tell("charge.pending", charge)
    ledger.tell("payment_intent.processing", intent)
    ledger.tell("checkout.session.completed", session)
    return PayerSees("pending")


def settle(ledger: Ledger, intent: Thing, *, paid: bool | None = None) -> None:
    """What came of a debit; by its IBAN where ``paid`` is None. Raises StripeFault where none is under way."""
    if intent["status"] != "processing":
        raise StripeFault(400, f"No debit is under way; the payment is {intent['status']}.")
    notes = ledger.notes[intent["id"]]
    session, charge = ledger.things[notes["session"]], ledger.things[intent["latest_charge"]]
    if paid if paid is not None else not notes["fails"]:
        _succeed(ledger, session, intent, charge)
        ledger.tell("checkout.session.async_payment_succeeded", session)
        return
    message = "The bank sent the debit back."
    charge.update(status="failed", failure_code="debit_not_authorized", failure_message=message)
    charge["outcome"] = objects.outcome("issuer_declined", "debit_not_authorized")
    error = {
        "type": "invalid_request_error",
        "code": "debit_not_authorized",
        "message": message,
        "charge": charge["id"],
    }
    intent.update(status="requires_payment_method", last_payment_error=error)
    ledger.tell("charge.failed", charge)
    ledger.tell("payment_intent.payment_failed", intent)
    ledger.tell("checkout.session.async_payment_failed", session)


def refund(ledger: Ledger, charge: Thing, amount: int | None, **told: object) -> Thing:
    """Send money back. Raises StripeFault."""
    if charge["status"] != "succeeded":
        raise wrong(
            "charge", f"Nothing can be sent back of a charge that is {charge['status']}.", "charge_not_refundable"
        )
    left = charge["amount_captured"] - charge["amount_refunded"]
    if any(one["status"] not in ("won", "warning_closed") and not one["is_charge_refundable"]
           for one in ledger.where("dispute", charge=charge["id"])):  # fmt: skip
        raise StripeFault(400, "The payer took this money back already.", code="charge_disputed", param="charge")
    sent = left if amount is None else amount
    check_refund(sent, left)
    made = objects.refund(
        ledger.key("refund"),
        ledger.now,
        amount=sent,
        charge=charge["id"],
        currency=charge["currency"],
        payment_intent=charge["payment_intent"],
        payment_method=charge["payment_method"],
        **told,
    )
    ledger.add(made, charge["livemode"])
    card = ledger.notes[charge["id"]].get("card", "")
    made["balance_transaction"] = _transaction(ledger, made, "refund", -sent)["id"]
    _refunded(charge, sent)
    if card == REFUND_PENDING or ledger.notes[charge["id"]]["method"] == "sepa_debit":
        made["status"] = "pending"
    ledger.notes[made["id"]]["fails"] = card == REFUND_FAILS
    ledger.tell("refund.created", made)
    ledger.tell("charge.refunded", charge)
    return made


def _refunded(charge: Thing, amount: int) -> None:
    charge["amount_refunded"] += amount
    charge["refunded"] = charge["amount_refunded"] == charge["amount_captured"]


def settle_refund(ledger: Ledger, made: Thing, *, arrived: bool | None = None) -> None:
    """What came of a refund, which may fail after it succeeded. Raises StripeFault where it is over."""
    if made["status"] not in ("pending", "succeeded"):
        raise StripeFault(400, f"The refund is {made['status']}.")
    if arrived if arrived is not None else not ledger.notes[made["id"]]["fails"]:
        made["status"] = "succeeded"
        ledger.tell("refund.updated", made)
        return
    _come_back(ledger, made, "failed", "failed_refund")
    made["failure_reason"] = "expired_or_canceled_card"
    ledger.tell("refund.failed", made)


def cancel_refund(ledger: Ledger, made: Thing) -> Thing:
    """Raises StripeFault where it is not pending."""
    if made["status"] != "pending":
        raise StripeFault(400, f"Only a pending refund can be canceled; this one is {made['status']}.")
    _come_back(ledger, made, "canceled", "canceled_refund")
    ledger.tell("refund.updated", made)
    return made


def _come_back(ledger: Ledger, made: Thing, status: str, way: str) -> None:
    made["status"] = status
    transaction = _transaction(ledger, made, "refund_failure", made["amount"])
    if status == "failed":
        made["failure_balance_transaction"] = transaction["id"]
    ledger.notes[made["id"]]["way"] = way
    _refunded(ledger.things[made["charge"]], -made["amount"])


def dispute(
    ledger: Ledger, charge: Thing, amount: int, reason: str = "fraudulent", status: str = "needs_response"
) -> Thing:
    """The payer asks their bank for the money. Raises StripeFault."""
    if charge["status"] != "succeeded" or charge["disputed"]:
        raise StripeFault(400, "Only a paid charge that is not disputed yet can be disputed.")
    asks_only = status.startswith("warning_")
    made = objects.dispute(
        ledger.key("dispute"),
        ledger.now,
        charge["livemode"],
        amount=amount,
        charge=charge["id"],
        currency=charge["currency"],
        is_charge_refundable=asks_only,
        payment_intent=charge["payment_intent"],
        reason=reason,
        status=status,
    )
    if asks_only:
        made["payment_method_details"]["card"]["case_type"] = "inquiry"
    ledger.add(made, charge["livemode"])
    charge["disputed"] = True
    ledger.tell("charge.dispute.created", made)
    if not asks_only:
        made["balance_transactions"].append(dict(_transaction(ledger, made, "dispute", -amount, DISPUTE_FEE)))
        ledger.tell("charge.dispute.funds_withdrawn", made)
    return made


def end_dispute(ledger: Ledger, made: Thing, *, won: bool) -> Thing:
    """Raises StripeFault where it is over."""
    if made["status"] in ("won", "lost", "warning_closed"):
        raise StripeFault(400, f"The dispute is {made['status']}.")
    asked_only = made["status"].startswith("warning_")
    made["status"] = "warning_closed" if asked_only else "won" if won else "lost"
    if won and not asked_only:
        made["balance_transactions"].append(dict(_transaction(ledger, made, "dispute_reversal", made["amount"])))
        ledger.tell("charge.dispute.funds_reinstated", made)
    ledger.tell("charge.dispute.closed", made)
    return made


def answer_dispute(ledger: Ledger, made: Thing, evidence: dict[str, str], *, submit: bool) -> Thing:
    """Evidence, kept or sent to the bank."""
    made["evidence"].update(evidence)
    made["evidence_details"]["has_evidence"] = any(one for one in made["evidence"].values() if isinstance(one, str))
    if submit:
        made["evidence_details"]["submission_count"] += 1
        made["status"] = "warning_under_review" if made["status"].startswith("warning_") else "under_review"
    ledger.tell("charge.dispute.updated", made)
    return made
