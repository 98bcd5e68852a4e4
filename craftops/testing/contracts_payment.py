"""What every payment provider must keep to, so that money moves once and is known afterwards.

Subclass, say which provider and what stands on its other side, and pytest runs the rest::

    class TestMine(OnlineProviderContract):
        def provider(self, address=""): return MyProvider(Settings(base=address or sandbox.address))
        def desk(self): return MyDesk(sandbox)

``craftops.testing.stripe`` and its desk in the tests of CraftOps are the example.
"""

from __future__ import annotations

import dataclasses
import threading
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import ClassVar

import pytest

from craftops.domain.billing.money import Money
from craftops.errors import CredentialsRejected, OutsideError, Refused, Unreachable, Unsure
from craftops.sdk import payment as sdk
from craftops.sdk.payment import (
    CounterProvider,
    OnlineProvider,
    OpenedPayment,
    PaymentProvider,
    PaymentRequest,
    PaymentState,
    ProviderEvent,
    ProviderFacts,
    ProviderPayment,
    RefundRequest,
    TransferProvider,
    WebhookRejected,
)
from craftops.testing.contracts import LIES
from craftops.testing.liars import liar, says
from craftops.testing.payment_desk import PaymentDesk, hasty

SUM = Money(12_345, "EUR")


class PaymentProviderContract:
    """Any provider."""

    plain_sum: ClassVar[Money] = SUM
    """One that it takes."""
    odd_currency: ClassVar[str] = "XTS"
    """One that nobody is paid in; empty where the provider takes every currency."""

    def provider(self, address: str = "") -> PaymentProvider:
        raise NotImplementedError

    def test_it_introduces_itself(self) -> None:
        provider = self.provider()
        assert provider.name.isidentifier()
        assert provider.title
        assert isinstance(provider.facts, ProviderFacts)
        assert not provider.facts.note or provider.facts.note.endswith(".")
        assert provider.ready is True

    def test_it_takes_a_plain_sum_and_says_why_it_does_not_take_an_odd_one(self) -> None:
        provider = self.provider()
        assert provider.why_not(self.plain_sum) == ""
        if self.odd_currency:
            assert provider.why_not(Money(12_345, self.odd_currency)).endswith(".")


