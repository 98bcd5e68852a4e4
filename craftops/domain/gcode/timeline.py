"""The slicer's clock: a table from a place in the machine code (bytes) to planned seconds.

Built from the code itself, piece by piece and in bounded memory. Columns are kept apart, because a machine stretches
them differently: ``motion`` (length ÷ speed), ``loss`` (speeding up and braking), ``dwell`` (G4, told in seconds).
Waits whose length nobody plans (heating, homing, a person) are places, not seconds.

The slicer's own total is a constraint, this model gives the shape: a total that is longer than length ÷ speed tells
which acceleration the slicer assumed, one that equals it tells that the slicer knew of none, and a shorter one that
the motion costs less than it seems. ``M73 P`` and Cura's ``;TIME_ELAPSED`` bend the shape where it strays from them.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import accumulate, pairwise
from typing import Any

MAX_KNOTS = 3000
"""Knots of a finished table: about 50 kB as JSON."""
Columns = tuple[float, float, float, float]
"""(motion, loss, dwell) in seconds, and code read in kB: a line that is sent by a serial cable takes time of its
own."""
NOTHING: Columns = (0.0, 0.0, 0.0, 0.0)
IGNORES_ACCELERATION = (0.03, 2.0)
"""A slicer's total less its dwells that is within 3 % + 2 s of length ÷ speed counts no acceleration (rounding and the
first travel are in it). Dwells are told in seconds and leave no doubt: of ten minutes of them, 3 % would be more than
all moves of some files take."""
MOST_LOSS = 4.0
STRAYS = 0.03
"""Share of the whole by which the shape may differ from the slicer's marks before it is bent to them."""


class TimelineKind(StrEnum):
    """What the table rests on, the best first."""

    CODE = "code"
    HISTORY = "history"
    TOTAL = "total"


