"""OctoPrint over HTTP: octorest behind our own session (time-outs, limits, no redirects), errors of ours alone."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import quote, urlsplit

import requests
from octorest import OctoRest

from craftops.errors import CredentialsRejected, NotUnderstood, Refused
from craftops.sdk.linked import Program, RunRecord
from craftops.sdk.outside import MachineSession, check, expecting
from craftops.sdk.outside_socket import Socket
from craftops.sdk.outside_upload import Upload

from . import messages
from .messages import Counts, OctoPrintStatus

STATUS = re.compile(r"\((\d{3})\)\s*$")
SUBSCRIBE = {
    "subscribe": {"state": {"logs": False, "messages": False}, "events": list(messages.EVENTS), "plugins": False}
}
THROTTLE = {"throttle": 4}
"""One state in two seconds (its own steps are half seconds)."""


class OctoPrintRest:
    """One OctoPrint. Every method raises OutsideError kin."""

    def __init__(self, address: str, key: str) -> None:
        parts = urlsplit(address)
        self.base = f"{parts.scheme}://{parts.netloc}"
        self.prefix = parts.path.rstrip("/")
        self.session = MachineSession(self.prefix)
        if key:
            self.session.headers["X-Api-Key"] = key
        self._octo: Any = OctoRest(url=self.base, session=self.session)

    def version(self) -> str:
        """Such as "1.11.8". Raises NotUnderstood when this is no OctoPrint."""
        with expecting("OctoPrint"):
            return messages.check_version(self._ask(self._octo.get_version))

    def look(self) -> OctoPrintStatus:
        """What it does now."""
        job = self._ask(self._octo.job_info)
        try:
            printer = self._ask(lambda: self._octo.printer(exclude=["temperature", "sd"]))
        except Refused:  # 409: the printer is not operational; the job says so too
            printer = None
        return messages.snapshot(job, printer)

    def counts(self, path: str) -> Counts | None:
        """How often a file was printed; None when it is gone, or the key may not read it."""
        try:
            return messages.counts(self._ask(lambda: self._octo.files_info("local", quote(path))))
        except (Refused, CredentialsRejected):
            return None

    def history(self) -> tuple[RunRecord, ...]:
        """The last print of each file; nothing where the key may not list them."""
        try:
            return messages.records(self._ask(lambda: self._octo.files(recursive=True)))
        except CredentialsRejected:
            return ()

    def upload(self, name: str, program: Program) -> None:
        """Put machine code into its folder of uploads, under ``name``; the same name is written over."""
        with program.open() as file, self.session.uploading():
            body = Upload(name, file, program.size)
            headers = {"Content-Type": body.content_type}
            answer = self.session.post(f"{self.base}/api/files/local", data=body, headers=headers)
        if answer.status_code not in (200, 201):
            check(answer.status_code, answer.content)

    def start(self, path: str) -> None:
        """Select a file and print it."""
        self._ask(lambda: self._octo.select(quote(path), print=True))

    def pause(self) -> None:
        self._ask(self._octo.pause)

    def resume(self) -> None:
        self._ask(self._octo.resume)

    def cancel(self) -> None:
        self._ask(self._octo.cancel)

    def open_socket(self) -> Socket:
        """The push channel, signed in; a key that may only read is enough."""
        told = messages.table(self._ask(lambda: self._octo._post("/api/login", json={"passive": True})))
        name, session = told.get("name"), told.get("session")
        scheme = "wss" if self.base.startswith("https") else "ws"
        socket = Socket(f"{scheme}://{urlsplit(self.base).netloc}{self.prefix}/sockjs/websocket")
        try:
            for word in (SUBSCRIBE, THROTTLE, {"auth": f"{name}:{session}"}):
                socket.send(word)
        except BaseException:
            socket.close()
            raise
        return socket

    def request_key(self) -> str:
        """Ask for a key of our own; the path at which the answer is to be asked for. Somebody must accept it there."""
        probe = self.session.get(f"{self.base}/plugin/appkeys/probe")
        if probe.status_code != 204:
            raise Refused("This OctoPrint does not give out keys. Make one in its settings, and write it here.")
        answer = self.session.post(f"{self.base}/plugin/appkeys/request", json={"app": "CraftOps"})
        if answer.status_code != 201:
            check(answer.status_code, answer.content)
        path = urlsplit(answer.headers.get("Location", "")).path
        if f"{self.prefix}/plugin/appkeys/request/" not in path:
            raise NotUnderstood("It does not say where its answer will be.")
        return path.removeprefix(self.prefix)

    def decision(self, path: str) -> str:
        """The key, once, when somebody has accepted; empty while nobody has. Raises Refused when it was declined."""
        answer = self.session.get(self.base + path)
        if answer.status_code == 202:
            return ""
        if answer.status_code == 404:
            raise Refused("Somebody declined it in OctoPrint, or nobody answered in time.")
        if answer.status_code != 200:
            check(answer.status_code, answer.content)
        try:
            key = messages.table(answer.json()).get("api_key")
        except requests.exceptions.JSONDecodeError:
            key = None
        if not isinstance(key, str) or not key:
            raise NotUnderstood("Its answer holds no key.")
        return key

    def close(self) -> None:
        self.session.close()

    def _ask(self, call: Callable[[], Any]) -> Any:
        """octorest says every status that it did not want as a RuntimeError with the number at its end."""
        try:
            return call()
        except RuntimeError as error:
            found = STATUS.search(str(error))
            if found is None:
                raise NotUnderstood("Its answer cannot be read.", str(error)) from error
            said = str(error).partition("not OK: ")[2].rpartition(" (")[0]
            check(int(found[1]), said.encode())
        except (requests.exceptions.JSONDecodeError, TypeError, KeyError) as error:
            raise NotUnderstood("Its answer is no JSON.") from error
