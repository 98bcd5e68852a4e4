"""What follows from a change of a job, in one place: it is told, and all who wait for its machines are estimated."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from craftops.domain.estimation.estimate import Cause
from craftops.domain.events import Event, EventKind
from craftops.domain.people.access import Actor
from craftops.domain.production.jobs import Job, active_seconds
from craftops.services.estimation import estimating
from craftops.services.shop.context import Shop
from craftops.store.database import UnitOfWork
from craftops.store.models import JobRow, OrderRow
from craftops.store.queries import production


def job_changed(
    shop: Shop,
    uow: UnitOfWork,
    row: JobRow,
    *,
    actor: Actor,
    at: datetime,
    cause: Cause,
    besides: Iterable[int | None] = (),
    what: str = "",
    facts: dict[str, str] | None = None,
) -> None:
    """Tell of it, and estimate its order anew with all that wait at its machine and at those ``besides``, which it has
    left. ``what`` happened to its run, with ``facts`` for whoever reads why a window moved."""
    order: OrderRow = row.order
    data = {"job": row.code, **({"what": what} if what else {}), **(facts or {})}
    uow.record(Event(EventKind.JOB_CHANGED, at, actor, order.id, order.customer_id, row.machine_id, data))
    machines = {one for one in (row.machine_id, *besides) if one is not None}
    touched = {order.id, *production.orders_on_machines(sorted(machines))}
    estimating.reestimate(shop, touched, cause=cause, at=at, facts=facts)


def job_finished(uow: UnitOfWork, row: JobRow, job: Job, *, actor: Actor, at: datetime, counted: bool = False) -> None:
    """Tell that it has ended; ``counted``: staff have said what came of it."""
    order: OrderRow = row.order
    data = {"job": row.code, "state": job.state.value, "planned_s": job.planned_s, "took_s": active_seconds(job, at)}
    if counted:
        data |= {"copies": job.copies, "copies_done": job.copies_done}
    uow.record(Event(EventKind.JOB_FINISHED, at, actor, order.id, order.customer_id, row.machine_id, data))
