"""How far an order's machine work is, in the two numbers that people see: a percent, and a part of so many."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RunProgress:
    """One job that counts, as far as progress goes: ``planned_s`` in seconds, ``progress`` a fraction 0..1.

    ``made`` are its good copies. Of a job that is made ``again`` only these count: the other one has the rest.
    """

    planned_s: float
    copies: int
    progress: float | None = None
    begun: bool = False
    active: bool = False
    made: int = 0
    again: bool = False

    @property
    def counted(self) -> tuple[float, int]:
        """The seconds and the copies of it that count towards the whole."""
        return (self.planned_s * self.made / self.copies, self.made) if self.again else (self.planned_s, self.copies)

    @property
    def worked_s(self) -> float:
        """The planned seconds that are behind it."""
        return self.counted[0] if self.again else self.planned_s * (self.progress or 0.0)


@dataclass(frozen=True, slots=True)
class Share:
    """``percent`` of the machine work that is done, None before any began; ``part`` of ``parts`` is being made."""

    percent: int | None
    part: int
    parts: int


def whole_percent(fraction: float) -> int:
    """A fraction as people read it: rounded down, so that nothing is at 100 % before it is done."""
    return math.floor(fraction * 100 + 1e-6)


def share_of(runs: Iterable[RunProgress]) -> Share:
    """The progress of an order, its jobs weighed by planned time. Without an active job ``part`` counts the good."""
    runs = tuple(runs)
    planned = sum(run.counted[0] for run in runs)
    percent = None
    if planned and any(run.begun for run in runs):
        percent = min(100, whole_percent(sum(run.worked_s for run in runs) / planned))
    parts = sum(run.counted[1] for run in runs)
    part = sum(run.made for run in runs if not run.active)
    active = next((run for run in runs if run.active), None)
    if active is not None:
        part += min(active.copies, 1 + max(active.made, int((active.progress or 0.0) * active.copies)))
    return Share(percent, min(part, parts), parts)
