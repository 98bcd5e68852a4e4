"""An S3 server in a process of its own (moto), and buckets in it."""

from __future__ import annotations

import contextlib
import os
import secrets
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator

from craftops.processes.ports import free_port

KEYS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
WAIT_S = 60.0


class ObjectServer:
    """``endpoint`` is where it listens; its buckets are gone with it."""

    def __init__(self, endpoint: str) -> None:
        self.endpoint = endpoint

    def bucket(self) -> str:
        """The name of a new bucket."""
        name = f"shop-{secrets.token_hex(4)}"
        asked = urllib.request.Request(f"{self.endpoint}/{name}", method="PUT")  # noqa: S310 - loopback
        with urllib.request.urlopen(asked, timeout=30):  # noqa: S310 - loopback
            return name

    def toml(self, more: str = "") -> str:
        """``[scale]`` with a new bucket."""
        return f'[scale]\nfiles = "s3://{self.bucket()}/shop"\ns3_endpoint = "{self.endpoint}"\n{more}'


@contextlib.contextmanager
def object_server() -> Iterator[ObjectServer]:
    """Runs for the length of the block; keys for it stand in the environment."""
    port = free_port("127.0.0.1")
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    quiet = subprocess.DEVNULL
    process = subprocess.Popen(command, stdout=quiet, stderr=quiet)
    before = {name: os.environ.get(name) for name in KEYS}
    os.environ.update(KEYS)
    try:
        endpoint = f"http://127.0.0.1:{port}"
        _until_it_answers(endpoint, process)
        yield ObjectServer(endpoint)
    finally:
        process.kill()
        process.wait()
        for name, value in before.items():
            os.environ.pop(name)
            if value is not None:
                os.environ[name] = value


def _until_it_answers(endpoint: str, process: subprocess.Popen[bytes]) -> None:
    ends, pause = time.monotonic() + WAIT_S, threading.Event()
    while time.monotonic() < ends:
        if process.poll() is not None:
            raise RuntimeError("The S3 server has ended.")
        try:
            with urllib.request.urlopen(f"{endpoint}/moto-api/data.json", timeout=5):  # noqa: S310 - loopback
                return
        except (urllib.error.URLError, OSError):
            pause.wait(0.1)
    raise RuntimeError("The S3 server does not answer.")
