"""The other side of ``payment_stripe`` in its tests: the local Stripe."""

from __future__ import annotations

from datetime import datetime

from craftops_plugins.payment_stripe.provider import StripeCards
from craftops_plugins.payment_stripe.settings import StripeSettings

from craftops.domain.billing.money import Money
from craftops.testing.payment_desk import Letter, PaymentDesk
from craftops.testing.stripe import LocalStripe
from craftops.testing.stripe.deliveries import sign
from craftops.testing.stripe.objects import customer


def provider(stripe: LocalStripe, address: str = "", **told: str) -> StripeCards:
    known = {"secret_key": stripe.key, "webhook_secret": stripe.secret, "api_base": address or stripe.address}
    return StripeCards(StripeSettings(**{**known, **told}))


class StripeDesk(PaymentDesk):
    """Turns its knobs."""

    def __init__(self, stripe: LocalStripe) -> None:
        self.stripe = stripe
        self.before = len(stripe.ledger.of("event", False))

    def pay(self, ref: str) -> None:
        assert self.stripe.control.pay(ref).kind == "paid"

    def promise(self, ref: str) -> None:
        assert self.stripe.control.debit(ref).kind == "pending"

    def settle(self, ref: str, *, paid: bool) -> None:
        self.stripe.control.settle(ref, paid=paid)

    def may_pay(self, ref: str) -> bool:
        session = self.stripe.ledger.things[ref]
        return session["status"] == "open" and session["expires_at"] > self.stripe.ledger.now

    def returns_to(self, ref: str) -> str:
        return str(self.stripe.ledger.things[ref]["success_url"].replace("{CHECKOUT_SESSION_ID}", ref))

    def places(self, intent: str) -> int:
        return sum(one["metadata"].get("intent") == intent for one in self.stripe.ledger.of("checkout.session", False))

    def sent_back(self, ref: str) -> int:
        intent = self.stripe.ledger.things[ref]["payment_intent"]
        return int(self.stripe.control.charge(ref)["amount_refunded"]) if intent else 0

    def refund_by_hand(self, ref: str, amount: Money) -> None:
        self.stripe.control.refund(ref, amount.minor)

    def lose_next_answer(self) -> None:
        self.stripe.control.break_next("drop")

    def letters(self, at: datetime | None = None, *, wrong_secret: bool = False) -> list[Letter]:
        seconds = int(at.timestamp()) if at else None
        events = self.stripe.ledger.of("event", False)
        found = [self.stripe.letter(one, seconds) for one in reversed(events[: len(events) - self.before])]
        if wrong_secret:
            return [
                (body, {**headers, "stripe-signature": sign(body, ["whsec_guess"], self.stripe.ledger.now)})
                for body, headers in found
            ]
        return found

    def letter_of_other_mode(self) -> Letter:
        ledger = self.stripe.ledger
        with ledger.lock:
            live = ledger.add(customer(ledger.key("customer"), ledger.now, True), True)
            return self.stripe.letter(ledger.tell("customer.created", live))
