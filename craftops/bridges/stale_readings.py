"""What need not be believed, or not be stored: words of the dead that a broker kept, and words that come too late.

A machine that is known to be gone says nothing by what was kept of it, such as a last "printing". Only with a sign of
life that was kept as well (it came back, and spoke, while nobody listened here) is it believed; one that comes back
before our eyes speaks anew. And what is older than what a machine has said since costs no look into the store; unless
its clock, or ours, was set back (``domain.machines.arrival``).
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from craftops.domain.machines.arrival import ArrivalClock, Stamped, in_order
from craftops.domain.machines.readings import MachineState, Reading, run_key_of
from craftops.domain.machines.run_detection import is_old_news
from craftops.sdk.machine import Availability
from craftops.store.queries.bridge import is_gone, last_of

SIGN_OF_LIFE_S = 5.0
"""So often even old news is passed on: the machine is there."""
REMEMBERED = 256
"""Words of each machine that are known again when they are repeated."""


class StaleReadingFilter:
    """Used within a connection to the store, by one thread for each machine."""

    def __init__(self) -> None:
        self._kept: dict[str, Reading] = {}
        self._newest: dict[str, Reading] = {}
        self._passed_at: dict[str, float] = {}
        self._clocks: dict[str, ArrivalClock] = {}
        self._said: defaultdict[str, dict[tuple[datetime, MachineState], None]] = defaultdict(dict)

    def sift(self, readings: Sequence[tuple[str, Reading]]) -> list[tuple[str, Reading]]:
        """The readings that are worth storing; those of the dead are held."""
        found, newest = [], dict(self._newest)
        now = time.monotonic()
        for key, reading in readings:
            if not reading.retained:
                self._kept.pop(key, None)
                reading = self._in_order(key, reading, now)
            elif is_gone(key):
                self._kept[key] = reading
                continue
            if not is_old_news(newest.get(key), reading):
                newest[key] = reading
            elif now - self._passed_at.get(key, -SIGN_OF_LIFE_S) < SIGN_OF_LIFE_S:
                continue
            self._passed_at[key] = now
            found.append((key, reading))
        return found

    def _in_order(self, key: str, reading: Reading, now: float) -> Reading:
        clock = self._clocks.get(key)
        if clock is None and (last := last_of(key)) is not None:
            clock = ArrivalClock(Stamped(last.at, now), run_key_of(last), last.seq)
        self._clocks[key], ordered = in_order(clock, reading, now, repeated=self._repeated(key, reading))
        return ordered

    def _repeated(self, key: str, reading: Reading) -> bool:
        """Whether the same was said before, by the same stamp. Remembers it."""
        said, word = self._said[key], (reading.at, reading.state)
        if word in said:
            return True
        said[word] = None
        if len(said) > REMEMBERED:
            del said[next(iter(said))]
        return False

    def stored(self, readings: Sequence[tuple[str, Reading]]) -> None:
        """The store has these now, so that what is older is old news."""
        for key, reading in readings:
            if self._kept.get(key) is reading:
                del self._kept[key]
            if not is_old_news(self._newest.get(key), reading):
                self._newest[key] = reading

    def released(self, key: str, word: Availability) -> Reading | None:
        """What was held of this machine, when it is true after all. It is kept until it is stored."""
        if word.online and word.retained:
            return self._kept.get(key)
        self._kept.pop(key, None)
        return None
