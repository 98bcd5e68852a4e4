"""Webhooks: signed as the standard's own library wants it, tried again for a day, never told what nobody chose."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook, WebhookVerificationError

from craftops.domain.events import Event, EventKind
from craftops.domain.integrations import webhooks
from craftops.domain.integrations.webhooks import CHOOSABLE, WebhookKind, kind_of
from craftops.domain.people.access import SYSTEM

NOW = datetime.now(UTC)
SECRETS = st.binary(min_size=24, max_size=64).map(webhooks.secret_of)
TEXTS = st.text(max_size=200)


@given(SECRETS, SECRETS, TEXTS)
def test_the_standards_own_library_believes_each_of_two_secrets(new: str, old: str, text: str) -> None:
    body = text.encode()
    headers = webhooks.signed_headers([new, old], "msg_1", NOW, body)
    for secret in (new, old):
        mark = Webhook(secret).sign("msg_1", datetime.fromtimestamp(int(NOW.timestamp()), UTC), text)
        assert mark in headers["webhook-signature"].split(" ")


def test_a_body_that_was_changed_or_is_old_is_not_believed() -> None:
    """The library compares with the clock of this moment, not of when this file was read."""
    secret, body, now = webhooks.secret_of(bytes(32)), b'{"type":"webhook.test"}', datetime.now(UTC)
    headers = webhooks.signed_headers([secret], "msg_1", now, body)
    assert Webhook(secret).verify(body, headers) == {"type": "webhook.test"}
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(body + b" ", headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(body, headers | {"webhook-id": "msg_2"})
    late = webhooks.signed_headers([secret], "msg_1", now - timedelta(minutes=6), body)
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(body, late)
    with pytest.raises(WebhookVerificationError):
        Webhook(webhooks.secret_of(b"x" * 32)).verify(body, headers)


def test_a_secret_is_as_long_as_the_standard_wants() -> None:
    secret = webhooks.secret_of(bytes(webhooks.SECRET_BYTES))
    assert secret.startswith("whsec_")
    assert 24 <= len(base64.b64decode(secret.removeprefix("whsec_"))) <= 64


def test_it_is_tried_for_about_a_day_ever_more_seldom() -> None:
    at, seen = NOW, []
    for attempts in range(1, 50):
        again = webhooks.next_try(attempts, at)
        if again is None:
            break
        seen.append(again - at)
        at = again
    assert seen == sorted(seen)
    assert timedelta(hours=24) <= at - NOW <= timedelta(hours=30)
    assert webhooks.is_lost(NOW, at), "an endpoint that never took one is off when the first has failed"
    assert not webhooks.is_lost(None, at)


@given(st.integers(min_value=1, max_value=10_000))
def test_a_dead_endpoint_holds_what_is_new_up_for_minutes_at_most(attempts: int) -> None:
    assert timedelta() < webhooks.pause(attempts) <= timedelta(minutes=5)


def test_each_kind_that_can_be_chosen_comes_of_an_event() -> None:
    data = [
        {},
        {"what": "labelled"},
        {"what": "delivered"},
        {"what": "rated"},
        {"state": "succeeded"},
        {"state": "open"},
    ]
    found = {kind_of(Event(kind, NOW, SYSTEM, data=one)) for kind in EventKind for one in data}
    assert found - {None} == set(CHOOSABLE)
    assert kind_of(Event(EventKind.PAYMENT_CHANGED, NOW, SYSTEM, data={"state": "succeeded", "refund": 1})) is None
    assert kind_of(Event(EventKind.THREAD_CHANGED, NOW, SYSTEM, data={"what": "note"})) is None, "notes stay inside"
    assert WebhookKind.TEST not in CHOOSABLE
