"""A websocket to a machine, with the same promises as ``outside``: time, size, addresses, errors of ours.

One message at a time, of at most ``MESSAGE_LIMIT`` bytes over all its frames; from its first byte on it must be
whole within ``MESSAGE_S``. Pings are answered here.
"""

from __future__ import annotations

import select
import socket
import ssl
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import orjson
import websocket
from websocket import ABNF, WebSocketException

from craftops.errors import CredentialsRejected, NotUnderstood, Refused, Unreachable
from craftops.sdk.outside_address import is_forbidden

CONNECT_S = 5.0
MESSAGE_S = 10.0
MESSAGE_LIMIT = 2_000_000


class _TimedSocket:
    """A connected socket whose reads share one deadline and one count of bytes, the handshake's too."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self.begin(CONNECT_S)

    def begin(self, seconds: float) -> None:
        """From now on so long, and as many bytes as a message may have."""
        self.deadline, self.left = time.monotonic() + seconds, MESSAGE_LIMIT

    def recv(self, size: int) -> bytes:
        left_s = self.deadline - time.monotonic()
        if left_s <= 0:
            raise Unreachable("A message of its live channel came too slowly.")
        self._sock.settimeout(left_s)
        found = self._sock.recv(size)
        self.left -= len(found)
        if self.left < 0:
            raise NotUnderstood("A message of its live channel is larger than two megabytes.")
        return found

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sock, name)


def _dial(url: str) -> socket.socket:
    parts = urlsplit(url)
    secure = parts.scheme == "wss"
    host = parts.hostname or ""
    sock = socket.create_connection((host, parts.port or (443 if secure else 80)), CONNECT_S)
    try:
        if is_forbidden(str(sock.getpeername()[0])):
            raise Refused("The name leads to an address that belongs to no machine of a shop.")
        return ssl.create_default_context().wrap_socket(sock, server_hostname=host) if secure else sock
    except BaseException:
        sock.close()
        raise


class Socket:
    """An open websocket; for one thread."""

    def __init__(self, url: str, headers: Mapping[str, str] | None = None) -> None:
        """Connect to ``ws://`` or ``wss://``. Raises Unreachable, Refused, CredentialsRejected."""
        self._socket: Any = websocket.WebSocket(enable_multithread=False)
        lines = [f"{name}: {value}" for name, value in (headers or {}).items()]
        try:
            self._timed = _TimedSocket(_dial(url))
        except ssl.SSLError as error:
            raise Refused(f"Its certificate cannot be trusted: {error.reason}") from error
        except OSError as error:
            raise Unreachable("Its live channel cannot be reached.") from error
        try:
            self._socket.connect(url, header=lines, socket=self._timed, redirect_limit=0, suppress_origin=True)  # type: ignore[no-untyped-call]
        except websocket.WebSocketBadStatusException as error:
            self._timed.close()
            if error.status_code in (401, 403):
                raise CredentialsRejected("It does not accept the key.") from error
            raise Refused(f"It does not open its live channel (HTTP {error.status_code}).") from error
        except (WebSocketException, OSError, ValueError, NotUnderstood, Unreachable) as error:
            self._timed.close()
            raise Unreachable("Its live channel cannot be opened.") from error

    def fileno(self) -> int:
        return int(self._timed.fileno())

    def send(self, value: Any) -> None:
        """Send one JSON value as text. Raises Unreachable."""
        try:
            self._timed.settimeout(CONNECT_S)
            self._socket.send(orjson.dumps(value).decode())
        except (WebSocketException, OSError, AttributeError) as error:
            raise Unreachable("Its live channel broke off.") from error

    def has_news(self) -> bool:
        """Whether ``receive`` would find something at once; TLS may hold bytes that ``select`` does not see."""
        sock = self._timed
        if sock.fileno() < 0:
            raise Unreachable("Its live channel broke off.")
        if isinstance(sock._sock, ssl.SSLSocket) and sock._sock.pending():
            return True
        poll = select.poll()
        poll.register(sock.fileno(), select.POLLIN)
        return bool(poll.poll(0))

    def receive(self) -> Any:
        """The next message as JSON; None for what is no message (a ping). Raises Unreachable, NotUnderstood."""
        self._timed.begin(MESSAGE_S)
        try:
            opcode, content = self._message()
        except (WebSocketException, OSError, AttributeError) as error:
            raise Unreachable("Its live channel broke off.") from error
        if opcode == ABNF.OPCODE_CLOSE:
            raise Unreachable("It closed its live channel.")
        if opcode != ABNF.OPCODE_TEXT:
            return None
        try:
            return orjson.loads(content)
        except orjson.JSONDecodeError:
            raise NotUnderstood("Its live channel says what is no JSON.", content[:2000].decode("latin-1")) from None

    def _message(self) -> tuple[int, bytes]:
        found, opcode = bytearray(), -1
        while True:
            frame = self._socket.recv_frame()
            if frame.opcode == ABNF.OPCODE_PING:
                self._socket.pong(frame.data)
            if frame.opcode >= ABNF.OPCODE_CLOSE:
                if opcode < 0 or frame.opcode == ABNF.OPCODE_CLOSE:
                    return int(frame.opcode), b""
                continue
            opcode = int(frame.opcode) if opcode < 0 else opcode
            found += frame.data if isinstance(frame.data, bytes) else frame.data.encode()
            if frame.fin:
                return opcode, bytes(found)

    def close(self) -> None:
        """Hang up without waiting for a goodbye."""
        self._timed.close()
