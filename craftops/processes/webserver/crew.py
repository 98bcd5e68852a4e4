"""Few threads, of which one leads: it waits for all sockets and runs the app itself, without handing anything over.

Two Python threads that share the work of one halve the throughput: the lock of the interpreter changes hands at every
step of SQLite. So the leader works alone as long as it is quick. A request that takes longer than ``PATIENCE_S``
keeps its thread, and the next one takes the lead: something slow costs the others a moment, not their page.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

PATIENCE_S = 0.1
REST_AFTER_S = 2.0
"""Without a request for so long, the deputy sleeps until it is woken."""


class Crew:
    """``lead`` is called by whoever leads, and returns when it does not any more."""

    def __init__(self, lead: Callable[[], None], most: int) -> None:
        self._lead, self._most = lead, most
        self._changed = threading.Condition()
        self._leader = self._deputy = 0
        self._busy_since = self._last_begin = 0.0
        self._waiting = 0
        self._threads: list[threading.Thread] = []
        self._asleep = self._over = False

    def start(self) -> None:
        """The first two threads."""
        with self._changed:
            self._hire()
            self._hire()

    def stop(self) -> None:
        """All threads end, as soon as they have nothing in hand."""
        with self._changed:
            self._over = True
            self._leader = 0
            self._changed.notify_all()

    def join(self, seconds: float) -> None:
        """Wait for their end, so long at most."""
        until = time.monotonic() + seconds
        for thread in list(self._threads):
            thread.join(max(0.0, until - time.monotonic()))

    def leads(self) -> bool:
        """Whether the calling thread leads."""
        return self._leader == threading.get_ident()

    def begin(self) -> None:
        """The leader begins with something that may take long."""
        self._busy_since = self._last_begin = time.monotonic()
        if self._asleep:
            with self._changed:
                self._changed.notify_all()

    def end(self) -> bool:
        """It is done; whether the calling thread still leads."""
        with self._changed:
            mine = self._leader == threading.get_ident()
            if mine:
                self._busy_since = 0.0
            return mine

    def step_aside(self) -> bool:
        """Give the lead away before something that will take long; False when there is nobody to take it."""
        with self._changed:
            if not self._waiting:
                if len(self._threads) >= self._most:
                    return False
                self._hire()
            self._leader, self._busy_since = 0, 0.0
            self._changed.notify_all()
            return True

    def _hire(self) -> None:
        thread = threading.Thread(target=self._run, name=f"web-{len(self._threads) + 1}", daemon=True)
        self._threads.append(thread)
        thread.start()

    def _run(self) -> None:
        while self._take_over():
            self._lead()

    def _take_over(self) -> bool:
        """Wait until the lead is free, or its holder too slow; False when it is all over."""
        me = threading.get_ident()
        with self._changed:
            self._waiting += 1
            try:
                while not self._over:
                    if self._is_free():
                        self._leader, self._busy_since = me, 0.0
                        if self._waiting == 1 and len(self._threads) < self._most:
                            self._hire()  # somebody must watch this one
                        return True
                    self._deputy = self._deputy or me
                    self._changed.wait(self._pause() if self._deputy == me else None)
                    if self._deputy == me:
                        self._asleep = False
                return False
            finally:
                self._waiting -= 1
                if self._deputy == me:
                    self._deputy = 0
                    self._changed.notify_all()  # another one becomes the deputy

    def _is_free(self) -> bool:
        if self._leader == 0:
            return True
        return self._busy_since > 0 and time.monotonic() - self._busy_since >= PATIENCE_S

    def _pause(self) -> float | None:
        """How long the deputy waits until it looks again, in seconds; None for until it is woken."""
        now = time.monotonic()
        if self._busy_since:
            return max(0.001, self._busy_since + PATIENCE_S - now)
        if now - self._last_begin < REST_AFTER_S:
            return PATIENCE_S
        self._asleep = True
        if self._busy_since:  # it began just now, and took us for awake
            self._asleep = False
            return PATIENCE_S
        return None
