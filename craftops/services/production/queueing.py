"""Jobs stand in the queues of machines: queued, moved, taken out, tried again."""

from __future__ import annotations

from datetime import datetime

from craftops.domain.estimation.estimate import Cause
from craftops.domain.events import Event, EventKind
from craftops.domain.orders.workflow import Stage
from craftops.domain.people.access import Actor
from craftops.domain.production.jobs import JobState, JobStep, step_job
from craftops.domain.schedule.capability import why_not
from craftops.errors import IllegalMove
from craftops.services.machines import unclaimed
from craftops.services.machines.registry import machine_by_key
from craftops.services.production import planning
from craftops.services.production.job_events import job_changed
from craftops.services.production.jobs import job_of
from craftops.services.schedule import capabilities
from craftops.services.shop.context import Shop
from craftops.store.database import unit_of_work
from craftops.store.mapping import save_job, to_job
from craftops.store.models import JobRow
from craftops.store.queries import production

IN_WORK = (Stage.QUEUED, Stage.IN_PRODUCTION)


def queue_job(shop: Shop, job_id: int, key: str, *, actor: Actor, at: datetime) -> JobRow:
    """Put a job at the end of a machine's queue, or move it there from another's.

    Raises IllegalMove when the order is not accepted, or the machine cannot make it (``domain.schedule.capability``).
    """
    actor.must_be_staff()
    with unit_of_work() as uow:
        job = job_of(job_id)
        machine = machine_by_key(key)
        stage = Stage(job.order.stage)
        if stage in (Stage.RECEIVED, Stage.IN_REVIEW):
            raise IllegalMove("Accept the order first; then its jobs can be queued.")
        if stage not in (*IN_WORK, Stage.POST_PROCESSING):
            raise IllegalMove("This order needs no machine any more.")
        need = capabilities.need_of(shop, job.line, job.line.file)
        if why := why_not(need, capabilities.capability_of(shop, key, at), at):
            raise IllegalMove(why)
        before = job.machine_id
        after = step_job(to_job(job), JobStep.QUEUE, at=at)
        last = production.last_position(machine.id)
        JobRow.update(state=after.state.value, machine=machine, position=last + 1.0).where(
            JobRow.id == job.id
        ).execute()
        job.machine, job.state = machine, after.state.value
        job_changed(shop, uow, job, actor=actor, at=at, cause=Cause.QUEUE_CHANGED, besides=[before])
    return job


def unqueue_job(shop: Shop, job_id: int, *, actor: Actor, at: datetime) -> None:
    """Take a waiting job out of its queue. Raises IllegalMove when it runs already."""
    actor.must_be_staff()
    with unit_of_work() as uow:
        job = job_of(job_id)
        before = job.machine_id
        save_job(step_job(to_job(job), JobStep.UNQUEUE, at=at))
        job.machine = None
        job_changed(shop, uow, job, actor=actor, at=at, cause=Cause.QUEUE_CHANGED, besides=[before])


def reorder_job(shop: Shop, job_id: int, direction: str, *, actor: Actor, at: datetime) -> None:
    """Let a waiting job change places with its neighbour (``up`` or ``down``); at an end it stays."""
    actor.must_be_staff()
    with unit_of_work() as uow:
        job = job_of(job_id)
        if job.state != JobState.QUEUED.value or job.machine_id is None:
            raise IllegalMove("Only a waiting job can change places.")
        waiting = [row for row in production.queue_of(job.machine_id) if row.state == JobState.QUEUED.value]
        here = next(index for index, row in enumerate(waiting) if row.id == job.id)
        there = here + (-1 if direction == "up" else 1)
        if not 0 <= there < len(waiting):
            return
        waiting[here], waiting[there] = waiting[there], waiting[here]
        for position, row in enumerate(waiting, start=1):
            JobRow.update(position=float(position)).where(JobRow.id == row.id).execute()
        job_changed(shop, uow, job, actor=actor, at=at, cause=Cause.QUEUE_CHANGED)


def retry_job(shop: Shop, job_id: int, *, actor: Actor, at: datetime) -> JobRow:
    """Plan a failed or cancelled job again, as a new job linked to it; asking twice gives the same one."""
    actor.must_be_staff()
    with unit_of_work() as uow:
        job = job_of(job_id)
        known: JobRow | None = JobRow.get_or_none(JobRow.replaces == job.id)
        if known is not None:
            return known
        if job.state not in (JobState.FAILED.value, JobState.CANCELLED.value):
            raise IllegalMove("Only a job that failed or was cancelled can be planned again.")
        fresh = planning.plan_again(job)
        job_changed(shop, uow, fresh, actor=actor, at=at, cause=Cause.QUEUE_CHANGED)
    return fresh


def dismiss_run(key: str, run_key: str, *, actor: Actor, at: datetime) -> None:
    """Staff say that an unexplained run is none of the jobs. One that was answered already changes nothing."""
    actor.must_be_staff()
    with unit_of_work() as uow:
        machine = machine_by_key(key)
        if machine.unclaimed_run and machine.unclaimed_run == run_key:
            unclaimed.forget(machine.id)
            uow.record(Event(EventKind.MACHINE_CHANGED, at, actor, machine_id=machine.id))
