"""Cameras, the runs that they see, and the photos of an order."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from peewee import JOIN, fn

from craftops.domain.orders.workflow import BEFORE_PRODUCTION, ENDED, ON_THE_FLOOR, OrderFacts, Stage
from craftops.domain.production.copies import is_made, missing
from craftops.domain.production.jobs import ACTIVE, OPEN, DurationSource, Job, JobState
from craftops.store.database import in_dialect
from craftops.store.mapping import to_job, to_memory
from craftops.store.models import (
    CameraRow,
    DesignFileRow,
    JobRow,
    MachineRow,
    OperationRow,
    OrderLineRow,
    OrderRow,
    ProgressPhotoRow,
    StageChangeRow,
    database,
)
from craftops.store.prepared import Prepared


def photos_of(order_id: int) -> list[ProgressPhotoRow]:
    """The photos of an order, the newest first."""
    mine = ProgressPhotoRow.select().where(ProgressPhotoRow.order == order_id)
    return list(mine.order_by(ProgressPhotoRow.taken_at.desc(), ProgressPhotoRow.id.desc()))


def photo(order_id: int, photo_id: int) -> ProgressPhotoRow | None:
    """One photo of this order."""
    row: ProgressPhotoRow | None = ProgressPhotoRow.get_or_none(
        ProgressPhotoRow.id == photo_id, ProgressPhotoRow.order == order_id
    )
    return row


def hand_minutes(order: OrderRow) -> float:
    """Minutes of hand work of an order that is still to be done; without a query where the row has them already."""
    known: float | None = getattr(order, "hand_minutes", None)
    if known is not None:
        return known
    left = OperationRow.select(fn.SUM(OperationRow.minutes))
    return float(left.where(OperationRow.order == order.id, OperationRow.done_at.is_null()).scalar() or 0.0)


def jobs_of(order: OrderRow) -> list[JobRow]:
    """The jobs of an order, oldest first, each with its line and, as ``camera``, what its machine's camera saw last
    (None where there is none). Without a query where ``read_jobs`` has read them already."""
    known: list[JobRow] | None = order.__dict__.get("jobs_read")
    return _JOBS_WITH_LINES.all([order.id]) if known is None else known


def read_jobs(found: Sequence[OrderRow], *, machines: bool = True) -> None:
    """Read the jobs of all these orders at once, for ``jobs_of``, with their ``machines`` if they are wanted: one query
    or two."""
    jobs: dict[int, list[JobRow]] = defaultdict(list)
    for job in _JOBS_WITH_LINES.all([order.id for order in found]) if found else ():
        jobs[job.order_id].append(job)
    keys = {job.machine_id for rows in jobs.values() for job in rows if job.machine_id is not None and machines}
    known = {row.id: row for row in _MACHINES.all(list(keys))} if keys else {}
    for order in found:
        order.__dict__["jobs_read"] = jobs[order.id]
        for job in jobs[order.id]:
            job.order = order
            if job.machine_id in known:
                job.machine = known[job.machine_id]


_ALL_MACHINES: Prepared[MachineRow] = Prepared(lambda: MachineRow.select().order_by(MachineRow.name))


def all_machines() -> list[MachineRow]:
    """Every machine, by name."""
    return _ALL_MACHINES.all()


def know_jobs(order: OrderRow, lines: Iterable[OrderLineRow], machines: Iterable[MachineRow]) -> list[JobRow]:
    """The jobs of an order, each with its line, its file and its machine, of what was read already. One query; from now
    on ``jobs_of`` needs none."""
    jobs, of_line, of_id = jobs_of(order), {one.id: one for one in lines}, {one.id: one for one in machines}
    for job in jobs:
        job.order = order
        job.line = of_line.get(job.line_id, job.line)
        if job.machine_id in of_id:
            job.machine = of_id[job.machine_id]
    order.__dict__["jobs_read"] = jobs
    return jobs


_OPERATIONS: Prepared[OperationRow] = Prepared(
    lambda order: OperationRow.select().where(OperationRow.order == order).order_by(OperationRow.id)
)


def operations_of(order: OrderRow, lines: Iterable[OrderLineRow]) -> list[OperationRow]:
    """The hand work of an order, each with its line of those that were read already."""
    found, of_line = _OPERATIONS.all(order.id), {one.id: one for one in lines}
    for row in found:
        if row.line_id in of_line:
            row.line = of_line[row.line_id]
    return found


def _jobs_with_lines(order_ids: Any) -> Any:
    query = JobRow.select(JobRow, OrderLineRow, CameraRow).join(OrderLineRow).switch(JobRow)
    query = query.join(CameraRow, JOIN.LEFT_OUTER, on=(CameraRow.machine == JobRow.machine), attr="camera")
    return query.where(JobRow.order.in_(order_ids)).order_by(JobRow.id)


_JOBS_WITH_LINES: Prepared[JobRow] = Prepared(_jobs_with_lines)
_MACHINES: Prepared[MachineRow] = Prepared(lambda ids: MachineRow.select().where(MachineRow.id.in_(ids)))


OPEN_STATES = [state.value for state in OPEN]
ACTIVE_STATES = [state.value for state in ACTIVE]
ON_MACHINE = [*ACTIVE_STATES, JobState.QUEUED.value]


def queue_order(job: Job) -> tuple[int, float, int]:
    """Sort key of a machine's queue: what runs, then what waits, in the order that staff gave it."""
    return (0 if job.state in ACTIVE else 1, job.position, job.id)


