"""An open stream: the browser's own socket, taken over from the server, or a queue that a WSGI thread empties.

A thread a stream does not scale (speed.md E: 10,000 streams cost one hub thread 69 ms a round, threads many
seconds). Our own web server gives the socket away. A plain gunicorn lets a view see its socket, so there the
view keeps a duplicate of it and leaves gunicorn a dead one to write its empty answer to.
"""

from __future__ import annotations

import contextlib
import os
import socket
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator
from queue import Empty, SimpleQueue
from typing import Any

LONGEST_BACKLOG = 1_000_000
HEAD = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\nCache-Control: no-store\r\n"
    b"X-Accel-Buffering: no\r\nX-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n"
)
DEAD_FOR_S = 2.0
TAKE_SOCKET = "craftops.take_socket"
"""Where our own server puts a function that gives the peer's socket away for good. Whoever calls it answers on it."""


class Connection(ABC):
    """Somewhere to write to. A connection whose reader is too slow, or gone, is closed."""

    @abstractmethod
    def send(self, data: bytes) -> bool:
        """Write without blocking; False when it is over."""

    @abstractmethod
    def close(self) -> None:
        """End it."""

    def gone(self) -> bool:
        """Whether the reader has left."""
        return False


class QueueConnection(Connection):
    """For any other server, and for tests."""

    def __init__(self) -> None:
        self._queue: SimpleQueue[bytes | None] = SimpleQueue()
        self._over = False

    def send(self, data: bytes) -> bool:
        if not self._over:
            self._queue.put(data)
        return not self._over

    def close(self) -> None:
        self._over = True
        self._queue.put(None)

    def gone(self) -> bool:
        return self._over

    def chunks(self) -> Iterator[bytes]:
        """What the WSGI server writes out; ends when the hub closes it, or the reader leaves."""
        try:
            while True:
                try:
                    data = self._queue.get(timeout=30)
                except Empty:
                    data = b":\n\n"
                if data is None:
                    return
                yield data
        finally:
            self._over = True


class SocketConnection(Connection):
    """The browser's socket itself. ``dead_end``: what a plain gunicorn writes its answer to."""

    def __init__(self, taken: tuple[socket.socket, socket.socket | None]) -> None:
        self.socket, self._dead_end = taken
        self._dead_since = time.monotonic()
        self._backlog = bytearray()
        self._over = False
        self.socket.setblocking(False)
        self.send(HEAD)

    def fileno(self) -> int:
        return self.socket.fileno()

    def send(self, data: bytes) -> bool:
        if self._over:
            return False
        self._backlog += data
        try:
            while self._backlog:
                sent = self.socket.send(self._backlog)
                del self._backlog[:sent]
        except BlockingIOError:
            if len(self._backlog) > LONGEST_BACKLOG:
                self.close()
        except OSError:
            self.close()
        self._bury()
        return not self._over

    def _bury(self) -> None:
        """Let go of the dead end, once the server has surely written its answer."""
        if (
            self._dead_end is not None
            and self._dead_end.fileno() >= 0
            and time.monotonic() - self._dead_since > DEAD_FOR_S
        ):
            self._dead_end.close()

    def gone(self) -> bool:
        if self._over:
            return True
        try:
            if self.socket.recv(1024) == b"":
                self.close()
        except BlockingIOError:
            pass
        except OSError:
            self.close()
        return self._over

    def close(self) -> None:
        self._over = True
        for one in (self.socket, self._dead_end):
            if one is not None:
                with contextlib.suppress(OSError):
                    one.close()


def take_socket(environ: dict[str, Any]) -> tuple[socket.socket, socket.socket | None] | None:
    """The browser's socket, ours from now on, and the dead end that a plain gunicorn writes to.

    None where the server does not show its socket, or speaks TLS on it.
    """
    if TAKE_SOCKET in environ:
        return environ[TAKE_SOCKET](), None
    theirs = environ.get("gunicorn.socket")
    if type(theirs) is not socket.socket:
        return None
    mine = socket.socket(fileno=os.dup(theirs.fileno()))
    dead, dead_end = socket.socketpair()
    os.dup2(dead.fileno(), theirs.fileno())
    dead.close()
    return mine, dead_end
