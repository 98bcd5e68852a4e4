"""The bundled providers keep to the contract, and providers that are broken on purpose do not."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from craftops_plugins.payment_manual import Counter, CounterSettings
from craftops_plugins.payment_stripe import messages, provider, webhooks
from craftops_plugins.payment_transfer.account import BankTransfer, TransferSettings
from samples.stripe_desk import StripeDesk
from samples.stripe_desk import provider as cards

from craftops.domain.billing.money import Money
from craftops.errors import OutsideError, Refused, Unreachable, Unsure
from craftops.sdk.payment import (
    CounterProvider,
    OnlineProvider,
    OpenedPayment,
    PaymentRequest,
    PaymentState,
    ProviderEvent,
    ProviderPayment,
    ProviderRefund,
    RefundRequest,
    TransferProvider,
    WebhookRejected,
)
from craftops.testing.contracts_payment import (
    CounterProviderContract,
    OnlineProviderContract,
    TransferProviderContract,
)
from craftops.testing.payment_desk import PaymentDesk
from craftops.testing.stripe import LocalStripe


@pytest.fixture(scope="module")
def stripe() -> Iterator[LocalStripe]:
    with LocalStripe() as running:
        yield running


class TestStripeCards(OnlineProviderContract):
    @pytest.fixture(autouse=True)
    def at_stripe(self, stripe: LocalStripe) -> None:
        self.stripe = stripe
        self.stands = StripeDesk(stripe)

    def provider(self, address: str = "") -> OnlineProvider:
        return cards(self.stripe, address)

    def desk(self) -> PaymentDesk:
        return self.stands


class TestBankTransfer(TransferProviderContract):
    def provider(self, address: str = "") -> TransferProvider:
        return BankTransfer(TransferSettings(holder="Testwerk GmbH ", iban="de89 3704 0044 0532 0130 00"))


class TestCounter(CounterProviderContract):
    def provider(self, address: str = "") -> CounterProvider:
        return Counter(CounterSettings())


class TestCounterWithCash(CounterProviderContract):
    def provider(self, address: str = "") -> CounterProvider:
        return Counter(CounterSettings(allow_cash=True))


class Anew(provider.StripeCards):
    """Forgets that it was asked before."""

    def open(self, request: PaymentRequest) -> OpenedPayment:
        params = messages.session_params(request, datetime.now(UTC))
        with self._call() as call:
            made = call.create_session(params, f"{request.intent}-{datetime.now(UTC).timestamp()}")
        return OpenedPayment(made["id"], made["url"])


class FindsNothing(provider.StripeCards):
    def find(self, intent: str, since: datetime) -> ProviderPayment | None:
        return None

    def find_refund(self, payment: ProviderPayment, intent: str) -> ProviderRefund | None:
        return None


class ClosesBlindly(provider.StripeCards):
    def close(self, ref: str) -> ProviderPayment:
        with self._call() as call:
            try:
                return messages.payment_of(call.expire_session(ref))
            except Refused:
                return _changed(self.look(ref), state=PaymentState.EXPIRED)


class BelievesCompletion(provider.StripeCards):
    """Takes the payer's last page for the money."""

    def look(self, ref: str) -> ProviderPayment:
        found = super().look(ref)
        if found.state is PaymentState.PENDING:
            return _changed(found, state=PaymentState.SUCCEEDED, received=found.amount)
        return found


class NeverUnsure(provider.StripeCards):
    """Says "not reached" of what may have happened."""

    def open(self, request: PaymentRequest) -> OpenedPayment:
        try:
            return super().open(request)
        except Unsure as error:
            raise Unreachable(error.sentence) from error


class RefundsAgain(provider.StripeCards):
    def refund(self, request: RefundRequest) -> ProviderRefund:
        with self._call() as call:
            made = call.create_refund(messages.refund_params(request), f"{datetime.now(UTC).timestamp()}")
        return messages.refund_of(made)


class SaysItRefunded(provider.StripeCards):
    def refund(self, request: RefundRequest) -> ProviderRefund:
        try:
            return super().refund(request)
        except Refused:
            return ProviderRefund("re_1", request.intent, request.amount, PaymentState.SUCCEEDED, datetime.now(UTC))


class BelievesAnybody(provider.StripeCards):
    def receive(self, body: bytes, headers: Mapping[str, str], now: datetime) -> ProviderEvent:
        return webhooks._event(json.loads(body or b'{"object":"event","livemode":false}'), self.settings)


class BelievesForEver(provider.StripeCards):
    def receive(self, body: bytes, headers: Mapping[str, str], now: datetime) -> ProviderEvent:
        signed = int(headers.get("stripe-signature", "t=0").partition(",")[0].removeprefix("t="))
        return super().receive(body, headers, datetime.fromtimestamp(signed, UTC))


