"""PrusaLink over HTTP, with a key or with a name and a password (Digest); errors of ours alone."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from typing import Any

import requests

from craftops.errors import CredentialsRejected
from craftops.sdk.camera import PICTURE_LIMIT
from craftops.sdk.linked import Program
from craftops.sdk.machine import MachineFacts
from craftops.sdk.outside import Outside, check, expecting, read_json

from . import digest, messages
from .digest import Challenge
from .messages import PrusaLinkJob, PrusaLinkStatus

GOOD = (200, 201, 202, 204)


class PrusaLinkRest:
    """One PrusaLink. Every method raises OutsideError kin."""

    def __init__(self, address: str, *, key: str = "", name: str = "", password: str = "") -> None:
        self.outside = Outside(address, {"X-Api-Key": key} if key else None)
        self._name, self._password = name, "" if key else password
        self._challenge: Challenge | None = None
        self._cnonce, self._count = secrets.token_hex(8), 0

    @classmethod
    def of(cls, machine: MachineFacts) -> PrusaLinkRest:
        """With what staff have filled in."""
        return cls(
            machine.address,
            key=machine.secrets.get("api_key", ""),
            name=machine.settings.get("username", "") or "maker",
            password=machine.secrets.get("password", ""),
        )

    def version(self) -> str:
        """Such as "PrusaLink 0.8.1". Raises NotUnderstood when this is no PrusaLink."""
        with expecting("PrusaLink"):
            return messages.version(read_json(self._ask("GET", "/api/version").content))

    def look(self) -> PrusaLinkStatus:
        """What it does now."""
        return messages.snapshot(read_json(self._ask("GET", "/api/v1/status").content))

    def job(self) -> PrusaLinkJob | None:
        """What it prints; None while it prints nothing (204)."""
        answer = self._ask("GET", "/api/v1/job")
        return messages.job(read_json(answer.content)) if answer.status_code == 200 else None

    def picture(self) -> bytes:
        """The newest photo of its first camera; none where it has not taken one yet."""
        self.outside.session.body_limit = PICTURE_LIMIT
        return self._ask("GET", "/api/v1/cameras/snap").content

    def upload(self, name: str, program: Program) -> str:
        """Put machine code where it keeps its files; the path that was given to it. Nothing is started."""
        where = messages.storage(read_json(self._ask("GET", "/api/v1/storage").content))
        path = f"/api/v1/files/{where}/{name}"
        headers = {"Content-Type": "application/octet-stream", "Content-Length": str(program.size),
                   "Print-After-Upload": "?0", "Overwrite": "?1"}  # fmt: skip
        with program.open() as file, self.outside.session.uploading():

            def begin() -> Any:
                file.seek(0)
                return file

            self._ask("PUT", path, body=begin, headers=headers)
        return path

    def start(self, path: str) -> None:
        self._ask("POST", path)

    def pause(self, job: int) -> None:
        self._ask("PUT", f"/api/v1/job/{job}/pause")

    def resume(self, job: int) -> None:
        self._ask("PUT", f"/api/v1/job/{job}/resume")

    def cancel(self, job: int) -> None:
        self._ask("DELETE", f"/api/v1/job/{job}")

    def close(self) -> None:
        self.outside.close()

    def _ask(self, method: str, path: str, *, body: Callable[[], Any] | None = None,
             headers: Mapping[str, str] | None = None) -> requests.Response:  # fmt: skip
        """One request; a challenge that is new is answered once. A 401 was not obeyed, so nothing is done twice."""
        answer = self._send(method, path, body, headers)
        if answer.status_code == 401 and self._password:
            challenge = digest.parse(answer.headers.get("WWW-Authenticate", ""))
            if challenge is not None and challenge != self._challenge:
                self._challenge, self._count = challenge, 0
                answer = self._send(method, path, body, headers)
            if answer.status_code == 401:
                raise CredentialsRejected("It does not accept the user name and the password.")
        if answer.status_code not in GOOD:
            check(answer.status_code, answer.content)
        return answer

    def _send(
        self, method: str, path: str, body: Callable[[], Any] | None, headers: Mapping[str, str] | None
    ) -> requests.Response:
        more = dict(headers or {})
        if self._challenge is not None:
            self._count += 1
            uri = self.outside.session.prefix + path
            more["Authorization"] = digest.answer(
                self._challenge, self._name, self._password, method, uri, cnonce=self._cnonce, count=self._count
            )
        return self.outside.session.request(
            method, self.outside.base + path, data=body() if body is not None else None, headers=more
        )
