"""HTTP to a machine that may be slow, hanging, lying or somebody else's.

Every request ends within ``TOTAL_S``, whatever drips: each read of the socket gets what is left of the time, at most
``READ_S``. Bodies are cut off at ``BODY_LIMIT``, redirects are not followed, TLS is verified, proxies and ``.netrc`` of
the environment are ignored, and an address that the connection leads to is checked (``outside_address``).

``Outside`` is for one thread and one machine. Errors are of ours alone: Unreachable, AnswerLost, Refused,
CredentialsRejected, NotUnderstood.
"""

from __future__ import annotations

import io
import os
import socket
import ssl
import time
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from functools import cache
from http.client import HTTPResponse
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import orjson
import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import HTTPError

from craftops.errors import CredentialsRejected, NoSuchPath, NotUnderstood, OutsideError, Refused, Unreachable
from craftops.sdk.linked import AnswerLost
from craftops.sdk.outside_address import is_forbidden, is_inside

CONNECT_S = 2.0
READ_S = 5.0
TOTAL_S = 15.0
UPLOAD_S = 600.0
STORING_S = 60.0
"""A small computer may write and hash a large file so long before it answers."""
BODY_LIMIT = 2_000_000
AUTHORITIES = ("SSL_CERT_FILE", "SSL_CERT_DIR")
"""Variables of the environment that name whom this computer trusts."""
CHUNK = 65_536
_deadline: ContextVar[float] = ContextVar("deadline", default=0.0)
"""When the request of this thread must have ended, by ``time.monotonic``."""
_patience: ContextVar[float | None] = ContextVar("patience", default=None)
"""How long one read of this thread's request may take, where it is not ``READ_S``."""
_public_only: ContextVar[bool] = ContextVar("public_only", default=False)
"""Whether this thread's request may lead into the public internet alone."""


def _read_s() -> float:
    patience = _patience.get()
    return READ_S if patience is None else patience


def _left() -> float:
    left = _deadline.get() - time.monotonic()
    if left <= 0:
        raise TimeoutError("the time for this request is over")
    return left


class _TimedRaw(io.RawIOBase):
    """A socket's raw stream whose every read has what is left of the request's time."""

    def __init__(self, raw: Any, sock: socket.socket) -> None:
        self._raw = raw
        self._sock = sock

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        self._sock.settimeout(min(_read_s(), _left()))
        count: int | None = self._raw.readinto(buffer)
        return count

    def close(self) -> None:
        if not self.closed:
            self._raw.close()
        super().close()


class _TimedResponse(HTTPResponse):
    def __init__(self, sock: socket.socket, *rest: Any, **more: Any) -> None:
        super().__init__(sock, *rest, **more)
        raw = self.fp.detach()
        self.fp = io.BufferedReader(_TimedRaw(raw, sock))


def _checked(sock: socket.socket) -> socket.socket:
    host = str(sock.getpeername()[0])
    if is_forbidden(host):
        sock.close()
        raise _ForbiddenAddress(f"The name leads to {host}, which belongs to no machine of a shop.")
    if _public_only.get() and is_inside(host):
        sock.close()
        raise _ForbiddenAddress("The name leads into a network of your own, and nobody has said that it may.")
    return sock


class _ForbiddenAddress(Exception):
    """The name leads to where we never call."""


class _Plain(HTTPConnection):
    response_class = _TimedResponse

    def _new_conn(self) -> socket.socket:
        return _checked(super()._new_conn())


class _Secure(HTTPSConnection):
    response_class = _TimedResponse

    def _new_conn(self) -> socket.socket:
        return _checked(super()._new_conn())


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _Plain


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _Secure


@cache
def _trusted(*_named: str | None) -> ssl.SSLContext:
    """What this computer trusts, beside the public authorities; reading it takes a tenth of a second."""
    return ssl.create_default_context()


class _Adapter(HTTPAdapter):
    def init_poolmanager(self, *rest: Any, **more: Any) -> None:
        super().init_poolmanager(*rest, **more)
        self.poolmanager.pool_classes_by_scheme = {"http": _PlainPool, "https": _SecurePool}

    def send(self, request: Any, *rest: Any, **more: Any) -> requests.Response:
        more["timeout"] = (CONNECT_S, _read_s())
        return super().send(request, *rest, **more)


