"""The web process of a shop, really running on a port of its own, for tests that attack it. Loopback only."""

from __future__ import annotations

import contextlib
import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from craftops.processes.ports import free_port

WAIT_S = 30.0


SET_UP = """
from click.testing import CliRunner
from craftops.bootstrap import open_shop
from craftops.cli import cli
from craftops.config import load_config
from craftops.domain.people.access import SYSTEM
from craftops.domain.shop.profile import ShopProfile
from craftops.services.shop.profile import save_profile
from craftops.store.database import connected, utcnow
owner = ["olga@example.org", "--name", "Olga", "--role", "owner", "--password", "long enough"]
for words in (["migrate"], ["user", "create", *owner]):
    done = CliRunner().invoke(cli, words)
    assert done.exit_code == 0, done.output
shop = open_shop(load_config())
with connected():
    save_profile(shop, ShopProfile(name="A shop"), actor=SYSTEM, at=utcnow(), set_up=True)
"""
"""In one process, which has read CraftOps once."""


class WebShop:
    """``craftops web`` in ``folder``, set up or not."""

    def __init__(self, folder: Path, toml: str = "") -> None:
        self.folder, self.port = folder, free_port("127.0.0.1")
        (folder / "shop.toml").write_text(f"[server]\nport = {self.port}\n{toml}")
        self.environment = {**os.environ, "CRAFTOPS_DATA": str(folder), "DATABASE_URL": ""}
        subprocess.run([sys.executable, "-c", SET_UP], env=self.environment, check=True)
        self.log = (folder / "web.log").open("wb")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "craftops.cli", "web"], env=self.environment, stdout=self.log, stderr=self.log
        )
        self.until(lambda: self.get("/healthz")[0] == 200, "the pages answer")

    def craftops(self, *words: str) -> str:
        said = subprocess.run(
            [sys.executable, "-m", "craftops.cli", *words],
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        return said.stdout + said.stderr

    def until(self, true: Callable[[], object], what: str) -> None:
        deadline = time.monotonic() + WAIT_S
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError, http.client.HTTPException):
                if true():
                    return
            time.sleep(0.05)  # another process: there is nothing to wait on
        raise AssertionError(what + "\n" + (self.folder / "web.log").read_text())

    def get(
        self, path: str, method: str = "GET", body: bytes | None = None, **headers: str
    ) -> tuple[int, bytes, float]:
        """Status, body, and seconds from the connection to the last byte."""
        began = time.perf_counter()
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=WAIT_S)
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            return answer.status, answer.read(), time.perf_counter() - began
        finally:
            connection.close()

    def dial(self, first: bytes = b"", *, room: int = 0) -> socket.socket:
        """A connection that has said ``first``, with a small window where ``room`` is given."""
        peer = socket.socket()
        if room:
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, room)
        peer.settimeout(WAIT_S)
        peer.connect(("127.0.0.1", self.port))
        peer.sendall(first)
        return peer

    def talk(self, said: bytes) -> bytes:
        """Everything that is answered to these bytes, until the server ends the connection or is silent."""
        with self.dial(said) as peer:
            peer.settimeout(2.0)
            found = b""
            with contextlib.suppress(TimeoutError, ConnectionError):
                while data := peer.recv(65_536):
                    found += data
            return found

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(WAIT_S)
        finally:
            self.log.close()


@contextlib.contextmanager
def web_shop(folder: Path, toml: str = "") -> Iterator[WebShop]:
    """Started, and ended by its pid."""
    shop = WebShop(folder, toml)
    try:
        yield shop
    finally:
        if shop.process.poll() is None:
            shop.stop()
