"""Another program's address for webhooks, on this computer: takes them, refuses them, hangs up."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import orjson


@dataclass
class HookDesk:
    """``answers`` are the statuses of the next requests, then 204; a status of 0 hangs up."""

    answers: list[int] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    said: bytes = b"thank you"

    def __post_init__(self) -> None:
        desk = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                desk.bodies.append(body)
                desk.headers.append({name.lower(): value for name, value in self.headers.items()})
                status = desk.answers.pop(0) if desk.answers else 200
                if not status:
                    self.close_connection = True
                    return
                self.send_response(status)
                if 300 <= status < 400:
                    self.send_header("location", desk.address)
                self.send_header("content-length", str(len(desk.said)))
                self.end_headers()
                self.wfile.write(desk.said)

            def log_message(self, *_words: Any) -> None:
                return

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}/hook"

    @property
    def told(self) -> list[dict[str, Any]]:
        """The bodies, read."""
        return [orjson.loads(one) for one in self.bodies]

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
