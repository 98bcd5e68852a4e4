"""A file of 250 MB, stored and hashed: in pieces (tus) against the plain form, to the same running server."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from benchmarks.arrivals import wait_for_verdicts
from benchmarks.common import Result, median
from craftops.bootstrap import open_shop
from craftops.config import load_config

SIZE = 250_000_000
PIECE = 16 << 20
BOUNDARY = "a-line-that-is-not-in-the-file"
TOKEN = re.compile(r'csrf-token" content="([^"]+)')


class Customer:
    """Somebody signed in, on one connection."""

    def __init__(self, base: str, email: str, password: str) -> None:
        where = urlsplit(base)
        self.connection = HTTPConnection(where.hostname or "", where.port)
        self.cookie = ""
        form = {"csrf_token": self.token("/sign-in"), "email": email, "password": password}
        sent = {"Content-Type": "application/x-www-form-urlencoded"}
        self.ask("POST", "/sign-in", 303, urlencode(form).encode(), sent)
        self.csrf = self.token("/orders/new")

    def ask(
        self, method: str, path: str, status: int, body: Any = None, headers: dict[str, str] | None = None
    ) -> tuple[HTTPResponse, str]:
        """Raises RuntimeError for another status than ``status``. A connection that the server has closed in between is
        opened once more."""
        told = {"Cookie": self.cookie, **(headers or {})}
        try:
            self.connection.request(method, path, body, told)
            answer = self.connection.getresponse()
        except (BrokenPipeError, ConnectionResetError):  # the latter is RemoteDisconnected too
            self.connection.close()
            self.connection.request(method, path, body, told)
            answer = self.connection.getresponse()
        text = answer.read().decode()
        if answer.status != status:
            raise RuntimeError(f"{method} {path}: {answer.status} {text[:200]}")
        if cookie := answer.headers.get("Set-Cookie"):
            self.cookie = cookie.split(";")[0]
        return answer, text

    def token(self, path: str) -> str:
        """The token of a page against forged forms."""
        found = TOKEN.search(self.ask("GET", path, 200)[1])
        return found[1] if found else ""

    def in_pieces(self, content: memoryview) -> None:
        """As the new-order page does it."""
        headers = {"Tus-Resumable": "1.0.0", "X-CSRFToken": self.csrf}
        name = base64.b64encode(b"large.stl").decode()
        told = {**headers, "Upload-Length": str(len(content)), "Upload-Metadata": f"filename {name}"}
        address = self.ask("POST", "/uploads", 201, headers=told)[0].headers["Location"]
        for offset in range(0, len(content), PIECE):
            told = {**headers, "Upload-Offset": str(offset), "Content-Type": "application/offset+octet-stream"}
            self.ask("PATCH", address, 204, content[offset : offset + PIECE], told)
        self.ask("GET", f"{address}/line", 200)

    def as_a_form(self, content: memoryview) -> None:
        """As a browser without scripts does it."""
        fields = {"csrf_token": self.csrf, "line": "aa", "action": "more"}
        head = "".join(
            f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
            for name, value in fields.items()
        )
        head += (
            f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="upload-aa"; filename="large.stl"\r\n'
            "Content-Type: model/stl\r\n\r\n"
        )
        parts = (head.encode(), content, f"\r\n--{BOUNDARY}--\r\n".encode())
        headers = {
            "Content-Type": f"multipart/form-data; boundary={BOUNDARY}",
            "Content-Length": str(sum(len(part) for part in parts)),
        }
        page = self.ask("POST", "/orders/new", 200, parts, headers)[1]
        if "large.stl" not in page:
            raise RuntimeError("the form has lost the file")


def run(folder: Path, told: dict[str, Any]) -> Iterator[Result]:
    """On the data of a running demo shop. Each upload begins when the worker has done with the one before."""
    open_shop(load_config(data=folder, env={}))
    ben = next(one for one in told["people"] if one["email"].startswith("ben"))
    customer = Customer(told["portal"], ben["email"], ben["password"])
    content = memoryview(bytes(SIZE))
    baseline = median(lambda: customer.as_a_form(content), 5, wait_for_verdicts)
    pieces = median(lambda: customer.in_pieces(content), 5, wait_for_verdicts)
    yield Result("250 MB, in pieces", pieces, "plain form", baseline, 0.6)