@dataclass(frozen=True, slots=True)
class SlicerTimeline:
    """``at`` (bytes, rising) → cumulated seconds by column. ``waits`` are bytes where unplanned waits end.

    A clock without code (``flat``) counts thousandths of the progress a machine tells instead of bytes.
    """

    size: int
    at: tuple[int, ...]
    motion: tuple[float, ...]
    loss: tuple[float, ...]
    dwell: tuple[float, ...]
    start_at: int = 0
    """Where the real work begins: the end of the first move that makes something."""
    heats: bool = False
    """There is a wait for heat before ``start_at``."""
    waits: tuple[int, ...] = ()
    """Unplanned waits after ``start_at``."""
    kind: TimelineKind = TimelineKind.CODE
    slicer_s: float | None = None
    told_loss: float | None = None
    """How many times ``loss`` the slicer's total has in it: the acceleration it believed in. None if it knew of
    none."""

    @property
    def total(self) -> Columns:
        """Everything there is to do."""
        return (self.motion[-1], self.loss[-1], self.dwell[-1], self._read(self.size))

    @property
    def total_s(self) -> float:
        """Planned seconds of the whole run, waits left out."""
        return self.motion[-1] + self.loss[-1] + self.dwell[-1]

    def columns(self, place: float) -> Columns:
        """What is planned up to a place; before the beginning nothing, after the end everything."""
        at = self.at
        index = bisect_right(at, place)
        if index == 0:
            return NOTHING
        if index >= len(at):
            return self.total
        share = (place - at[index - 1]) / (at[index] - at[index - 1])
        low, motion, loss, dwell = index - 1, self.motion, self.loss, self.dwell
        return (
            motion[low] + share * (motion[index] - motion[low]),
            loss[low] + share * (loss[index] - loss[low]),
            dwell[low] + share * (dwell[index] - dwell[low]),
            self._read(place),
        )

    def _read(self, place: float) -> float:
        return place / 1000.0 if self.kind is TimelineKind.CODE else 0.0

    def seconds(self, place: float) -> float:
        """Planned seconds up to a place."""
        return seconds_of(self.columns(place))

    def waits_between(self, low: float, high: float) -> bool:
        """Whether an unplanned wait ends between two places, the ends included."""
        index = bisect_left(self.waits, low)
        return index < len(self.waits) and self.waits[index] <= high

    def to_json(self) -> dict[str, Any]:
        """As plain data: differences, seconds in hundredths."""
        return {
            "size": self.size,
            "at": _differences(self.at),
            "motion": _differences([round(v * 100) for v in self.motion]),
            "loss": _differences([round(v * 100) for v in self.loss]),
            "dwell": _differences([round(v * 100) for v in self.dwell]),
            "start_at": self.start_at,
            "heats": self.heats,
            "waits": list(self.waits),
            "kind": self.kind.value,
            "slicer_s": self.slicer_s,
            "told_loss": self.told_loss,
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> SlicerTimeline:
        """What ``to_json`` wrote. Raises KeyError, TypeError or ValueError for anything else."""
        return cls(
            size=int(data["size"]),
            at=tuple(accumulate(data["at"])),
            motion=tuple(v / 100 for v in accumulate(data["motion"])),
            loss=tuple(v / 100 for v in accumulate(data["loss"])),
            dwell=tuple(v / 100 for v in accumulate(data["dwell"])),
            start_at=int(data["start_at"]),
            heats=bool(data["heats"]),
            waits=tuple(data["waits"]),
            kind=TimelineKind(data["kind"]),
            slicer_s=data["slicer_s"],
            told_loss=data["told_loss"],
        )


def seconds_of(columns: Columns) -> float:
    """Planned seconds of all columns that are told in seconds."""
    return columns[0] + columns[1] + columns[2]


FLAT_SIZE = 1_000_000


def flat(planned_s: float, kind: TimelineKind = TimelineKind.TOTAL) -> SlicerTimeline:
    """A clock without code: a planned total, spread evenly over the progress that the machine tells (in millionths)."""
    planned_s = max(1.0, planned_s)
    return SlicerTimeline(
        FLAT_SIZE, (0, FLAT_SIZE), (0.0, planned_s), (0.0, 0.0), (0.0, 0.0), kind=kind, slicer_s=planned_s
    )


@dataclass(frozen=True, slots=True)
class Mark:
    """The slicer's own clock at a place: ``share`` of its total (0..1)."""

    at: int
    share: float


Knot = tuple[int, float, float, float]


def calibrated(knots: Sequence[Knot], slicer_s: float | None, marks: Iterable[Mark]) -> tuple[list[Knot], float | None]:
    """(columns that agree with the slicer's total and, where they stray, with its marks; ``told_loss``)."""
    motion, loss, dwell = knots[-1][1:]
    by_motion, by_loss, by_dwell, told_loss = _scales(motion, loss, dwell, slicer_s)
    knows = slicer_s is None or told_loss is not None or by_motion != 1.0 or motion + loss <= 0.0
    times = by_loss * (told_loss or 1.0)
    scaled = [(at, m * by_motion, k * times, d * by_dwell) for at, m, k, d in knots]
    if knows:
        scaled = _bent(scaled, list(marks))
    return [(at, m, k / (told_loss or 1.0), d) for at, m, k, d in scaled], told_loss


def _scales(
    motion: float, loss: float, dwell: float, slicer_s: float | None
) -> tuple[float, float, float, float | None]:
    """(by motion, by loss, by dwell, told loss)."""
    plain = motion + dwell
    if slicer_s is None or slicer_s <= 0.0 or plain <= 0.0:
        return 1.0, 1.0, 1.0, None
    if abs(slicer_s - plain) <= IGNORES_ACCELERATION[0] * motion + IGNORES_ACCELERATION[1]:
        return 1.0, 1.0, 1.0, None
    if slicer_s < plain:
        by_motion = max(0.0, slicer_s - dwell) / motion if motion > 0.0 else 1.0
        return by_motion, by_motion, min(1.0, slicer_s / dwell) if dwell > 0.0 else 1.0, None
    if motion <= 0.0:
        return 1.0, 1.0, slicer_s / dwell, None
    told = min(MOST_LOSS, (slicer_s - plain) / loss) if loss > 0.0 else None
    rest = (slicer_s - dwell) / (motion + (told or 0.0) * loss)
    return rest, rest, 1.0, told


def _bent(knots: list[Knot], marks: list[Mark]) -> list[Knot]:
    """The same total, but as much of it before each mark as the slicer says, if the shape strays from the marks."""
    whole = sum(knots[-1][1:])
    places = [knot[0] for knot in knots]
    fixed: list[tuple[int, float]] = [(0, 0.0)]
    worst = 0.0
    for mark in marks:
        index = bisect_right(places, mark.at) - 1
        if index <= fixed[-1][0] or mark.share * whole <= fixed[-1][1] or index >= len(knots) - 1:
            continue
        worst = max(worst, abs(sum(knots[index][1:]) - mark.share * whole))
        fixed.append((index, mark.share * whole))
    if len(fixed) < 2 or worst <= STRAYS * whole:
        return knots
    fixed.append((len(knots) - 1, whole))
    bent = [knots[0]]
    for (low, before), (high, after) in pairwise(fixed):
        had = sum(knots[high][1:]) - sum(knots[low][1:])
        base = bent[-1]
        by = (after - before) / had if had > 0.0 else 0.0
        for index in range(low + 1, high + 1):
            at, *now = knots[index]
            spread = 0.0 if had > 0.0 else (after - before) * (at - knots[low][0]) / (knots[high][0] - knots[low][0])
            m, k, d = (b + by * (v - o) for b, v, o in zip(base[1:], now, knots[low][1:], strict=True))
            bent.append((at, m + spread, k, d))
    return bent


def thinned(knots: list[Knot], keep: int) -> list[Knot]:
    """At most ``keep`` knots, without those whose loss moves the table least. The ends stay."""
    while len(knots) > keep:
        errors = [(_error(*knots[i - 1 : i + 2]), i) for i in range(1, len(knots) - 1)]
        errors.sort()
        gone: set[int] = set()
        for _, index in errors[: max(1, len(knots) // 2)]:
            if index - 1 not in gone and index + 1 not in gone:
                gone.add(index)
                if len(knots) - len(gone) <= keep:
                    break
        knots = [knot for index, knot in enumerate(knots) if index not in gone]
    return knots


def _error(before: Knot, knot: Knot, after: Knot) -> float:
    """Seconds by which the table is wrong at ``knot`` without it."""
    share = (knot[0] - before[0]) / (after[0] - before[0])
    low, here, high = (one[1] + one[2] + one[3] for one in (before, knot, after))
    return abs(here - low - share * (high - low))


def _differences(values: Sequence[int]) -> list[int]:
    return [values[0], *(after - before for before, after in pairwise(values))]
