"""Moonraker over HTTP (signing in, files) and its websocket (JSON-RPC), errors of ours alone."""

from __future__ import annotations

import select
import time
from collections import deque
from typing import Any
from urllib.parse import urlsplit

from craftops.errors import NotUnderstood, Unreachable
from craftops.sdk.linked import Program
from craftops.sdk.outside import Outside, check, expecting, read_json
from craftops.sdk.outside_socket import Socket
from craftops.sdk.outside_upload import Upload

from . import messages
from .messages import MoonrakerJob

CALL_S = 5.0
"""What it answers itself; Klipper's macros take as long as they like."""
AT_ONCE = 200
"""Messages that are taken in before anything else is done."""
MOST_NOTICES = 2000


class MoonrakerRest:
    """One Moonraker's HTTP. Every method raises OutsideError kin."""

    def __init__(self, address: str, key: str) -> None:
        self.outside = Outside(address, {"X-Api-Key": key} if key else None)
        self.has_key = bool(key)
        parts = urlsplit(address)
        scheme = "wss" if parts.scheme == "https" else "ws"
        self.socket_url = f"{scheme}://{parts.netloc}{parts.path.rstrip('/')}/websocket"

    def version(self) -> str:
        """Such as "v0.9.3-1". Raises NotUnderstood when this is no Moonraker."""
        with expecting("Moonraker"):
            return messages.version(self.outside.json("GET", "/server/info"))

    def history(self, limit: int) -> list[MoonrakerJob]:
        """The newest entries of the history, the newest first."""
        told = self.outside.json("GET", f"/server/history/list?limit={limit}&order=desc")
        return messages.jobs(messages.table(told).get("result"))

    def webcams(self) -> Any:
        """What it tells of its cameras."""
        return self.outside.json("GET", "/server/webcams/list")

    def upload(self, name: str, program: Program) -> None:
        """Put machine code into its folder of G-code, under ``name``; nothing is started."""
        with program.open() as file, self.outside.session.uploading():
            body = Upload(name, file, program.size, {"root": "gcodes", "print": "false"})
            self.outside.ask("POST", "/server/files/upload", data=body, headers={"Content-Type": body.content_type})

    def open_channel(self) -> Channel:
        """The websocket, signed in with a token that is good for one connection."""
        token = ""
        if self.has_key:
            answer = self.outside.session.get(f"{self.outside.base}/access/oneshot_token")
            if answer.status_code not in (200, 404):  # 404: it asks nobody who they are
                check(answer.status_code, answer.content)
            token = messages.text(messages.table(read_json(answer.content)).get("result"))
        return Channel(Socket(f"{self.socket_url}?token={token}" if token else self.socket_url))

    def close(self) -> None:
        self.outside.close()


class Channel:
    """JSON-RPC over one websocket, for one thread. What comes unasked waits in ``notices``."""

    def __init__(self, socket: Socket) -> None:
        self.socket = socket
        self.notices: deque[tuple[str, Any]] = deque()
        self._answers: dict[int, dict[str, Any]] = {}
        self._waiting: set[int] = set()
        self._number = 0

    def fileno(self) -> int:
        return self.socket.fileno()

    def send(self, method: str, params: dict[str, Any] | None = None) -> int:
        """Ask; the number under which the answer will come. Raises Unreachable."""
        self._number += 1
        self.socket.send({"jsonrpc": "2.0", "method": method, "params": params or {}, "id": self._number})
        self._waiting.add(self._number)
        return self._number

    def call(self, method: str, params: dict[str, Any] | None = None) -> Any:
        """Ask and wait for the answer. Raises OutsideError kin (``messages.fault``)."""
        asked = self.send(method, params)
        ends = time.monotonic() + CALL_S
        while not self.has_answer(asked):
            if not self.take_in(ends - time.monotonic()):
                raise Unreachable("It took too long to answer.")
        return self.answer(asked)

    def has_answer(self, asked: int) -> bool:
        return asked in self._answers

    def answer(self, asked: int) -> Any:
        """The answer that has come, once. Raises OutsideError kin."""
        told = self._answers.pop(asked)
        if "error" in told:
            raise messages.fault(told["error"])
        return told.get("result")

    def take_in(self, within_s: float = 0.0) -> bool:
        """Take in what has come, after waiting for it for so long; whether there was anything.

        Raises Unreachable, NotUnderstood.
        """
        if within_s < 0 or not self._await(within_s):
            return False
        for _ in range(AT_ONCE):
            self._route(self.socket.receive())
            if not self.socket.has_news():
                break
        return True

    def _await(self, within_s: float) -> bool:
        if self.socket.has_news():
            return True
        poll = select.poll()
        poll.register(self.socket.fileno(), select.POLLIN)
        return bool(poll.poll(within_s * 1000)) and self.socket.has_news()

    def _route(self, told: Any) -> None:
        if told is None:
            return
        if not isinstance(told, dict):
            raise NotUnderstood("Its live channel says what is no JSON-RPC.", str(told))
        method, number = told.get("method"), told.get("id")
        if isinstance(method, str):
            params = told.get("params")
            if method in messages.NOTICES:
                if len(self.notices) >= MOST_NOTICES:
                    raise NotUnderstood("Its live channel says more than can be taken in.")
                self.notices.append((method, params[0] if isinstance(params, list) and params else None))
        elif isinstance(number, int) and number in self._waiting:
            self._waiting.discard(number)
            self._answers[number] = told
        elif "error" in told:
            raise messages.fault(told["error"])
        else:
            raise NotUnderstood("Its live channel answers what nobody asked.", str(told))

    def close(self) -> None:
        self.socket.close()