class _SecureAdapter(_Adapter):
    def init_poolmanager(self, *rest: Any, **more: Any) -> None:
        super().init_poolmanager(*rest, **more, ssl_context=_trusted(*map(os.environ.get, AUTHORITIES)))


class MachineSession(requests.Session):
    """A session for one machine, also for client libraries that know nothing of time. ``prefix``: see ``Outside``.

    ``public_only``: an address of this computer or of a network of one's own is refused, wherever a name leads.
    """

    def __init__(self, prefix: str = "", *, public_only: bool = False) -> None:
        super().__init__()
        self.public_only = public_only
        self.trust_env = False
        self.prefix = prefix
        self.total_s = TOTAL_S
        self.body_limit = BODY_LIMIT
        self.mount("http://", _Adapter(pool_connections=1, pool_maxsize=1, max_retries=0))
        self.mount("https://", _SecureAdapter(pool_connections=1, pool_maxsize=1, max_retries=0))

    def request(self, method: Any, url: Any, **more: Any) -> requests.Response:  # type: ignore[override]
        """As requests does it, with everything that this module promises. Raises OutsideError kin."""
        more["allow_redirects"] = False
        more["stream"] = True
        token = _deadline.set(time.monotonic() + self.total_s)
        public = _public_only.set(self.public_only)
        sent = False
        try:
            answer = super().request(method, self._placed(str(url)), **more)
            sent = True
            answer._content = _body(answer, self.body_limit)
            answer._content_consumed = True
        except _ForbiddenAddress as error:
            raise Refused(str(error)) from error
        except requests.exceptions.SSLError as error:
            raise Refused(f"Its certificate cannot be trusted: {_cause(error)}") from error
        except (requests.RequestException, HTTPError, OSError, ValueError) as error:
            raise _translated(error, str(method), sent) from error
        finally:
            _deadline.reset(token)
            _public_only.reset(public)
        return answer

    @contextmanager
    def patient(self, total_s: float, read_s: float) -> Iterator[None]:
        """Requests of this block may take so many seconds each, and each of their reads so many."""
        before, self.total_s = self.total_s, total_s
        token = _patience.set(read_s)
        try:
            yield
        finally:
            _patience.reset(token)
            self.total_s = before

    def uploading(self) -> AbstractContextManager[None]:
        """A large file goes out: ten minutes for it, and one until it is stored."""
        return self.patient(UPLOAD_S, STORING_S)

    def get_redirect_target(self, resp: requests.Response) -> None:
        """None: a redirect is an answer, never a way (and its body is not read beyond our limit)."""
        return

    def _placed(self, url: str) -> str:
        """The URL below the machine's own path, for libraries that cut it off."""
        parts = urlsplit(url)
        if not self.prefix or parts.path.startswith(f"{self.prefix}/"):
            return url
        return urlunsplit(parts._replace(path=self.prefix + parts.path))


def _body(answer: requests.Response, limit: int) -> bytes:
    """The body, at most ``limit`` bytes. Raises NotUnderstood for more."""
    found = bytearray()
    try:
        while chunk := answer.raw.read1(CHUNK, decode_content=True):
            found += chunk
            if len(found) > limit:
                most = "two" if limit == BODY_LIMIT else f"{limit // 1_000_000}"
                raise NotUnderstood(f"Its answer is larger than {most} megabytes.", found[:2000].decode("latin-1"))
    finally:
        answer.close() if len(found) > limit else answer.raw.release_conn()
    return bytes(found)


def _cause(error: BaseException) -> str:
    while (deeper := error.__cause__ or (error.args[0] if error.args else None)) is not None:
        reason = getattr(deeper, "reason", None)
        deeper = reason if isinstance(reason, BaseException) else deeper
        if not isinstance(deeper, BaseException) or deeper is error:
            break
        error = deeper
    return str(error)[:200]


