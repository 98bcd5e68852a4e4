"""A doorbell between processes: "something was committed, look".

One unix datagram to every listener's socket, 30 µs. It carries nothing, may be lost, and may ring for nothing:
whoever hears it looks at the database, and whoever hears nothing looks once a second all the same.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
import socket
import tempfile
from pathlib import Path


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


class Doorbells:
    """Rings every listener of one shop."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.setblocking(False)

    def ring(self, who: str = "") -> None:
        """Tell all listeners, or those named ``who``; never raises. A listener that is gone has its socket removed."""
        with contextlib.suppress(OSError):
            for entry in list(os.scandir(self.folder)):
                if not entry.name.endswith(".bell") or not entry.name.startswith(who):
                    continue
                try:
                    self._socket.sendto(b"!", entry.path)
                except (ConnectionRefusedError, FileNotFoundError):
                    with contextlib.suppress(OSError):
                        os.unlink(entry.path)
                except OSError:
                    continue  # its buffer is full: it has rung already


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
