"""What need not be believed, or not be stored: words of the dead that a broker kept, and words that come too late.

A machine that is known to be gone says nothing by what was kept of it, such as a last "printing". Only with a sign of
life that was kept as well (it came back, and spoke, while nobody listened here) is it believed; one that comes back
before our eyes speaks anew. And what is older than what a machine has said since costs no look into the store.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

from craftops.domain.machines.readings import Reading
from craftops.domain.machines.run_detection import is_old_news
from craftops.sdk.machine import Availability
from craftops.store.models import MachineRow

SIGN_OF_LIFE_S = 5.0
"""So often even old news is passed on: the machine is there."""


class StaleReadingFilter:
    """Used within a connection to the store, by one thread for each machine."""

    def __init__(self) -> None:
        self._kept: dict[str, Reading] = {}
        self._newest: dict[str, Reading] = {}
        self._passed_at: dict[str, float] = {}

    def sift(self, readings: Sequence[tuple[str, Reading]]) -> list[tuple[str, Reading]]:
        """The readings that are worth storing; those of the dead are held."""
        found, newest = [], dict(self._newest)
        now = time.monotonic()
        for key, reading in readings:
            if not reading.retained:
                self._kept.pop(key, None)
            elif _is_gone(key):
                self._kept[key] = reading
                continue
            if not is_old_news(newest.get(key), reading):
                newest[key] = reading
            elif now - self._passed_at.get(key, -SIGN_OF_LIFE_S) < SIGN_OF_LIFE_S:
                continue
            self._passed_at[key] = now
            found.append((key, reading))
        return found

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


def _is_gone(key: str) -> bool:
    return MachineRow.select().where(MachineRow.key == key, MachineRow.online == False).exists()  # noqa: E712 - SQL
