"""What became of promises and of plans, and what finished work has left to learn from."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from peewee import JOIN, fn

from craftops.domain.estimation.accuracy import OrderOutcome, RunOutcome
from craftops.domain.estimation.statistics import LEAST_TAKEN
from craftops.domain.orders.workflow import READY
from craftops.store.models import (
    HandSampleRow,
    JobRow,
    MachineRow,
    OrderRow,
    RunSampleRow,
    StageChangeRow,
    WindowMoveRow,
)
from craftops.store.models.base import from_micros, to_micros
from craftops.store.prepared import Prepared
from craftops.store.viewing import columns
from craftops.store.views.estimation import SampleView

MOST = 5000


def order_outcomes(since: datetime) -> list[OrderOutcome]:
    """Orders with a promise that first became ready since then, the oldest first; without those whose window began in
    the middle (of before there was a ``promise_middle``)."""
    ready = fn.MIN(StageChangeRow.at)
    moves = WindowMoveRow.select(fn.COUNT(WindowMoveRow.id)).where(WindowMoveRow.order == OrderRow.id)
    rows: Any = (
        OrderRow.select(OrderRow.promise_from, OrderRow.promise_at, OrderRow.promise_middle, ready, moves)
        .join(StageChangeRow, on=(StageChangeRow.order == OrderRow.id))
        .where(OrderRow.promise_middle.is_null(False), StageChangeRow.after.in_([stage.value for stage in READY]))
        .group_by(OrderRow.id, OrderRow.promise_from, OrderRow.promise_at, OrderRow.promise_middle)
        .having(ready >= to_micros(since))
        .order_by(ready.desc())
        .limit(MOST)
    )
    found = [
        OrderOutcome(start, end, middle, _instant(at), int(count)) for start, end, middle, at, count in rows.tuples()
    ]
    return found[::-1]


def _instant(value: Any) -> datetime:
    """An aggregate comes back as the column's type or as bare microseconds, as the database likes."""
    return value if isinstance(value, datetime) else from_micros(int(value))


def run_outcomes(since: datetime) -> list[RunOutcome]:
    """Our own runs that ended well since then, the oldest first."""
    rows: Any = (
        RunSampleRow.select(RunSampleRow.machine, RunSampleRow.planned_s, RunSampleRow.said_s, RunSampleRow.took_s)
        .where(RunSampleRow.at >= since, ~RunSampleRow.failed, RunSampleRow.source == "run", COUNTS)
        .order_by(RunSampleRow.at.desc(), RunSampleRow.id.desc())
        .limit(MOST)
    )
    return [RunOutcome(*row) for row in rows.tuples()][::-1]


def machine_id_and_name(key: str) -> tuple[int, str] | None:
    """The machine of this key."""
    return _NAMED.first(key)


_NAMED: Prepared[tuple[int, str]] = Prepared(
    lambda key: MachineRow.select(MachineRow.id, MachineRow.name).where(MachineRow.key == key), lambda *row: row
)


def machine_names() -> dict[int, tuple[str, str]]:
    """Machine → (name, key)."""
    return {row.id: (row.name, row.key) for row in MachineRow.select(MachineRow.id, MachineRow.name, MachineRow.key)}


COUNTS = RunSampleRow.struck_at.is_null() & (
    RunSampleRow.failed | (RunSampleRow.took_s >= LEAST_TAKEN * RunSampleRow.planned_s)
)
"""Runs that teach: not those that staff struck out, nor those that took next to nothing of their plan."""


def known_runs(machine_id: int) -> set[tuple[datetime, int]]:
    """(end, whole seconds) of every run of a machine that is known."""
    rows: Any = RunSampleRow.select(RunSampleRow.at, RunSampleRow.took_s).where(RunSampleRow.machine == machine_id)
    return {(at, round(took)) for at, took in rows.tuples()}


def newest_runs(most: int) -> list[tuple[int, float, float, bool]]:
    """(machine, planned seconds, seconds it took, whether it failed), the oldest first."""
    rows: Any = RunSampleRow.select(
        RunSampleRow.machine, RunSampleRow.planned_s, RunSampleRow.took_s, RunSampleRow.failed
    )
    newest = rows.where(COUNTS).order_by(RunSampleRow.at.desc(), RunSampleRow.id.desc()).limit(most)
    return list(reversed(list(newest.tuples())))


def runs_of_part(part: str, most: int) -> list[tuple[int, float]]:
    """(machine, seconds it took) of the newest good runs of a part."""
    rows: Any = RunSampleRow.select(RunSampleRow.machine, RunSampleRow.took_s)
    good = rows.where(RunSampleRow.part == part, ~RunSampleRow.failed, COUNTS).order_by(RunSampleRow.at.desc())
    return list(good.limit(most).tuples())


def followed_runs(machine_id: int, most: int, *, others: bool) -> list[tuple[datetime, dict[str, Any]]]:
    """(end, sample) of the newest closely followed runs of a machine, or of all others."""
    whose = RunSampleRow.machine != machine_id if others else RunSampleRow.machine == machine_id
    rows: Any = RunSampleRow.select(RunSampleRow.at, RunSampleRow.sample)
    found = rows.where(whose, COUNTS, RunSampleRow.sample.is_null(False)).order_by(RunSampleRow.at.desc()).limit(most)
    return list(found.tuples())


def _samples(machine_id: Any, most: Any) -> Any:
    own = columns(SampleView, RunSampleRow, "job_code", "order_code")
    rows = RunSampleRow.select(*own, JobRow.code, OrderRow.code)
    rows = rows.join(JobRow, JOIN.LEFT_OUTER).join(OrderRow, JOIN.LEFT_OUTER).where(RunSampleRow.machine == machine_id)
    return rows.order_by(RunSampleRow.at.desc(), RunSampleRow.id.desc()).limit(most)


_SAMPLES: Prepared[SampleView] = Prepared(_samples, SampleView)


def samples_of(machine_id: int, most: int) -> list[SampleView]:
    """The newest runs of a machine that were kept, whether they teach or not."""
    return _SAMPLES.all(machine_id, most)


def newest_steps(most: int) -> list[tuple[str, float, float]]:
    """(kind, planned minutes, minutes it took) of hand work, the oldest first."""
    rows: Any = HandSampleRow.select(HandSampleRow.kind, HandSampleRow.planned_min, HandSampleRow.took_min)
    return list(reversed(list(rows.order_by(HandSampleRow.id.desc()).limit(most).tuples())))


def machine_ids() -> list[int]:
    """Every machine."""
    return [row.id for row in MachineRow.select(MachineRow.id)]
