"""One bridge at a time, on whichever host: it holds a lease, and another one waits to take its place.

The bridge writes nothing without the lease (``store.leases.must_hold`` in every transaction), so that one which slept
through its end, or cannot reach the database, does no harm. It then ends at once, without a goodbye: whatever it would
still say, another one says by now. Who supervises it starts it again, and it waits.
"""

from __future__ import annotations

import contextlib
import logging
import os
import threading
import time
from collections.abc import Iterator
from datetime import timedelta

from craftops.errors import LeaseLost
from craftops.store import leases
from craftops.store.database import connected, end_idle_transactions, guard_writes
from craftops.store.doorbell import Doorbell
from craftops.store.leases import Lease

log = logging.getLogger("craftops.bridge")
NAME = "bridge"
LOOK_EVERY_S = 0.5
LONGEST_IDLE_S = 15
"""Whoever stands still in the middle of a transaction keeps others from the lease for no longer."""
LOST = 75
"""Exit code (EX_TEMPFAIL): begin again."""


def end_at_once() -> None:
    """Not even the threads of drivers get another turn."""
    logging.shutdown()
    os._exit(LOST)


class LeaseKeeper:
    """Prolongs a lease three times as often as it must; ``lost`` is called once, when it is or may be another's."""

    def __init__(self, lease: Lease, lasts: timedelta) -> None:
        self.lease = lease
        self.lasts = lasts
        self.lost = end_at_once
        self._stop = threading.Event()
        self._kept_at = time.monotonic()
        self._thread = threading.Thread(target=self._keep, name="bridge-lease", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join(5)

    def prove(self) -> None:
        """Asked in every transaction. Whoever finds the lease gone ends before a word is acknowledged that was not
        stored: the broker gives it to the next bridge. Raises LeaseLost."""
        try:
            leases.must_hold(self.lease)
        except LeaseLost:
            self._is_lost("another bridge has taken over")
            raise

    def _keep(self) -> None:
        every = self.lasts.total_seconds() / 3
        threading.Thread(target=self._watch, name="bridge-lease-watch", daemon=True).start()
        while not self._stop.wait(every):
            asked = time.monotonic()
            try:
                with connected():
                    kept = leases.keep(self.lease, self.lasts)
            except LeaseLost:
                kept = False
            except Exception:
                log.exception("the lease of the bridge could not be prolonged")
                continue
            if not kept:
                self._is_lost("another bridge has taken over")
                return
            self._kept_at = asked

    def _watch(self) -> None:
        """A question to a database that is gone may hang for long: the clock runs in a thread of its own."""
        while not self._stop.wait(0.2):
            if time.monotonic() - self._kept_at > self.lasts.total_seconds():
                self._is_lost("the database was not reached in time")
                return

    def _is_lost(self, why: str) -> None:
        if not self._stop.is_set():
            self._stop.set()
            log.error("%s: this bridge ends", why)
            self.lost()


@contextlib.contextmanager
def alone(bell: Doorbell, stop: threading.Event, lasts: timedelta) -> Iterator[bool]:
    """Wait for the lease; within the block it is ours, and everything that this process writes proves it. Yields False
    when ``stop`` was set meanwhile."""
    holder = leases.holder_name()
    lease, told = None, False
    while not stop.is_set() and lease is None:
        try:
            with connected():
                lease = leases.take(NAME, holder, lasts)
                if lease is None and not told:
                    told = True
                    log.info("standby: %s is the bridge of this shop", leases.holder_of(NAME)[0])
        except Exception:
            log.exception("the lease of the bridge cannot be asked for; it is tried again")
            stop.wait(LOOK_EVERY_S)
        if lease is None:
            bell.wait(LOOK_EVERY_S)
    if lease is None:
        yield False
        return
    log.info("this is the bridge now (epoch %s)", lease.epoch)
    keeper = LeaseKeeper(lease, lasts)
    end_idle_transactions(LONGEST_IDLE_S)
    guard_writes(keeper.prove)
    keeper.start()
    try:
        yield True
    finally:
        keeper.stop()
        with contextlib.suppress(Exception), connected():
            leases.leave(lease)
        guard_writes(None)
