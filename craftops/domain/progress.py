"""How far an order's machine work is, in the two numbers that people see: a percent, and a part of so many."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Run:
    """One job that counts, as far as progress goes: ``planned_s`` in seconds, ``progress`` a fraction 0..1."""

    planned_s: float
    copies: int
    progress: float | None = None
    begun: bool = False
    active: bool = False
    done: bool = False


@dataclass(frozen=True, slots=True)
class Share:
    """``percent`` of the machine work that is done, None before any began; ``part`` of ``parts`` is being made."""

    percent: int | None
    part: int
    parts: int


def whole_percent(fraction: float) -> int:
    """A fraction as people read it: rounded down, so that nothing is at 100 % before it is done."""
    return math.floor(fraction * 100 + 1e-6)


def share_of(runs: Iterable[Run]) -> Share:
    """The progress of an order, its jobs weighed by planned time. Without an active job ``part`` counts the done."""
    runs = tuple(runs)
    planned = sum(run.planned_s for run in runs)
    percent = None
    if planned and any(run.begun for run in runs):
        percent = min(100, whole_percent(sum(run.planned_s * (run.progress or 0.0) for run in runs) / planned))
    parts = sum(run.copies for run in runs)
    part = sum(run.copies for run in runs if run.done)
    active = next((run for run in runs if run.active), None)
    if active is not None:
        part += min(active.copies, 1 + int((active.progress or 0.0) * active.copies))
    return Share(percent, min(part, parts), parts)
