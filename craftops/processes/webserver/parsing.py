"""Bytes to requests: llhttp (by httptools) in its strict mode, and what it leaves to its caller.

Two readings of one request are how requests are smuggled past a proxy, so whatever can be read in two ways is refused.
llhttp refuses bare line feeds, two lengths, a length beside chunks, and chunks that do not add up.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

import httptools

from craftops.processes.webserver.bodies import PIECE_TYPE, Body
from craftops.processes.webserver.limits import LONGEST_HEAD, LONGEST_TARGET, MOST_HEADERS, MOST_PIPELINED, ServerLimits


class RequestRefused(Exception):
    """A request that is answered with this status by the server itself; then the connection ends."""

    def __init__(self, status: int, sentence: str = "") -> None:
        super().__init__(status)
        self.status, self.sentence = status, sentence


@dataclass(slots=True, eq=False)
class Request:
    """One request."""

    body: Body
    method: str = ""
    path: bytes = b""
    query: bytes = b""
    version: str = "1.1"
    headers: list[tuple[str, str]] = field(default_factory=list)
    host: str | None = None
    """Of an absolute target, which counts more than the header."""
    length: int | None = None
    """What ``Content-Length`` says; None without one."""
    chunked: bool = False
    continues: bool = False
    """Whether it waits for ``100 Continue``."""
    keep_alive: bool = False
    is_last: bool = False
    """Whether the server stops, so that no other request can follow."""
    cut: bool = False
    """Whether its sender went before its end."""


class RequestParser:
    """The requests of one connection, in order. ``feed`` raises RequestRefused, and OSError when the disk is full."""

    def __init__(self, limits: ServerLimits) -> None:
        self._limits = limits
        self._parser = httptools.HttpRequestParser(self)
        self._head_bytes = self._field_bytes = self._field_count = self._allowed = 0
        self._target = b""
        self._in_head = self._over = self._body_came = False
        self._idle_bytes = 0
        """What has come of a chunked body and is none of it, since its last byte: extensions, trailers."""
        self._fields: list[tuple[bytes, bytes]] = []
        self._refused = 0
        self.current: Request | None = None
        """The request whose head or body is coming in; None between two."""
        self.complete: deque[Request] = deque()

    @property
    def in_head(self) -> bool:
        """Whether a head has begun and not ended."""
        return self._in_head

    def feed(self, data: bytes) -> None:
        """Take in what has come."""
        if self._over:
            return
        self._body_came = False
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self._over = True  # what another protocol would begin with; we speak none, and answer the request
        except httptools.HttpParserCallbackError as error:
            cause = error.__context__
            raise cause if isinstance(cause, (RequestRefused, OSError)) else RequestRefused(400) from error
        except httptools.HttpParserError as error:
            raise RequestRefused(400) from error
        if self._in_head:
            self._head_bytes += len(data)
            if self._head_bytes > LONGEST_HEAD:
                raise RequestRefused(431)
        elif self.current is not None and self.current.chunked:
            # httptools joins a trailer by itself and tells it at its end: one without an end would cost ever more.
            self._idle_bytes = 0 if self._body_came else self._idle_bytes + len(data)
            if self._idle_bytes > LONGEST_HEAD:
                raise RequestRefused(431)

    # What httptools calls.

    def on_message_begin(self) -> None:
        if len(self.complete) >= MOST_PIPELINED:
            raise RequestRefused(400)
        self._in_head, self._target = True, b""
        self._head_bytes = self._field_bytes = self._field_count = self._idle_bytes = 0
        self._fields = []

    def on_url(self, url: bytes) -> None:
        self._target += url
        if len(self._target) > LONGEST_TARGET:
            raise RequestRefused(414)

    def on_header(self, name: bytes, value: bytes) -> None:
        self._field_bytes += len(name) + len(value) + 4
        self._field_count += 1
        if self._field_bytes > LONGEST_HEAD or self._field_count > MOST_HEADERS:
            raise RequestRefused(431)
        if self._in_head:
            self._fields.append((name, value))
        # Trailers after a chunked body count, and are not believed.

    def on_headers_complete(self) -> None:
        self._in_head = False
        limits = self._limits
        request = Request(Body(limits.memory_per_body, limits.spool), self._parser.get_method().decode("ascii"))
        self.current = request
        request.version = self._parser.get_http_version()
        if request.version not in ("1.0", "1.1"):
            raise RequestRefused(505)
        _read_target(request, self._target)
        _read_headers(request, self._fields)
        request.keep_alive = self._parser.should_keep_alive() and not self._parser.should_upgrade()
        if request.length or request.chunked:
            self._allowed = limits.body_limit(request.method, request.path.decode("latin-1"))
            if (request.length or 0) > self._allowed:
                raise self._too_large()
            if request.length and request.method == "PATCH" and PIECE_TYPE in request.headers:
                request.body.wait_in(limits.room, request.length)

    def on_body(self, data: bytes) -> None:
        if self.current is None:
            return
        self._body_came = True
        if self.current.body.size + len(data) > self._allowed:
            raise self._too_large()
        self.current.body.add(data)

    def _too_large(self) -> RequestRefused:
        return RequestRefused(413, f"At most {self._allowed / 1e6:g} MB can be sent to this address.")

    def on_message_complete(self) -> None:
        if self.current is not None:
            self.complete.append(self.current)
        self.current = None

    @property
    def missing(self) -> memoryview | None:
        """Where the rest of a piece is put by whoever reads the socket: its length is known, and there is nothing in it
        to be looked at. None where what comes is to be ``fed``."""
        return self.current.body.missing if self.current is not None and not self._in_head else None

    def came(self, count: int) -> None:
        """So many bytes have been put there. A new parser begins behind the last one: the old one waits for them."""
        request = self.current
        if request is None:
            return
        request.body.came(count)
        if request.body.size == request.length:
            self.complete.append(request)
            self.current = None
            self._parser = httptools.HttpRequestParser(self)

    def cut_off(self) -> Request | None:
        """The request whose sender has gone within its body, as far as it has come; None when there is none."""
        request, self.current = self.current, None
        if request is not None and not self._in_head:
            request.cut = request.body.cut = True
            request.keep_alive = False
            return request
        return None


def _read_target(request: Request, target: bytes) -> None:
    """Origin form or absolute form (RFC 9112, 3.2)."""
    if b"#" in target:
        raise RequestRefused(400)
    if target.startswith(b"/"):
        request.path, _mark, request.query = target.partition(b"?")
        return
    if not target.lower().startswith((b"http://", b"https://")):
        raise RequestRefused(400)
    try:
        parts = httptools.parse_url(target)
    except httptools.HttpParserInvalidURLError as error:
        raise RequestRefused(400) from error
    if not parts.host or parts.userinfo:
        raise RequestRefused(400)
    request.host = parts.host.decode("latin-1") + (f":{parts.port}" if parts.port else "")
    request.path, request.query = parts.path or b"/", parts.query or b""


def _read_length(request: Request, text: str) -> None:
    if request.length is not None or not (text.isascii() and text.isdigit()) or len(text) > 15:
        raise RequestRefused(400)
    request.length = int(text)


def _read_coding(request: Request, text: str) -> None:
    if request.chunked or text.lower() != "chunked":
        raise RequestRefused(501)
    request.chunked = True


def _read_expectation(request: Request, text: str) -> None:
    if text.lower() != "100-continue":
        raise RequestRefused(417)
    request.continues = request.version == "1.1"


def _read_headers(request: Request, fields: list[tuple[bytes, bytes]]) -> None:
    hosts = 0
    for raw, value in fields:
        name, text = raw.decode("latin-1").lower(), value.decode("latin-1").strip(" \t")
        if "_" in name:
            continue  # WSGI could not tell it from the one with a dash, which a proxy may have set
        request.headers.append((name, text))
        if name == "host":
            hosts += 1
        elif name == "content-length":  # compared one by one, which is quicker than a table: most are none of these
            _read_length(request, text)
        elif name == "transfer-encoding":
            _read_coding(request, text)
        elif name == "expect":
            _read_expectation(request, text)
    if hosts > 1 or (request.version == "1.1" and hosts == 0):
        raise RequestRefused(400)
    if request.chunked and (request.length is not None or request.version == "1.0"):
        raise RequestRefused(400)
