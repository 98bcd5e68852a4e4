"""Our web server by itself, over an app of a few lines, in the process of the test."""

from __future__ import annotations

import json
import socket
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from craftops.processes.webserver import ServerLimits, WebServer, listen

CLOSE = b"Connection: close\r\n\r\n"
HOST = b"Host: shop\r\n"
POST = b"POST / HTTP/1.1\r\n" + HOST
BIG = 8_000_000


class Gate:
    """Requests to /wait are answered when it is opened."""

    def __init__(self) -> None:
        self.waiting, self.open = threading.Semaphore(0), threading.Event()


def app(environ: dict[str, Any], start: Callable[..., Any], gate: Gate | None = None) -> Any:
    path = environ["PATH_INFO"]
    text = [("Content-Type", "text/plain")]
    if path == "/big":
        start("200 OK", [*text, ("Content-Length", str(BIG))])
        return (bytes(100_000) for _ in range(BIG // 100_000))
    if path == "/file":
        file = tempfile.TemporaryFile()  # noqa: SIM115 - closed by the server
        file.write(b"0123456789" * 10_000)
        file.seek(10)
        start("200 OK", text)
        return environ["wsgi.file_wrapper"](file)
    if path == "/broken":
        raise RuntimeError("as it should")
    if path == "/late":
        return late(start)
    if path == "/line-break":
        start("200 OK", [("X-Name", "a\r\nSet-Cookie: b=c")])
        return [b""]
    if path == "/take":
        taken = environ["craftops.take_socket"]()
        taken.sendall(b"HTTP/1.1 200 OK\r\n\r\nmine")
        taken.close()
        start("204 No Content", [])
        return []
    if path == "/wait" and gate is not None:
        gate.waiting.release()
        assert gate.open.wait(20)
    try:
        body, cut = environ["wsgi.input"].read(), False
    except ConnectionError:
        body, cut = b"", True
    seen = {name: value for name, value in environ.items() if isinstance(value, str)}
    answer = json.dumps({**seen, "size": len(body), "body": body[:200].decode("latin-1"), "cut": cut}).encode()
    start("200 OK", [*text, ("Content-Length", str(len(answer)))])
    return [answer]


def late(start: Callable[..., Any]) -> Iterator[bytes]:
    start("200 OK", [])
    yield b"late"


class Running:
    """A server in this process."""

    def __init__(self, limits: ServerLimits) -> None:
        self.gate, self.stop = Gate(), threading.Event()
        listener = listen("127.0.0.1", 0)
        self.port: int = listener.getsockname()[1]
        self.server = WebServer(lambda environ, start: app(environ, start, self.gate), listener, limits)
        self.thread = threading.Thread(target=self.server.run, args=(self.stop,))
        self.thread.start()

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), 10)

    def until(self, true: Callable[[], bool]) -> None:
        deadline = time.monotonic() + 20
        while not true():
            assert time.monotonic() < deadline
            self.stop.wait(0.01)

    def say(self, *parts: bytes) -> bytes:
        """Everything that is answered to these bytes, until the server ends the connection."""
        with self.connect() as peer:
            for part in parts:
                peer.sendall(part)
            return rest(peer)

    def seen(self, *parts: bytes) -> dict[str, Any]:
        head, _, body = self.say(*parts).partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200 "), head
        return dict(json.loads(body))


def rest(peer: socket.socket) -> bytes:
    data = bytearray()
    try:
        while more := peer.recv(1 << 20):
            data += more
    except ConnectionError:
        pass
    return bytes(data)


def one_answer(peer: socket.socket) -> bytes:
    """The next answer with a ``Content-Length``."""
    data = b""
    while b"\r\n\r\n" not in data:
        data += peer.recv(1)
    size = int(data.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
    while size:
        more = peer.recv(size)
        data, size = data + more, size - len(more)
    return data


@contextmanager
def running(**limits: Any) -> Iterator[Running]:
    one = Running(ServerLimits(**{"spool": Path(tempfile.gettempdir()), **limits}))
    try:
        yield one
    finally:
        one.gate.open.set()
        one.stop.set()
        one.thread.join(20)
        assert not one.thread.is_alive()
