"""Copies of a line over jobs: split, put together again, and what came of a run."""

from __future__ import annotations

from datetime import datetime

from craftops.domain.estimation.estimate import Cause
from craftops.domain.orders.workflow import ON_THE_FLOOR, Stage
from craftops.domain.people.access import Actor
from craftops.domain.production import copies
from craftops.domain.production.jobs import ACTIVE, Job, JobState
from craftops.errors import IllegalMove, RuleError
from craftops.sdk.machine import Command, CommandKind, HandDriver
from craftops.services.estimation import estimating
from craftops.services.machines import commands, registry, reporting
from craftops.services.orders import ordering
from craftops.services.production import planning
from craftops.services.production.job_events import job_changed, job_finished
from craftops.services.shop.context import Shop
from craftops.store.database import UnitOfWork, unit_of_work
from craftops.store.mapping import save_job, to_job, to_memory
from craftops.store.models import JobRow, MachineRow, OrderRow
from craftops.store.queries import production


def _job(job_id: int) -> JobRow:
    row: JobRow | None = JobRow.get_or_none(JobRow.id == job_id)
    if row is None:
        raise RuleError("There is no such job.")
    return row


def _keep_size(job: Job) -> None:
    """Another number of copies: machine code was made for the old one, and is not kept."""
    values = {"copies": job.copies, "planned_s": job.planned_s, "gcode_sha": "", "gcode_name": ""}
    JobRow.update(values).where(JobRow.id == job.id).execute()


def split_job(shop: Shop, job_id: int, off: int, *, actor: Actor, at: datetime) -> JobRow:
    """Take ``off`` copies of a waiting job into a job of their own, right behind it; that job.

    Machine code of the old job is for all its copies, and is forgotten. Raises IllegalMove, IntakeError.
    """
    actor.must_be_staff()
    with unit_of_work() as uow:
        row = _job(job_id)
        kept, other = copies.split(to_job(row), off, id=0, code=planning.next_code(row))
        _keep_size(kept)
        fresh = planning.create_job(other)
        if fresh.machine_id:
            _make_room(row, fresh)
        job_changed(shop, uow, fresh, actor=actor, at=at, cause=Cause.QUEUE_CHANGED)
    return fresh


def _make_room(row: JobRow, fresh: JobRow) -> None:
    waiting = [one.id for one in production.queue_of(row.machine_id) if one.state == JobState.QUEUED.value]
    waiting.remove(fresh.id)
    waiting.insert(waiting.index(row.id) + 1, fresh.id)
    for position, id_ in enumerate(waiting, start=1):
        JobRow.update(position=float(position)).where(JobRow.id == id_).execute()


def merge_jobs(shop: Shop, job_id: int, other_id: int, *, actor: Actor, at: datetime) -> JobRow:
    """Put two waiting jobs of a line together, in the place of the first. Raises IllegalMove."""
    actor.must_be_staff()
    with unit_of_work() as uow:
        row, other = _job(job_id), _job(other_id)
        _keep_size(copies.merge(to_job(row), to_job(other)))
        JobRow.delete().where(JobRow.id == other.id).execute()
        job_changed(shop, uow, row, actor=actor, at=at, cause=Cause.QUEUE_CHANGED)
        if other.machine_id and other.machine_id != row.machine_id:
            behind = production.orders_on_machines([other.machine_id])
            estimating.reestimate(shop, behind, cause=Cause.QUEUE_CHANGED, at=at)
    return _job(job_id)


def settle_job(shop: Shop, job_id: int, done: int, failed: int, *, actor: Actor, at: datetime) -> JobRow | None:
    """Staff say what came of a run; the job that makes the missing copies again, or None when none is missing.

    Raises IllegalMove while a machine is at it that reports for itself, when the missing copies are made again already,
    or when the order has left the floor; IntakeError for numbers that cannot be.
    """
    actor.must_be_staff()
    with unit_of_work() as uow:
        row = _job(job_id)
        order: OrderRow = row.order
        if Stage(order.stage) not in ON_THE_FLOOR:
            raise IllegalMove("The order has left the floor.", "Move it back to quality check, and say it then.")
        if JobRow.select().where(JobRow.replaces == row.id).exists():
            raise IllegalMove(f"The missing copies of {row.code} have a job of their own already.")
        machine = row.machine if JobState(row.state) in ACTIVE else None
        if machine is not None and not isinstance(registry.driver_of(shop, machine), HandDriver):
            raise IllegalMove(f"{machine.name} is still at it.", "Say it when the run has ended.")
        after = copies.settle(to_job(row), done, failed, at=at)
        save_job(after)
        fresh = None
        if after.copies_done < after.copies:
            fresh = planning.create_job(copies.again(after, id=0, code=planning.next_code(row)))
        if machine is not None:
            _release(shop, machine, row, actor, at)
            job_finished(uow, row, after, actor=actor, at=at, counted=True)
        cause = Cause.JOB_FAILED if fresh else Cause.JOB_FINISHED
        job_changed(shop, uow, row, actor=actor, at=at, cause=cause)
        _follow(shop, uow, order.id, fresh, actor, at)
    return fresh


def _release(shop: Shop, machine: MachineRow, row: JobRow, actor: Actor, at: datetime) -> None:
    """The machine that people report for is free again: as if they had pressed "done"."""
    driver = registry.driver_of(shop, machine)
    if isinstance(driver, HandDriver):
        command = Command(CommandKind.FINISH, f"settled-{row.id}", at, commands.brief_of(row))
        reading = driver.press(command, to_memory(machine).last)
        reporting.take_reading(shop, machine.key, reading, at=at, actor=actor)


def _follow(shop: Shop, uow: UnitOfWork, order_id: int, fresh: JobRow | None, actor: Actor, at: datetime) -> None:
    """The order goes back into production for missing copies, and on when none is missing."""
    order: OrderRow = OrderRow.get_by_id(order_id)
    stage = Stage(order.stage)
    if fresh is not None and stage in (Stage.POST_PROCESSING, Stage.QUALITY_CHECK):
        ordering.step(shop, uow, order, Stage.IN_PRODUCTION, actor=actor, at=at)
    if fresh is not None or stage is not Stage.IN_PRODUCTION or order.hold_since is not None:
        return
    if not production.facts_of(order).jobs_open:
        ordering.step(shop, uow, order, Stage.POST_PROCESSING, actor=actor, at=at)
