"""Machines that are called, played to the shop: the driver's own link and the bridge that hears it, in a clock that goes
only while the link waits. So a print of hours is told within a moment, and no test depends on how quick it runs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from samples.outside import Floor

from craftops.domain.machines.readings import Reading
from craftops.sdk.linked import Link
from craftops.sdk.machine import Word
from craftops.services.machines import linking
from craftops.store.mapping import to_memory

Step = tuple[float, Callable[[], object]]
"""So many seconds after the one before, this happens at the machine."""


@dataclass
class PlayedSession:
    """What a link is given: its waiting is what lets time go by. It is told to stop ``settle_s`` after the last step."""

    floor: Floor
    steps: list[Step]
    settle_s: float
    waited_s: float = 0.0
    readings: list[Reading] = field(default_factory=list)

    @property
    def stopping(self) -> bool:
        return not self.steps and self.waited_s >= self.settle_s

    @property
    def last(self) -> Reading | None:
        return to_memory(self.floor.machine).last

    def now(self) -> datetime:
        return self.floor.now

    def connected(self, about: str = "") -> None:
        """Nobody asks."""

    def learn(self, name: str, value: str) -> None:
        """Nobody asks."""

    def wake(self) -> None:
        """Nobody sleeps."""

    def hear(self, word: Word) -> None:
        if isinstance(word, Reading):
            self.readings.append(word)
        self.floor.take(word)

    def wait(self, timeout_s: float, *_sources: object) -> bool:
        """Until the next step at the machine, or as long as the link wants."""
        until_next = self.steps[0][0] - self.waited_s if self.steps else self.settle_s - self.waited_s
        passes = max(0.001, min(timeout_s, until_next))
        self.floor.now += timedelta(seconds=passes)
        self.waited_s += passes
        if not self.steps or self.waited_s < self.steps[0][0] - 1e-9:
            return False
        _, happens = self.steps.pop(0)
        self.waited_s = 0.0
        happens()
        return True


@dataclass
class PlayedLink:
    """A driver's link to one machine of the shop. ``module`` is the one whose clock is that of the floor."""

    floor: Floor
    module: ModuleType
    connect: Callable[[Any], Link]
    readings: list[Reading] = field(default_factory=list)

    def play(self, patch: pytest.MonkeyPatch, steps: Sequence[Step], *, settle_s: float = 30.0) -> Link:
        """One connection of the bridge, from its call until everything was heard."""
        patch.setattr(self.module, "time", SimpleNamespace(monotonic=self._clock, time=self._clock))
        session = PlayedSession(self.floor, list(steps), settle_s, readings=self.readings)
        link = self.connect(linking.facts_of(self.floor.workshop.shop, self.floor.machine))
        try:
            link.follow(session)
        finally:
            link.close()
        return link

    def _clock(self) -> float:
        return self.floor.now.timestamp()
