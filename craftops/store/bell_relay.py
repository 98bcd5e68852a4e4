"""Hears the bell of other hosts: one thread for each process, one connection that PostgreSQL writes to.

Whatever is missed while the connection is gone costs a listener the second until it looks by itself, and all listeners
are rung when the connection is back.
"""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Iterator
from typing import Any

from craftops.store.doorbell import DistantDoorbells

log = logging.getLogger("craftops.bell")
LOOK_S = 0.5
"""How long a stop may wait for us."""
PAUSES_S = (0.2, 0.5, 1.0, 2.0, 5.0)
KEEPALIVE: dict[str, Any] = {
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "connect_timeout": 5,
}
"""A host that vanished without a word is noticed after eleven seconds."""


class BellRelay:
    """Turns what PostgreSQL tells into rings of this process; connects again for ever."""

    def __init__(self, url: str, bells: DistantDoorbells) -> None:
        self.url = "postgresql://" + url.split("://", 1)[1]
        self.bells = bells
        self.listening = threading.Event()
        """Whether it hears at this moment."""
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="bell-relay", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join(5)

    def _run(self) -> None:
        import psycopg  # an extra, and only needed where there are several hosts

        failures = 0
        while not self._stop.is_set():
            try:
                with psycopg.connect(self.url, autocommit=True, **KEEPALIVE) as link:
                    link.execute(f"LISTEN {self.bells.CHANNEL}")
                    failures = 0
                    self._hear(link)
            except psycopg.Error as error:
                if failures == 0:
                    log.warning("the bell of other hosts is not heard: %s", " ".join(str(error).split())[:300])
            finally:
                self.listening.clear()
            self._stop.wait(PAUSES_S[min(failures, len(PAUSES_S) - 1)])
            failures += 1

    def _hear(self, link: Any) -> None:
        self.listening.set()
        self.bells.pass_on("")
        while not self._stop.is_set():
            for told in link.notifies(timeout=LOOK_S):
                self.bells.pass_on(told.payload)


@contextlib.contextmanager
def relayed(url: str, bells: object) -> Iterator[None]:
    """Within the block this process hears the other hosts, if there are any."""
    if not isinstance(bells, DistantDoorbells):
        yield
        return
    relay = BellRelay(url, bells)
    relay.start()
    try:
        yield
    finally:
        relay.stop()
