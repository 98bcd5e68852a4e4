"""What the page about the estimate's accuracy gets."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


class EstimatedOrder(Protocol):
    """An order as far as its stage, its promise and its window go."""

    @property
    def stage(self) -> str: ...
    @property
    def stage_since(self) -> datetime: ...
    @property
    def placed_at(self) -> datetime: ...
    @property
    def way_since(self) -> datetime | None: ...
    @property
    def promise_at(self) -> datetime | None: ...
    @property
    def window_start(self) -> datetime | None: ...
    @property
    def window_middle(self) -> datetime | None: ...
    @property
    def window_end(self) -> datetime | None: ...
    @property
    def basis(self) -> str: ...
    @property
    def as_of(self) -> datetime | None: ...
    @property
    def stale(self) -> bool: ...
    @property
    def paused(self) -> bool: ...
    @property
    def short(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class Figure:
    """One number, as text, with what it says."""

    value: str
    label: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Dot:
    """One run in a plot, in its own units."""

    x: float
    slicer_y: float
    our_y: float | None


@dataclass(frozen=True, slots=True)
class MachineAccuracyLine:
    """One machine: medians as text, and its newest runs as dots. ``said`` is the plot in words."""

    name: str
    url: str
    runs: int
    slicer: str
    ours: str
    took: str
    slicer_error: str
    our_error: str
    said: str
    dots: tuple[Dot, ...]


@dataclass(frozen=True, slots=True)
class SampleRow:
    """A run of a machine that has ended, and whether the machine is known by it."""

    id: int
    at: datetime
    what: str
    url: str
    planned: str
    took: str
    share: str
    """How much of its plan it took."""
    outcome: str
    why_not: str
    """Why it teaches nothing, as a sentence; empty when it does."""
    struck: bool
    """Staff struck it out."""


@dataclass(frozen=True, slots=True)
class SamplesPage:
    """``staff/samples.html``: the runs that a machine is known by."""

    name: str
    url: str
    key: str
    rows: tuple[SampleRow, ...]


@dataclass(frozen=True, slots=True)
class AccuracyPage:
    """The whole page; ``figures`` is empty before the first order was ready."""

    days: int
    orders: int
    figures: tuple[Figure, ...]
    machines: tuple[MachineAccuracyLine, ...]
    wide: int
    high: int
    middle: float
