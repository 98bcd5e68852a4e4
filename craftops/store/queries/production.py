"""Cameras, the runs that they see, and the photos of an order."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from peewee import JOIN, fn

from craftops.domain.orders.workflow import BEFORE_PRODUCTION, ON_THE_FLOOR, OrderFacts, Stage
from craftops.domain.production.copies import is_made, missing
from craftops.domain.production.jobs import ACTIVE, OPEN, DurationSource, Job, JobState
from craftops.store.database import in_dialect
from craftops.store.mapping import to_job, to_memory
from craftops.store.models import (
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
from craftops.store.queries.orders import OPEN_VALUES
from craftops.store.viewing import columns
from craftops.store.views.files import StoredPhoto
from craftops.store.views.machines import JobForHands, MachineView, RememberedMachine
from craftops.store.views.orders import OrderView

_PHOTOS: Prepared[StoredPhoto] = Prepared(
    lambda order: (
        ProgressPhotoRow.select(*columns(StoredPhoto, ProgressPhotoRow))
        .where(ProgressPhotoRow.order == order)
        .order_by(ProgressPhotoRow.taken_at.desc(), ProgressPhotoRow.id.desc())
    ),
    StoredPhoto,
)


def photos_of(order_id: int) -> list[StoredPhoto]:
    """The photos of an order, the newest first."""
    return _PHOTOS.all(order_id)


def photo(order_id: int, photo_id: int) -> StoredPhoto | None:
    """One photo of this order."""
    return next((one for one in photos_of(order_id) if one.id == photo_id), None)


def hand_minutes(order_id: int) -> float:
    """Minutes of hand work of an order that are still to be done."""
    left = OperationRow.select(fn.SUM(OperationRow.minutes))
    return float(left.where(OperationRow.order == order_id, OperationRow.done_at.is_null()).scalar() or 0.0)


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
    mine = () if machines is None else (list(machines),)
    if mine == ([],):
        return {}, {}
    for row in _AT_WORK[len(mine)].all(ACTIVE_STATES, *mine):
        found[row.machine_id].append(to_job(row))
        if row.evidence:
            evidence[row.id] = row.evidence
    for job in _WAITING[len(mine)].all(JobState.QUEUED.value, *mine):
        found[job.machine_id].append(job)  # type: ignore[index]
    return {machine: sorted(jobs, key=queue_order) for machine, jobs in found.items()}, evidence


def _waiting_job(*values: Any) -> Job:
    number, code, order, line, machine, copies, planned_s, source, position = values
    return Job(number, code, order, line, copies, JobState.QUEUED, planned_s, DurationSource(source), machine, position)


def _on(machines: Any = None) -> Any:
    return JobRow.machine.is_null(False) if machines is None else JobRow.machine.in_(machines)


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
_AT_WORK: tuple[Prepared[JobRow], Prepared[JobRow]] = (
    Prepared(lambda states: JobRow.select().where(JobRow.state.in_(states), _on())),
    Prepared(lambda states, machines: JobRow.select().where(JobRow.state.in_(states), _on(machines))),
)
"""Of all machines; of some."""
_WAITING: tuple[Prepared[Job], Prepared[Job]] = (
    Prepared(lambda state: JobRow.select(*WAITING_COLUMNS).where(JobRow.state == state, _on()), _waiting_job),
    Prepared(
        lambda state, machines: JobRow.select(*WAITING_COLUMNS).where(JobRow.state == state, _on(machines)),
        _waiting_job,
    ),
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


def waiting_for_hands() -> dict[int, JobForHands]:
    """Machine -> its job that waits for somebody to come."""
    return {one.machine_id: one for one in _FOR_HANDS.all()}


_FOR_HANDS: Prepared[JobForHands] = Prepared(
    lambda: JobRow.select(*columns(JobForHands, JobRow)).where(
        JobRow.state == JobState.ATTENTION.value, JobRow.machine.is_null(False)
    ),
    JobForHands,
)
_IN_USE: Prepared[MachineView] = Prepared(
    lambda: MachineRow.select(*columns(MachineView, MachineRow)).where(MachineRow.enabled).order_by(MachineRow.name),
    MachineView,
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


def machines_in_use() -> list[MachineView]:
    """Every machine that is enabled, by name."""
    return _IN_USE.all()


def waiting_for_machine(stages: Iterable[Stage]) -> dict[int, int]:
    """Orders at one of ``stages`` with jobs that have no machine yet, and how many; in the order in which they came to
    their stage."""
    return dict(_PLANNED.all([stage.value for stage in stages]))


def is_lost(machine: RememberedMachine, job: JobRow | JobForHands | Job) -> bool:
    """Whether a job waits for hands because its machine has left it and never said how it ended."""
    return job.state == JobState.ATTENTION.value and to_memory(machine).run_key != job.run_key


def last_position(machine_id: int) -> float:
    """The position of the last job in a machine's queue; 0 when it is empty."""
    return float(JobRow.select(fn.MAX(JobRow.position)).where(JobRow.machine == machine_id).scalar() or 0.0)