def _translated(error: Exception, method: str, sent: bool) -> OutsideError:
    if isinstance(error, requests.exceptions.ConnectTimeout):
        return Unreachable("It does not answer within two seconds.")
    text = repr(error)
    never_left = "NewConnectionError" in text or "NameResolutionError" in text or "Failed to resolve" in text
    if isinstance(error, requests.exceptions.ConnectionError) and never_left:
        why = "Its name is not known here." if "resolve" in text.lower() else "Nothing answers at this address."
        return Unreachable(why)
    sentence = "It took too long to answer." if _is_late(error) else "It broke off the connection."
    if sent and not _is_late(error) and isinstance(error, ValueError):
        return NotUnderstood("Its answer cannot be read.")
    return Unreachable(sentence) if method.upper() in ("GET", "HEAD") else AnswerLost(sentence)


def _is_late(error: BaseException | None) -> bool:
    seen = 0
    while error is not None and seen < 8:
        if isinstance(error, TimeoutError | requests.exceptions.Timeout):
            return True
        if "timed out" in str(error) or "is over" in str(error):
            return True
        error, seen = error.__cause__ or error.__context__, seen + 1
    return False


class Outside:
    """One machine's HTTP interface. ``address`` may have a path, below which everything is."""

    def __init__(self, address: str, headers: Mapping[str, str] | None = None) -> None:
        parts = urlsplit(address)
        self.base = f"{parts.scheme}://{parts.netloc}"
        self.session = MachineSession(parts.path.rstrip("/"))
        self.session.headers.update(headers or {})

    def ask(
        self, method: str, path: str, *, json: Any = None, accept: tuple[int, ...] = (200, 201, 204), **more: Any
    ) -> requests.Response:
        """One request; the answer, whose status is one of ``accept``. Raises OutsideError kin (``check``)."""
        answer = self.session.request(method, self.base + path, json=json, **more)
        if answer.status_code not in accept:
            check(answer.status_code, answer.content)
        return answer

    def json(self, method: str, path: str, **more: Any) -> Any:
        """The JSON of an answer. Raises NotUnderstood when it is none."""
        return read_json(self.ask(method, path, **more).content)

    def close(self) -> None:
        self.session.close()


def read_json(content: bytes) -> Any:
    """Raises NotUnderstood."""
    try:
        return orjson.loads(content)
    except orjson.JSONDecodeError:
        raise NotUnderstood("Its answer is no JSON.", content[:2000].decode("latin-1")) from None


@contextmanager
def expecting(program: str) -> Iterator[None]:
    """For the first question to a machine: one that does not know it is no ``program``, and that is what staff read.

    Raises NotUnderstood in the place of NoSuchPath and of an answer that cannot be read.
    """
    try:
        yield
    except NoSuchPath as error:
        raise NotUnderstood(
            f"This is no {program}, or the address lacks a path: what answers there does not know its questions."
        ) from error
    except NotUnderstood as error:
        if error.sentence.startswith("This is no "):
            raise
        raise NotUnderstood(f"This is no {program}: its answer cannot be read.", error.raw) from error


def _said(error: Any) -> str:
    """The sentence of an error; some machines wrap it, beside a traceback that nobody should read."""
    text = error.get("message") if isinstance(error, dict) else error
    return text.strip().partition("\n")[0][:200] if isinstance(text, str) else ""


def check(status: int, content: bytes) -> None:
    """What an HTTP status that was not wanted means, as an error of ours. Always raises."""
    raw = content[:2000].decode("utf-8", "replace")
    if status in (401, 403):
        raise CredentialsRejected("It does not accept the key.")
    if status in (408, 425, 429) or status >= 500:
        raise Unreachable(f"It cannot answer at the moment (HTTP {status}).")
    if 300 <= status < 400:
        raise Refused("It sends us to another address. Write that address, if it is the right one.")
    said = ""
    try:
        found = orjson.loads(content)
        said = _said(found.get("error")) if isinstance(found, dict) else ""
    except orjson.JSONDecodeError:
        said = ""
    if 400 <= status < 500:
        kind = NoSuchPath if status == 404 else Refused
        raise kind(f"It says no: {said}" if said else f"It says no (HTTP {status}).")
    raise NotUnderstood(f"It answers with HTTP {status}.", raw)
