"""Keeping the lease of work that takes long."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from craftops.store import work as store_work
from craftops.store.database import connected, utcnow
from craftops.store.work import Work

LEASE = timedelta(minutes=2)
RENEWED_S = 45.0


@contextmanager
def held(work: Work) -> Iterator[None]:
    """Keep the lease for as long as it takes: beside other work a file may need far more time than its own."""
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
