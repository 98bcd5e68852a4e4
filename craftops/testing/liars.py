"""A machine that answers whatever its test says, byte by byte, on a real socket."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

Serve = Callable[[socket.socket, bytes], None]
Secure = Callable[[socket.socket], socket.socket]
AT_ONCE_S = 0.1


class Liar:
    """Listens on a free port of this computer; ``serve`` gets each request's head and the connection."""

    def __init__(self, serve: Serve, secure: Secure | None = None, *, patient: bool = True) -> None:
        self.serve = serve
        self.secure = secure
        self.patient = patient
        self.requests: list[bytes] = []
        self.over = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def _run(self) -> None:
        while not self.over.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._one, args=(connection,), daemon=True).start()

    def _one(self, connection: socket.socket) -> None:
        with suppress(OSError), connection if self.secure is None else self.secure(connection) as connection:
            self._answer(connection)

    def _answer(self, connection: socket.socket) -> None:
        head = b""
        if not self.patient:
            connection.settimeout(AT_ONCE_S)
            with suppress(TimeoutError):
                head = connection.recv(4096)
            connection.settimeout(None)
        while self.patient and b"\r\n\r\n" not in head:
            more = connection.recv(4096)
            if not more:
                return
            head += more
        self.requests.append(head)
        self.serve(connection, head)

    def close(self) -> None:
        self.over.set()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()


@contextmanager
def liar(serve: Serve, secure: Secure | None = None, *, patient: bool = True) -> Iterator[Liar]:
    """A liar for the length of a block; ``secure`` wraps its connections in TLS. One that is not ``patient`` waits for
    no head of HTTP: it answers what comes first, or says something by itself."""
    running = Liar(serve, secure, patient=patient)
    try:
        yield running
    finally:
        running.close()


def says(*parts: bytes) -> Serve:
    """Answers with these bytes, whatever was asked, and hangs up."""

    def serve(connection: socket.socket, _head: bytes) -> None:
        for part in parts:
            connection.sendall(part)

    return serve


def drips(each: bytes, pause_s: float, first: bytes = b"") -> Serve:
    """Answers a little at a time, for ever."""

    def serve(connection: socket.socket, _head: bytes) -> None:
        connection.sendall(first)
        waiting = threading.Event()
        while not waiting.wait(pause_s):
            connection.sendall(each)

    return serve
