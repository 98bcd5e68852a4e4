"""The same page asked for again within a second, with nothing written in between, is the same page: a microcache.

Somebody holds the key that loads a page anew, sixteen tabs are opened from one link, a script asks in a loop: what they
get is what was made a moment ago. Everything that a browser says counts (cookie, language, address, every header), so
nobody gets what another has asked for; whatever is committed to the database ends it at once, so everybody sees what
they have just done; and what changes without being written, the time of day first, is a second old at most.

Pages alone are kept: answers 200 in HTML that set no cookie, and in which no plugin has a hand. Each goes out with a
nonce and one-time keys of its own.
"""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from typing import Any

from craftops.web.frame.metrics import COUNTED, Counted
from craftops.web.frame.one_time import KEYS, ONCE, fresh_key
from craftops.web.frame.proxies import WSGIApp

OLDEST_S = 1.0
MOST = 64
"""Pages."""
LARGEST = 262_144
"""Bytes of a page."""
NONCE = re.compile(r"'nonce-([A-Za-z0-9_-]{22})'")
Headers = list[tuple[str, str]]
Key = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class _Page:
    """What was answered: when (seconds of ``clock``), in which state of the database, and how it is counted."""

    made_at: float
    state: Hashable
    headers: Headers
    body: bytes
    keys: tuple[str, ...]
    """What stands in it that is another in each answer."""
    counted: Counted | None


class Microcache:
    """``state`` says the same as long as nothing is committed, None where nobody knows; ``clock`` counts seconds."""

    def __init__(
        self, app: WSGIApp, state: Callable[[], Hashable | None], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._app, self._state, self._clock = app, state, clock
        self._pages: dict[Key, _Page] = {}

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] != "GET":
            return self._app(environ, start_response)
        began = self._clock()
        key = tuple((name, said) for name, said in environ.items() if type(said) is str and name != "REMOTE_PORT")
        found = self._pages.get(key)
        if found is not None and (began - found.made_at > OLDEST_S or found.state != self._state()):
            found = None
        return self._made(key, began, environ, start_response) if found is None else self._again(found, start_response)

    def _again(self, page: _Page, start_response: Callable[..., Any]) -> Iterable[bytes]:
        began, headers, body = self._clock(), page.headers, page.body
        old = next(
            (one for name, said in headers if name == "Content-Security-Policy" for one in NONCE.findall(said)), ""
        )
        if old:
            new = secrets.token_urlsafe(16)
            headers = [(name, said.replace(old, new)) for name, said in headers]
            body = body.replace(old.encode(), new.encode())
        for key in page.keys:
            body = body.replace(key.encode(), fresh_key().encode())
        start_response("200 OK", headers)
        if page.counted is not None:
            page.counted[0].inc()
            page.counted[1].observe(self._clock() - began)
        return [body]

    def _made(
        self, key: Key, began: float, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        state = self._state()  # before anything is read: what is committed meanwhile makes another one
        status, headers = "", []

        def start(said: str, with_headers: Headers, exc_info: Any = None) -> Any:
            nonlocal status, headers
            status, headers = said, with_headers
            return start_response(said, with_headers, exc_info)

        chunks = self._app(environ, start)
        if state is None or ONCE in environ or not _is_page(status, headers):
            return chunks
        try:
            body = b"".join(chunks)
        finally:
            if (close := getattr(chunks, "close", None)) is not None:
                close()
        self._keep(key, _Page(began, state, headers, body, tuple(environ.get(KEYS, ())), environ.get(COUNTED)))
        return [body]

    def _keep(self, key: Key, page: _Page) -> None:
        if len(self._pages) >= MOST:
            self._pages = {}
        self._pages[key] = page


def _is_page(status: str, headers: Headers) -> bool:
    if not status.startswith("200 "):
        return False
    said = {name.lower(): value for name, value in headers}
    size = said.get("content-length", "")
    if not size.isdigit() or int(size) > LARGEST or "set-cookie" in said:
        return False
    return said.get("content-type", "").startswith("text/html")
