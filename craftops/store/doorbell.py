"""A doorbell between processes: "something was committed, look".

One unix datagram to every listener's socket, 30 µs. It carries nothing, may be lost, and may ring for nothing:
whoever hears it looks at the database, and whoever hears nothing looks once a second all the same.

Where a shop has several hosts, the transaction itself tells the others (PostgreSQL's NOTIFY, sent at its commit), and a
relay in each of their processes (``store.bell_relay``) rings the listeners of that process.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
import socket
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any


def bell_folder(data: Path) -> Path:
    """A short folder for the sockets of the shop at ``data`` (a unix socket's path has 107 bytes at most)."""
    mark = hashlib.sha256(str(data.resolve()).encode()).hexdigest()[:12]
    folder = Path(tempfile.gettempdir()) / f"craftops-{os.getuid()}-{mark}"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if folder.stat().st_uid != os.getuid():
        raise PermissionError(f"{folder} belongs to somebody else")
    return folder


PAGES = "live"
"""The listeners that write to open pages."""


Execute = Callable[[str, tuple[Any, ...]], Any]
"""Runs one statement within the transaction that is open."""


class Doorbells:
    """Rings every listener of one shop on this host."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.setblocking(False)

    def announce(self, who: str, execute: Execute) -> None:
        """Have those told by the database who do not hear ``ring``, when the transaction that we are in commits."""

    def ring(self, who: str = "", process: int | None = None) -> None:
        """Tell all listeners, or those named ``who``, or those of one process alone; never raises. A listener that is
        gone has its socket removed."""
        of_one = f"-{process}-" if process is not None else ""
        with contextlib.suppress(OSError):
            for entry in list(os.scandir(self.folder)):
                name = entry.name
                if not (name.endswith(".bell") and name.startswith(who) and of_one in name):
                    continue
                try:
                    self._socket.sendto(b"!", entry.path)
                except (ConnectionRefusedError, FileNotFoundError):
                    with contextlib.suppress(OSError):
                        os.unlink(entry.path)
                except OSError:
                    continue  # its buffer is full: it has rung already


class DistantDoorbells(Doorbells):
    """Rings those of the other hosts, too."""

    CHANNEL = "craftops_bell"

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.host = _mark_of(folder)

    def announce(self, who: str, execute: Execute) -> None:
        execute("SELECT pg_notify(%s, %s)", (self.CHANNEL, f"{self.host} {who}"))

    def pass_on(self, payload: str) -> None:
        """Ring the listeners of this process for what the database told; what this host said itself was heard."""
        host, _space, who = payload.partition(" ")
        if host != self.host:
            self.ring(who, os.getpid())


def _mark_of(folder: Path) -> str:
    """What tells this host from another, the same for all that ring in one folder."""
    path, mark = folder / "host", secrets.token_hex(8)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text() or mark  # empty for an instant, while another process writes it: rings twice then
    with os.fdopen(descriptor, "w") as file:
        file.write(mark)
    return mark


class Doorbell:
    """One listener. ``wait`` returns soon after a ring, or after its time-out."""

    def __init__(self, folder: Path, name: str) -> None:
        self._path = folder / f"{name}-{os.getpid()}-{secrets.token_hex(3)}.bell"
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(self._path))

    def fileno(self) -> int:
        return self._socket.fileno()

    def wait(self, timeout: float) -> bool:
        """Whether it rang within ``timeout`` seconds; all rings so far count as one."""
        self._socket.settimeout(timeout)
        try:
            self._socket.recv(8)
        except (TimeoutError, BlockingIOError):
            return False
        except OSError:
            return False
        self.drain()
        return True

    def ring_again(self) -> None:
        """Ring it from within this process: there is more to do."""
        with contextlib.suppress(OSError):
            self._socket.sendto(b"!", str(self._path))

    def drain(self) -> None:
        """Forget all rings so far."""
        self._socket.setblocking(False)
        with contextlib.suppress(BlockingIOError, OSError):
            while self._socket.recv(8):
                pass

    def close(self) -> None:
        self._socket.close()
        with contextlib.suppress(OSError):
            self._path.unlink()