def open_jobs_by_machine(machines: Iterable[int] | None = None) -> tuple[dict[int, list[Job]], dict[int, Any]]:
    """Running and queued jobs of these machines (or of all), in queue order, and the evidence of those at work.

    Of a full shop these are thousands, and a queue is read whenever something happens on it: a job that waits is read
    as the few plain figures that it has.
    """
    found: dict[int, list[Job]] = defaultdict(list)
    evidence = {}
    mine = JobRow.machine.is_null(False) if machines is None else JobRow.machine.in_(list(machines))
    for row in JobRow.select().where(JobRow.state.in_(ACTIVE_STATES), mine):
        found[row.machine_id].append(to_job(row))
        if row.evidence:
            evidence[row.id] = row.evidence
    waiting: Any = JobRow.select(*WAITING_COLUMNS).where(JobRow.state == JobState.QUEUED.value, mine)
    for number, code, order, line, machine, copies, planned_s, source, position in waiting.tuples():
        job = Job(
            number, code, order, line, copies, JobState.QUEUED, planned_s, DurationSource(source), machine, position
        )
        found[machine].append(job)
    return {machine: sorted(jobs, key=queue_order) for machine, jobs in found.items()}, evidence


def _ended_short() -> Any:
    """Ended without all of its copies."""
    return JobRow.state.in_([JobState.FAILED.value, JobState.CANCELLED.value]) & (JobRow.copies_done < JobRow.copies)


def short_orders() -> dict[int, int]:
    """Orders on the floor of which copies are missing that nobody has planned again, and how many; in the order in
    which they came to their stage."""
    return dict(_SHORT.all())


def _short() -> Any:
    later = JobRow.alias()
    return (
        JobRow.select(JobRow.order, fn.SUM(JobRow.copies - JobRow.copies_done))
        .join(OrderRow)
        .where(
            OrderRow.stage.in_([stage.value for stage in ON_THE_FLOOR]),
            _ended_short(),
            ~fn.EXISTS(later.select(later.id).where(later.replaces == JobRow.id)),
        )
        .group_by(JobRow.order)
        .order_by(fn.MIN(OrderRow.stage_since))
    )


_SHORT: Prepared[tuple[int, int]] = Prepared(_short, lambda order, count: (order, int(count)))


WAITING_COLUMNS = (
    JobRow.id,
    JobRow.code,
    JobRow.order,
    JobRow.line,
    JobRow.machine,
    JobRow.copies,
    JobRow.planned_s,
    JobRow.duration_source,
    JobRow.position,
)


def jobs_without_machine() -> list[tuple[Job, OrderLineRow, OrderRow]]:
    """Every job that some machine has still to be found for, with its line and its order: planned, or short of
    copies and not replaced yet."""
    later = JobRow.alias()
    open_orders = [stage.value for stage in (*BEFORE_PRODUCTION, *ON_THE_FLOOR)]
    failed = _ended_short() & ~fn.EXISTS(later.select(later.id).where(later.replaces == JobRow.id))
    rows = (
        JobRow.select(JobRow, OrderLineRow.material, OrderLineRow.made_from, OrderRow)
        .join(OrderLineRow)
        .switch(JobRow)
        .join(OrderRow)
        .where(OrderRow.stage.in_(open_orders), (JobRow.state == JobState.PLANNED.value) | failed)
    )
    return [(to_job(row), row.line, row.order) for row in rows]


