"""A database that is away for a while (locked, its disk full, its server restarting): what was heard waits for it."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from craftops.store.database import AWAY, unit_of_work
from craftops.store.queries import bridge as queries

log = logging.getLogger("craftops.bridge")
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.1, 2.0
TRIES = 3
"""What still fails, though something else was stored right before each of so many tries, fails for its own sake."""


def can_store(key: str) -> bool:
    """Whether the database takes something at this moment; it is tried, with the row of machine ``key`` as it is."""
    try:
        with unit_of_work():
            queries.touch(key)
    except AWAY:
        return False
    return True


class StorePatience:
    """Stores what cannot be told again, however long that takes; ``stop`` ends the waiting."""

    def __init__(self, stop: threading.Event, can_store: Callable[[str], bool] = can_store) -> None:
        self.waits = 0
        """How often it had to wait: each is one time that the database was away."""
        self._stop = stop
        self._can_store = can_store

    def store(self, key: str, act: Callable[[], object]) -> bool:
        """Do ``act``, which stores something of machine ``key``; again, as often as the database is away.

        Whether it was done: not, when it is time to stop. Raises what ``act`` does for its own sake.
        """
        for tries_left in range(TRIES - 1, -1, -1):
            try:
                act()
                return True
            except AWAY as error:
                if not tries_left:
                    raise
                if not self._waited(key, error):
                    return False
        return False

    def _waited(self, key: str, error: Exception) -> bool:
        """Wait until something can be stored; False when it is time to stop."""
        began, pause_s, told = time.monotonic(), FIRST_PAUSE_S, False
        while not self._can_store(key):
            if not told:
                told = True
                self.waits += 1
                log.warning("nothing can be stored (%s): what machines say waits", error)
            if self._stop.wait(pause_s):
                return False
            pause_s = min(LONGEST_PAUSE_S, 2 * pause_s)
        if told:
            log.warning("it can be stored again, after %.0f s", time.monotonic() - began)
        return True
