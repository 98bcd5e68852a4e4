"""Machines: what a reading needs (statements written by hand, for they are run most), and their cameras."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

import orjson

from craftops.domain.estimation.run_update import moving_now, share_now
from craftops.domain.machines.readings import MachineMemory, MachineState
from craftops.domain.production.jobs import ACTIVE as AT_A_MACHINE
from craftops.domain.production.jobs import JobState
from craftops.domain.production.progress import RunProgress
from craftops.store.database import in_dialect
from craftops.store.mapping import memory_from_json, memory_to_json
from craftops.store.models import (
    JobRow,
    MachineRow,
    database,
)
from craftops.store.models.base import from_micros, to_micros


class RunWithCamera(NamedTuple):
    """A job that runs now; ids of rows."""

    job: int
    machine: int
    order: int
    shared: bool


def runs_with_cameras() -> list[RunWithCamera]:
    """Every job that runs on some machine, and is not paused."""
    rows = JobRow.select(JobRow.id, JobRow.machine, JobRow.order, JobRow.camera_shared)
    rows = rows.where(JobRow.state == JobState.RUNNING.value, JobRow.machine.is_null(False))
    return [RunWithCamera(*row) for row in rows.tuples()]


RUNNING_JOB = JobState.RUNNING.value
ACTIVE_JOB = frozenset(state.value for state in AT_A_MACHINE)
STANDING = """
SELECT machine.id, machine.name, machine.state, machine.memory, job.id, job.planned_s,
       job.order_id, orders.customer_id, orders.code, orders.as_of, job.run_key,
       job.gcode_sha
FROM machine
LEFT JOIN job ON job.machine_id = machine.id AND job.state IN ('running', 'paused', 'attention')
LEFT JOIN orders ON orders.id = job.order_id
WHERE machine.key = ? AND machine.enabled = ? AND machine.online = ? AND machine.offline_since IS NULL
"""
JOBS = """
SELECT id, state, planned_s, copies, copies_done, progress, started_at, replaces_id,
       CASE WHEN state = 'running' THEN evidence END
FROM job WHERE order_id = ?
"""
HEARD = "UPDATE machine SET heard_at = ?, memory = ? WHERE id = ?"
WENT_ON = "UPDATE job SET reported_at = ?, remaining_s = ?, progress = COALESCE(?, progress) WHERE id = ?"


@dataclass(frozen=True, slots=True)
class MachinePulse:
    """A machine that is online, and the job that it is at, if any."""

    machine_id: int
    name: str
    state: MachineState
    memory: MachineMemory
    job_id: int | None
    planned_s: float | None
    order_id: int | None
    customer_id: int | None
    order_code: str
    as_of: datetime | None
    """When the order's estimate was last worked out."""
    gcode_sha: str
    """Of the job's machine code; empty without any."""


def pulse_of(key: str) -> MachinePulse | None:
    """The machine of this key; None when there is none, or it is not known to be online."""
    row = database.execute_sql(in_dialect(STANDING), (key, True, True)).fetchone()
    if row is None:
        return None
    memory = memory_from_json(orjson.loads(row[3]) if row[3] else {})
    as_of = from_micros(row[9]) if row[9] is not None else None
    state = MachineState(row[2])
    if row[4] is not None and row[10] != memory.run_key:
        row = (*row[:4], *(None,) * 8)  # it is at something else, and staff are asked about the job
    return MachinePulse(
        row[0], row[1], state, memory, row[4], row[5], row[6], row[7], row[8] or "", as_of, row[11] or ""
    )


def runs_of_order(order_id: int, at: datetime) -> dict[int, RunProgress]:
    """The jobs of an order that count, by id, as far as they are at ``at``: not those that were made again without a
    good copy."""
    rows: list[Any] = database.execute_sql(in_dialect(JOBS), (order_id,)).fetchall()
    again = {row[7] for row in rows}
    return {
        id_: RunProgress(
            planned_s, copies, share_now(progress, orjson.loads(kept) if kept else None, at), started_at is not None,
            state in ACTIVE_JOB, made, id_ in again,
            moving_now(progress, orjson.loads(kept), at) if kept and state == RUNNING_JOB else None,
        )
        for id_, state, planned_s, copies, made, progress, started_at, _replaces, kept in rows
        if made or id_ not in again
    }  # fmt: skip


def went_on(job_id: int, reported_at: datetime, remaining_s: float | None, progress: float | None) -> None:
    """What the machine says of its job now; a progress of None leaves the last one."""
    database.execute_sql(in_dialect(WENT_ON), (to_micros(reported_at), remaining_s, progress, job_id))


def heard(machine_id: int, memory: MachineMemory, at: datetime) -> None:
    """A machine was heard at ``at``, and this is what we remember of it."""
    said = orjson.dumps(memory_to_json(memory)).decode()
    database.execute_sql(in_dialect(HEARD), (to_micros(at), said, machine_id))


def machine(key: str) -> MachineRow | None:
    """The machine of this key."""
    row: MachineRow | None = MachineRow.get_or_none(MachineRow.key == key)
    return row
