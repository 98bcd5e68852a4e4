"""What finished work has left to learn from, as plain values."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from craftops.store.models import HandSampleRow, MachineRow, RunSampleRow


def known_runs(machine_id: int) -> set[tuple[datetime, int]]:
    """(end, whole seconds) of every run of a machine that is known."""
    rows: Any = RunSampleRow.select(RunSampleRow.at, RunSampleRow.took_s).where(RunSampleRow.machine == machine_id)
    return {(at, round(took)) for at, took in rows.tuples()}


def newest_runs(most: int) -> list[tuple[int, float, float, bool]]:
    """(machine, planned seconds, seconds it took, whether it failed), the oldest first."""
    rows: Any = RunSampleRow.select(
        RunSampleRow.machine, RunSampleRow.planned_s, RunSampleRow.took_s, RunSampleRow.failed
    )
    newest = rows.order_by(RunSampleRow.at.desc(), RunSampleRow.id.desc()).limit(most)
    return list(reversed(list(newest.tuples())))


def runs_of_part(part: str, most: int) -> list[tuple[int, float]]:
    """(machine, seconds it took) of the newest good runs of a part."""
    rows: Any = RunSampleRow.select(RunSampleRow.machine, RunSampleRow.took_s)
    good = rows.where(RunSampleRow.part == part, ~RunSampleRow.failed).order_by(RunSampleRow.at.desc())
    return list(good.limit(most).tuples())


def followed_runs(machine_id: int, most: int, *, others: bool) -> list[tuple[datetime, dict[str, Any]]]:
    """(end, sample) of the newest closely followed runs of a machine, or of all others."""
    whose = RunSampleRow.machine != machine_id if others else RunSampleRow.machine == machine_id
    rows: Any = RunSampleRow.select(RunSampleRow.at, RunSampleRow.sample)
    found = rows.where(whose, RunSampleRow.sample.is_null(False)).order_by(RunSampleRow.at.desc()).limit(most)
    return list(found.tuples())


def newest_steps(most: int) -> list[tuple[str, float, float]]:
    """(kind, planned minutes, minutes it took) of hand work, the oldest first."""
    rows: Any = HandSampleRow.select(HandSampleRow.kind, HandSampleRow.planned_min, HandSampleRow.took_min)
    return list(reversed(list(rows.order_by(HandSampleRow.id.desc()).limit(most).tuples())))


def machine_ids() -> list[int]:
    """Every machine."""
    return [row.id for row in MachineRow.select(MachineRow.id)]
