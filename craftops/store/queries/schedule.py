"""What the schedule reads: every open job with its line and order, every machine with what it can do."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from peewee import JOIN

from craftops.domain.orders.workflow import Stage
from craftops.domain.production.jobs import JobState
from craftops.store.database import is_sqlite
from craftops.store.models import (
    CapabilityRow,
    DesignFileRow,
    JobRow,
    MachineRow,
    MaintenanceRow,
    OrderLineRow,
    OrderRow,
    PlanChangeRow,
    database,
)
from craftops.store.queries.production import OPEN_STATES

PLAN_LOCK = 0x504C414E
"""Key of PostgreSQL's advisory lock that lets one change of the plan come after another."""
PLANNABLE = [stage.value for stage in (Stage.QUEUED, Stage.IN_PRODUCTION, Stage.POST_PROCESSING)]


def open_jobs() -> list[Any]:
    """Every job that runs, waits, or has no machine although its order is accepted; named tuples, oldest first."""
    job, line, order = JobRow, OrderLineRow, OrderRow
    query = (
        job.select(
            job.id, job.code, job.order.alias("order_id"), job.line.alias("line_id"), job.copies, job.state,
            job.planned_s, job.machine.alias("machine_id"), job.position, job.copies_done, job.gcode_sha,
            line.title, line.material, line.colour, line.made_from, line.file.alias("file_id"),
            order.code.alias("order_code"), order.title.alias("order_title"), order.promise_at, order.stage,
            order.hold_since,
        )
        .join(line)
        .join(order)
    )  # fmt: skip
    unplanned = (job.state == JobState.PLANNED.value) & order.stage.in_(PLANNABLE)
    on_machine = job.state.in_([state for state in OPEN_STATES if state != JobState.PLANNED.value])
    return list(query.switch(job).where(unplanned | on_machine).order_by(job.id).namedtuples())


def machines() -> list[Any]:
    """Every machine by name, with what staff have said of it where they have (``capability``)."""
    query = MachineRow.select(MachineRow, CapabilityRow).join(
        CapabilityRow, JOIN.LEFT_OUTER, on=(CapabilityRow.machine == MachineRow.id), attr="capability"
    )
    return list(query.order_by(MachineRow.name, MachineRow.id))


def blocks(after: datetime) -> list[MaintenanceRow]:
    """Maintenance that is not over at ``after``, in order."""
    not_over = MaintenanceRow.end.is_null() | (MaintenanceRow.end > after)
    return list(MaintenanceRow.select().where(not_over).order_by(MaintenanceRow.start))


def limits(machines: Iterable[int] | None, at: datetime) -> tuple[list[CapabilityRow], list[MaintenanceRow]]:
    """What keeps these machines (or any) from working at all times: their own hours, hands, maintenance not over."""
    mine = list(machines) if machines is not None else None
    bound = (~CapabilityRow.unattended) | (CapabilityRow.hours != "")
    said = CapabilityRow.select().where(bound)
    rests = MaintenanceRow.select().where(MaintenanceRow.end.is_null() | (MaintenanceRow.end > at))
    if mine is not None:
        said = said.where(CapabilityRow.machine.in_(mine))
        rests = rests.where(MaintenanceRow.machine.in_(mine))
    return list(said), list(rests.order_by(MaintenanceRow.start))


def files(ids: Iterable[int]) -> dict[int, DesignFileRow]:
    """Files by id."""
    known = list(ids)
    return {row.id: row for row in DesignFileRow.select().where(DesignFileRow.id.in_(known))} if known else {}


def recent_changes(limit: int) -> list[PlanChangeRow]:
    """How the plan was changed, newest first."""
    return list(PlanChangeRow.select().order_by(PlanChangeRow.id.desc()).limit(limit))


def hold_plan() -> None:
    """Inside a unit of work: whoever else changes the plan waits until it ends."""
    if not is_sqlite():  # SQLite's unit of work holds the only write lock there is
        database.execute_sql("SELECT pg_advisory_xact_lock(%s)", (PLAN_LOCK,))


def queues_now(machine_ids: Iterable[int], job_ids: Iterable[int]) -> dict[str, list[int]]:
    """The waiting jobs of these machines in order, and under "" which of these jobs have no machine."""
    ids = sorted(set(machine_ids))
    found: dict[str, list[int]] = {str(id_): [] for id_ in ids}
    waiting = JobRow.select().where(JobRow.machine.in_(ids), JobRow.state == JobState.QUEUED.value)
    for row in waiting.order_by(JobRow.position, JobRow.id):
        found[str(row.machine_id)].append(row.id)
    loose = JobRow.select(JobRow.id).where(JobRow.id.in_(list(job_ids)), JobRow.state == JobState.PLANNED.value)
    if unplanned := sorted(row.id for row in loose):
        found[""] = unplanned
    return found
