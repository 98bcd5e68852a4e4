"""The webhooks of the local Stripe: signed as Stripe's own client expects, and as unreliable as a test asks for."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import stripe as sdk
from samples.stripe_walk import asked, client

from craftops.testing.stripe import LocalStripe
from craftops.testing.stripe.deliveries import Weather


class Endpoint:
    """Somebody's webhook endpoint: keeps what came, answers what its test says."""

    def __init__(self) -> None:
        self.came: list[tuple[bytes, str]] = []
        self.answers: list[int] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.came.append((body, self.headers["Stripe-Signature"]))
                self.send_response(outer.answers.pop(0) if outer.answers else 200)
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:
                """Quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/hook"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def events(self) -> list[dict[str, Any]]:
        return [json.loads(body) for body, _ in self.came]


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    made = Endpoint()
    yield made
    made.server.shutdown()
    made.server.server_close()


def test_words_are_signed_as_stripes_own_client_expects(endpoint: Endpoint) -> None:
    with LocalStripe(webhooks=[endpoint.url]) as other:
        made = client(other).v1.checkout.sessions.create(asked())  # type: ignore[arg-type]
        other.control.pay(made.id)
        assert other.deliveries.drain()
        kinds = [sdk.Webhook.construct_event(body, mark, other.secret).type for body, mark in endpoint.came]
        assert kinds == [
            "payment_intent.created", "charge.succeeded", "payment_intent.succeeded", "checkout.session.completed",
        ]  # fmt: skip
        with pytest.raises(sdk.SignatureVerificationError):
            sdk.Webhook.construct_event(endpoint.came[0][0], endpoint.came[0][1], "whsec_guess")
        key = other.ledger.of("webhook_endpoint", False)[0]["id"]
        other.control.roll_secret(key, "whsec_new")
        other.deliveries.again(other.ledger.of("event", False)[0]["id"])
        assert other.deliveries.drain()
        for secret in (other.secret, "whsec_new"):
            assert sdk.Webhook.construct_event(*endpoint.came[-1], secret).id == endpoint.events()[-1]["id"]


def test_words_come_twice_or_shuffled_or_late_or_never(endpoint: Endpoint) -> None:
    with LocalStripe(webhooks=[endpoint.url]) as other:
        api = client(other).v1

        def pay() -> None:
            other.control.pay(api.checkout.sessions.create(asked()).id)  # type: ignore[arg-type]

        other.deliveries.weather = Weather(duplicates=1)
        pay()
        assert other.deliveries.drain()
        ids = [one["id"] for one in endpoint.events()]
        assert len(ids) == 8
        assert ids[::2] == ids[1::2]
        endpoint.came.clear()
        other.deliveries.weather = Weather(lost=3)
        pay()
        assert other.deliveries.drain()
        assert [one["type"] for one in endpoint.events()] == ["checkout.session.completed"]
        endpoint.came.clear()
        other.deliveries.weather = Weather(held=True, shuffled=True)
        for _ in range(4):
            pay()
        assert endpoint.came == []
        assert other.deliveries.release() == 16
        assert other.deliveries.drain()
        order = [one["id"] for one in endpoint.events()]
        assert len(set(order)) == 16
        assert order != [one["id"] for one in reversed(other.ledger.of("event", False)[:16])]


def test_every_endpoint_is_told_what_it_asked_for(endpoint: Endpoint) -> None:
    with LocalStripe(webhooks=[endpoint.url]) as other:
        api = client(other).v1
        second = api.webhook_endpoints.create({"url": f"{endpoint.url}/2", "enabled_events": ["customer.created"]})
        live = client(other, other.live_key).v1
        live.webhook_endpoints.create({"url": f"{endpoint.url}/live", "enabled_events": ["*"]})
        api.customers.create({"email": "ada@example.org"})
        other.control.pay(api.checkout.sessions.create(asked()).id)  # type: ignore[arg-type]
        assert other.deliveries.drain()
        to = [url.removeprefix(endpoint.url) for url, _, _ in other.deliveries.sent]
        assert (to.count(""), to.count("/2"), to.count("/live")) == (5, 1, 0)
        [(body, mark)] = [(body, mark) for (body, mark), url in zip(endpoint.came, to, strict=True) if url == "/2"]
        assert sdk.Webhook.construct_event(body, mark, str(second.secret)).type == "customer.created"
        api.webhook_endpoints.delete(second.id)
        api.customers.create({"email": "bob@example.org"})
        assert other.deliveries.drain()
        assert len(endpoint.came) == 7


def test_an_endpoint_that_fails_is_told_again(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("craftops.testing.stripe.deliveries.RETRIES_S", (0.05, 0.05))
    endpoint.answers[:] = [500, 301]
    with LocalStripe() as other:
        other.api.answer(
            "POST", "/v1/webhook_endpoints", f"url={endpoint.url}&enabled_events[]=customer.created",
            {"authorization": f"Bearer {other.key}"},
        )  # fmt: skip
        client(other).v1.customers.create({"email": "ada@example.org"})
        until = time.monotonic() + 5
        while len(endpoint.came) < 3 and time.monotonic() < until:
            time.sleep(0.01)
        assert [one["type"] for one in endpoint.events()] == ["customer.created"] * 3
