"""Cards at Stripe: its minor units, what its answers let us conclude, whose words are believed."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import stripe as sdk
from craftops_plugins.payment_stripe import currencies, messages
from craftops_plugins.payment_stripe.provider import KINDS, StripeCards
from craftops_plugins.payment_stripe.settings import StripeSettings, faults
from hypothesis import given
from hypothesis import strategies as st
from samples.stripe_desk import provider as cards
from samples.stripe_walk import asked, client

from craftops.domain.billing.money import Money, exponent
from craftops.errors import ConfigError, CredentialsRejected, NotUnderstood, OutsideError, Refused, Unreachable, Unsure
from craftops.plugin_host.starting import start_plugins
from craftops.sdk.payment import PaymentRequest, PaymentState, RefundRequest
from craftops.testing.stripe import LocalStripe, amounts

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
TEST = StripeSettings(secret_key="sk_test_1", webhook_secret="whsec_1")


@pytest.fixture(scope="module")
def local() -> Iterator[LocalStripe]:
    with LocalStripe() as running:
        yield running


@pytest.fixture
def at_stripe(local: LocalStripe) -> StripeCards:
    return cards(local)


def request(intent: str, amount: Money = Money(12_345, "EUR"), **told: Any) -> PaymentRequest:
    known = {"title": "Invoice R-1", "reference": "R-1", "return_url": "https://shop.example/paid?s={session}"}
    return PaymentRequest(intent=intent, amount=amount, **{**known, "cancel_url": "https://shop.example/", **told})


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (Money(1050, "EUR"), 1050), (Money(500, "JPY"), 500), (Money(5, "ISK"), 500), (Money(5, "UGX"), 500),
        (Money(5120, "KWD"), 5120), (Money(50_000, "MGA"), 500), (Money(104_500, "HUF"), 104_500), (Money(80_045, "TWD"), 80_045),
    ],
)  # fmt: skip
def test_amounts_are_told_in_stripes_minor_units(ours: Money, theirs: int) -> None:
    assert currencies.to_stripe(ours) == theirs
    assert currencies.from_stripe(theirs, ours.currency.lower()) == ours


@given(st.sampled_from(sorted(currencies.DECIMALS)), st.integers(1, 10**9))
def test_an_amount_comes_back_as_it_went_or_does_not_go(currency: str, minor: int) -> None:
    amount = Money(minor, currency)
    try:
        there = currencies.to_stripe(amount)
    except Refused as error:
        assert error.sentence.endswith(".")
        assert currencies.why_not(amount).endswith(".")
    else:
        assert currencies.from_stripe(there, currency.lower()) == amount
        assert there % currencies.STEPS.get(currency, 1) == 0


@given(st.sampled_from(sorted(currencies.DECIMALS)), st.integers(1, 99_999_999))
def test_what_we_would_charge_the_local_stripe_charges(currency: str, minor: int) -> None:
    """Two tables, written apart, of the same rules."""
    amount = Money(minor, currency)
    if not currencies.why_not(amount) and currency not in currencies.MORE_DIGITS:
        amounts.check_amount(currencies.to_stripe(amount), currency.lower(), "amount")


def test_every_currency_is_in_both_tables() -> None:
    assert {one.lower() for one in currencies.DECIMALS} == amounts.CODES


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        (Money(49, "EUR"), "0.50 EUR"), (Money(29, "GBP"), "0.30 GBP"), (Money(100_000_000, "EUR"), "999999.99 EUR"),
        (Money(5125, "KWD"), "too fine"), (Money(50_050, "MGA"), "too fine"), (Money(100, "XTS"), "XTS"), (Money(100, "CLF"), "CLF"),
        (Money(0, "PEN"), "0.01 PEN"), (Money(10**9, "ISK"), "999999 ISK"),
    ],
)  # fmt: skip
def test_what_cannot_be_charged_is_said(amount: Money, words: str) -> None:
    assert words in currencies.why_not(amount)


def test_amounts_of_stripes_that_are_none_of_ours() -> None:
    for units, currency in ((550, "isk"), (1, "xts")):
        with pytest.raises(NotUnderstood):
            currencies.from_stripe(units, currency)
    assert exponent("ISK") == 0


def test_a_round_trip_in_currencies_that_stripe_counts_otherwise(local: LocalStripe, at_stripe: StripeCards) -> None:
    for amount in (Money(5000, "ISK"), Money(51_230, "KWD"), Money(5000, "JPY"), Money(500_000, "MGA")):
        place = at_stripe.open(request(f"round-{amount.currency.lower()}", amount))
        local.control.pay(place.ref)
        found = at_stripe.look(place.ref)
        assert (found.amount, found.received) == (amount, amount)
        back = at_stripe.refund(RefundRequest(f"back-{amount.currency.lower()}", found, amount))
        assert back.amount == amount


@pytest.mark.parametrize(
    ("trouble", "error"),
    [("drop", Unsure), ("drop_before", Unsure), ("error", Unsure), ("error_after", Unsure), ("garbage", Unsure),
     ("busy", Unsure), ("rate", Unreachable)],
)  # fmt: skip
def test_what_trouble_lets_us_conclude(
    local: LocalStripe, at_stripe: StripeCards, trouble: str, error: type[OutsideError]
) -> None:
    local.control.break_next(trouble)
    with pytest.raises(error) as caught:
        at_stripe.open(request(f"trouble-{trouble}".replace("_", "-")))
    assert caught.type is error
    assert caught.value.sentence.endswith(".")


def test_looking_through_trouble_is_never_unsure(local: LocalStripe, at_stripe: StripeCards) -> None:
    place = at_stripe.open(request("looked-at"))
    for trouble, error in (
        ("drop", Unreachable),
        ("error", Unreachable),
        ("garbage", NotUnderstood),
        ("rate", Unreachable),
    ):
        local.control.break_next(trouble, "GET")
        with pytest.raises(error):
            at_stripe.look(place.ref)
    with pytest.raises(Refused):
        at_stripe.look("cs_test_nobody")


def test_a_wrong_key_is_told(local: LocalStripe) -> None:
    wrong = cards(local, secret_key="sk_test_somebody")
    for ask in (lambda: wrong.open(request("wrong-key")), lambda: wrong.look("cs_test_1")):
        with pytest.raises(CredentialsRejected):
            ask()


def test_an_address_that_stripe_dislikes_stops_nobody(local: LocalStripe, at_stripe: StripeCards) -> None:
    asked = request("odd-mail", email="ada@localhost")
    place = at_stripe.open(asked)
    assert local.ledger.things[place.ref]["customer_email"] is None
    assert at_stripe.open(asked).ref == place.ref


@pytest.mark.parametrize("trouble", ["drop", "error", "garbage", "rate"])
def test_a_look_that_fails_after_an_act_is_not_nothing(
    local: LocalStripe, at_stripe: StripeCards, trouble: str
) -> None:
    asked = request(f"after-{trouble}", expires_at=datetime.now(UTC) + timedelta(hours=2))
    place = at_stripe.open(asked)
    local.control.break_next(trouble, "GET")
    with pytest.raises(Unsure):
        at_stripe.open(dataclasses.replace(asked, expires_at=datetime.now(UTC) + timedelta(hours=3)))
    local.control.break_next(trouble, "GET")
    with pytest.raises(Unsure):
        at_stripe.close(place.ref)
    assert at_stripe.look(place.ref).state is PaymentState.EXPIRED
    local.control.break_next(trouble, "GET")
    with pytest.raises((Unreachable, NotUnderstood)):
        at_stripe.close(place.ref)


def test_the_same_intent_for_another_amount_is_no_new_payment(at_stripe: StripeCards) -> None:
    at_stripe.open(request("twice"))
    with pytest.raises(Unsure, match="another amount"):
        at_stripe.open(request("twice", Money(500, "EUR")))


def test_the_payer_sees_their_language_and_their_invoice(local: LocalStripe, at_stripe: StripeCards) -> None:
    end = datetime.now(UTC) + timedelta(hours=2)
    place = at_stripe.open(request("seen", language="de", email="ada@example.org", expires_at=end))
    session = local.ledger.things[place.ref]
    assert (session["locale"], session["customer_email"]) == ("de", "ada@example.org")
    assert abs((place.expires_at or end) - end) < timedelta(seconds=2)
    assert session["client_reference_id"] == "R-1"
    assert local.ledger.things[at_stripe.open(request("tlh", language="tlh")).ref]["locale"] == "auto"


def test_paid_and_disputed_and_partly_sent_back(local: LocalStripe, at_stripe: StripeCards) -> None:
    place = at_stripe.open(request("told"))
    local.control.pay(place.ref)
    paid = at_stripe.look(place.ref)
    assert (paid.method, paid.fee) == ("Visa •••• 4242", Money(210, "EUR"))
    at_stripe.refund(RefundRequest("told-back", paid, Money(345, "EUR"), "late"))
    dispute = local.control.dispute(place.ref)["id"]
    [told] = at_stripe.look(place.ref).disputes
    assert (told.amount, told.reason, told.won, told.withdrawn) == (Money(12_345, "EUR"), "fraudulent", None, True)
    assert told.answer_by is not None
    local.control.end_dispute(dispute, won=True)
    found = at_stripe.look(place.ref)
    assert found.disputes[0].won is True
    assert [one.amount.minor for one in found.refunds] == [345]
    with pytest.raises(Refused):
        at_stripe.refund(RefundRequest("told-back-2", found, Money(12_001, "EUR")))


def test_a_bank_that_only_asks_took_nothing(local: LocalStripe, at_stripe: StripeCards) -> None:
    place = at_stripe.open(request("asked"))
    local.control.pay(place.ref)
    dispute = local.control.dispute(place.ref, asks_only=True)["id"]
    [told] = at_stripe.look(place.ref).disputes
    assert (told.withdrawn, told.won) == (False, None)
    local.control.end_dispute(dispute, won=True)
    assert at_stripe.look(place.ref).disputes[0].won is True


def test_a_refund_that_fails_later(local: LocalStripe, at_stripe: StripeCards) -> None:
    place = at_stripe.open(request("fails"))
    local.control.pay(place.ref, "4000000000005126")
    sent = at_stripe.refund(RefundRequest("fails-back", at_stripe.look(place.ref), Money(345, "EUR")))
    assert sent.state is PaymentState.SUCCEEDED
    local.control.settle_refund(sent.ref, arrived=False)
    [found] = at_stripe.look(place.ref).refunds
    assert (found.state, found.reason) == (PaymentState.FAILED, "expired or canceled card")


def test_a_declined_card_leaves_the_place_open(local: LocalStripe, at_stripe: StripeCards) -> None:
    place = at_stripe.open(request("declined"))
    local.control.pay(place.ref, "4000000000000002")
    found = at_stripe.look(place.ref)
    assert (found.state, found.reason, found.received.minor) == (PaymentState.OPEN, "", 0)
    local.control.pay(place.ref)
    assert at_stripe.look(place.ref).state is PaymentState.SUCCEEDED


def test_more_sessions_than_fit_on_a_page(
    local: LocalStripe, at_stripe: StripeCards, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("craftops_plugins.payment_stripe.client.PAGE", 2)
    since = datetime.now(UTC)
    refs = {at_stripe.open(request(f"many-{number}")).ref for number in range(5)}
    found = at_stripe.find("many-0", since)
    assert found is not None
    assert found.ref in refs


def test_what_a_dispute_and_a_hand_made_refund_are_about_is_found(local: LocalStripe, at_stripe: StripeCards) -> None:
    place = at_stripe.open(request("by-hand"))
    local.control.pay(place.ref)
    local.ledger.ahead_s += 4000
    since = datetime.fromtimestamp(local.ledger.now, UTC)
    local.control.refund(place.ref, 345)
    local.control.dispute(place.ref, 1000)
    assert at_stripe.changed_since(since) == (place.ref,)
    local.ledger.ahead_s = 0
    told = [at_stripe.receive(*local.letter(one), datetime.now(UTC)) for one in local.ledger.of("event", False)[:5]]
    charge = at_stripe.look(place.ref).charge
    assert {one.kind for one in told if one.charge == charge and not one.ref} >= {
        "charge.dispute.created",
        "refund.created",
    }


@pytest.mark.parametrize(
    ("told", "key"),
    [
        ({"secret_key": "pk_test_1"}, "secret_key"), ({"secret_key": "hello"}, "secret_key"), ({"webhook_secret": "abc"}, "webhook_secret"),
        ({"account": "me"}, "account"), ({"api_base": "http://shop.example"}, "api_base"), ({"api_base": "ftp://127.0.0.1"}, "api_base"),
        ({"api_base": "https://api.stripe.com/x"}, "api_base"), ({"api_base": "http://127.0.0.1:99999"}, "api_base"),
        ({"secret_key": "sk_live_1", "api_base": "http://127.0.0.1:4242"}, "api_base"),
    ],
)  # fmt: skip
def test_settings_that_cannot_be_used(told: dict[str, str], key: str) -> None:
    assert [one.partition(":")[0] for one in faults(StripeSettings(**told))] == [key]
    with pytest.raises(ConfigError, match=f"plugin.payment_stripe.{key}"):
        start_plugins(["payment_stripe"], {"payment_stripe": told})


def test_settings_that_can_be_used() -> None:
    for told in ({}, {"secret_key": "rk_live_1"}, {"secret_key": "sk_test_1", "api_base": "http://[::1]:4242"}):
        assert faults(StripeSettings(**told)) == []
    [made] = start_plugins(["payment_stripe"], {}).payment_providers.values()
    assert not made.ready
    live = StripeCards(StripeSettings(secret_key="sk_live_1"))
    assert (live.ready, live.facts.test_mode) == (True, False)
    assert StripeCards(TEST).facts.test_mode


def test_a_process_that_only_shows_and_hears_of_payments_does_not_load_stripe() -> None:
    code = (
        "import sys; from craftops.plugin_host.starting import start_plugins;"
        "h = start_plugins(['payment_stripe'], {'payment_stripe': {'secret_key': 'sk_test_1'}});"
        "p = h.payment_providers['stripe']; from craftops.domain.billing.money import Money;"
        "p.why_not(Money(1, 'EUR')); p.facts; p.ready; print('stripe' in sys.modules)"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "False"


def test_it_writes_nothing_into_the_home_of_whoever_runs_it(
    local: LocalStripe, at_stripe: StripeCards, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setattr("stripe._telemetry_id._loaded", False)
    at_stripe.open(request("telemetry"))
    assert list(tmp_path.iterdir()) == []


SESSION = {
    "id": "cs_test_1", "object": "checkout.session", "status": "complete", "payment_status": "paid", "currency": "eur",
    "amount_total": 500, "created": 1_700_000_000, "expires_at": 1_700_003_600, "metadata": None, "client_reference_id": "R-1",
}  # fmt: skip


@pytest.mark.parametrize(
    ("told", "intent", "state"),
    [
        ({"status": "open", "payment_status": "unpaid"}, None, PaymentState.OPEN),
        ({"status": "expired", "payment_status": "unpaid"}, None, PaymentState.EXPIRED),
        ({}, {"status": "succeeded", "amount_received": 500}, PaymentState.SUCCEEDED),
        ({"payment_status": "unpaid"}, {"status": "processing"}, PaymentState.PENDING),
        ({"payment_status": "unpaid"}, {"status": "requires_action"}, PaymentState.PENDING),
        ({"payment_status": "unpaid"}, {"status": "succeeded"}, PaymentState.PENDING),
        ({"payment_status": "unpaid"}, {"status": "requires_payment_method"}, PaymentState.FAILED),
        ({"payment_status": "unpaid"}, {"status": "canceled"}, PaymentState.FAILED),
    ],
)  # fmt: skip
def test_how_a_session_stands(told: dict[str, Any], intent: dict[str, Any] | None, state: PaymentState) -> None:
    found = messages.payment_of({**SESSION, **told, "payment_intent": intent and {"id": "pi_1", **intent}})
    assert found.state is state
    assert (found.received.minor > 0) == (state is PaymentState.SUCCEEDED)
    assert found.reference == "R-1"


@pytest.mark.parametrize(
    "told",
    [{"status": "asleep"}, {"payment_status": "no_payment_required"}, {"amount_total": None}, {"currency": "xts"}, {"payment_intent": None}, {"created": "x", "status": "open"}],
    ids=str,
)  # fmt: skip
def test_a_session_in_words_that_we_do_not_know(told: dict[str, Any]) -> None:
    known = {**SESSION, "payment_intent": {"id": "pi_1", "status": "succeeded", "amount_received": 500}}
    messages.payment_of(known)
    with pytest.raises(NotUnderstood):
        messages.payment_of({**known, **told})


@pytest.mark.parametrize("made", [messages.refund_of, messages.dispute_of])
def test_refunds_and_disputes_in_words_that_we_do_not_know(made: Callable[[Any], Any]) -> None:
    for thing in ({}, {"id": "x", "amount": 1, "currency": "eur", "status": None, "created": 1}, {"amount": "1"}):
        with pytest.raises(NotUnderstood):
            made(thing)


def test_the_words_that_we_ask_for_are_stripes() -> None:
    text = (
        repr(sdk.WebhookEndpoint.CreateParams.__annotations__) if hasattr(sdk.WebhookEndpoint, "CreateParams") else ""
    )
    import stripe.params._webhook_endpoint_create_params as params

    text += repr(params.WebhookEndpointCreateParams.__annotations__["enabled_events"])
    assert [one for one in KINDS if f"'{one}'" not in text] == []
    assert len(KINDS) <= 20


def test_a_refund_is_not_made_again_when_stripe_forgot_its_key(local: LocalStripe, at_stripe: StripeCards) -> None:
    place = at_stripe.open(request("forgotten"))
    local.control.pay(place.ref)
    back = RefundRequest("forgotten-back", at_stripe.look(place.ref), Money(345, "EUR"))
    sent = at_stripe.refund(back)
    local.ledger.answers.clear()
    assert at_stripe.refund(back) == sent
    assert local.control.charge(place.ref)["amount_refunded"] == 345


def test_what_other_programs_sell_through_the_same_account_is_none_of_ours(
    local: LocalStripe, at_stripe: StripeCards
) -> None:
    since = datetime.fromtimestamp(local.ledger.now, UTC)
    theirs = client(local).v1.checkout.sessions.create(asked())  # type: ignore[arg-type]
    local.control.pay(theirs.id)
    local.control.refund(theirs.id, 345)
    local.control.dispute(theirs.id)
    ours = at_stripe.open(request("beside-others"))
    local.control.pay(ours.ref)
    changed = at_stripe.changed_since(since)
    assert ours.ref in changed
    assert theirs.id not in changed