class OnlineProviderContract(PaymentProviderContract):
    """One with a site of its own."""

    def provider(self, address: str = "") -> OnlineProvider:
        """The provider, or the same one if its site were at ``address``."""
        raise NotImplementedError

    def desk(self) -> PaymentDesk:
        """What stands on its other side; the same one for a whole test."""
        raise NotImplementedError

    def asked(self, amount: Money = SUM) -> PaymentRequest:
        """A new intent."""
        return PaymentRequest(
            intent=str(uuid.uuid4()),
            amount=amount,
            title="Invoice R-2026-0041",
            reference="R-2026-0041",
            return_url="https://shop.example/paid?session={session}",
            cancel_url="https://shop.example/invoices/1",
            email="ada@example.org",
            language="de",
        )

    def opened(self) -> tuple[OnlineProvider, PaymentDesk, PaymentRequest, OpenedPayment]:
        provider, desk, request = self.provider(), self.desk(), self.asked()
        return provider, desk, request, provider.open(request)

    def paid(self) -> tuple[OnlineProvider, PaymentDesk, ProviderPayment]:
        provider, desk, _, place = self.opened()
        desk.pay(place.ref)
        return provider, desk, provider.look(place.ref)

    def test_nothing_and_less_cannot_be_paid(self) -> None:
        assert self.provider().why_not(Money(0, "EUR")).endswith(".")
        assert self.provider().why_not(Money(-500, "EUR")).endswith(".")

    def test_an_odd_currency_is_refused_before_anything_is_opened(self) -> None:
        request = self.asked(Money(12_345, self.odd_currency or "XTS"))
        with pytest.raises(Refused):
            self.provider().open(request)
        assert self.desk().places(request.intent) == 0

    def test_a_place_to_pay_is_what_was_asked_for(self) -> None:
        provider, desk, request, place = self.opened()
        assert place.url.startswith(("https://", "http://"))
        found = provider.look(place.ref)
        assert found.state is PaymentState.OPEN
        assert (found.ref, found.intent, found.reference) == (place.ref, request.intent, request.reference)
        assert (found.amount, found.received) == (request.amount, Money(0, "EUR"))
        assert found.at.utcoffset() == timedelta(0)
        assert desk.may_pay(place.ref)
        assert place.ref in desk.returns_to(place.ref)
        assert "{" not in desk.returns_to(place.ref)

    def test_the_same_intent_is_the_same_place(self) -> None:
        provider, desk, request, place = self.opened()
        assert provider.open(request).ref == place.ref
        assert desk.places(request.intent) == 1
        assert provider.open(self.asked()).ref != place.ref

    def test_four_at_once_under_one_intent_are_one(self) -> None:
        provider, desk, found = self.paid()
        request, back = self.asked(), RefundRequest("back-" + found.intent[:20], found, Money(345, "EUR"))
        assert len(_at_once(lambda: provider.open(request).ref)) == 1
        assert desk.places(request.intent) == 1
        assert len(_at_once(lambda: provider.refund(back).ref)) == 1
        assert desk.sent_back(found.ref) == 345

    def test_the_same_intent_with_its_end_moved_is_still_the_same_place(self) -> None:
        provider, desk = self.provider(), self.desk()
        request = dataclasses.replace(self.asked(), expires_at=datetime.now(UTC) + timedelta(hours=2))
        place = provider.open(request)
        moved = dataclasses.replace(request, expires_at=datetime.now(UTC) + timedelta(hours=3))
        assert provider.open(moved).ref == place.ref
        assert desk.places(request.intent) == 1

    def test_it_ends_about_when_it_was_asked_to(self) -> None:
        for wanted in (timedelta(minutes=5), timedelta(hours=2), timedelta(days=30)):
            request = dataclasses.replace(self.asked(), expires_at=datetime.now(UTC) + wanted)
            place = self.provider().open(request)
            assert place.expires_at is None or place.expires_at.utcoffset() == timedelta(0)
            assert self.desk().may_pay(place.ref)

    def test_a_lost_answer_is_found_and_not_done_again(self) -> None:
        provider, desk, request = self.provider(), self.desk(), self.asked()
        since = datetime.now(UTC)
        desk.lose_next_answer()
        with pytest.raises(Unsure):
            provider.open(request)
        found = provider.find(request.intent, since)
        assert found is not None
        assert (found.intent, found.amount, found.state) == (request.intent, request.amount, PaymentState.OPEN)
        assert provider.open(request).ref == found.ref
        assert desk.places(request.intent) == 1

    def test_what_was_never_opened_is_not_found(self) -> None:
        provider, _, _, _ = self.opened()
        assert provider.find(str(uuid.uuid4()), datetime.now(UTC) - timedelta(hours=1)) is None

    def test_money_counts_when_it_is_paid(self) -> None:
        provider, _, found = self.paid()
        assert found.state is PaymentState.SUCCEEDED
        assert found.received == found.amount == SUM
        assert found.charge
        assert found.method
        assert (found.refunds, found.disputes) == ((), ())
        assert provider.find(found.intent, datetime.now(UTC) - timedelta(hours=1)) == found

    def test_a_promise_is_neither_paid_nor_failed(self) -> None:
        provider, desk, _, place = self.opened()
        desk.promise(place.ref)
        found = provider.look(place.ref)
        assert found.state is PaymentState.PENDING
        assert found.received == Money(0, "EUR")
        assert provider.close(place.ref).state is PaymentState.PENDING
        desk.settle(place.ref, paid=True)
        assert provider.look(place.ref).received == SUM

    def test_a_promise_that_is_not_kept_failed(self) -> None:
        provider, desk, _, place = self.opened()
        desk.promise(place.ref)
        desk.settle(place.ref, paid=False)
        found = provider.look(place.ref)
        assert found.state is PaymentState.FAILED
        assert found.received == Money(0, "EUR")
        assert found.reason

    def test_where_it_is_closed_nobody_can_pay(self) -> None:
        provider, desk, _, place = self.opened()
        assert provider.close(place.ref).state is PaymentState.EXPIRED
        assert not desk.may_pay(place.ref)
        assert provider.close(place.ref).state is PaymentState.EXPIRED
        assert provider.look(place.ref).received == Money(0, "EUR")

    def test_a_lost_end_is_no_open_place(self) -> None:
        provider, desk, _, place = self.opened()
        desk.lose_next_answer()
        with pytest.raises(Unsure):
            provider.close(place.ref)
        assert provider.look(place.ref).state is PaymentState.EXPIRED
        assert provider.close(place.ref).state is PaymentState.EXPIRED

    def test_closing_what_was_paid_says_that_it_is_paid(self) -> None:
        provider, _, found = self.paid()
        closed = provider.close(found.ref)
        assert (closed.state, closed.received) == (PaymentState.SUCCEEDED, SUM)

    def test_money_goes_back_once(self) -> None:
        provider, desk, found = self.paid()
        request = RefundRequest("back-" + found.intent[:20], found, Money(345, "EUR"), "One part was damaged")
        sent = provider.refund(request)
        assert (sent.intent, sent.amount) == (request.intent, request.amount)
        assert sent.state in (PaymentState.SUCCEEDED, PaymentState.PENDING)
        assert provider.refund(request).ref == sent.ref
        assert desk.sent_back(found.ref) == 345
        assert provider.find_refund(found, request.intent) == sent
        assert provider.find_refund(found, "back-never") is None
        assert provider.look(found.ref).refunds == (sent,)

    def test_a_lost_refund_is_found_and_not_sent_again(self) -> None:
        provider, desk, found = self.paid()
        request = RefundRequest("back-" + found.intent[:20], found, Money(345, "EUR"))
        desk.lose_next_answer()
        with pytest.raises(Unsure):
            provider.refund(request)
        sent = provider.find_refund(found, request.intent)
        assert sent is not None
        assert provider.refund(request).ref == sent.ref
        assert desk.sent_back(found.ref) == 345

    def test_no_more_goes_back_than_came(self) -> None:
        provider, desk, found = self.paid()
        provider.refund(RefundRequest("back-1-" + found.intent[:20], found, Money(12_000, "EUR")))
        with pytest.raises(Refused) as caught:
            provider.refund(RefundRequest("back-2-" + found.intent[:20], found, Money(346, "EUR")))
        assert caught.value.sentence.endswith(".")
        assert desk.sent_back(found.ref) == 12_000

    def test_nothing_goes_back_that_never_came(self) -> None:
        provider, desk, _, place = self.opened()
        with pytest.raises(Refused):
            provider.refund(RefundRequest("back-" + place.ref[:20], provider.look(place.ref), SUM))
        assert desk.sent_back(place.ref) == 0

    def test_what_somebody_sent_back_by_hand_is_seen(self) -> None:
        provider, desk, found = self.paid()
        desk.refund_by_hand(found.ref, Money(500, "EUR"))
        [refund] = provider.look(found.ref).refunds
        assert (refund.intent, refund.amount) == ("", Money(500, "EUR"))
        assert provider.look(found.ref).received == SUM

    def test_what_changed_is_told(self) -> None:
        since = datetime.now(UTC)
        provider, _, found = self.paid()
        changed = provider.changed_since(since)
        assert found.ref in changed
        assert len(set(changed)) == len(changed)

    def test_a_word_tells_which_payment_to_look_at_and_is_the_same_when_it_comes_again(self) -> None:
        provider, desk, found = self.paid()
        now = datetime.now(UTC)
        events = [provider.receive(*letter, now) for letter in desk.letters()]
        assert any(found.ref == one.ref for one in events)
        assert all(self._about(one, found) for one in events if one.ref or one.intent or one.charge)
        assert len({one.id for one in events}) == len(events)
        assert [provider.receive(*letter, now) for letter in desk.letters()] == events

    @staticmethod
    def _about(event: ProviderEvent, found: ProviderPayment) -> bool:
        return found.ref == event.ref or found.intent == event.intent or found.charge == event.charge

    def test_a_word_of_somebody_else_is_not_believed(self) -> None:
        provider, desk, _ = self.paid()
        now = datetime.now(UTC)
        body, headers = desk.letters()[-1]
        for forged in (desk.letters(wrong_secret=True)[-1], (body + b" ", headers), (body, {}), (b"", headers)):
            with pytest.raises(WebhookRejected):
                provider.receive(*forged, now)

    def test_a_word_of_another_time_is_not_believed(self) -> None:
        provider, desk, _ = self.paid()
        now = datetime.now(UTC)
        for at in (now - timedelta(hours=1), now + timedelta(hours=1)):
            with pytest.raises(WebhookRejected):
                provider.receive(*desk.letters(at)[-1], now)

    def test_a_word_of_the_other_mode_is_not_believed(self) -> None:
        with pytest.raises(WebhookRejected):
            self.provider().receive(*self.desk().letter_of_other_mode(), datetime.now(UTC))

    def test_where_nobody_is_nothing_happened(self) -> None:
        _, _, found = self.paid()
        with liar(says(b"")) as site:
            address = site.address
        away = self.provider(address)
        for ask in self._acts(away, found).values():
            with pytest.raises(Unreachable):
                ask()

    @pytest.mark.parametrize("kind", LIES)
    def test_a_lying_site_leaves_us_unsure_and_in_time(self, kind: str) -> None:
        _, _, found = self.paid()
        with hasty(), liar(LIES[kind]) as site:
            provider = self.provider(site.address)
            for name, ask in self._acts(provider, found).items():
                began = time.monotonic()
                looked_first = (Unreachable,) if name == "refund" else ()  # whether it was made before; it stops there
                with pytest.raises((Unsure, CredentialsRejected, *looked_first)) as caught:
                    ask()
                assert time.monotonic() - began < sdk.BLOCKS_S
                assert (caught.type is CredentialsRejected) == (kind == "a refusal")
            began = time.monotonic()
            with pytest.raises(OutsideError) as said:
                provider.look(found.ref)
            assert time.monotonic() - began < sdk.BLOCKS_S
            assert said.value.sentence.endswith(".")

    def _acts(self, provider: OnlineProvider, found: ProviderPayment) -> dict[str, Callable[[], object]]:
        back = RefundRequest("back-" + found.intent[:20], found, Money(345, "EUR"))
        return {
            "open": lambda: provider.open(self.asked()),
            "close": lambda: provider.close(found.ref),
            "refund": lambda: provider.refund(back),
        }


