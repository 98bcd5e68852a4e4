"""The local EasyPost as a server: in a thread of a test, or as a process of its own."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, ClassVar
from urllib.parse import urlsplit

from craftops.testing.easypost import desk, objects
from craftops.testing.easypost.api import PostApi
from craftops.testing.easypost.control import PostControl
from craftops.testing.easypost.deliveries import PostDeliveries
from craftops.testing.easypost.faults import EasyPostFault
from craftops.testing.easypost.ledger import PostLedger
from craftops.testing.easypost.objects import Thing

TEST_KEY, LIVE_KEY = "EZTKlocal", "EZAKlocal"
SECRET = "sécret-local"
LARGEST_BODY = 1_000_000
EARLY = {
    "error": (500, "INTERNAL_SERVER_ERROR"),
    "rate": (429, "RATE_LIMITED"),
}
LATE = {"error_after": (500, "INTERNAL_SERVER_ERROR"), "timeout": (504, "GATEWAY_TIMEOUT")}


class LocalEasyPost:
    """EasyPost on a free port of this computer::

    with LocalEasyPost(webhooks=["http://127.0.0.1:8080/webhooks/carriers/easypost"]) as local:
        settings = EasyPostSettings(api_key=local.key, webhook_secret=local.secret, api_base=local.address)
        ...
        local.control.move(number, "delivered")
    """

    key, live_key, secret = TEST_KEY, LIVE_KEY, SECRET

    def __init__(
        self, *, port: int = 0, host: str = "127.0.0.1", webhooks: Iterable[str] = (), state: Path | None = None
    ) -> None:
        self.ledger = PostLedger(state)
        self.deliveries = PostDeliveries(self.ledger)
        self.control = PostControl(self.ledger, self.deliveries)
        self.api = PostApi(self.ledger, {"test": TEST_KEY, "production": LIVE_KEY}, lambda: self.address)
        self.over = threading.Event()
        self._server = ThreadingHTTPServer((host, port), _handler(self))
        self._server.daemon_threads = True
        self.address = f"http://{host}:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=lambda: self._server.serve_forever(0.05), daemon=True)
        known = {one["url"] for one in self.ledger.of("Webhook", "test")}
        for url in webhooks:
            if url not in known:
                self.ledger.add(objects.webhook({"url": url}, self.ledger.now, "test"), secret=SECRET)

    def start(self) -> LocalEasyPost:
        self.deliveries.start()
        self._thread.start()
        return self

    def close(self) -> None:
        self.over.set()
        self._server.shutdown()
        self._server.server_close()
        self.deliveries.close()
        self._thread.join(5)

    def __enter__(self) -> LocalEasyPost:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def letters(self, secret: str = SECRET) -> list[tuple[bytes, dict[str, str]]]:
        """Every event so far as a webhook gets it, the oldest first, headers by lower-case name."""
        with self.ledger.lock:
            events: list[Thing] = list(reversed(self.ledger.of("Event", "test")))
        letters = [self.deliveries.letter(event, secret) for event in events]
        return [(body, {name.lower(): value for name, value in headers.items()}) for body, headers in letters]


def _handler(local: LocalEasyPost) -> type[BaseHTTPRequestHandler]:
    class Handler(_PostHandler):
        site = local

    return Handler


class _PostHandler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # or head and body, sent in turn, are 40 ms apart
    site: ClassVar[LocalEasyPost]

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
        if parts.path.startswith("/files/postage_label/") and method == "GET":
            self._file(parts.path)
        elif parts.path.startswith("/_local/"):
            self._local(method, parts.path, body)
        else:
            self._api(method, parts.path, parts.query, body)

    def _api(self, method: str, path: str, query: str, body: str) -> None:
        fault = self.site.control.fault(method, path)
        if fault == "drop_before":
            self.close_connection = True
            return
        if fault in EARLY:
            self._fault(*EARLY[fault])
            return
        status, told = self.site.api.answer(method, path, query, body, {k.lower(): v for k, v in self.headers.items()})
        if fault in ("drop", "hang"):
            if fault == "hang":
                self.site.over.wait(60)
            self.close_connection = True
        elif fault in LATE:
            self._fault(*LATE[fault])
        elif fault == "garbage":
            self._send(200, "text/html", b"<html>a captive portal</html>")
        else:
            self._send(status, "application/json; charset=utf-8", told.encode())

    def _fault(self, status: int, code: str) -> None:
        made = EasyPostFault(status, code, "Trouble that a test asked for.")
        self._send(status, "application/json; charset=utf-8", json.dumps(made.body).encode())

    def _file(self, path: str) -> None:
        if self.site.control.fault("GET", path) in FILE_TROUBLES:
            self._send(503, "text/plain", b"Slow down")
            return
        name, _, form = path.rpartition("/")[2].partition(".")
        if not name.isalnum() or form not in ("png", "pdf", "zpl"):
            self._send(404, "text/plain", b"")
            return
        self._send(200, *desk.label_file(form, name))

    def _local(self, method: str, path: str, body: str) -> None:
        try:
            told = json.loads(body) if body else {}
            self._send(200, "application/json", json.dumps(self.site.control.answer(method, path, told)).encode())
        except (EasyPostFault, ValueError, TypeError) as error:
            self._send(getattr(error, "status", 400), "application/json", json.dumps({"error": str(error)}).encode())

    def _send(self, status: int, kind: str, content: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


FILE_TROUBLES = frozenset(("error", "error_after", "drop", "rate", "timeout"))
