"""Running the app for one request, and its answer as bytes that can be sent without it (PEP 3333).

The whole answer is taken from the app at once, into memory or a nameless file, or is a file already: however slowly
it is read, no thread waits for the reader.
"""

from __future__ import annotations

import io
import logging
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from email.utils import formatdate
from http import HTTPStatus
from pathlib import Path
from typing import IO, Any
from urllib.parse import unquote_to_bytes

from craftops.processes.webserver.parsing import Request

log = logging.getLogger("craftops.web")
WSGIApp = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
MOST_IN_MEMORY = 262_144
"""Bytes of an answer that are kept in memory."""
BODILESS = (204, 304)
"""Answers that never have a body, nor the length of one."""
SENTENCES = {
    400: "That request cannot be read.",
    408: "That took too long to arrive.",
    414: "That address is too long.",
    417: "We know no such expectation.",
    431: "Those headers are too large, or too many.",
    501: "That way of sending is not known here.",
    503: "The shop is stopping. Try again in a minute.",
    505: "That version of HTTP is not spoken here.",
    507: "There is no room on the disk. Tell the shop.",
}


class FileWrapper:
    """``wsgi.file_wrapper``: a file that the event loop sends itself."""

    def __init__(self, file: IO[bytes], block: int = 65_536) -> None:
        self.file, self.block = file, block

    def __iter__(self) -> Iterator[bytes]:
        while data := self.file.read(self.block):
            yield data

    def close(self) -> None:
        """Close the file."""
        if hasattr(self.file, "close"):
            self.file.close()


@dataclass(slots=True, eq=False)
class WebAnswer:
    """What is sent: ``data``, then ``left`` bytes of ``file`` from ``offset`` on."""

    data: bytes = b""
    file: Any = None
    offset: int = 0
    left: int = 0
    keep_alive: bool = False

    def close(self) -> None:
        """Let go of the file."""
        if self.file is not None:
            self.file.close()
            self.file = None


_date: tuple[int, str] = (0, "")


def _today() -> str:
    global _date
    now = int(time.time())
    if _date[0] != now:
        _date = (now, formatdate(now, usegmt=True))
    return _date[1]


def refusal(status: int, sentence: str = "") -> WebAnswer:
    """An answer of the server's own, in plain words; the connection ends with it."""
    sentence = sentence or SENTENCES.get(status, "That did not work.")
    body = f"{sentence}\n".encode()
    name = HTTPStatus(status).phrase
    head = (
        f"HTTP/1.1 {status} {name}\r\nDate: {_today()}\r\nContent-Type: text/plain; charset=utf-8\r\n"
        f"Content-Length: {len(body)}\r\nX-Content-Type-Options: nosniff\r\nCache-Control: no-store\r\n"
        "Connection: close\r\n\r\n"
    )
    return WebAnswer(head.encode("latin-1") + body)


def environ_of(request: Request, base: dict[str, Any], peer: tuple[str, int]) -> dict[str, Any]:
    """The environ of a request; ``base`` is what all requests share."""
    environ = base.copy()
    environ["REQUEST_METHOD"] = request.method
    environ["PATH_INFO"] = unquote_to_bytes(request.path).decode("latin-1")
    environ["QUERY_STRING"] = request.query.decode("latin-1")
    target = request.path + (b"?" + request.query if request.query else b"")
    environ["RAW_URI"] = environ["REQUEST_URI"] = target.decode("latin-1")
    environ["SERVER_PROTOCOL"] = "HTTP/" + request.version
    environ["REMOTE_ADDR"], environ["REMOTE_PORT"] = peer[0], str(peer[1])
    environ["wsgi.input"] = request.body
    for name, value in request.headers:
        if name == "content-type":
            environ["CONTENT_TYPE"] = value
        elif name == "content-length":
            environ["CONTENT_LENGTH"] = value
        elif name != "transfer-encoding":
            key = "HTTP_" + name.upper().replace("-", "_")
            known = environ.get(key)
            environ[key] = value if known is None else f"{known}{'; ' if name == 'cookie' else ','}{value}"
    if request.host is not None:
        environ["HTTP_HOST"] = request.host
    return environ


@dataclass(slots=True)
class _Response:
    """What the app has said with ``start_response`` and ``write``."""

    status: str = ""
    headers: list[tuple[str, str]] = field(default_factory=list)
    written: list[bytes] = field(default_factory=list)

    def start(
        self, status: str, headers: list[tuple[str, str]], exc_info: Any = None
    ) -> Callable[[bytes], None]:  # nothing has been sent yet, so a second call always may
        if self.status and exc_info is None:
            raise RuntimeError("start_response was called twice")
        self.status, self.headers = status, headers
        return self.written.append


