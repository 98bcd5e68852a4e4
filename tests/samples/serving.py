"""A machine's HTTP server on this computer: it stops and comes back on the same port, and cuts every connection."""

from __future__ import annotations

import base64
import hashlib
import json
import socket
import threading
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from craftops.domain.machines.readings import ProcessKind
from craftops.sdk.machine import MachineFacts

GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


class FakeMachine:
    """Something that answers on a port of its own, which it keeps while it is away."""

    handler: type[ServedHandler]
    prefix = ""

    def __init__(self) -> None:
        self.starts: list[str] = []
        self.asked: list[str] = []
        self.lose: set[str] = set()
        """What is obeyed and never answered: the connection ends."""
        self.deaf: set[str] = set()
        """What is dropped before it is obeyed."""
        self.lock = threading.RLock()
        self._server: Served | None = None
        self._port = 0
        self.run()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._port}{self.prefix}"

    def run(self) -> None:
        self._server = Served(self._port, self.handler, self)
        self._port = self._server.server_address[1]

    def stop(self) -> None:
        server, self._server = self._server, None
        if server is not None:
            server.stop()

    def facts(self, settings: dict[str, str] | None = None, **secrets: str) -> MachineFacts:
        """The printer as its driver knows it."""
        return MachineFacts("printer-1", "Printer", ProcessKind.FDM, 20.0, address=self.address,
                            settings=settings or {}, secrets=secrets)  # fmt: skip


class Served(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, port: int, handler: type[ServedHandler], machine: Any) -> None:
        self.machine = machine
        self.links: set[socket.socket] = set()
        super().__init__(("127.0.0.1", port), handler)
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()

    def process_request(self, request: Any, client_address: Any) -> None:
        self.links.add(request)
        super().process_request(request, client_address)

    def handle_error(self, *_: Any) -> None:
        """Cut connections are part of the game."""

    def stop(self) -> None:
        self.shutdown()
        self.server_close()
        for link in list(self.links):
            with suppress(OSError):
                link.shutdown(socket.SHUT_RDWR)


class ServedHandler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # or head and body, sent in turn, are 40 ms apart
    server: Served

    def do_GET(self) -> None:
        self.request_of("GET")

    def do_POST(self) -> None:
        self.request_of("POST")

    def do_PUT(self) -> None:
        self.request_of("PUT")

    def do_DELETE(self) -> None:
        self.request_of("DELETE")

    def request_of(self, method: str) -> None:
        """Answer."""
        raise NotImplementedError

    def log_message(self, *_: Any) -> None:
        """Silent."""

    def body(self) -> bytes:
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def say(self, status: int, value: Any = None, **headers: str) -> None:
        body = value if isinstance(value, bytes) else b"" if value is None else json.dumps(value).encode()
        self.send_response(status)
        if status != 204:
            self.send_header("Content-Length", str(len(body)))
        for name, text in headers.items():
            self.send_header(name.replace("_", "-"), text)
        self.end_headers()
        self.wfile.write(body)

    def cut(self) -> None:
        """No answer: the connection ends."""
        self.close_connection = True
        with suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)

    def upgrade(self) -> None:
        """From here on it is a websocket."""
        accept = base64.b64encode(hashlib.sha1(self.headers["Sec-WebSocket-Key"].encode() + GUID).digest()).decode()
        self.send_response(101)
        for name, value in (("Upgrade", "websocket"), ("Connection", "Upgrade"), ("Sec-WebSocket-Accept", accept)):
            self.send_header(name, value)
        self.end_headers()

    def hear(self) -> bytes | None:
        """The content of the next frame; None when the connection ends."""
        head = self.rfile.read(2)
        if len(head) < 2 or head[0] & 0x0F == 8:
            return None
        length = head[1] & 0x7F
        length = int.from_bytes(self.rfile.read(2), "big") if length == 126 else length
        mask = self.rfile.read(4)
        return bytes(byte ^ mask[index % 4] for index, byte in enumerate(self.rfile.read(length)))


def frame(content: bytes) -> bytes:
    """A text frame."""
    if len(content) < 126:
        return b"\x81" + bytes([len(content)]) + content
    if len(content) < 65_536:
        return b"\x81\x7e" + len(content).to_bytes(2, "big") + content
    return b"\x81\x7f" + len(content).to_bytes(8, "big") + content
