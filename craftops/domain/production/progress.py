"""How far an order's machine work is, in the two numbers that people see: a percent, and a part of so many."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Moving:
    """How a share of time goes on by the clock until more is heard: its line is at ``share`` (0..1) and rises by
    ``rate`` a second, for ``seconds`` at most. ``shown`` is seen now, and stays until the line has reached it."""

    shown: float
    share: float
    rate: float
    seconds: float

    def __str__(self) -> str:
        """As a page carries it: percent, percent of the line, percent a second, seconds."""
        return f"{100 * self.shown:.3f} {100 * self.share:.3f} {100 * self.rate:.5f} {self.seconds:.0f}"


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
    moving: Moving | None = None
    """How its progress goes on; None where it stands, or moves only with its machine's words."""

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
    moving: Moving | None = None
    """How the percent goes on by the clock."""


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
    return Share(percent, min(part, parts), parts, _moving(runs, planned) if percent is not None else None)


def _moving(runs: Sequence[RunProgress], planned: float) -> Moving | None:
    """How the whole goes on, for as long as all that move are known to."""
    moving = [(run, run.moving) for run in runs if run.moving is not None and not run.again]
    if not moving:
        return None
    still = sum(run.worked_s for run in runs if run.moving is None or run.again)
    share = (still + sum(run.planned_s * one.share for run, one in moving)) / planned
    rate = sum(run.planned_s * one.rate for run, one in moving) / planned
    shown = sum(run.worked_s for run in runs) / planned
    return Moving(shown, share, rate, min(one.seconds for _, one in moving))
