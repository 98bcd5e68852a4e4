"""The local Stripe as a server: in a thread of a test, or as a process of its own."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

from craftops.testing.stripe import pages, paying
from craftops.testing.stripe.api import Api, HttpAnswer, add_endpoint
from craftops.testing.stripe.control import Control
from craftops.testing.stripe.deliveries import Deliveries
from craftops.testing.stripe.forms import StripeFault
from craftops.testing.stripe.ledger import Ledger
from craftops.testing.stripe.objects import Thing

TEST_KEY, LIVE_KEY = "sk_test_local", "sk_live_local"
SECRET = "whsec_local"
LARGEST_BODY = 1_000_000


class LocalStripe:
    """Stripe on a free port of this computer::

    with LocalStripe(webhooks=["http://127.0.0.1:8080/webhooks/stripe"]) as stripe:
        settings = StripeSettings(secret_key=stripe.key, webhook_secret=stripe.secret, api_base=stripe.address)
        ...
        stripe.control.pay(session_id)
    """

    key, live_key, secret = TEST_KEY, LIVE_KEY, SECRET

    def __init__(
        self,
        *,
        port: int = 0,
        host: str = "127.0.0.1",
        webhooks: Iterable[str] = (),
        state: Path | None = None,
        debit_s: float | None = None,
        public: str = "",
    ) -> None:
        """``debit_s``: bank debits and pending refunds settle by themselves after so many seconds; None: only when told.

        ``public``: the address by which browsers reach it, where that is another.
        """
        self.ledger = Ledger(state)
        self.deliveries = Deliveries(self.ledger)
        self.control = Control(self.ledger, self.deliveries)
        self.api = Api(self.ledger, (TEST_KEY, LIVE_KEY), lambda: public.rstrip("/") or self.address)
        self.over = threading.Event()
        self._debit_s = debit_s
        self._server = ThreadingHTTPServer((host, port), _handler(self))
        self._server.daemon_threads = True
        bound = self._server.server_address
        self.address = f"http://{host}:{bound[1]}"
        self._threads: list[threading.Thread] = []
        with self.ledger.lock:
            known = {one["url"] for one in self.ledger.where("webhook_endpoint")}
            for url in webhooks:
                if url not in known:
                    add_endpoint(self.ledger, url, ("*",), False, SECRET)

    def start(self) -> LocalStripe:
        self.deliveries.start()
        jobs: list[Any] = [lambda: self._server.serve_forever(0.05)]
        if self._debit_s is not None:
            jobs.append(self._settle)
        self._threads = [threading.Thread(target=job, daemon=True) for job in jobs]
        for one in self._threads:
            one.start()
        return self

    def close(self) -> None:
        self.over.set()
        self._server.shutdown()
        self._server.server_close()
        self.deliveries.close()
        for one in self._threads:
            one.join(5)

    def __enter__(self) -> LocalStripe:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def letter(self, event: Thing, at: int | None = None) -> tuple[bytes, dict[str, str]]:
        """Body and headers (lower-case names) of an event, as an endpoint of its mode gets them."""
        live = self.ledger.notes[event["id"]]["live"]
        with self.ledger.lock:
            endpoints = self.ledger.of("webhook_endpoint", live)
            if endpoints:
                endpoint = endpoints[0]
            else:
                endpoint = add_endpoint(self.ledger, "http://127.0.0.1:9/", (), live, SECRET)[0]
            _, body, headers = self.deliveries.letter(endpoint, event, at)
        return body, {name.lower(): value for name, value in headers.items()}

    def _settle(self) -> None:
        assert self._debit_s is not None
        while not self.over.wait(0.2):
            with self.ledger.lock:
                due = self.ledger.now - self._debit_s
                for intent in self.ledger.where("payment_intent", status="processing"):
                    if self.ledger.things[intent["latest_charge"]]["created"] <= due:
                        paying.settle(self.ledger, intent)
                for refund in self.ledger.where("refund", status="pending"):
                    if refund["created"] <= due:
                        paying.settle_refund(self.ledger, refund)
                self.ledger.save()


def _handler(stripe: LocalStripe) -> type[BaseHTTPRequestHandler]:
    class Handler(_StripeHandler):
        local = stripe

    return Handler


class _StripeHandler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # or head and body, sent in turn, are 40 ms apart
    local: ClassVar[LocalStripe]

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: whoever starts it has a log of its own."""

    def do_GET(self) -> None:
        self._serve("GET")

    def do_POST(self) -> None:
        self._serve("POST")

    def do_DELETE(self) -> None:
        self._serve("DELETE")

    def _serve(self, method: str) -> None:
        parts = urlsplit(self.path)
        length = int(self.headers.get("Content-Length") or 0)
        if length > LARGEST_BODY:
            self.close_connection = True
            return
        body = self.rfile.read(length).decode("utf-8", "replace")
        if parts.path.startswith("/v1/"):
            self._api(method, parts.path, parts.query if method == "GET" else body)
        elif parts.path.startswith("/_local/"):
            self._local(method, parts.path, body)
        elif parts.path.startswith("/c/pay/"):
            self._page(method, parts.path.removeprefix("/c/pay/"), body)
        else:
            self._send(404, "text/html", pages.over_page(None))

    def _api(self, method: str, path: str, form: str) -> None:
        fault = self.local.control.fault(method, path)
        early = {"error": (500, "api_error", ""), "rate": (429, "invalid_request_error", "rate_limit"),
                 "busy": (409, "idempotency_error", "idempotency_key_in_use")}  # fmt: skip
        if fault == "drop_before":
            self.close_connection = True
            return
        if fault in early:
            status, kind, code = early[fault]
            made = StripeFault(status, "Trouble that a test asked for.", kind=kind, code=code)
            self._answer(HttpAnswer(status, json.dumps({"error": made.body}), {"Request-Id": "req_trouble"}))
            return
        headers = {name.lower(): value for name, value in self.headers.items()}
        answer = self.local.api.answer(method, path, form, headers)
        if fault in ("drop", "hang"):
            if fault == "hang":
                self.local.over.wait(60)
            self.close_connection = True
        elif fault == "error_after":
            self._answer(HttpAnswer(500, json.dumps({"error": {"type": "api_error", "message": "Trouble."}})))
        elif fault == "garbage":
            self._answer(HttpAnswer(200, "<html>a captive portal</html>"))
        else:
            self._answer(answer)

    def _local(self, method: str, path: str, body: str) -> None:
        try:
            told = json.loads(body) if body else {}
            if not isinstance(told, dict):
                raise StripeFault(400, "Send a JSON object.")
            self._answer(HttpAnswer(200, json.dumps(self.local.control.answer(method, path, told))))
        except (StripeFault, ValueError) as error:
            self._answer(HttpAnswer(getattr(error, "status", 400), json.dumps({"error": str(error)})))

    def _page(self, method: str, rest: str, body: str) -> None:
        key, _, act = rest.partition("/")
        ledger = self.local.ledger
        fields = {name: values[0] for name, values in parse_qs(body).items()}
        with ledger.lock:
            session = ledger.things.get(key)
            if session is None or session["object"] != "checkout.session":
                self._send(404, "text/html", pages.over_page(None))
                return
            try:
                page, place = self._paid(session, fields, act) if method == "POST" else (self._shown(session), "")
            except StripeFault:
                page, place = pages.over_page(session), ""
            ledger.save()
        if place:
            self._answer(HttpAnswer(303, "", {"Location": place}))
        else:
            self._send(200, "text/html", page)

    def _shown(self, session: Thing, error: str = "") -> str:
        ledger = self.local.ledger
        if session["status"] != "open":
            return pages.over_page(session)
        lines = ledger.notes[session["id"]]["items"]
        intent = ledger.things.get(session["payment_intent"] or "", {})
        if intent.get("status") == "requires_action":
            return pages.bank_page(session, lines)
        return pages.pay_page(session, lines, error)

    def _paid(self, session: Thing, fields: dict[str, str], act: str) -> tuple[str, str]:
        ledger, email = self.local.ledger, fields.get("email", "")
        if act == "card":
            outcome = paying.pay_by_card(ledger, session, fields.get("number", ""), email)
        elif act == "debit":
            outcome = paying.pay_by_debit(ledger, session, fields.get("iban", ""), email)
        elif act == "bank":
            outcome = paying.authenticate(ledger, session, agreed=fields.get("agreed") == "yes")
        else:
            raise StripeFault(404, "There is no such step.")
        if outcome.kind in ("paid", "pending"):
            return "", session["success_url"].replace("{CHECKOUT_SESSION_ID}", session["id"])
        return self._shown(session, outcome.message), ""

    def _answer(self, answer: HttpAnswer) -> None:
        self._send(answer.status, "application/json", answer.body, answer.headers)

    def _send(self, status: int, kind: str, text: str, headers: dict[str, str] | None = None) -> None:
        content = text.encode()
        self.send_response(status)
        for name, value in {"Content-Type": f"{kind}; charset=utf-8", **(headers or {})}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(content)


def serve(stripe: LocalStripe) -> None:
    """Until Ctrl-C."""
    try:
        while True:
            time.sleep(3600)
    except KeyboardInterrupt:
        stripe.close()
