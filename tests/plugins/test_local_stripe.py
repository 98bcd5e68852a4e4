"""The local Stripe answers as Stripe does, to Stripe's own Python client, to a browser and to webhook endpoints."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import stripe as sdk
from samples.stripe_walk import asked, client

from craftops.testing.stripe import LocalStripe, checkout
from craftops.testing.stripe.api import CUSTOMER_DONE, LIST_DONE, REFUND_DONE
from craftops.testing.stripe.forms import StripeFault, check, decode, known


@pytest.fixture(scope="module")
def local() -> Iterator[LocalStripe]:
    with LocalStripe() as running:
        yield running


@pytest.fixture
def api(local: LocalStripe) -> Any:
    return client(local).v1


def browse(url: str, **fields: str) -> tuple[str, str]:
    """The page, and where the browser is at the end; the shop itself is not there, so its address is enough."""

    class Stays(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *_: Any) -> None:
            return None

    body = urllib.parse.urlencode(fields).encode() if fields else None
    try:
        with urllib.request.build_opener(Stays).open(urllib.request.Request(url, body), timeout=5) as answer:
            return answer.read().decode(), url
    except urllib.error.HTTPError as error:
        return error.read().decode(), error.headers.get("Location", "")


def test_a_payer_pays_by_card_on_its_page(local: LocalStripe, api: Any) -> None:
    made = api.checkout.sessions.create(asked(customer_email="ada@example.org"))
    page, _ = browse(made.url)
    assert "Invoice R-1" in page
    assert "123.45 EUR" in page
    assert "ada@example.org" in page
    declined, _ = browse(f"{made.url}/card", number="4000 0000 0000 0002")
    assert "The card was declined." in declined
    _, there = browse(f"{made.url}/card", number="4242 4242 4242 4242")
    assert there == f"https://shop.example/paid?session={made.id}"
    found = api.checkout.sessions.retrieve(made.id, {"expand": ["payment_intent.latest_charge.balance_transaction"]})
    assert (found.status, found.payment_status) == ("complete", "paid")
    assert found.payment_intent.amount_received == 12_345
    assert found.payment_intent.latest_charge.balance_transaction.net == 12_345 - 210
    again, _ = browse(f"{made.url}/card", number="4242 4242 4242 4242")
    assert "Nobody can pay here any more" in again


def test_the_bank_asks_the_payer(api: Any) -> None:
    made = api.checkout.sessions.create(asked(locale="de"))
    page, _ = browse(f"{made.url}/card", number="4000 0027 6000 3184", email="ada@example.org")
    assert "Ihre Bank fragt" in page
    assert "Ihre Bank fragt" in browse(made.url)[0]
    refused, _ = browse(f"{made.url}/bank", agreed="no")
    assert 'role="alert"' in refused
    browse(f"{made.url}/card", number="4000 0027 6000 3184")
    _, there = browse(f"{made.url}/bank", agreed="yes")
    assert made.id in there
    [charge] = api.charges.list({"payment_intent": api.checkout.sessions.retrieve(made.id).payment_intent}).data
    assert charge.payment_method_details.card.three_d_secure.result == "authenticated"


def test_a_debit_is_complete_and_unpaid_until_it_settles(local: LocalStripe, api: Any) -> None:
    made = api.checkout.sessions.create(asked())
    _, there = browse(f"{made.url}/debit", iban="DE89 3704 0044 0532 0130 00", email="ada@example.org")
    assert made.id in there
    found = api.checkout.sessions.retrieve(made.id)
    assert (found.status, found.payment_status) == ("complete", "unpaid")
    local.control.settle(made.id, paid=True)
    assert api.checkout.sessions.retrieve(made.id).payment_status == "paid"


def test_what_is_no_card_and_no_address_is_said(api: Any) -> None:
    made = api.checkout.sessions.create(asked())
    assert "This is no card number." in browse(f"{made.url}/card", number="4242 4242 4242 4241", email="a@b.de")[0]
    assert "This is no IBAN." in browse(f"{made.url}/debit", iban="12", email="a@b.de")[0]
    assert "There is nothing here" in browse(made.url[:-3] + "abc")[0]


def test_titles_are_text_on_the_page(api: Any) -> None:
    price = {"currency": "eur", "unit_amount": 500, "product_data": {"name": "<script>alert(1)</script>"}}
    made = api.checkout.sessions.create(asked(line_items=[{"quantity": 1, "price_data": price}]))
    assert "<script>" not in browse(made.url)[0]


def test_the_same_key_is_the_same_answer_and_another_request_under_it_is_an_error(api: Any) -> None:
    first = api.checkout.sessions.create(asked(), {"idempotency_key": "one"})
    again = api.checkout.sessions.create(asked(), {"idempotency_key": "one"})
    assert again.id == first.id
    assert again._last_response.headers["Idempotent-Replayed"] == "true"
    with pytest.raises(sdk.IdempotencyError):
        api.checkout.sessions.create(asked(client_reference_id="other"), {"idempotency_key": "one"})


def test_a_request_that_was_wrong_leaves_its_key_free(api: Any) -> None:
    with pytest.raises(sdk.InvalidRequestError):
        api.checkout.sessions.create(asked(customer_email="nobody"), {"idempotency_key": "two"})
    assert api.checkout.sessions.create(asked(), {"idempotency_key": "two"}).id


@pytest.mark.parametrize(
    ("told", "code", "param"),
    [
        ({"colour": "red"}, "parameter_unknown", "colour"),
        ({"line_items": [{"quantity": 1, "prize": "p"}]}, "parameter_unknown", "line_items[0][prize]"),
        ({"after_expiration": {"recovery": {"enabled": True}}}, "not_simulated", "after_expiration[recovery][enabled]"),
        ({"mode": "subscription"}, "not_simulated", "mode"),
        ({"success_url": ""}, "parameter_missing", "success_url"),
        ({"success_url": "shop.example"}, "url_invalid", "success_url"),
        ({"customer_email": "nobody"}, "email_invalid", "customer_email"),
        ({"customer": "cus_nobody"}, "resource_missing", "customer"),
        ({"expires_at": int(time.time()) + 60}, "parameter_invalid", "expires_at"),
        ({"expires_at": int(time.time()) + 90_000}, "parameter_invalid", "expires_at"),
        ({"metadata": {"a" * 41: "b"}}, "parameter_invalid", f"metadata[{'a' * 41}]"),
    ],
)  # fmt: skip
def test_wrong_parameters_are_refused_by_name(api: Any, told: dict[str, Any], code: str, param: str) -> None:
    with pytest.raises(sdk.InvalidRequestError) as caught:
        api.checkout.sessions.create(asked(**told))
    assert (caught.value.code, caught.value.param) == (code, param)


@pytest.mark.parametrize(
    ("amount", "currency", "code"),
    [
        (49, "eur", "amount_too_small"), (100_000_000, "eur", "amount_too_large"), (12_345, "kwd", "invalid_amount"),
        (550, "isk", "invalid_amount"), (500, "xts", "parameter_invalid_string_enum"), (-500, "eur", "parameter_invalid"),
    ],
)  # fmt: skip
def test_amounts_that_stripe_does_not_charge(api: Any, amount: int, currency: str, code: str) -> None:
    price = {"currency": currency, "unit_amount": amount, "product_data": {"name": "A"}}
    with pytest.raises(sdk.InvalidRequestError) as caught:
        api.checkout.sessions.create(asked(line_items=[{"quantity": 1, "price_data": price}]))
    assert caught.value.code == code


def test_keys_and_modes_are_apart(local: LocalStripe, api: Any) -> None:
    made = api.checkout.sessions.create(asked())
    assert made.livemode is False
    live = client(local, local.live_key).v1
    with pytest.raises(sdk.InvalidRequestError, match="mode"):
        live.checkout.sessions.retrieve(made.id)
    assert live.checkout.sessions.list().data == []
    assert live.checkout.sessions.create(asked()).id.startswith("cs_live_")
    with pytest.raises(sdk.AuthenticationError):
        client(local, "sk_test_somebody").v1.checkout.sessions.list()


def test_pages_follow_one_another_in_both_directions(api: Any) -> None:
    made = [api.customers.create({"email": f"{number}@example.org"}).id for number in range(5)]
    first = api.customers.list({"limit": 2})
    assert [one.id for one in first.data] == made[:2:-1]
    assert first.has_more
    second = api.customers.list({"limit": 2, "starting_after": first.data[-1].id})
    assert [one.id for one in second.data] == made[2:0:-1]
    back = api.customers.list({"limit": 2, "ending_before": second.data[0].id})
    assert [one.id for one in back.data] == made[:2:-1]
    assert [one.id for one in api.customers.list({"limit": 1}).auto_paging_iter()][:5] == made[::-1]
    assert api.customers.list({"email": "3@example.org"}).data[0].id == made[3]
    for wrong in ({"limit": 101}, {"starting_after": "cus_nobody"}, {"created": {"gte": "soon"}}):
        with pytest.raises(sdk.InvalidRequestError):
            api.customers.list(wrong)


def test_things_open_up_where_they_are_asked_to(local: LocalStripe, api: Any) -> None:
    made = api.checkout.sessions.create(asked(expand=["line_items"]))
    assert made.line_items.data[0].description == "Invoice R-1"
    assert "line_items" not in api.checkout.sessions.retrieve(made.id).to_dict()
    local.control.pay(made.id)
    plain = api.checkout.sessions.retrieve(made.id)
    assert isinstance(plain.payment_intent, str)
    charge = api.charges.retrieve(api.payment_intents.retrieve(plain.payment_intent).latest_charge)
    assert charge.refunds is None
    listed = api.checkout.sessions.list({"limit": 1, "expand": ["data.payment_intent.latest_charge.refunds"]})
    assert listed.data[0].payment_intent.latest_charge.refunds.data == []
    for wrong in ("amount_total", "colour", "payment_intent.latest_charge.balance_transaction.source.payment_intent"):
        with pytest.raises(sdk.InvalidRequestError):
            api.checkout.sessions.retrieve(made.id, {"expand": [wrong]})


def test_refunds_end_at_what_came(local: LocalStripe, api: Any) -> None:
    made = api.checkout.sessions.create(asked())
    with pytest.raises(sdk.InvalidRequestError):
        api.refunds.create({"payment_intent": "pi_nobody"})
    local.control.pay(made.id)
    paid_by = api.checkout.sessions.retrieve(made.id).payment_intent
    api.refunds.create({"payment_intent": paid_by, "amount": 345, "metadata": {"why": "damaged"}})
    for wrong in ({"amount": 12_001}, {"amount": -1}, {"reason": "because"}):
        with pytest.raises(sdk.InvalidRequestError):
            api.refunds.create({"payment_intent": paid_by, **wrong})
    api.refunds.create({"payment_intent": paid_by})
    with pytest.raises(sdk.InvalidRequestError) as caught:
        api.refunds.create({"payment_intent": paid_by})
    assert caught.value.code == "charge_already_refunded"
    [charge] = api.charges.list({"payment_intent": paid_by}).data
    assert (charge.amount_refunded, charge.refunded) == (12_345, True)
    assert sum(one.net for one in api.balance_transactions.list({"limit": 3}).data) == -210


def test_a_refund_may_fail_after_it_succeeded(local: LocalStripe, api: Any) -> None:
    made = api.checkout.sessions.create(asked())
    local.control.pay(made.id, "4000000000005126")
    refund = api.refunds.create({"payment_intent": api.checkout.sessions.retrieve(made.id).payment_intent})
    assert refund.status == "succeeded"
    local.control.settle_refund(refund.id, arrived=False)
    found = api.refunds.retrieve(refund.id)
    assert (found.status, found.failure_reason) == ("failed", "expired_or_canceled_card")
    assert api.charges.retrieve(found.charge).amount_refunded == 0


@pytest.mark.parametrize(("won", "status", "taken"), [(True, "won", 0), (False, "lost", -12_345)])
def test_a_dispute_takes_the_money_and_may_give_it_back(
    local: LocalStripe, api: Any, won: bool, status: str, taken: int
) -> None:
    made = api.checkout.sessions.create(asked())
    local.control.pay(made.id)
    dispute = local.control.dispute(made.id)["id"]
    paid_by = api.checkout.sessions.retrieve(made.id).payment_intent
    with pytest.raises(sdk.InvalidRequestError):
        api.refunds.create({"payment_intent": paid_by})
    assert api.disputes.update(dispute, {"evidence": {"receipt": "file_1"}}).status == "under_review"
    local.control.end_dispute(dispute, won=won)
    found = api.disputes.retrieve(dispute)
    assert found.status == status
    assert sum(one.amount for one in found.balance_transactions) == taken


def test_a_session_ends_by_its_time(local: LocalStripe) -> None:
    with LocalStripe() as other:
        made = client(other).v1.checkout.sessions.create(asked(expires_at=int(time.time()) + 1900))  # type: ignore[arg-type]
        other.control.advance(2000)
        assert client(other).v1.checkout.sessions.retrieve(made.id).status == "expired"
        assert "Nobody can pay here any more" in browse(str(made.url))[0]


@pytest.mark.parametrize(
    ("kind", "error", "done"),
    [
        ("drop", sdk.APIConnectionError, 1), ("drop_before", sdk.APIConnectionError, 0), ("error", sdk.APIError, 0),
        ("error_after", sdk.APIError, 1), ("garbage", sdk.APIError, 1), ("busy", sdk.APIError, 0), ("rate", sdk.RateLimitError, 0),
    ],
)  # fmt: skip
def test_trouble_comes_once_and_does_what_it_says(
    local: LocalStripe, api: Any, kind: str, error: type[Exception], done: int
) -> None:
    before = len(local.ledger.of("checkout.session", False))
    local.control.break_next(kind, path="/v1/checkout")
    with pytest.raises(error):
        api.checkout.sessions.create(asked())
    assert len(local.ledger.of("checkout.session", False)) == before + done
    assert api.checkout.sessions.create(asked()).id


def test_an_answer_may_never_come(local: LocalStripe) -> None:
    hasty = sdk.StripeClient(
        local.key,
        base_addresses={"api": local.address},
        http_client=sdk.RequestsClient(timeout=0.3),
        max_network_retries=0,
    )
    local.control.break_next("hang")
    with pytest.raises(sdk.APIConnectionError):
        hasty.v1.checkout.sessions.create(asked(client_reference_id="hung"))  # type: ignore[arg-type]
    assert local.ledger.of("checkout.session", False)[0]["client_reference_id"] == "hung"


def test_it_remembers_when_it_is_started_again(tmp_path: Path) -> None:
    path = tmp_path / "stripe.json"
    with LocalStripe(state=path) as first:
        made = client(first).v1.checkout.sessions.create(asked(), {"idempotency_key": "k"})  # type: ignore[arg-type]
        first.control.pay(made.id)
    with LocalStripe(state=path) as second:
        assert client(second).v1.checkout.sessions.retrieve(made.id).payment_status == "paid"
        assert len(second.ledger.of("event", False)) == 4


def test_it_runs_as_a_process(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "craftops.testing.stripe", "--port", "0", "--state", str(tmp_path / "stripe.json")]
    running = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert running.stdout is not None
        told = json.loads(running.stdout.readline())
        api = sdk.StripeClient(told["secret_key"], base_addresses={"api": told["address"]}).v1
        assert "Invoice R-1" in browse(str(api.checkout.sessions.create(asked()).url))[0]  # type: ignore[arg-type]
    finally:
        running.terminate()
        assert running.wait(10) == 0


def test_it_needs_nothing_that_only_tests_have() -> None:
    code = (
        "import sys, craftops.testing.stripe; print(sorted({'pytest', 'flask', 'peewee', 'numpy'} & set(sys.modules)))"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "[]"


def test_debits_settle_by_themselves_where_they_are_to() -> None:
    with LocalStripe(debit_s=0) as other:
        made = client(other).v1.checkout.sessions.create(asked())  # type: ignore[arg-type]
        other.control.debit(made.id)
        until = time.monotonic() + 5
        while client(other).v1.checkout.sessions.retrieve(made.id).payment_status != "paid":
            assert time.monotonic() < until
            time.sleep(0.05)


def test_its_knobs_are_there_over_http_too(local: LocalStripe, api: Any) -> None:
    def turn(what: str, told: dict[str, Any] | None = None) -> Any:
        body = None if told is None else json.dumps(told).encode()
        try:
            with urllib.request.urlopen(f"{local.address}/_local/{what}", body, timeout=5) as answer:
                return json.loads(answer.read())
        except urllib.error.HTTPError as error:
            return error.code

    made = api.checkout.sessions.create(asked())
    assert turn(f"pay/{made.id}", {"card": "4242424242424242"}) == {"kind": "paid", "message": ""}
    assert turn(f"dispute/{made.id}", {})["status"] == "needs_response"
    assert turn("state")["things"]["dispute"] >= 1
    assert turn("faults", {"kind": "rate"}) == {"done": None}
    with pytest.raises(sdk.RateLimitError):
        api.checkout.sessions.create(asked())
    assert turn("webhooks", {"held": False, "duplicates": 0}) == {"done": None}
    for wrong in (("faults", {"kind": "plague"}), ("pay/cs_nobody", {}), ("webhooks", {"mood": 1})):
        assert turn(*wrong) == 400
    assert turn("nothing", {}) == 404


def test_what_it_does_is_what_stripe_knows() -> None:
    """Each parameter that the local Stripe says it does, is one of Stripe's."""

    def there(tree: Any, path: list[str]) -> bool:
        if not path:
            return True
        return isinstance(tree, dict) and (path[0] in tree or "*" in tree) and there(tree.get(path[0]), path[1:])

    for params, done in (
        ("checkout.SessionCreateParams", checkout.DONE), ("RefundCreateParams", REFUND_DONE), ("CustomerCreateParams", CUSTOMER_DONE),
    ):  # fmt: skip
        assert [one for one in done if not there(known(params), one.split("."))] == []
    assert all(re.fullmatch(r"[a-z_.]+", one) for one in LIST_DONE)


@pytest.mark.parametrize(
    "form", ["a[b]=1&a=2", "a=2&a[b]=1", "&".join(f"a{n}=1" for n in range(3000)), "a" + "[b]" * 20 + "=1"]
)
def test_forms_that_are_none(form: str) -> None:
    with pytest.raises(StripeFault):
        check(decode(form), "RefundCreateParams", REFUND_DONE)
