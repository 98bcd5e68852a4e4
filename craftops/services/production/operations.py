"""Hand work is ticked off."""

from __future__ import annotations

from datetime import datetime

from craftops.domain.estimation.estimate import Cause
from craftops.domain.events import Event, EventKind
from craftops.domain.orders.workflow import Stage
from craftops.domain.people.access import Actor
from craftops.errors import IllegalMove, RuleError
from craftops.services.estimation import estimating, learning
from craftops.services.orders.ordering import step
from craftops.services.shop.context import Shop
from craftops.store.database import unit_of_work
from craftops.store.models import (
    OperationRow,
    OrderRow,
)
from craftops.store.queries import production


def tick_operation(shop: Shop, operation_id: int, *, done: bool, actor: Actor, at: datetime) -> OrderRow:
    """Mark hand work done, or not done after all. The last one done moves the order to quality check."""
    actor.must_be_staff()
    with unit_of_work() as uow:
        row = OperationRow.get_or_none(OperationRow.id == operation_id)
        if row is None:
            raise RuleError("There is no such operation.")
        order: OrderRow = row.order
        if Stage(order.stage) in estimating.FINISHED:
            raise IllegalMove("The order is finished; its hand work cannot change any more.")
        if (row.done_at is not None) is done:
            return order
        OperationRow.update(done_at=at if done else None, done_by=actor.name if done else "").where(
            OperationRow.id == operation_id
        ).execute()
        data = {"operation": operation_id, "done": done}
        uow.record(Event(EventKind.OPERATION_DONE, at, actor, order.id, order.customer_id, data=data))
        open_now = production.facts_of(order).operations_open
        if done and not open_now and order.stage == Stage.POST_PROCESSING.value:
            learning.hand_work_done(shop.profile().calendar, order, at=at)
        if done and not open_now and order.stage == Stage.POST_PROCESSING.value and order.hold_since is None:
            step(shop, uow, order, Stage.QUALITY_CHECK, actor=actor, at=at)
        elif not done and order.stage == Stage.QUALITY_CHECK.value:
            step(shop, uow, order, Stage.POST_PROCESSING, actor=actor, at=at)
        else:
            estimating.reestimate(shop, [order.id], cause=Cause.HAND_WORK, at=at)
        return order
