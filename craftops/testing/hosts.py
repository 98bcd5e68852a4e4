"""One shop on several hosts, as processes of this computer that share PostgreSQL, an S3 server and an MQTT broker, and
nothing else (decision 45): each host has a folder and ports of its own."""

from __future__ import annotations

import contextlib
import http.client
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

from craftops.processes.ports import free_port

NAMES = ("web", "worker", "bridge")
WAIT_S = 60.0
PORT = "[server]\nport = {port}\n"


class Host:
    """The processes of one host, which may be killed. Its log is ``log`` in its folder."""

    def __init__(self, folder: Path, toml: str, secret_key: Path, database_url: str) -> None:
        folder.mkdir(mode=0o700)
        self.folder, self.port = folder, free_port("127.0.0.1")
        (folder / "shop.toml").write_text(PORT.format(port=self.port) + toml)
        (folder / "secret.key").touch(mode=0o600)
        shutil.copyfile(secret_key, folder / "secret.key")
        self.environment = {**os.environ, "CRAFTOPS_DATA": str(folder), "DATABASE_URL": database_url}
        self.running: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, *names: str) -> None:
        """These processes, or all (``NAMES``)."""
        for name in names or NAMES:
            with (self.folder / "log").open("ab") as log:
                command = [sys.executable, "-m", "craftops.processes.child", name]
                self.running[name] = subprocess.Popen(command, env=self.environment, stdout=log, stderr=log)

    def kill(self, *names: str) -> None:
        """These processes, or all that run, without a goodbye."""
        for name in names or tuple(self.running):
            process = self.running.pop(name)
            process.send_signal(signal.SIGKILL)
            process.wait(WAIT_S)

    def ask(self, method: str, path: str, body: bytes | None = None, **headers: str) -> tuple[int, bytes]:
        """Status and body. Raises OSError or HTTPException where nobody answers."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=WAIT_S)
        with contextlib.closing(connection):
            connection.request(method, path, body, {name.replace("_", "-"): text for name, text in headers.items()})
            answer = connection.getresponse()
            return answer.status, answer.read()

    def answers(self) -> bool:
        """Whether its pages answer."""
        with contextlib.suppress(OSError, http.client.HTTPException):
            return self.ask("GET", "/healthz")[0] == 200
        return False


def until(true: Callable[[], object], what: str, within_s: float = WAIT_S) -> None:
    """Wait for what other processes do. Raises TimeoutError, which says what did not happen."""
    deadline, pause = time.monotonic() + within_s, threading.Event()
    while time.monotonic() < deadline:
        if true():
            return
        pause.wait(0.05)
    raise TimeoutError(f"{what}: not within {within_s:g} s")
