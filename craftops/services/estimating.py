"""The estimate of real orders: gather, walk (domain), keep what people should see."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from craftops.domain.access import SYSTEM
from craftops.domain.estimating import (
    Basis,
    Cause,
    Estimate,
    MachineQueue,
    OrderWork,
    Window,
    estimate_order,
    is_news,
)
from craftops.domain.events import Event, EventKind
from craftops.domain.machines import is_stale
from craftops.domain.production import JobState
from craftops.domain.workflow import ENDED, READY, Stage
from craftops.services.shop import Shop
from craftops.store.database import UnitOfWork, unit_of_work
from craftops.store.models import MachineRow, OperationRow, OrderRow, WindowMoveRow
from craftops.store.models.base import to_micros
from craftops.store.queries import production

FINISHED = READY | ENDED | {Stage.SHIPPED}


def machine_queues(shop: Shop, at: datetime) -> dict[int, MachineQueue]:
    """Every machine as the estimate sees it."""
    jobs = production.open_jobs_by_machine()
    queues = {}
    for row in MachineRow.select():
        driver = shop.plugins.machine_drivers.get(row.driver)
        by_hand = driver.by_hand if driver else False
        stale = not by_hand and is_stale(row.heard_at, at, row.report_interval_s)
        silent = (at - row.heard_at).total_seconds() if row.heard_at else 0.0
        queues[row.id] = MachineQueue(
            machine_id=row.id,
            jobs=tuple(jobs.get(row.id, ())),
            stale=stale,
            silent_s=silent if stale else 0.0,
            auto_start=driver.auto_start if driver else False,
        )
    return queues


def _works(orders: list[OrderRow]) -> dict[int, OrderWork]:
    ids = [order.id for order in orders]
    jobs = production.live_jobs(ids)
    minutes: dict[int, float] = dict.fromkeys(ids, 0.0)
    for row in OperationRow.select().where(OperationRow.order.in_(ids), OperationRow.done_at.is_null()):
        minutes[row.order_id] += row.minutes
    works = {}
    for order in orders:
        stage = Stage(order.stage)
        open_jobs = tuple(job for job in jobs.get(order.id, ()) if job.state is not JobState.DONE)
        works[order.id] = OrderWork(
            order_id=order.id,
            under_review=stage in (Stage.RECEIVED, Stage.IN_REVIEW),
            on_hold=order.hold_since is not None,
            waits_for_customer=order.hold_since is not None and order.hold_waits_for_customer,
            jobs=open_jobs,
            hand_minutes=minutes[order.id],
            ready=stage in FINISHED,
        )
    return works


def reestimate(
    shop: Shop, order_ids: Iterable[int], *, cause: Cause, at: datetime, facts: dict[str, str] | None = None
) -> None:
    """Work out the windows of these orders again; a window that people should see move is told, with its cause."""
    ids = sorted(set(order_ids))
    if not ids:
        return
    with unit_of_work() as uow:
        orders = list(OrderRow.select().where(OrderRow.id.in_(ids)))
        queues = machine_queues(shop, at)
        calendar = shop.profile().calendar
        works = _works(orders)
        for order in orders:
            _keep(uow, order, estimate_order(works[order.id], queues, at, calendar), cause, at, facts or {})


def _keep(
    uow: UnitOfWork, order: OrderRow, estimate: Estimate, cause: Cause, at: datetime, facts: dict[str, str]
) -> None:
    shown = Window(order.window_start, order.window_end) if order.window_start else None
    changed: dict[str, object] = {
        "basis": estimate.basis.value,
        "as_of": estimate.as_of,
        "stale": estimate.stale,
        "paused": estimate.paused,
    }
    state_changed = (order.basis, order.stale, order.paused) != (estimate.basis.value, estimate.stale, estimate.paused)
    news = estimate.basis is not Basis.DONE and is_news(shown, estimate.window, at)
    if news:
        window = estimate.window
        changed |= {"window_start": window.start if window else None, "window_end": window.end if window else None}
        if shown is not None and _tells(order, shown, window):
            WindowMoveRow.create(
                order=order.id,
                before_start=shown.start,
                before_end=shown.end,
                after_start=window.start if window else None,
                after_end=window.end if window else None,
                cause=cause.value,
                facts=facts,
                at=at,
            )
    OrderRow.update(**changed).where(OrderRow.id == order.id).execute()
    if news or state_changed:
        data = {
            "before": [to_micros(shown.start), to_micros(shown.end)] if shown else None,
            "after": [to_micros(estimate.window.start), to_micros(estimate.window.end)] if estimate.window else None,
            "cause": cause.value,
            **facts,
        }
        uow.record(Event(EventKind.ESTIMATE_CHANGED, at, SYSTEM, order.id, order.customer_id, data=data))


def _tells(order: OrderRow, shown: Window, fresh: Window | None) -> bool:
    """Before the shop has accepted an order its window is a guess, and its moves are no history."""
    if fresh is None or Stage(order.stage) in (Stage.RECEIVED, Stage.IN_REVIEW):
        return False
    return (
        abs((fresh.start - shown.start).total_seconds()) >= 300 or abs((fresh.end - shown.end).total_seconds()) >= 900
    )


def make_promise(order_id: int) -> None:
    """At acceptance: the end of the window becomes the promise, and is kept apart from then on."""
    order = OrderRow.get_by_id(order_id)
    if order.promise_at is None and order.window_end is not None:
        OrderRow.update(promise_at=order.window_end).where(OrderRow.id == order_id).execute()


def reestimate_all(shop: Shop, *, at: datetime, cause: Cause = Cause.TIME_PASSED) -> None:
    """Every active order: once a minute, so that no page shows a past time as a future one."""
    reestimate(shop, production.active_orders(), cause=cause, at=at)
