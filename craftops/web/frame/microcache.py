"""The same page asked for again within a second, with nothing written in between, is the same page: a microcache.

Somebody holds the key that loads a page anew, sixteen tabs are opened from one link, a script asks in a loop: what they
get is what was made a moment ago. Everything that a browser says counts (cookie, language, address, every header), so
nobody gets what another has asked for; whatever is committed to the database ends it at once, so everybody sees what
they have just done; and what changes without being written, the time of day first, is a second old at most.

Pages alone are kept: answers 200 in HTML that set no cookie, and in which no plugin has a hand. Each goes out with
one-time keys of its own, the nonce of its policy among them.
"""

from __future__ import annotations

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
NEVER = ("/static/", "/live", "/api/", "/healthz")
"""What begins so is no page, and is asked for most: nobody looks for it, nor what was committed."""
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
        if environ["REQUEST_METHOD"] != "GET" or environ["PATH_INFO"].startswith(NEVER):
            return self._app(environ, start_response)
        began = self._clock()
        state = self._state()  # before anything is read: what is committed meanwhile makes another one
        if state is None:
            return self._app(environ, start_response)
        key = tuple((name, said) for name, said in environ.items() if type(said) is str and name != "REMOTE_PORT")
        found = self._pages.get(key)
        if found is not None and found.state == state and began - found.made_at <= OLDEST_S:
            return self._again(found, start_response)
        return self._made(key, began, state, environ, start_response)

    def _again(self, page: _Page, start_response: Callable[..., Any]) -> Iterable[bytes]:
        began, headers, body = self._clock(), page.headers, page.body
        for old in page.keys:
            new = fresh_key()
            headers = [(name, said.replace(old, new)) for name, said in headers]
            body = body.replace(old.encode(), new.encode())
        start_response("200 OK", headers)
        if page.counted is not None:
            page.counted[0].inc()
            page.counted[1].observe(self._clock() - began)
        return [body]

    def _made(
        self, key: Key, began: float, state: Hashable, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        status, headers = "", []

        def start(said: str, with_headers: Headers, exc_info: Any = None) -> Any:
            nonlocal status, headers
            status, headers = said, with_headers
            return start_response(said, with_headers, exc_info)

        chunks = self._app(environ, start)
        if ONCE in environ or not _is_page(status, headers):
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
