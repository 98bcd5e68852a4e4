"""A mail server of this computer hands mails over by LMTP: nothing is polled, and they are here at once."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator
from pathlib import Path
from threading import Event
from typing import ClassVar

from craftops.errors import Unreachable
from craftops.sdk.channel import Incoming, IntakeChannel, Outcome

from .lmtp_server import LmtpServer, Spool
from .message import LONGEST_HEADER, read, too_large

MB = 1_000_000
LARGEST_MB = 200
"""A mail above what one look takes still gets an answer, if it is not larger than that."""
KEPT_S = 7 * 86_400.0
"""What was taken in lies in ``done`` for a week, for whoever wants to look."""
SLICE_S = 0.5


class LmtpChannel(IntakeChannel):
    """The mails of a spool folder, which a server of ours fills while it is watched."""

    name: ClassVar[str] = "lmtp"
    title: ClassVar[str] = "Mail (LMTP)"

    def __init__(self, port: int, folder: Path, *, interval_s: float, max_messages: int, max_mb: int) -> None:
        self.port = port
        self.spool = Spool(folder)
        self.done = folder / "done"
        self.max_messages = max_messages
        self.max_mb = max_mb
        self._interval_s = interval_s
        self._places: dict[str, Path] = {}

    @property
    def interval_s(self) -> float:
        return self._interval_s

    def fetch(self) -> Generator[Incoming, None, None]:
        """The mails of the spool, oldest first. Raises Unreachable when the folder cannot be read."""
        self._places = {}
        try:
            self._forget_old()
            for path in self.spool.mails()[: self.max_messages]:
                incoming = self._read(path)
                self._places[incoming.key] = path
                yield incoming
        except OSError as error:
            raise Unreachable(f"The folder {self.spool.folder} cannot be read: {error.strerror}.") from error

    def _read(self, path: Path) -> Incoming:
        place = f"lmtp:{path.name}"
        if path.stat().st_size > self.max_mb * MB:
            with path.open("rb") as file:
                return too_large(file.read(LONGEST_HEADER).partition(b"\r\n\r\n")[0], place, self.max_mb)
        return read(path.read_bytes(), place)

    def settle(self, key: str, outcome: Outcome) -> None:
        """Put it aside. Raises Unreachable."""
        path = self._places.get(key)
        if path is None:
            raise Unreachable("This mail is not here any more.")
        try:
            self.done.mkdir(mode=0o700, exist_ok=True)
            path.rename(self.done / path.name)
        except OSError as error:
            raise Unreachable(f"The folder {self.done} cannot be written: {error.strerror}.") from error

    def watch(self, stop: Event) -> Iterator[None]:
        """Listen for mail servers, and tell of each mail. Raises Unreachable when the port is taken."""
        try:
            server = LmtpServer(self.port, self.spool, LARGEST_MB * MB)
        except OSError as error:
            raise Unreachable(f"Nobody can hand over mails at port {self.port}: {error.strerror}.") from error
        with server.serving():
            yield
            while not stop.is_set():
                if server.arrived.wait(SLICE_S):
                    server.arrived.clear()
                    yield

    def _forget_old(self) -> None:
        """By the time in the name, which is when it came."""
        before = f"{int((time.time() - KEPT_S) * 1e9):020d}"
        for path in self.done.glob("[0-9]*.eml"):
            if path.name < before:
                path.unlink(missing_ok=True)
