"""Whose webhooks are believed, and that whatever else comes is only rejected."""

from __future__ import annotations

import dataclasses
import hashlib
import hmac
import json
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest
import stripe as sdk
from craftops_plugins.payment_stripe import webhooks
from craftops_plugins.payment_stripe.settings import StripeSettings
from hypothesis import given
from hypothesis import strategies as st

from craftops.sdk.payment import WebhookRejected

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
TEST = StripeSettings(secret_key="sk_test_1", webhook_secret="whsec_1")


def word(
    settings: StripeSettings = TEST, *, at: datetime = NOW, secret: str = "whsec_1", **told: Any
) -> tuple[bytes, dict[str, str]]:
    event = {
        "object": "event", "id": "evt_1", "type": "checkout.session.completed", "livemode": False, "created": 1_700_000_000,
        "data": {"object": {"object": "checkout.session", "id": "cs_test_1", "metadata": {"intent": "i-1"}}},
    }  # fmt: skip
    body = json.dumps({**event, **told}).encode()
    stamp = int(at.timestamp())
    mark = hmac.new(secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
    return body, {"stripe-signature": f"t={stamp},v1={mark}"}


def test_a_signed_word_is_believed_also_under_a_rolled_secret() -> None:
    event = webhooks.believed(*word(), TEST, NOW)
    assert (event.id, event.ref, event.intent) == ("evt_1", "cs_test_1", "i-1")
    rolled = dataclasses.replace(TEST, webhook_secret="whsec_2 whsec_1")
    assert webhooks.believed(*word(), rolled, NOW) == event
    assert webhooks.believed(*word(secret="whsec_2"), rolled, NOW) == event


def test_stripes_own_client_signs_as_we_believe() -> None:
    body, _ = word()
    header = sdk.WebhookSignature.generate_signature_header(body.decode(), "whsec_1", int(NOW.timestamp()))
    assert webhooks.believed(body, {"stripe-signature": header}, TEST, NOW).id == "evt_1"


@pytest.mark.parametrize(
    "told",
    [
        {"livemode": True}, {"livemode": None}, {"account": "acct_2"}, {"object": "v2.core.event"}, {"data": None},
        {"data": {"object": []}}, {"created": "soon"}, {"created": 10**30}, {"id": None, "data": {}},
    ],
    ids=str,
)  # fmt: skip
def test_a_signed_word_that_is_not_ours(told: dict[str, Any]) -> None:
    with pytest.raises(WebhookRejected):
        webhooks.believed(*word(**told), TEST, NOW)


def test_a_word_of_a_named_account_is_believed() -> None:
    named = dataclasses.replace(TEST, account="acct_2")
    assert webhooks.believed(*word(account="acct_2"), named, NOW).id == "evt_1"
    assert webhooks.believed(*word(), named, NOW).id == "evt_1"
    with pytest.raises(WebhookRejected):
        webhooks.believed(*word(account="acct_3"), named, NOW)


@pytest.mark.parametrize(
    "header",
    [
        "",
        "t=1",
        "v1=aa",
        "t=,v1=",
        "t=1,t=2,v1=a",
        "t=١,v1=a",
        "t=" + "9" * 400 + ",v1=a",
        "t=-1,v1=a",
        "t=1,v1=ü",
        ",,,",
        "v0=1,t=1",
    ],
)
def test_signatures_that_are_none(header: str) -> None:
    with pytest.raises(WebhookRejected):
        webhooks.believed(word()[0], {"stripe-signature": header}, TEST, NOW)


@given(st.binary(max_size=200), st.text(max_size=80))
def test_whatever_comes_is_rejected_and_never_raises_otherwise(body: bytes, header: str) -> None:
    with pytest.raises(WebhookRejected):
        webhooks.believed(body, {"stripe-signature": header}, TEST, NOW)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=8),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
        max_leaves=10,
    )
)
def test_whatever_is_signed_never_raises_otherwise(thing: Any) -> None:
    body = json.dumps(thing).encode()
    stamp = int(NOW.timestamp())
    mark = hmac.new(b"whsec_1", f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
    for told in (body, None):
        letter = (told, {"stripe-signature": f"t={stamp},v1={mark}"}) if told else word(data={"object": thing})
        with suppress(WebhookRejected):
            webhooks.believed(*letter, TEST, NOW)


def test_without_a_secret_no_word_is_believed() -> None:
    with pytest.raises(WebhookRejected, match="no signing secret"):
        webhooks.believed(*word(), dataclasses.replace(TEST, webhook_secret=""), NOW)
