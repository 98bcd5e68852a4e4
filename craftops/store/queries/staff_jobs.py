"""Jobs as staff see them, and what goes with parts through the workshop."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from peewee import JOIN, fn

from craftops.domain.production.jobs import ACTIVE, JOB_ENDED, JobState
from craftops.store.models import DesignFileRow, JobRow, MachineRow, OperationRow, OrderLineRow
from craftops.store.prepared import Prepared
from craftops.store.queries import order_jobs
from craftops.store.queries.production import ACTIVE_STATES, ON_MACHINE, queue_order
from craftops.store.viewing import columns, view_of
from craftops.store.views.machines import MachineView
from craftops.store.views.production import (
    HandStepView,
    JobProgram,
    LineOnPaper,
    MachineOfJob,
    QueueSummary,
    StaffJob,
)

ENDED_VALUES = frozenset(state.value for state in JOB_ENDED)
_REPLACED: Prepared[int] = Prepared(
    lambda ids: JobRow.select(JobRow.replaces).where(JobRow.replaces.in_(ids)), lambda number: int(number)
)


_AT_WORK: Prepared[StaffJob] = Prepared(
    lambda machines, states: order_jobs.staff_jobs(order_jobs.OF_PICTURE).where(
        JobRow.machine.in_(machines), JobRow.state.in_(states)
    ),
    order_jobs.staff_job,
)
_QUEUE: Prepared[StaffJob] = Prepared(
    lambda machine, states: order_jobs.staff_jobs().where(JobRow.machine == machine, JobRow.state.in_(states)),
    order_jobs.staff_job,
)
_RECENT: Prepared[StaffJob] = Prepared(
    lambda machine, states, most: (
        order_jobs.staff_jobs()
        .where(JobRow.machine == machine, JobRow.state.in_(states))
        .order_by(JobRow.finished_at.desc())
        .limit(most)
    ),
    order_jobs.staff_job,
)


def _waiting(machines: Any, state: Any) -> Any:
    mine = {"partition_by": [JobRow.machine]}
    place = fn.ROW_NUMBER().over(order_by=[JobRow.position, JobRow.id], **mine).alias("place")
    many = fn.COUNT(JobRow.id).over(**mine).alias("many")
    rows = JobRow.select(JobRow.machine, JobRow.code, JobRow.line, place, many)
    ranked = rows.where(JobRow.machine.in_(machines), JobRow.state == state).alias("ranked")
    line = ranked.c.line_id == OrderLineRow.id
    query = OrderLineRow.select(ranked.c.machine_id, ranked.c.many, ranked.c.code, OrderLineRow.title)
    return query.join(ranked, on=line).where(ranked.c.place == 1)


_WAITING: Prepared[tuple[int, int, str, str]] = Prepared(_waiting, lambda *row: row)


def queues_of(machines: Iterable[MachineView]) -> dict[int, QueueSummary]:
    """Machine -> what it is at and how much waits for it, for all of them at once, however long their queues. Two
    queries."""
    ids = [one.id for one in machines]
    if not ids:
        return {}
    at_work: dict[int | None, StaffJob] = {}
    for job in sorted(_AT_WORK.all(ids, ACTIVE_STATES), key=_place):
        at_work.setdefault(job.machine_id, job)
    waiting = {row[0]: row[1:] for row in _WAITING.all(ids, JobState.QUEUED.value)}
    return {one: QueueSummary(at_work.get(one), *waiting.get(one, (0,))) for one in ids}


def queue_in_short(queue: Sequence[StaffJob]) -> QueueSummary:
    """The same, of a queue that was read."""
    active = next((one for one in queue if one.job.state in ACTIVE), None)
    waiting = [one for one in queue if one.job.state is JobState.QUEUED]
    first = (waiting[0].job.code, waiting[0].line.title) if waiting else ("", "")
    return QueueSummary(active, len(waiting), *first)


def queue_of(machine: MachineView) -> list[StaffJob]:
    """What a machine is at and what waits for it, in queue order, with all of their files. One query."""
    return sorted(_QUEUE.all(machine.id, ON_MACHINE), key=_place)


def ended_on(machine: MachineView, most: int) -> list[StaffJob]:
    """The last jobs that ended on a machine, at most so many, the newest first. Two queries."""
    jobs = _RECENT.all(machine.id, list(ENDED_VALUES), most)
    replaced = set(_REPLACED.all([one.id for one in jobs])) if jobs else set()
    return [replace(one, replaced=True) if one.id in replaced else one for one in jobs]


def _place(one: StaffJob) -> tuple[int, float, int]:
    return queue_order(one.job)


def machines_of(rows: Iterable[MachineRow | MachineView]) -> list[MachineOfJob]:
    """Machines that jobs may go to."""
    return [view_of(MachineOfJob, row) for row in rows]


def program_of(job_id: int) -> JobProgram | None:
    """The machine code of a job; None where there is none."""
    found = _PROGRAM.first(job_id)
    return found if found is not None and found.gcode_sha else None


_PROGRAM: Prepared[JobProgram] = Prepared(
    lambda job: JobRow.select(*columns(JobProgram, JobRow)).where(JobRow.id == job), JobProgram
)


def _paper_lines(order: Any) -> Any:
    own = columns(LineOnPaper, OrderLineRow, "file_name", "picture_sha")
    query = OrderLineRow.select(*own, DesignFileRow.name, DesignFileRow.picture_sha)
    query = query.join(DesignFileRow, JOIN.LEFT_OUTER).where(OrderLineRow.order == order)
    return query.order_by(OrderLineRow.position)


_PAPER_LINES: Prepared[LineOnPaper] = Prepared(_paper_lines, LineOnPaper)


def paper_lines(order_id: int) -> list[LineOnPaper]:
    """The lines of an order in their order, for what is printed of them."""
    return _PAPER_LINES.all(order_id)


_MACHINE_NAMES: Prepared[tuple[int, str]] = Prepared(
    lambda order: (
        JobRow.select(JobRow.line, MachineRow.name).join(MachineRow).where(JobRow.order == order).order_by(JobRow.id)
    ),
    lambda *row: row,
)


def machine_names_of(order_id: int) -> list[tuple[int, str]]:
    """(line, name of a machine) that the jobs of an order are queued on or were made on, the oldest job first."""
    return _MACHINE_NAMES.all(order_id)


_HAND_STEPS: Prepared[HandStepView] = Prepared(
    lambda order: (
        OperationRow.select(*columns(HandStepView, OperationRow, "line_title"), OrderLineRow.title)
        .join(OrderLineRow)
        .where(OperationRow.order == order)
        .order_by(OperationRow.id)
    ),
    HandStepView,
)


def hand_steps_of(order_id: int) -> list[HandStepView]:
    """The hand work of an order."""
    return _HAND_STEPS.all(order_id)
