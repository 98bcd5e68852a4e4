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
from craftops.store.prepared import Prepared
from craftops.store.queries.production import OPEN_STATES
from craftops.store.viewing import columns
from craftops.store.views.schedule import PlanChangeView, PlannedJob

PLAN_LOCK = 0x504C414E
"""Key of PostgreSQL's advisory lock that lets one change of the plan come after another."""
PLANNABLE = [stage.value for stage in (Stage.QUEUED, Stage.IN_PRODUCTION, Stage.POST_PROCESSING)]


def open_jobs() -> list[PlannedJob]:
    """Every job that runs, waits, or has no machine although its order is accepted; the oldest first."""
    return _OPEN_JOBS.all()


def _open_jobs() -> Any:
    job, line, order = JobRow, OrderLineRow, OrderRow
    query = (
        job.select(
            job.id, job.code, job.order, job.line, job.copies, job.state, job.planned_s, job.gcode_sha, job.evidence,
            line.title, line.material, line.colour, line.made_from, line.file, order.code, order.title,
            order.promise_at, order.hold_since,
        )
        .join(line)
        .join(order)
    )  # fmt: skip
    unplanned = (job.state == JobState.PLANNED.value) & order.stage.in_(PLANNABLE)
    on_machine = job.state.in_([state for state in OPEN_STATES if state != JobState.PLANNED.value])
    return query.switch(job).where(unplanned | on_machine).order_by(job.id)


_OPEN_JOBS: Prepared[PlannedJob] = Prepared(_open_jobs, PlannedJob)


def machines() -> list[Any]:
    """Every machine by name, with what staff have said of it where they have (``capability``)."""
    return _MACHINES.all()


_MACHINES: Prepared[Any] = Prepared(
    lambda: (
        MachineRow.select(MachineRow, CapabilityRow)
        .join(CapabilityRow, JOIN.LEFT_OUTER, on=(CapabilityRow.machine == MachineRow.id), attr="capability")
        .order_by(MachineRow.name, MachineRow.id)
    )
)


def blocks(after: datetime) -> list[MaintenanceRow]:
    """Maintenance that is not over at ``after``, in order."""
    return _BLOCKS.all(after)


_BLOCKS: Prepared[MaintenanceRow] = Prepared(
    lambda after: (
        MaintenanceRow.select()
        .where(MaintenanceRow.end.is_null() | (MaintenanceRow.end > after))
        .order_by(MaintenanceRow.start)
    )
)


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


_CHANGES: Prepared[PlanChangeView] = Prepared(
    lambda most: (
        PlanChangeRow.select(*columns(PlanChangeView, PlanChangeRow)).order_by(PlanChangeRow.id.desc()).limit(most)
    ),
    PlanChangeView,
)


def recent_changes(most: int) -> list[PlanChangeView]:
    """How the plan was changed, newest first."""
    return _CHANGES.all(most)


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
