"""What plugins did in this process: calls, time and failures of each hook, and what was not written down yet."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Tally:
    """Calls of one hook of one plugin."""

    calls: int = 0
    failures: int = 0
    seconds: float = 0.0
    slowest_s: float = 0.0
    last_error: str = ""

    def with_call(self, seconds: float, error: str) -> Tally:
        return Tally(
            self.calls + 1,
            self.failures + bool(error),
            self.seconds + seconds,
            max(self.slowest_s, seconds),
            error or self.last_error,
        )

    def plus(self, other: Tally) -> Tally:
        """Both together; ``other`` is the later one."""
        return Tally(
            self.calls + other.calls,
            self.failures + other.failures,
            self.seconds + other.seconds,
            max(self.slowest_s, other.slowest_s),
            other.last_error or self.last_error,
        )


class HookLedger:
    """Counts; any thread may call."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: dict[tuple[str, str], Tally] = {}
        self.failures: Counter[str] = Counter()
        """Name of the plugin -> failures since the start of this process."""
        self.urgent = threading.Event()
        """Something failed since the last ``take``."""

    def note(self, plugin: str, hook: str, seconds: float = 0.0, error: str = "") -> None:
        """A call came back, or failed with ``error``."""
        with self._lock:
            key = (plugin, hook)
            self._waiting[key] = self._waiting.get(key, Tally()).with_call(seconds, error)
            if error:
                self.failures[plugin] += 1
        if error:
            self.urgent.set()

    def waiting(self) -> dict[tuple[str, str], Tally]:
        """What is not written down yet."""
        with self._lock:
            return dict(self._waiting)

    def take(self) -> dict[tuple[str, str], Tally]:
        """The same, and it is the taker's to write down."""
        with self._lock:
            found, self._waiting = self._waiting, {}
            self.urgent.clear()
        return found

    def give_back(self, found: dict[tuple[str, str], Tally]) -> None:
        """It could not be written down: at the next time."""
        with self._lock:
            for key, tally in found.items():
                self._waiting[key] = replace(tally).plus(self._waiting.get(key, Tally()))
