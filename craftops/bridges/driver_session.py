"""The bridge's end of one machine's link: what the driver's thread may call (see ``craftops.sdk.linked.Line``)."""

from __future__ import annotations

import contextlib
import os
import select
import threading
import time
from collections.abc import Callable
from datetime import datetime

from craftops.domain.machines.readings import Reading
from craftops.sdk.linked import HasFileno
from craftops.sdk.machine import Word
from craftops.store.database import utcnow


class BridgeSession:
    """A line lasts as long as its machine is kept; each attempt of a link uses it anew."""

    def __init__(
        self,
        *,
        hear: Callable[[Word], None],
        connected: Callable[[str], None],
        work: Callable[[], bool] = lambda: False,
        last: Callable[[], Reading | None] = lambda: None,
        learn: Callable[[str, str], None] = lambda name, value: None,
    ) -> None:
        """``work`` does the errands that wait, in the thread that waits, and says whether there was one."""
        self._hear = hear
        self._connected = connected
        self._work = work
        self._last = last
        self._learn = learn
        self._stop = threading.Event()
        self._closing = threading.Lock()
        """A number of a closed pipe may be somebody else's by now."""
        self._ears, self._waker = os.pipe()
        os.set_blocking(self._ears, False)
        os.set_blocking(self._waker, False)

    @property
    def stopping(self) -> bool:
        return self._stop.is_set()

    @property
    def last(self) -> Reading | None:
        return self._last()

    def now(self) -> datetime:
        return utcnow()

    def connected(self, about: str = "") -> None:
        self._connected(about)

    def hear(self, word: Word) -> None:
        if not self._stop.is_set():
            self._hear(word)

    def learn(self, name: str, value: str) -> None:
        if not self._stop.is_set():
            self._learn(name, value)

    def wait(self, timeout_s: float, *sources: HasFileno) -> bool:
        if self._work() or self.stopping:
            return True
        until = time.monotonic() + timeout_s
        poll = select.poll()
        poll.register(self._ears, select.POLLIN)
        for source in sources:
            poll.register(source.fileno(), select.POLLIN)
        while True:
            left = until - time.monotonic()
            ready = poll.poll(max(0, int(left * 1000) + 1)) if left > 0 else []
            if any(number == self._ears for number, _ in ready):
                self._drain()
                if self._work() or self.stopping:
                    return True
                return bool(ready)
            if ready or left <= 0:
                return bool(ready)

    def wake(self) -> None:
        with self._closing, contextlib.suppress(OSError):  # it is full, so it is awake
            if self._waker >= 0:
                os.write(self._waker, b"!")

    def stop(self) -> None:
        """Have the driver return."""
        self._stop.set()
        self.wake()

    def pause(self, seconds: float) -> None:
        """Between two links: until the time is over, or ``stop``."""
        self._stop.wait(seconds)

    def close(self) -> None:
        """Let go of the pipe; only when no thread uses the line any more."""
        with self._closing:
            ears, waker, self._ears, self._waker = self._ears, self._waker, -1, -1
        for descriptor in (ears, waker):
            if descriptor >= 0:
                os.close(descriptor)

    def _drain(self) -> None:
        with contextlib.suppress(OSError):
            while os.read(self._ears, 512):
                pass
