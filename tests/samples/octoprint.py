"""An OctoPrint that does what its test says, faithful to the answers of 1.11.8 and 2.0.0rc7, and as faulty as needed.

HTTP and the push websocket on one port. Nothing happens by itself: the test lets a print go on, end, fail.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import socket
import threading
import time
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

READ_KEY = "read-key"
FULL_KEY = "full-key"
NO = {"error": "You don't have the permission to access the requested resource. It is either read-protected."}
BUSY = {"error": "Printer already has an active print job, did you mean 'restart'?"}
EMPTY = {"date": None, "name": None, "origin": None, "path": None, "size": None, "display": None}


class FakeOctoPrint:
    def __init__(self, version: str = "1.11.8", prefix: str = "") -> None:
        self.version = version
        self.prefix = prefix
        self.flag = "operational"
        self.error = ""
        self.file: dict[str, Any] = dict(EMPTY)
        self.completion: float | None = None
        self.elapsed: int | None = None
        self.files: dict[str, dict[str, Any]] = {}
        self.contents: dict[str, bytes] = {}
        self.keys = {READ_KEY, FULL_KEY}
        self.starts: list[str] = []
        self.asked: list[str] = []
        self.lose: set[str] = set()
        """Paths whose POST is obeyed and never answered."""
        self.deaf: set[str] = set()
        """Paths whose POST is dropped before it is obeyed."""
        self.answers: dict[str, tuple[int, bytes]] = {}
        """Path -> what it says instead."""
        self.slow_start = False
        self.decision = ""
        self.push = True
        self._sockets: list[socket.socket] = []
        self._lock = threading.RLock()
        self._server: Server | None = None
        self._port = 0
        self.run()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._port}{self.prefix}"

    def run(self) -> None:
        """Listen, on the same port as before."""
        self._server = Server(("127.0.0.1", self._port), Handler)
        self._server.octo = self
        self._port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self) -> None:
        """Nobody listens any more, and every connection is cut."""
        server, self._server = self._server, None
        if server is not None:
            server.shutdown()
            server.server_close()
            for link in list(server.links):
                with suppress(OSError):
                    link.shutdown(socket.SHUT_RDWR)
            with self._lock:
                self._sockets.clear()

    def crash(self) -> None:
        """Killed: the print is gone, and nobody counted it."""
        self.stop()
        self.flag, self.file, self.completion, self.elapsed = "closedOrError", dict(EMPTY), None, None

    # what the test lets happen

    def upload(self, name: str, content: bytes) -> None:
        self.contents[name] = content
        self.files[name] = {
            "date": int(time.time()),
            "size": len(content),
            "name": name,
            "path": name,
            "origin": "local",
        }

    def listing(self) -> list[dict[str, Any]]:
        """Every second file in a folder."""
        files = list(self.files.values())
        folder = {"type": "folder", "name": "old", "path": "old", "children": files[1::2]}
        return [*files[::2], folder]

    def print(self, name: str) -> None:
        known = self.files[name]
        self.file = {key: known[key] for key in ("date", "name", "origin", "path", "size")} | {"display": name}
        self.flag, self.completion, self.elapsed = "printing", 0.0, 0
        self.starts.append(name)
        self.event("PrintStarted")
        self.tell()

    def go_on(self, completion: float, elapsed: int) -> None:
        self.completion, self.elapsed = completion, elapsed
        self.tell()

    def pause(self, paused: bool = True) -> None:
        self.flag = "paused" if paused else "printing"
        self.event("PrintPaused" if paused else "PrintResumed")
        self.tell()

    def finish(self, *, tell: bool = True) -> None:
        self._count(True)
        self.completion = 100.0 if self.version.startswith("1") else 99.0
        if tell:
            self.event("PrintDone", time=float(self.elapsed or 0))
            self.flag = "finishing"
            self.tell()
        self.flag = "operational"
        if tell:
            self.tell()

    def cancel(self, *, tell: bool = True) -> None:
        self._count(False)
        if tell:
            self.flag = "cancelling"
            self.tell()
            self.event("PrintCancelled", reason="cancelled", progress=4)
            self.event("PrintFailed", reason="cancelled", progress=4)
        self.flag, self.completion, self.elapsed = "operational", None, None
        if tell:
            self.tell()

    def fail(self, error: str, *, tell: bool = True) -> None:
        self._count(False)
        self.flag, self.error = "error", error
        if tell:
            self.tell()
            self.event("Error", error=error)
            self.event("PrintFailed", reason="error", error=error, progress=0.04)
        self.file, self.completion, self.elapsed = dict(EMPTY), None, None
        if tell:
            self.tell()

    def _count(self, success: bool) -> None:
        known = self.files.get(self.file["path"] or "")
        if known is not None:
            prints = known.setdefault("prints", {"success": 0, "failure": 0})
            prints["success" if success else "failure"] += 1
            prints["last"] = {"date": time.time(), "printTime": float(self.elapsed or 0), "success": success}

    # what it says

    def flags(self) -> dict[str, bool]:
        names = ("cancelling", "closedOrError", "error", "finishing", "operational", "paused", "pausing", "printing",
                 "ready", "resuming", "sdReady")  # fmt: skip
        on = {self.flag}
        if self.flag not in ("closedOrError", "error"):
            on.add("operational")
        if self.flag == "error":
            on.add("closedOrError")
        if self.flag in ("finishing", "cancelling"):
            on.add("printing")
        return {name: name in on for name in names}

    def text(self) -> str:
        return {"closedOrError": "Offline", "error": "Offline after error"}.get(self.flag, self.flag.capitalize())

    def job(self) -> dict[str, Any]:
        size = self.file["size"] or 0
        done = self.completion
        position = int(size * done / 100) if done is not None else None
        left = 4196 if done else None
        progress = {"completion": done, "filepos": position, "printTime": self.elapsed, "printTimeLeft": left,
                    "printTimeLeftOrigin": ("printer" if self.version.startswith("2") else "linear") if left else None}  # fmt: skip
        job = {"job": {"file": self.file, "estimatedPrintTime": None}, "progress": progress, "state": self.text()}
        return job | ({"error": self.error} if self.error else {})

    def event(self, kind: str, **more: Any) -> None:
        file = {key: self.file[key] for key in ("name", "path", "origin", "size")}
        self._send({"event": {"type": kind, "payload": {**file, **more}}})

    def tell(self) -> None:
        job = self.job()
        state = {"text": self.text(), "flags": self.flags(), "error": self.error}
        self._send({"current": {"state": state, "job": job["job"], "progress": job["progress"], "logs": []}})

    def say_raw(self, content: bytes) -> None:
        """Anything at all, as a text frame."""
        with self._lock:
            for link in list(self._sockets):
                with suppress(OSError):
                    link.sendall(_frame(content))

    def _send(self, message: dict[str, Any]) -> None:
        self.say_raw(json.dumps(message).encode())

    def has_listener(self) -> bool:
        with self._lock:
            return bool(self._sockets)

    def listen(self, link: socket.socket) -> None:
        with self._lock:
            self._sockets.append(link)
        self.tell()


def _frame(content: bytes) -> bytes:
    length = bytes([len(content)]) if len(content) < 126 else b"\x7e" + len(content).to_bytes(2, "big")
    return b"\x81" + length + content


class Server(ThreadingHTTPServer):
    daemon_threads = True
    octo: FakeOctoPrint

    def __init__(self, *rest: Any) -> None:
        self.links: set[socket.socket] = set()
        super().__init__(*rest)

    def process_request(self, request: Any, client_address: Any) -> None:
        self.links.add(request)
        super().process_request(request, client_address)

    def handle_error(self, *_: Any) -> None:
        """Cut connections are part of the game."""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # or head and body, sent in turn, are 40 ms apart
    server: Server

    def log_message(self, *_: Any) -> None:
        """Silent."""

    @property
    def octo(self) -> FakeOctoPrint:
        return self.server.octo

    def say(self, status: int, value: Any = None, **headers: str) -> None:
        body = value if isinstance(value, bytes) else b"" if value is None else json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        for name, text in headers.items():
            self.send_header(name, text)
        self.end_headers()
        self.wfile.write(body)

    def handle_one(self, method: str) -> None:
        octo = self.octo
        path = self.path.split("?")[0]
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if octo.prefix:
            if not path.startswith(octo.prefix + "/"):
                self.say(404, {"error": "nothing here"})
                return
            path = path.removeprefix(octo.prefix)
        octo.asked.append(f"{method} {path}")
        if path in octo.answers:
            status, content = octo.answers[path]
            self.say(status, content)
            return
        if method == "POST" and path in octo.deaf:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        if path == "/sockjs/websocket":
            self.websocket()
            return
        if path.startswith("/plugin/appkeys/"):
            self.appkeys(method, path)
            return
        key = self.headers.get("X-Api-Key")
        if key not in octo.keys or (method == "POST" and key == READ_KEY and path != "/api/login"):
            self.say(403, NO)
            return
        self.api(method, path, body)

    def api(self, method: str, path: str, body: bytes) -> None:
        octo = self.octo
        if path == "/api/version":
            self.say(200, {"api": "0.1", "server": octo.version, "text": f"OctoPrint {octo.version}"})
        elif path == "/api/login":
            self.say(200, {"name": "portal", "session": "s3ss10n"})
        elif path == "/api/printer":
            if octo.flag in ("closedOrError", "error"):
                self.say(409, {"error": "Printer is not operational"})
            else:
                self.say(200, {"state": {"error": octo.error, "flags": octo.flags(), "text": octo.text()}})
        elif path == "/api/job" and method == "GET":
            self.say(200, octo.job())
        elif path == "/api/job":
            self.steer(json.loads(body))
        elif path == "/api/files":
            self.say(200, {"files": octo.listing(), "free": 1, "total": 2})
        elif path == "/api/files/local" and method == "POST":
            self.upload(body)
        elif path.startswith("/api/files/local/"):
            self.file(method, path.removeprefix("/api/files/local/"), path)
        else:
            self.say(404, {"error": "nothing here"})

    def upload(self, body: bytes) -> None:
        name = re.search(rb'filename="([^"]+)"', body)
        head, _, rest = body.partition(b"\r\n\r\n")
        content = rest.rpartition(b"\r\n--")[0]
        assert name, head
        if self.octo.file["path"] == name[1].decode() and self.octo.flag == "printing":
            self.say(409, {"error": "Trying to overwrite file that is currently in use"})
            return
        self.octo.upload(name[1].decode(), content)
        self.say(201, {"done": True, "files": {"local": self.octo.files[name[1].decode()]}})

    def file(self, method: str, name: str, path: str) -> None:
        octo = self.octo
        if name not in octo.files:
            self.say(404, {"error": "no such file"})
        elif method == "GET":
            self.say(200, octo.files[name])
        elif octo.flag in ("printing", "paused"):
            self.say(409, BUSY)
        else:
            octo.print(name)
            self.answer(path)

    def steer(self, told: dict[str, Any]) -> None:
        octo = self.octo
        if octo.flag not in ("printing", "paused"):
            self.say(409, {"error": "Printer is not printing"})
        elif told["command"] == "cancel":
            octo.cancel()
            self.answer("/api/job")
        else:
            octo.pause(told["action"] == "pause")
            self.answer("/api/job")

    def answer(self, path: str) -> None:
        if path in self.octo.lose:
            self.octo.lose.discard(path)
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
        else:
            self.say(204)

    def appkeys(self, method: str, path: str) -> None:
        octo = self.octo
        if path.endswith("/probe"):
            self.say(204)
        elif method == "POST":
            location = f"http://elsewhere.invalid{octo.prefix}/plugin/appkeys/request/t0ken"
            self.say(201, {"app_token": "t0ken"}, Location=location)
        elif not octo.decision:
            self.say(202, {"message": "Awaiting decision"})
        elif octo.decision == "no":
            self.say(404, {"error": "gone"})
        else:
            octo.keys.add(octo.decision)
            self.say(200, {"api_key": octo.decision})
            octo.decision = "no"

    def websocket(self) -> None:
        if not self.octo.push:
            self.say(400, {"error": "no websocket through this proxy"})
            return
        key = self.headers["Sec-WebSocket-Key"].encode()
        accept = base64.b64encode(hashlib.sha1(key + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest()).decode()
        self.send_response(101)
        for name, value in (("Upgrade", "websocket"), ("Connection", "Upgrade"), ("Sec-WebSocket-Accept", accept)):
            self.send_header(name, value)
        self.end_headers()
        self.connection.sendall(_frame(b'{"connected":{"version":"x"}}'))
        heard = b""
        while b"s3ss10n" not in heard:
            heard += self._unmasked()
        self.octo.listen(self.connection)
        while self.connection.recv(4096):
            pass

    def _unmasked(self) -> bytes:
        head = self.rfile.read(2)
        if len(head) < 2:
            raise ConnectionError
        length = head[1] & 0x7F
        length = int.from_bytes(self.rfile.read(2), "big") if length == 126 else length
        mask = self.rfile.read(4)
        return bytes(byte ^ mask[index % 4] for index, byte in enumerate(self.rfile.read(length)))

    def do_GET(self) -> None:
        self.handle_one("GET")

    def do_POST(self) -> None:
        self.handle_one("POST")