def queue_of(machine_id: int) -> list[JobRow]:
    """The running and queued jobs of a machine, in queue order."""
    rows = (
        JobRow.select(JobRow, OrderRow).join(OrderRow).where(JobRow.machine == machine_id, JobRow.state.in_(ON_MACHINE))
    )
    return sorted(rows, key=lambda row: queue_order(to_job(row)))


def read_queues(found: Sequence[MachineRow]) -> dict[int, list[JobRow]]:
    """Machine -> what it is at and what waits for it, in queue order: all of them at once, each job with its line, its
    machine and, of its file, the picture. One query."""
    mine = {machine.id: machine for machine in found}
    queues: dict[int, list[JobRow]] = {number: [] for number in mine}
    if mine:
        for job in _QUEUES.all(list(mine)):
            job.machine = mine[job.machine_id]
            queues[job.machine_id].append(job)
    return {number: sorted(jobs, key=lambda row: queue_order(to_job(row))) for number, jobs in queues.items()}


_QUEUES: Prepared[JobRow] = Prepared(
    lambda machines: (
        JobRow.select(JobRow, OrderRow, OrderLineRow, DesignFileRow.id, DesignFileRow.picture_sha)
        .join(OrderRow)
        .switch(JobRow)
        .join(OrderLineRow)
        .join(DesignFileRow, JOIN.LEFT_OUTER)
        .where(JobRow.machine.in_(machines), JobRow.state.in_(ON_MACHINE))
    )
)


def active_job(machine_id: int) -> JobRow | None:
    """The job that a machine is at, if any: there is one at most."""
    row: JobRow | None = JobRow.get_or_none(JobRow.machine == machine_id, JobRow.state.in_(ACTIVE_STATES))
    return row


def job_of_run(machine_id: int, run_key: str) -> JobRow | None:
    """The job that a run of a machine is: the one at work before any that has ended, the newest of these."""
    rows = list(JobRow.select().where(JobRow.machine == machine_id, JobRow.run_key == run_key)) if run_key else []
    return max(rows, key=lambda row: (row.state in ACTIVE_STATES, row.id), default=None)


def jobs_at_work(keys: Iterable[str]) -> list[tuple[JobRow, MachineRow]]:
    """What the machines of these keys are at: each job with its machine, its order and the file it is made from."""
    rows: Any = (
        JobRow.select(JobRow, MachineRow, OrderRow, OrderLineRow, DesignFileRow)
        .join(MachineRow)
        .switch(JobRow)
        .join(OrderRow)
        .switch(JobRow)
        .join(OrderLineRow)
        .join(DesignFileRow, JOIN.LEFT_OUTER)
        .where(MachineRow.key.in_(sorted(keys)), MachineRow.enabled, JobRow.state.in_(ACTIVE_STATES))
    )
    return [(row, row.machine) for row in rows]


def waiting_for_hands() -> dict[int, JobRow]:
    """Machine -> its job that waits for somebody to come."""
    return {row.machine_id: row for row in _FOR_HANDS.all()}


_FOR_HANDS: Prepared[JobRow] = Prepared(
    lambda: JobRow.select().where(JobRow.state == JobState.ATTENTION.value, JobRow.machine.is_null(False))
)
_IN_USE: Prepared[MachineRow] = Prepared(
    lambda: MachineRow.select().where(MachineRow.enabled).order_by(MachineRow.name)
)
_PLANNED: Prepared[tuple[int, int]] = Prepared(
    lambda stages: (
        JobRow.select(JobRow.order, fn.COUNT(JobRow.id))
        .join(OrderRow)
        .where(JobRow.state == JobState.PLANNED.value, OrderRow.stage.in_(stages))
        .group_by(JobRow.order)
        .order_by(fn.MIN(OrderRow.stage_since))
    ),
    lambda order, count: (order, int(count)),
)


def machines_in_use() -> list[MachineRow]:
    """Every machine that is enabled, by name."""
    return _IN_USE.all()


