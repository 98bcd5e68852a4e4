"""Keeping the lease of work that takes long, and of all that a worker has in hand where others wait for it."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from craftops.store import work as store_work
from craftops.store.database import connected, utcnow
from craftops.store.work import LEASE, Work

log = logging.getLogger("craftops.worker")
RENEWED_S = 45.0
IN_HAND = 4
"""How much a worker of several takes at once: enough that its threads never wait, and little enough for the others."""


@contextmanager
def held(work: Work) -> Iterator[None]:
    """Keep the lease for as long as it takes: beside other work a file may need far more time than its own."""
    if work.kept:
        yield
        return
    done = threading.Event()

    def keep() -> None:
        while not done.wait(RENEWED_S):
            with connected():
                store_work.hold_on(work, utcnow() + LEASE)

    thread = threading.Thread(target=keep, name="lease", daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


class Keeper:
    """Prolongs short leases of everything in hand, so that what a dead worker had is another's within seconds."""

    def __init__(self, lease: timedelta) -> None:
        self.lease = lease
        self._lock = threading.Lock()
        self._held: dict[int, Work] = {}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._keep, name="leases", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join(5)

    @property
    def room(self) -> int:
        """How many more may be taken."""
        with self._lock:
            return max(0, IN_HAND - len(self._held))

    def take(self, work: Work) -> None:
        with self._lock:
            self._held[work.id] = work

    def drop(self, work: Work) -> None:
        with self._lock:
            self._held.pop(work.id, None)

    def _keep(self) -> None:
        while not self._stop.wait(self.lease.total_seconds() / 4):
            with self._lock:
                mine = list(self._held.values())
            try:
                with connected():
                    for work in mine:
                        store_work.hold_on(work, utcnow() + self.lease)
            except Exception:
                log.exception("leases could not be prolonged; it is tried again")
