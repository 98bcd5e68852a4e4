"""The unit of systemd that started this process, if one did: what it is told, and what it asks for."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import threading
import time
from collections.abc import Iterator

NOTIFY = "NOTIFY_SOCKET"
"""Where systemd hears from a unit of ``Type=notify``."""


class ServiceUnit:
    """Made by the process that speaks for the unit; what it starts later cannot.

    Where there is no such unit nothing is told, and a hang-up is what it is for a terminal that closes: the end.
    """

    def __init__(self) -> None:
        self._address = os.environ.pop(NOTIFY, "")
        self._asked = threading.Event()

    def obey(self) -> None:
        """From now on a hang-up (``systemctl reload``) asks for processes that are new."""
        if self._address:
            signal.signal(signal.SIGHUP, lambda _number, _frame: self._asked.set())

    def asks_anew(self) -> bool:
        """Whether somebody has asked since the last look."""
        asked = self._asked.is_set()
        self._asked.clear()
        return asked

    def ready(self) -> None:
        """The work is done from now on: ``systemctl start`` returns, and what waits for this unit starts."""
        self._tell("READY=1")

    @contextlib.contextmanager
    def reloading(self) -> Iterator[None]:
        """Within the block ``systemctl status`` says that it reloads."""
        self._tell("RELOADING=1")
        yield
        self._tell("READY=1")

    def _tell(self, word: str) -> None:
        if not self._address:
            return
        words = f"{word}\nMONOTONIC_USEC={time.monotonic_ns() // 1000}"
        name = "\0" + self._address[1:] if self._address.startswith("@") else self._address
        # A shop that is not heard is none the worse for it.
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as out:
            out.sendto(words.encode(), name)