def run_app(app: WSGIApp, environ: dict[str, Any], request: Request, spool: Path | None) -> WebAnswer:
    """The app's answer. Never raises: an app that breaks is answered by 500 and written down."""
    response = _Response()
    chunks: Iterable[bytes] | None = None
    try:
        chunks = app(environ, response.start)
        return _collect(response, chunks, request, spool)
    except Exception:
        log.exception("%s %s", request.method, environ["PATH_INFO"])
        return refusal(500)
    finally:
        try:
            if chunks is not None and not isinstance(chunks, FileWrapper) and hasattr(chunks, "close"):
                chunks.close()
        except Exception:
            log.exception("%s %s, after its answer", request.method, environ["PATH_INFO"])
        request.body.close()


def _collect(response: _Response, chunks: Iterable[bytes], request: Request, spool: Path | None) -> WebAnswer:
    answer = WebAnswer(keep_alive=request.keep_alive and not request.is_last)
    head_only = request.method == "HEAD"
    if isinstance(chunks, FileWrapper):
        parts = _of_file(answer, chunks, spool, head_only=head_only)
    else:
        parts = _gather(answer, response.written, chunks, spool)
    bodiless = int(response.status[:3]) in BODILESS
    size = answer.left if answer.file is not None else sum(map(len, parts))
    said, head = _head(response, answer, request.version)
    if said is None and not bodiless and (size or not head_only):
        head.append(f"Content-Length: {size}\r\n")
    if head_only or bodiless:
        parts = []
        answer.close()
        answer.left = 0
    elif said is not None and said != size:
        parts = _as_long_as_said(answer, parts, size, said)
    if not answer.keep_alive:
        head.append("Connection: close\r\n")
    elif request.version == "1.0":
        head.append("Connection: keep-alive\r\n")
    head.append("\r\n")
    answer.data = "".join(head).encode("latin-1") + b"".join(parts)
    return answer


def _of_file(answer: WebAnswer, file: FileWrapper, spool: Path | None, *, head_only: bool) -> list[bytes]:
    """What the event loop cannot send by itself; a file that it does not send is closed here."""
    if not head_only and _send_file(answer, file):
        return []
    parts = [] if head_only else _gather(answer, [], file, spool)
    file.close()
    return parts


def _as_long_as_said(answer: WebAnswer, parts: list[bytes], size: int, said: int) -> list[bytes]:
    """Nothing beyond the length that the app has given; where something is missing the reader must learn it."""
    if size < said:
        answer.keep_alive = False
        return parts
    answer.left = min(answer.left, said)
    return [b"".join(parts)[:said]]


def _head(response: _Response, answer: WebAnswer, version: str) -> tuple[int | None, list[str]]:
    """The length that the app has given, and the lines of the head. Raises ValueError for a line break in one."""
    said = None
    head = [f"HTTP/{version} {response.status}\r\nDate: {_today()}\r\n"]
    for name, value in response.headers:
        lower = name.lower()
        if lower == "connection":
            answer.keep_alive = answer.keep_alive and value.lower() != "close"
            continue
        if lower in ("transfer-encoding", "keep-alive", "date"):
            continue
        if lower == "content-length":
            said = int(value)
        line = f"{name}: {value}"
        if "\n" in line or "\r" in line:
            raise ValueError(f"a line break in the header {name}")
        head.append(line + "\r\n")
    return said, head


def _send_file(answer: WebAnswer, wrapper: FileWrapper) -> bool:
    """Whether the event loop can send this file itself."""
    try:
        number = wrapper.file.fileno()
        answer.offset = wrapper.file.tell()
        answer.left = max(0, os.fstat(number).st_size - answer.offset)
    except (AttributeError, OSError, io.UnsupportedOperation):
        return False
    answer.file = wrapper.file
    return True


def _gather(answer: WebAnswer, written: list[bytes], chunks: Iterable[bytes], spool: Path | None) -> list[bytes]:
    """What the app gives out; a lot of it goes to ``answer.file``."""
    parts, size = written, sum(map(len, written))
    for chunk in chunks:
        if answer.file is not None:
            answer.file.write(chunk)
        else:
            parts.append(chunk)
        size += len(chunk)
        if size > MOST_IN_MEMORY and answer.file is None:
            answer.file = tempfile.TemporaryFile(dir=spool)  # noqa: SIM115 - closed with the answer
            answer.file.write(b"".join(parts))
            parts.clear()
    if answer.file is not None:
        answer.file.flush()
        answer.left = size
    return parts


def base_environ(name: str, port: int) -> dict[str, Any]:
    """What all requests share."""
    return {
        "SCRIPT_NAME": "",
        "SERVER_NAME": name,
        "SERVER_PORT": str(port),
        "SERVER_SOFTWARE": "craftops",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        "wsgi.input_terminated": True,
        "wsgi.file_wrapper": FileWrapper,
    }