def waiting_for_machine(stages: Iterable[Stage]) -> dict[int, int]:
    """Orders at one of ``stages`` with jobs that have no machine yet, and how many; in the order in which they came to
    their stage."""
    return dict(_PLANNED.all([stage.value for stage in stages]))


def is_lost(machine: MachineRow, job: JobRow) -> bool:
    """Whether a job waits for hands because its machine has left it and never said how it ended."""
    return job.state == JobState.ATTENTION.value and to_memory(machine).run_key != job.run_key


def last_position(machine_id: int) -> float:
    """The position of the last job in a machine's queue; 0 when it is empty."""
    return float(JobRow.select(fn.MAX(JobRow.position)).where(JobRow.machine == machine_id).scalar() or 0.0)


def live_jobs(order_ids: Iterable[int]) -> dict[int, list[Job]]:
    """Jobs of these orders that still matter: all but those whose missing copies another job makes."""
    found: dict[int, list[Job]] = defaultdict(list)
    for job in _live_of(_JOBS.all(list(order_ids))):
        found[job.order_id].append(job)
    return found


_JOBS: Prepared[JobRow] = Prepared(lambda ids: JobRow.select().where(JobRow.order.in_(ids)))


def _live_of(rows: Sequence[JobRow]) -> list[Job]:
    replaced = {row.replaces_id for row in rows if row.replaces_id}
    return [to_job(row) for row in rows if row.id not in replaced]


FACTS = """
SELECT COUNT(l.id), COALESCE(SUM(CASE WHEN l.file_id IS NULL THEN 1 ELSE 0 END), 0),
  COUNT(DISTINCT CASE WHEN f.verdict = 'refused' THEN f.id END),
  (SELECT COUNT(*) FROM operation p WHERE p.order_id = ? AND p.done_at IS NULL)
FROM order_line l LEFT JOIN design_file f ON f.id = l.file_id WHERE l.order_id = ?
"""


def facts_of(order: OrderRow, *, wants_photo: bool = False) -> OrderFacts:
    """What the workflow's rules need to know of an order; ``wants_photo``: of the finished parts, too. Two queries; one
    where its jobs were read already."""
    known: list[JobRow] | None = order.__dict__.get("jobs_read")
    jobs = live_jobs([order.id]).get(order.id, []) if known is None else _live_of(known)
    found = database.execute_sql(in_dialect(FACTS), (order.id, order.id)).fetchone()
    lines, without_file, refused, operations = (int(one) for one in found)
    return OrderFacts(
        pickup=order.delivery == "pickup",
        on_hold=order.hold_since is not None,
        lines=lines,
        lines_without_file=without_file,
        lines_refused=refused,
        jobs_open=sum(1 for job in jobs if not is_made(job)),
        copies_missing=missing(jobs),
        jobs_running=sum(1 for job in jobs if job.state in ACTIVE),
        operations_open=operations,
        photo_missing=wants_photo and not _shown_finished(order),
    )


def _shown_finished(order: OrderRow) -> bool:
    """Whether somebody has kept a photo since the order last came off the machines."""
    off = StageChangeRow.select(fn.MAX(StageChangeRow.at)).where(
        StageChangeRow.order == order.id, StageChangeRow.before == Stage.IN_PRODUCTION.value,
        StageChangeRow.after.in_([Stage.POST_PROCESSING.value, Stage.QUALITY_CHECK.value]),
    )  # fmt: skip
    photos = ProgressPhotoRow.select().where(ProgressPhotoRow.order == order.id, ProgressPhotoRow.taken_at >= off)
    return bool(photos.exists())


def orders_on_machines(machine_ids: Iterable[int]) -> list[int]:
    """Orders that wait for, or are on, these machines."""
    rows = (
        JobRow.select(JobRow.order)
        .where(JobRow.machine.in_(list(machine_ids)), JobRow.state.in_(OPEN_STATES))
        .distinct()
    )
    return [row.order_id for row in rows]


def orders_without_machine() -> list[int]:
    """Orders with a job that some machine has still to be found for."""
    return sorted({order.id for _job, _line, order in jobs_without_machine()})


def active_orders() -> list[int]:
    """Every order that is neither completed nor cancelled."""
    ended = [stage.value for stage in ENDED]
    return [row.id for row in OrderRow.select(OrderRow.id).where(OrderRow.stage.not_in(ended))]
