"""The estimate of real orders: gather, walk (domain), keep what people should see."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from craftops.domain.estimation.estimate import (
    CHECK,
    REVIEW,
    Basis,
    Cause,
    Estimate,
    Floor,
    HandStep,
    MachineQueue,
    OrderWork,
    People,
    Waiting,
    Window,
    is_news,
    to_show,
)
from craftops.domain.estimation.statistics import COLD, HandStatistics
from craftops.domain.events import Event, EventKind
from craftops.domain.hours.calendar import Calendar, MachineHours
from craftops.domain.machines.readings import STALE_REPORTS, is_stale
from craftops.domain.orders.workflow import ENDED, READY, Stage
from craftops.domain.people.access import SYSTEM
from craftops.domain.production.copies import is_made, missing
from craftops.domain.production.jobs import Job, JobState
from craftops.domain.shop.catalogue import Specified
from craftops.domain.shop.profile import parse_span
from craftops.services.estimation import learning, run_tracking
from craftops.services.shop.context import Shop
from craftops.store.database import UnitOfWork, connected, reading, unit_of_work
from craftops.store.models import OperationRow, OrderLineRow, OrderRow, WindowMoveRow
from craftops.store.models.base import to_micros
from craftops.store.queries import machine_pages, production, schedule

FINISHED = READY | ENDED | {Stage.SHIPPED}
KEPT_AT_ONCE = 20
UNDER_REVIEW = (Stage.RECEIVED, Stage.IN_REVIEW)
Usuals = Mapping[str, Mapping[str, Any]]


def machine_queues(
    shop: Shop,
    at: datetime,
    known: Usuals,
    only: Iterable[int] | None = None,
    limits: Mapping[int, MachineHours] | None = None,
) -> list[MachineQueue]:
    """Machines as the estimate sees them: those asked for, or every one. ``limits`` by machine, if known already."""
    wanted = None if only is None else list(only)
    jobs, evidence = production.open_jobs_by_machine(wanted)
    bound = _limits(wanted, at) if limits is None else limits
    queues = []
    rows = machine_pages.machines() if wanted is None else machine_pages.machines_of(wanted)
    for row in sorted(rows, key=lambda one: one.id):
        driver = shop.plugins.machine_drivers.get(row.driver)
        by_hand = driver.by_hand if driver else False
        stale = not by_hand and is_stale(row.heard_at, at, row.report_interval_s)
        silent = (at - row.heard_at).total_seconds() if row.heard_at else 0.0
        usual = known.get(f"machine:{row.id}") or known.get("machine:0")
        mine = tuple(jobs.get(row.id, ()))
        queues.append(
            MachineQueue(
                machine_id=row.id,
                jobs=mine,
                stale=stale,
                silent_s=silent if stale else 0.0,
                auto_start=driver.auto_start if driver else False,
                usual=run_tracking.to_statistics(dict(usual)) if usual else COLD,
                process=row.process,
                left=run_tracking.left_of_row(evidence.get(mine[0].id)) if mine else None,
                patience_s=STALE_REPORTS * row.report_interval_s,
                takes_new=row.enabled,
                limits=bound.get(row.id),
            )
        )
    return queues


def _limits(machines: list[int] | None, at: datetime) -> dict[int, MachineHours]:
    """When machines may work, of those that may not always."""
    said, rests = schedule.limits(machines, at)
    found = {
        row.machine_id: MachineHours(parse_span(row.hours) if row.hours else None, unattended=row.unattended)
        for row in said
    }
    for row in rests:
        before = found.get(row.machine_id, MachineHours())
        found[row.machine_id] = replace(before, blocks=(*before.blocks, (row.start, row.end)))
    return found


def waiting(shop: Shop, known: Usuals, at: datetime, calendar: Calendar) -> list[Waiting]:
    """Jobs that no machine has, in the order in which they will be given out: rushes, then accepted orders, then those
    that are looked at."""
    found = []
    for job, line, order in production.jobs_without_machine():
        known_material = shop.catalogue.material_of(line)
        review = _review(order, known, at, calendar)
        found.append(Waiting(job, known_material.process if known_material else "other", review, order.rush))
    return sorted(found, key=lambda one: (not one.rush, one.review is not None, one.job.order_id, one.job.id))


def step(people: People, known: Usuals, spent_s: float) -> HandStep:
    """What waits for people, as it is usual here; ``spent_s`` opening seconds have gone by."""
    usual = learning.hand_of(known, people.kind) or HandStatistics(1.0, people.sigma)
    return HandStep(people.minutes * usual.ratio, usual.sigma, spent_s / 60.0)


def _review(order: OrderRow, known: Usuals, at: datetime, calendar: Calendar) -> HandStep | None:
    if Stage(order.stage) not in UNDER_REVIEW:
        return None
    return step(REVIEW, known, calendar.open_seconds(order.placed_at, at))


def hand_step(work: Iterable[tuple[OperationRow, Specified]], known: Usuals, spent_s: float) -> HandStep | None:
    """All hand work of an order as one step; with each operation its line."""
    minutes, doubt = 0.0, 0.0
    for row, line in work:
        usual = learning.hand_of(known, learning.hand_key(row, line)) or HandStatistics()
        minutes += row.minutes * usual.ratio
        doubt += row.minutes * usual.ratio * usual.sigma
    return HandStep(minutes, doubt / minutes, spent_s / 60.0) if minutes > 0.0 else None


def works(orders: list[OrderRow], known: Usuals, at: datetime, calendar: Calendar) -> list[OrderWork]:
    """What is left to do for each of these orders, in their order."""
    ids = [order.id for order in orders]
    jobs = production.live_jobs(ids)
    operations: dict[int, list[OperationRow]] = {}
    rows = OperationRow.select(OperationRow, OrderLineRow).join(OrderLineRow)
    for row in rows.where(OperationRow.order.in_(ids), OperationRow.done_at.is_null()):
        operations.setdefault(row.order_id, []).append(row)
    return [_work(order, jobs.get(order.id, ()), operations.get(order.id, ()), known, at, calendar) for order in orders]


def _work(
    order: OrderRow,
    jobs: Collection[Job],
    operations: Iterable[OperationRow],
    known: Usuals,
    at: datetime,
    calendar: Calendar,
) -> OrderWork:
    stage = Stage(order.stage)
    if stage in FINISHED:
        return OrderWork(order.id, ready=True)
    spent = calendar.open_seconds(order.stage_since, at) if stage in SPENT else 0.0
    return OrderWork(
        order_id=order.id,
        jobs=tuple(job for job in jobs if not is_made(job)),
        short=missing(jobs) > 0,
        review=_review(order, known, at, calendar),
        hand=hand_step(
            ((row, row.line) for row in operations), known, spent if stage is Stage.POST_PROCESSING else 0.0
        ),
        check=step(CHECK, known, spent if stage is Stage.QUALITY_CHECK else 0.0),
        on_hold=order.hold_since is not None,
        waits_for_customer=order.hold_since is not None and order.hold_waits_for_customer,
    )


SPENT = (Stage.POST_PROCESSING, Stage.QUALITY_CHECK)


def estimate(shop: Shop, orders: list[OrderRow], *, at: datetime) -> list[Estimate]:
    """The estimate of each order, from the machines that it and those before it wait for."""
    # Here alone: numpy comes with the first estimate, so that the web starts without it (a test holds that).
    from craftops.domain.estimation.queue_simulation import QueueSimulation

    calendar = shop.profile().calendar
    known = learning.usuals()
    mine = works(orders, known, at, calendar)
    jobs = [job for work in mine for job in work.jobs]
    homeless = any(_is_homeless(job) for job in jobs)
    machines = None if homeless else {job.machine_id for job in jobs if job.machine_id is not None}
    queues = machine_queues(shop, at, known, machines)
    if not homeless and any(queue.limits and queue.limits.down(at) for queue in queues):
        homeless = True  # who waits for a machine that rests may go to any other
        queues = machine_queues(shop, at, known)
    homeless_jobs = waiting(shop, known, at, calendar) if homeless else []
    found = QueueSimulation(Floor(queues, homeless_jobs), at, calendar).estimates(mine)
    return [replace(one, short=work.short) for one, work in zip(found, mine, strict=True)]


def _is_homeless(job: Job) -> bool:
    return job.machine_id is None or job.state in (JobState.PLANNED, JobState.FAILED, JobState.CANCELLED)


def reestimate(
    shop: Shop, order_ids: Iterable[int], *, cause: Cause, at: datetime, facts: dict[str, str] | None = None
) -> None:
    """Work out the windows of these orders again; a window that people should see move is told, with its cause."""
    ids = sorted(set(order_ids))
    if not ids:
        return
    with unit_of_work() as uow:
        orders = list(OrderRow.select().where(OrderRow.id.in_(ids)))
        for order, fresh in zip(orders, estimate(shop, orders, at=at), strict=True):
            _keep(uow, order, fresh, cause, at, facts or {})


def _differs(order: OrderRow, changed: Mapping[str, object], names: Iterable[str]) -> bool:
    """Whether one of these columns is not what it was."""
    return any(getattr(order, name) != changed[name] for name in names)


def _keep(
    uow: UnitOfWork, order: OrderRow, estimate: Estimate, cause: Cause, at: datetime, facts: dict[str, str]
) -> None:
    shown = Window(order.window_start, order.window_end, order.window_middle) if order.window_start else None
    changed: dict[str, object] = {
        "basis": estimate.basis.value,
        "as_of": estimate.as_of,
        "stale": estimate.stale,
        "paused": estimate.paused,
        "short": estimate.short,
    }
    state_changed = _differs(order, changed, ("basis", "stale", "paused", "short"))
    accepted_now = order.promise_at is None and not _under_review(order)
    news = estimate.basis is not Basis.DONE and (accepted_now or is_news(shown, estimate.window, at))
    window = estimate.window
    moves = _moves(order) if news else 0
    news = news and (accepted_now or is_news(shown, window, at, moves))
    if news:
        window = to_show(window, moves) if window else None
        changed |= _columns_of(window)
        if not accepted_now and not _under_review(order):
            _keep_move(order, shown, window, cause, facts, at)
    if _differs(order, changed, changed):
        OrderRow.update(**changed).where(OrderRow.id == order.id).execute()
    if news or state_changed:
        data = {"before": _in_micros(shown), "after": _in_micros(window), "cause": cause.value, **facts}
        uow.record(Event(EventKind.ESTIMATE_CHANGED, at, SYSTEM, order.id, order.customer_id, data=data))


def _columns_of(window: Window | None) -> dict[str, object]:
    start, middle, end = (window.start, window.middle, window.end) if window else (None, None, None)
    return {"window_start": start, "window_middle": middle, "window_end": end}


def _keep_move(
    order: OrderRow, before: Window | None, after: Window | None, cause: Cause, facts: dict[str, str], at: datetime
) -> None:
    """A window that people saw is another one now; where there was none, or is none, nothing moved."""
    if before is not None and after is not None:
        WindowMoveRow.create(
            order=order.id, before_start=before.start, before_end=before.end, after_start=after.start,
            after_end=after.end, cause=cause.value, facts=facts, at=at,
        )  # fmt: skip


def _in_micros(window: Window | None) -> list[int] | None:
    return [to_micros(window.start), to_micros(window.end)] if window else None


def _moves(order: OrderRow) -> int:
    """How often people have seen its window move."""
    moves: int = WindowMoveRow.select().where(WindowMoveRow.order == order.id).count()
    return moves


def _under_review(order: OrderRow) -> bool:
    """Before the shop has accepted an order its window is a guess, and its moves are no history."""
    return Stage(order.stage) in UNDER_REVIEW


def make_promise(order_id: int) -> None:
    """At acceptance: the end of the window becomes the promise, and is kept apart from then on."""
    order = OrderRow.get_by_id(order_id)
    if order.promise_at is None and order.window_end is not None:
        kept = {"promise_from": order.window_start, "promise_middle": order.window_middle}
        OrderRow.update(promise_at=order.window_end, **kept).where(OrderRow.id == order_id).execute()


def reestimate_all(shop: Shop, *, at: datetime, cause: Cause = Cause.TIME_PASSED) -> None:
    """Every active order: once a minute, so that no page shows a past time as a future one.

    Worked out from one look at the shop, without the write lock, and kept a few at a time: of a full shop this takes
    seconds, and machines report meanwhile. An order that something happened to after that look has a fresher estimate.
    """
    with connected(), reading():
        orders = list(OrderRow.select().where(OrderRow.id.in_(production.active_orders())).order_by(OrderRow.id))
        fresh = dict(zip((order.id for order in orders), estimate(shop, orders, at=at), strict=True))
    for start in range(0, len(orders), KEPT_AT_ONCE):
        seen = {order.id: order.__data__ for order in orders[start : start + KEPT_AT_ONCE]}
        with unit_of_work() as uow:
            for order in OrderRow.select().where(OrderRow.id.in_(list(seen))).order_by(OrderRow.id):
                if order.__data__ == seen[order.id]:
                    _keep(uow, order, fresh[order.id], cause, at, {})
