"""A PrusaLink that does what its test says, faithful to what 0.8.1 was seen saying, and as faulty as needed."""

from __future__ import annotations

import hashlib
import re
from contextlib import AbstractContextManager
from typing import Any

from craftops_machines.prusalink import PrusaLinkDriver
from samples.serving import FakeMachine, ServedHandler

from craftops.domain.machines.readings import Reading
from craftops.sdk.machine import MachineFacts
from craftops.testing.links import FollowedLink, followed

KEY = "a-key-of-prusalink"
REALM = "Administrator"


def md5(text: str) -> str:
    return hashlib.md5(text.encode()).hexdigest()


class FakePrusaLink(FakeMachine):
    def __init__(self) -> None:
        self.keys = {KEY}
        self.people = {"maker": "pass:word"}
        self.nonce = "dcd98b7102dd2f0e"
        self.counts: list[str] = []
        self.state = "IDLE"
        self.message = "OK"
        self.job: dict[str, Any] | None = None
        self.speed = 100
        self.number = 0
        self.files: dict[str, bytes] = {}
        self.storage = [{"path": "/usb", "available": False}, {"path": "/local", "available": True, "read_only": False}]
        self.photo: bytes | None = b""
        """What its first camera has taken; empty before the first one, None without a camera."""
        self.handler = Handler
        super().__init__()

    # what the test lets happen

    def print(self, name: str) -> None:
        with self.lock:
            self.number += 1
            self.state = "PRINTING"
            self.starts.append(name)
            self.job = {
                "id": self.number, "state": "PRINTING", "progress": 0.0, "time_remaining": None, "time_printing": 0,
                "inaccurate_estimates": True,
                "file": {"name": "SHORT~1.GCO", "display_name": name, "path": "/local", "size": 58460,
                         "meta": {"estimated printing time (normal mode)": "1m 0s", "estimated_print_time": 60}},
            }  # fmt: skip

    def go_on(self, progress: float, elapsed: int, left: int | None) -> None:
        with self.lock:
            assert self.job is not None
            self.job |= {"progress": progress, "time_printing": elapsed, "time_remaining": left,
                         "inaccurate_estimates": left is None}  # fmt: skip

    def set(self, state: str, message: str = "OK") -> None:
        with self.lock:
            self.state, self.message = state, message

    def end(self, state: str, message: str = "OK") -> None:
        """FINISHED, STOPPED or ERROR: the job is gone at once, the word stays for about twelve seconds."""
        with self.lock:
            self.state, self.message, self.job = state, message, None

    def status(self) -> dict[str, Any]:
        printer = {"state": self.state, "temp_nozzle": 24.5, "target_nozzle": 0.0, "flow": 100, "speed": self.speed,
                   "status_printer": {"ok": self.message == "OK", "message": self.message}}  # fmt: skip
        told: dict[str, Any] = {"storage": {"path": "/local", "name": "local"}, "printer": printer}
        if self.job is not None:
            told["job"] = {key: self.job[key] for key in ("id", "progress", "time_remaining", "time_printing")}
        return told


class Handler(ServedHandler):
    @property
    def prusa(self) -> FakePrusaLink:
        found: FakePrusaLink = self.server.machine
        return found

    def refuse(self, status: int, title: str) -> None:
        self.say(status, {"code": f"#{status}", "title": title, "text": title})

    def request_of(self, method: str) -> None:
        prusa, path, body = self.prusa, self.path, self.body()
        prusa.asked.append(f"{method} {path}")
        if "X-Api-Key" in self.headers:
            if self.headers["X-Api-Key"] not in prusa.keys:
                self.refuse(403, "Bad X-Api-Key.")
                return
        elif not self.is_known(method):
            self.say(
                401, WWW_Authenticate=f'Digest realm="{REALM}", nonce="{prusa.nonce}", algorithm=MD5-sess, qop="auth"'
            )
            return
        if path in prusa.deaf and method != "GET":
            self.cut()
            return
        with prusa.lock:
            status, said = self.obey(method, path, body)
        if path in prusa.lose and method != "GET":
            prusa.lose.discard(path)
            self.cut()
        else:
            self.say(status, said)

    def is_known(self, method: str) -> bool:
        """RFC 7616 by its letters, apart from our own reading of it."""
        head = self.headers.get("Authorization", "")
        told = dict(re.findall(r'(\w+)=(?:"?)([^",]*)', head))
        password = self.prusa.people.get(told.get("username", ""))
        if (
            password is None
            or told["nonce"] != self.prusa.nonce
            or told["uri"] != self.path
            or told["nc"] in self.prusa.counts
        ):
            return False
        secret = md5(f"{md5(told['username'] + ':' + REALM + ':' + password)}:{told['nonce']}:{told['cnonce']}")
        wanted = md5(f"{secret}:{told['nonce']}:{told['nc']}:{told['cnonce']}:auth:{md5(method + ':' + told['uri'])}")
        self.prusa.counts.append(told["nc"])
        return told["response"] == wanted

    def obey(self, method: str, path: str, body: bytes) -> tuple[int, Any]:
        prusa = self.prusa
        if path == "/api/version":
            return 200, {"api": "2.0.0", "server": "0.8.1", "original": "PrusaLink I3MK3S", "text": "PrusaLink 0.8.1"}
        if path == "/api/v1/status":
            return 200, prusa.status()
        if path == "/api/v1/job":
            return (200, prusa.job) if prusa.job is not None else (204, None)
        if path == "/api/v1/cameras/snap":
            if prusa.photo is None:
                return 404, {"message": "Camera is not available"}
            return (200, prusa.photo) if prusa.photo else (204, None)
        if path == "/api/v1/storage":
            return 200, {"storage_list": prusa.storage}
        if path.startswith("/api/v1/files/local/"):
            return self.file(method, path.removeprefix("/api/v1/files/local/"), body)
        if found := re.fullmatch(r"/api/v1/job/(\d+)(/pause|/resume)?", path):
            return self.steer(int(found[1]), found[2])
        return 404, {"code": "#404", "title": "Not Found"}

    def file(self, method: str, name: str, body: bytes) -> tuple[int, Any]:
        prusa = self.prusa
        if method == "PUT":
            assert self.headers["Print-After-Upload"] == "?0"
            prusa.files[name] = body
            return 201, {"name": name}
        if name not in prusa.files:
            return 404, {"code": "#404", "title": "Not Found"}
        if prusa.job is not None or prusa.state not in ("IDLE", "READY", "FINISHED", "STOPPED"):
            return 409, {"code": "#409", "title": "Printer is busy"}
        prusa.print(name)
        return 204, None

    def steer(self, number: int, step: str | None) -> tuple[int, Any]:
        prusa = self.prusa
        if prusa.job is None or prusa.job["id"] != number:
            return 404, {"code": "#404", "title": "Not Found"}
        if step is None:
            prusa.end("STOPPED")
        elif (prusa.state == "PAUSED") == (step == "/pause"):
            return 409, {"code": "#409", "title": "Conflict"}
        else:
            prusa.set("PAUSED" if step == "/pause" else "PRINTING")
        return 204, None


def facts(prusa: FakePrusaLink, key: str = KEY, name: str = "", password: str = "") -> MachineFacts:
    return prusa.facts({"username": name}, api_key=key, password=password)


def follow(prusa: FakePrusaLink, last: Reading | None = None) -> AbstractContextManager[FollowedLink]:
    return followed(PrusaLinkDriver(), facts(prusa), last)
