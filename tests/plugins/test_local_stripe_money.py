"""Whatever payers, banks and staff do in whichever order: the local Stripe's books add up, and ``payment_stripe`` tells them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest
from craftops_plugins.payment_stripe.provider import StripeCards
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from samples.stripe_desk import provider as cards

from craftops.domain.billing.money import Money
from craftops.errors import Refused, Unreachable, Unsure
from craftops.sdk.payment import PaymentRequest, PaymentState, RefundRequest
from craftops.testing.stripe import LocalStripe
from craftops.testing.stripe.forms import StripeFault
from craftops.testing.stripe.objects import Thing
from craftops.testing.stripe.paying import REFUND_FAILS, REFUND_PENDING

CARDS = st.sampled_from(
    ["4242424242424242", "4000000000000002", "4000000000000259", "4000000000001976", REFUND_FAILS, REFUND_PENDING]
)
TROUBLE = st.sampled_from(["", "", "drop", "drop_before", "error_after", "busy", "rate"])
SUM = 12_345


@contextmanager
def perhaps() -> Iterator[None]:
    """What may be refused as the session stands."""
    try:
        yield
    except StripeFault as fault:
        assert fault.status == 400


class Happenings(RuleBasedStateMachine):
    """Two payments, everything that can happen to them."""

    def __init__(self) -> None:
        super().__init__()
        self.stripe = LocalStripe().start()
        self.provider: StripeCards = cards(self.stripe)
        self.began = datetime.now(UTC)
        self.refs = [self.provider.open(self.request(number)).ref for number in range(2)]
        self.refunds = 0
        self.keys_are_known = True

    def request(self, number: int) -> PaymentRequest:
        known = ("Invoice", "R-1", "https://shop.example/{session}", "https://shop.example/")
        return PaymentRequest(f"intent-{number}", Money(SUM, "EUR"), *known)

    def teardown(self) -> None:
        self.stripe.close()

    def refund_rows(self, ref: str) -> list[Thing]:
        intent = self.stripe.ledger.things[ref]["payment_intent"]
        return list(self.stripe.ledger.where("refund", payment_intent=intent)) if intent else []

    @rule(number=st.integers(0, 1), card=CARDS)
    def pay(self, number: int, card: str) -> None:
        with perhaps():
            self.stripe.control.pay(self.refs[number], card)

    @rule(number=st.integers(0, 1), paid=st.booleans())
    def debit(self, number: int, paid: bool) -> None:
        with perhaps():
            self.stripe.control.debit(self.refs[number])
            assert self.provider.look(self.refs[number]).state is PaymentState.PENDING
            self.stripe.control.settle(self.refs[number], paid=paid)

    @rule(number=st.integers(0, 1))
    def close(self, number: int) -> None:
        before = self.provider.look(self.refs[number]).state
        after = self.provider.close(self.refs[number]).state
        assert after is (PaymentState.EXPIRED if before is PaymentState.OPEN else before)

    @rule(number=st.integers(0, 1), trouble=TROUBLE)
    def open_again(self, number: int, trouble: str) -> None:
        if not self.keys_are_known:
            assert self.provider.find(f"intent-{number}", self.began) == self.provider.look(self.refs[number])
            return
        if trouble:
            self.stripe.control.break_next(trouble)
            with pytest.raises((Unsure, Unreachable)):
                self.provider.open(self.request(number))
        assert self.provider.open(self.request(number)).ref == self.refs[number]

    @rule(number=st.integers(0, 1), amount=st.integers(1, SUM + 1), trouble=TROUBLE)
    def refund(self, number: int, amount: int, trouble: str) -> None:
        found = self.provider.look(self.refs[number])
        self.refunds += 1
        request = RefundRequest(f"back-{self.refunds}", found, Money(amount, "EUR"))
        before = len(self.refund_rows(self.refs[number]))
        if trouble and found.charge:
            self.stripe.control.break_next(trouble)
            with pytest.raises((Unsure, Unreachable, Refused)):
                self.provider.refund(request)
        try:
            sent = self.provider.refund(request)
        except Refused:
            assert len(self.refund_rows(self.refs[number])) == before
            assert self.provider.find_refund(found, request.intent) is None
        else:
            assert sent == self.provider.find_refund(found, request.intent)
            assert len(self.refund_rows(self.refs[number])) == before + 1

    @rule(number=st.integers(0, 1), arrived=st.booleans())
    def bank_of_the_payer(self, number: int, arrived: bool) -> None:
        for one in self.refund_rows(self.refs[number])[-1:]:
            with perhaps():
                self.stripe.control.settle_refund(one["id"], arrived=arrived)

    @rule(number=st.integers(0, 1), asks_only=st.booleans())
    def dispute(self, number: int, asks_only: bool) -> None:
        with perhaps():
            self.stripe.control.dispute(self.refs[number], asks_only=asks_only)

    @rule(won=st.booleans())
    def end_disputes(self, won: bool) -> None:
        for one in self.stripe.ledger.where("dispute"):
            with perhaps():
                self.stripe.control.end_dispute(one["id"], won=won)

    @rule()
    def a_day_goes_by(self) -> None:
        self.stripe.control.advance(86_500)
        self.keys_are_known = False

    @invariant()
    def the_books_add_up(self) -> None:
        for ref in self.refs:
            found = self.provider.look(ref)
            gone = sum(one.amount.minor for one in found.refunds if one.state is not PaymentState.FAILED)
            assert (found.received.minor > 0) == (found.state is PaymentState.SUCCEEDED)
            assert gone <= found.received.minor
            assert gone == (self.stripe.control.charge(ref)["amount_refunded"] if found.refunds else 0)
            taken = sum(one.amount.minor for one in found.disputes if one.withdrawn and one.won is not True)
            ours = {one["id"] for one in self.stripe.ledger.things.values() if self.concerns(one, found.charge)}
            moved = sum(
                one["amount"] for one in self.stripe.ledger.where("balance_transaction") if one["source"] in ours
            )
            assert moved == found.received.minor - gone - taken

    @staticmethod
    def concerns(thing: Thing, charge: str) -> bool:
        return bool(charge) and thing.get("payment_intent") == charge

    @invariant()
    def nobody_is_paid_twice(self) -> None:
        assert len(self.stripe.ledger.of("checkout.session", False)) == len(self.refs)
        for ref in self.refs:
            intent = self.stripe.ledger.things[ref]["payment_intent"]
            paid = (
                [one for one in self.stripe.ledger.where("charge", payment_intent=intent) if one["paid"]]
                if intent
                else []
            )
            assert len(paid) <= 1


TestHappenings = Happenings.TestCase
TestHappenings.settings = settings(
    max_examples=8, stateful_step_count=10, deadline=None, phases=(Phase.explicit, Phase.generate)
)
