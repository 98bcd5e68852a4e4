"""How good the estimates were: orders against the window at their acceptance, runs against their slicer and against us.

The signed error of a run is told ÷ took − 1: −20 % is a promise of four hours for a run of five.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import median

LAST_RUNS = 30


@dataclass(frozen=True, slots=True)
class OrderOutcome:
    """One order that became ready: the window at acceptance (P10, P90 and P50), and how often that moved visibly."""

    window_start: datetime
    window_end: datetime
    window_middle: datetime
    ready_at: datetime
    moves: int


@dataclass(frozen=True, slots=True)
class RunOutcome:
    """One run that ended well, seconds of machine time. ``said_s`` None: nobody asked us."""

    machine: int
    planned_s: float
    said_s: float | None
    took_s: float


@dataclass(frozen=True, slots=True)
class OrderAccuracy:
    """Over all orders. Shares 0..1, errors in hours."""

    orders: int
    inside: float
    """Ready within the window; 80 % is right."""
    before: float
    """Ready before the window began."""
    after: float
    """Ready after its end."""
    kept: float
    """Ready no later than the window's end, which is the promise: inside and before together."""
    median_error_h: float
    """Of the window's middle (P50), unsigned."""
    median_moves: float


@dataclass(frozen=True, slots=True)
class MachineAccuracy:
    """Over one machine's runs: medians, and the newest runs as (told by the slicer ÷ took, told by us ÷ took)."""

    machine: int
    runs: int
    planned_s: float
    said_s: float | None
    took_s: float
    slicer_error: float
    """Median of the unsigned error; ``our_error`` likewise."""
    our_error: float | None
    newest: tuple[tuple[float, float | None], ...]


def of_orders(outcomes: Sequence[OrderOutcome]) -> OrderAccuracy | None:
    """None before the first order with a promise was ready."""
    if not outcomes:
        return None
    n = len(outcomes)
    return OrderAccuracy(
        orders=n,
        inside=sum(one.window_start <= one.ready_at <= one.window_end for one in outcomes) / n,
        before=sum(one.ready_at < one.window_start for one in outcomes) / n,
        after=sum(one.ready_at > one.window_end for one in outcomes) / n,
        kept=sum(one.ready_at <= one.window_end for one in outcomes) / n,
        median_error_h=median(abs((one.ready_at - one.window_middle).total_seconds()) for one in outcomes) / 3600.0,
        median_moves=median(one.moves for one in outcomes),
    )


def of_machines(runs: Iterable[RunOutcome]) -> list[MachineAccuracy]:
    """By machine, the one with most runs first; ``runs`` oldest first."""
    found: dict[int, list[RunOutcome]] = {}
    for one in runs:
        if one.took_s > 0.0 and one.planned_s > 0.0:
            found.setdefault(one.machine, []).append(one)
    return sorted(
        (_of_machine(machine, mine) for machine, mine in found.items()), key=lambda one: (-one.runs, one.machine)
    )


def _of_machine(machine: int, runs: list[RunOutcome]) -> MachineAccuracy:
    told = [(one.said_s, one.took_s) for one in runs if one.said_s is not None]
    return MachineAccuracy(
        machine=machine,
        runs=len(runs),
        planned_s=median(one.planned_s for one in runs),
        said_s=median(said for said, _ in told) if told else None,
        took_s=median(one.took_s for one in runs),
        slicer_error=median(abs(one.planned_s / one.took_s - 1.0) for one in runs),
        our_error=median(abs(said / took - 1.0) for said, took in told) if told else None,
        newest=tuple(
            (one.planned_s / one.took_s, one.said_s / one.took_s if one.said_s is not None else None)
            for one in runs[-LAST_RUNS:]
        ),
    )