def _at_once(ask: Callable[[], str]) -> set[str]:
    """What four threads got; one that met another at work may be told that nobody knows yet."""
    found: list[str | OutsideError] = []

    def one() -> None:
        try:
            found.append(ask())
        except (Unsure, Unreachable) as error:
            found.append(error)

    threads = [threading.Thread(target=one) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(sdk.BLOCKS_S)
    assert len(found) == 4, "a thread raised something else, or never came back"
    return {one for one in found if isinstance(one, str)}


class TransferProviderContract(PaymentProviderContract):
    """The payer's own bank."""

    odd_currency: ClassVar[str] = ""

    def provider(self, address: str = "") -> TransferProvider:
        raise NotImplementedError

    def test_a_payer_is_told_where_to(self) -> None:
        details = self.provider().details
        assert details.holder == details.holder.strip() != ""
        assert details.iban.isalnum()
        assert details.iban.isupper()
        assert int("".join(str(int(one, 36)) for one in details.iban[4:] + details.iban[:4])) % 97 == 1


class CounterProviderContract(PaymentProviderContract):
    """Money that a person takes."""

    odd_currency: ClassVar[str] = ""

    def provider(self, address: str = "") -> CounterProvider:
        raise NotImplementedError

    def test_there_is_something_to_book_everywhere_and_a_reason_where_cash_is_none_of_it(self) -> None:
        provider = self.provider()
        for country in ("DE", "AT", "FR", "CH", "US", ""):
            kinds, note = provider.kinds(country), provider.cash_note(country)
            assert kinds
            assert all(key.isidentifier() and name for key, name in kinds.items())
            assert not note or note.endswith(".")
            assert ("cash" in kinds) == (not note)