class BelievesEitherMode(provider.StripeCards):
    def receive(self, body: bytes, headers: Mapping[str, str], now: datetime) -> ProviderEvent:
        try:
            return super().receive(body, headers, now)
        except WebhookRejected as error:
            if "mode" in str(error):
                return ProviderEvent("evt_1", "any", "", now)
            raise


class CountsWords(provider.StripeCards):
    """Takes every word for a new one."""

    def receive(self, body: bytes, headers: Mapping[str, str], now: datetime) -> ProviderEvent:
        return _changed(super().receive(body, headers, now), id=str(datetime.now(UTC).timestamp()))


class TakesAnything(provider.StripeCards):
    def why_not(self, amount: Money) -> str:
        return ""


class WaitsForEver(provider.StripeCards):
    def _call(self) -> Any:
        from craftops_plugins.payment_stripe.client import StripeCall

        return StripeCall(self.settings, 4.0)


class SendsThemNowhere(provider.StripeCards):
    def open(self, request: PaymentRequest) -> OpenedPayment:
        return super().open(_changed(request, return_url=request.return_url.replace("{session}", "{{session}}")))


def _changed(value: Any, **told: Any) -> Any:
    return dataclasses.replace(value, **told)


BROKEN: list[tuple[type[provider.StripeCards], str, tuple[str, ...]]] = [
    (Anew, "test_the_same_intent_is_the_same_place", ()),
    (Anew, "test_the_same_intent_with_its_end_moved_is_still_the_same_place", ()),
    (Anew, "test_a_lost_answer_is_found_and_not_done_again", ()),
    (FindsNothing, "test_a_lost_answer_is_found_and_not_done_again", ()),
    (FindsNothing, "test_a_lost_refund_is_found_and_not_sent_again", ()),
    (FindsNothing, "test_money_goes_back_once", ()),
    (ClosesBlindly, "test_closing_what_was_paid_says_that_it_is_paid", ()),
    (ClosesBlindly, "test_a_promise_is_neither_paid_nor_failed", ()),
    (BelievesCompletion, "test_a_promise_is_neither_paid_nor_failed", ()),
    (NeverUnsure, "test_a_lost_answer_is_found_and_not_done_again", ()),
    (NeverUnsure, "test_a_lying_site_leaves_us_unsure_and_in_time", ("a fault",)),
    (Anew, "test_four_at_once_under_one_intent_are_one", ()),
    (RefundsAgain, "test_four_at_once_under_one_intent_are_one", ()),
    (RefundsAgain, "test_money_goes_back_once", ()),
    (RefundsAgain, "test_a_lost_refund_is_found_and_not_sent_again", ()),
    (SaysItRefunded, "test_no_more_goes_back_than_came", ()),
    (SaysItRefunded, "test_nothing_goes_back_that_never_came", ()),
    (BelievesAnybody, "test_a_word_of_somebody_else_is_not_believed", ()),
    (BelievesAnybody, "test_a_word_of_another_time_is_not_believed", ()),
    (BelievesForEver, "test_a_word_of_another_time_is_not_believed", ()),
    (BelievesEitherMode, "test_a_word_of_the_other_mode_is_not_believed", ()),
    (CountsWords, "test_a_word_tells_which_payment_to_look_at_and_is_the_same_when_it_comes_again", ()),
    (TakesAnything, "test_it_takes_a_plain_sum_and_says_why_it_does_not_take_an_odd_one", ()),
    (TakesAnything, "test_nothing_and_less_cannot_be_paid", ()),
    (WaitsForEver, "test_a_lying_site_leaves_us_unsure_and_in_time", ("a slow drip",)),
    (SendsThemNowhere, "test_a_place_to_pay_is_what_was_asked_for", ()),
]


@pytest.mark.parametrize(("kind", "law", "of"), BROKEN, ids=[f"{kind.__name__}-{law[5:30]}" for kind, law, _ in BROKEN])
def test_a_broken_provider_is_caught(
    stripe: LocalStripe, kind: type[provider.StripeCards], law: str, of: tuple[str, ...]
) -> None:
    desk = StripeDesk(stripe)

    class Broken(OnlineProviderContract):
        def provider(self, address: str = "") -> OnlineProvider:
            return kind(cards(stripe, address).settings)

        def desk(self) -> PaymentDesk:
            return desk

    check: Callable[..., None] = getattr(Broken(), law)
    with pytest.raises((AssertionError, pytest.fail.Exception, OutsideError)):
        check(*of)