def live_jobs(order_ids: Iterable[int]) -> dict[int, list[Job]]:
    """Jobs of these orders that still matter: all but those whose missing copies another job makes."""
    found: dict[int, list[Job]] = defaultdict(list)
    for job in _live_of(map(to_job, _JOBS.all(list(order_ids)))):
        found[job.order_id].append(job)
    return found


_JOBS: Prepared[JobRow] = Prepared(lambda ids: JobRow.select().where(JobRow.order.in_(ids)))


def _live_of(jobs: Iterable[Job]) -> list[Job]:
    known = list(jobs)
    replaced = {job.replaces for job in known if job.replaces}
    return [job for job in known if job.id not in replaced]


FACTS = """
SELECT COUNT(l.id), COALESCE(SUM(CASE WHEN l.file_id IS NULL THEN 1 ELSE 0 END), 0),
  COUNT(DISTINCT CASE WHEN f.verdict = 'refused' THEN f.id END),
  (SELECT COUNT(*) FROM operation p WHERE p.order_id = ? AND p.done_at IS NULL)
FROM order_line l LEFT JOIN design_file f ON f.id = l.file_id WHERE l.order_id = ?
"""


@dataclass(frozen=True, slots=True)
class KnownParts:
    """What was read of an order already, so that its facts need no query."""

    jobs: tuple[Job, ...]
    lines: int
    without_file: int
    refused: int
    """Files that cannot be made, however many lines have them."""
    operations_open: int


def _parts_of(order_id: int) -> KnownParts:
    found = database.execute_sql(in_dialect(FACTS), (order_id, order_id)).fetchone()
    lines, without_file, refused, operations = (int(one) for one in found)
    return KnownParts(tuple(live_jobs([order_id]).get(order_id, ())), lines, without_file, refused, operations)


def facts_of(order: OrderRow | OrderView, *, wants_photo: bool = False, known: KnownParts | None = None) -> OrderFacts:
    """What the workflow's rules need to know of an order; ``wants_photo``: of the finished parts, too. Two queries;
    none where its parts are known."""
    parts = _parts_of(order.id) if known is None else known
    jobs, operations = _live_of(parts.jobs), parts.operations_open
    return OrderFacts(
        pickup=order.delivery == "pickup",
        on_hold=order.hold_since is not None,
        lines=parts.lines,
        lines_without_file=parts.without_file,
        lines_refused=parts.refused,
        jobs_open=sum(1 for job in jobs if not is_made(job)),
        copies_missing=missing(jobs),
        jobs_running=sum(1 for job in jobs if job.state in ACTIVE),
        operations_open=operations,
        photo_missing=wants_photo and not _shown_finished(order),
    )


def _shown_finished(order: OrderRow | OrderView) -> bool:
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
    return [row.id for row in OrderRow.select(OrderRow.id).where(OrderRow.stage.in_(OPEN_VALUES)).order_by(OrderRow.id)]
