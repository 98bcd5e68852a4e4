"""An answer on its way to a peer: what the socket does not take at once waits here, and the app goes on."""

from __future__ import annotations

import contextlib
import os
import socket
import tempfile
from collections import deque
from dataclasses import dataclass
from typing import IO, Any

SPOOLED_AT = 1_000_000
"""Bytes that wait in memory; more than that is written to a temporary file."""


@dataclass
class _Stretch:
    """A part of an open file that is to be sent."""

    file: int
    offset: int
    count: int
    ours: bool = True
    """To be closed when it is sent; the temporary file stays open for what comes after."""


class Outlet:
    """What gunicorn takes for the socket of an answer. Written by one app thread, then emptied by the loop."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.taken: socket.socket | None = None
        """The peer's socket, once a view has taken it over for a live stream."""
        self._queue: deque[bytes | _Stretch] = deque()
        self._in_memory = 0
        self._spool: int | None = None
        self._spooled = 0
        self.broken = False
        self.sent = 0
        """Bytes that the socket has taken."""

    @property
    def empty(self) -> bool:
        return not self._queue

    def take(self) -> socket.socket:
        """Hand the socket over: nothing more is written to it from here."""
        self.taken = self.sock
        return self.sock

    def send(self, data: bytes) -> int:
        self.sendall(data)
        return len(data)

    def sendall(self, data: bytes) -> None:
        """Send what the socket takes, keep the rest."""
        if self.taken is not None or self.broken or not data:
            return
        if not self._queue:
            try:
                sent = self.sock.send(data)
                self.sent += sent
                data = data[sent:]
            except BlockingIOError:
                pass
            except OSError:
                self.broken = True
                return
        if data:
            self._keep(data)

    def _keep(self, data: bytes) -> None:
        if self._in_memory + len(data) <= SPOOLED_AT and self._spool is None:
            self._queue.append(bytes(data))
            self._in_memory += len(data)
            return
        if self._spool is None:
            self._spool = _nameless_file()
        os.pwrite(self._spool, data, self._spooled)
        last = self._queue[-1] if self._queue else None
        if isinstance(last, _Stretch) and not last.ours:
            last.count += len(data)
        else:
            self._queue.append(_Stretch(self._spool, self._spooled, len(data), ours=False))
        self._spooled += len(data)

    def sendfile(self, file: IO[bytes], offset: int = 0, count: int | None = None) -> int:
        """Queue ``count`` bytes of a file; it may be closed afterwards."""
        size = count if count is not None else os.fstat(file.fileno()).st_size - offset
        if self.taken is None and not self.broken and size > 0:
            self._queue.append(_Stretch(os.dup(file.fileno()), offset, size))
            self.flush()
        return size

    def flush(self) -> bool:
        """Send as much as the socket takes; True when nothing waits any more, or the peer is gone.

        A piece at a time, so that one fast peer does not hold the loop from the others.
        """
        try:
            while self._queue:
                if not self._send_first():
                    return False
        except BlockingIOError:
            return False
        except OSError:
            self.broken = True
            self._forget()
        return True

    def _send_first(self) -> bool:
        first = self._queue[0]
        if isinstance(first, bytes):
            sent = self.sock.send(first)
            self.sent += sent
            self._in_memory -= sent
            if sent < len(first):
                self._queue[0] = first[sent:]
                return False
        else:
            sent = os.sendfile(self.sock.fileno(), first.file, first.offset, first.count)
            self.sent += sent
            first.offset += sent
            first.count -= sent
            if sent and first.count:
                return False
            if first.ours:
                os.close(first.file)
            if first.count:  # the file is shorter than it was: what was announced cannot be sent
                raise BrokenPipeError
        self._queue.popleft()
        return True

    def _forget(self) -> None:
        while self._queue:
            one = self._queue.popleft()
            if isinstance(one, _Stretch) and one.ours:
                with contextlib.suppress(OSError):
                    os.close(one.file)

    def close(self) -> None:
        """gunicorn's "the answer was broken off": nothing more is sent."""
        self.broken = True

    def forget(self) -> None:
        """Let go of what waits, and of its file."""
        self._forget()
        if self._spool is not None:
            os.close(self._spool)
            self._spool = None

    # gunicorn asks for these of a socket
    def fileno(self) -> int:
        return self.sock.fileno()

    def getsockname(self) -> Any:
        return self.sock.getsockname()

    def gettimeout(self) -> float:
        return 0.0

    def settimeout(self, _seconds: float) -> None:
        """It never blocks."""

    def recv(self, _size: int) -> bytes:
        """gunicorn reads on to end a connection gently; the loop does that."""
        return b""

    def shutdown(self, how: int) -> None:
        """Ended by the loop, when everything is sent."""


def _nameless_file() -> int:
    with tempfile.TemporaryFile() as file:
        return os.dup(file.fileno())
