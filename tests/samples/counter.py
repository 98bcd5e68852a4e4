"""Orders that wait at the counter."""

from __future__ import annotations

from datetime import datetime

from craftops.domain.orders.workflow import Stage
from craftops.services.orders import ordering
from craftops.store.database import utcnow
from craftops.store.models import JobRow, OperationRow, OrderRow
from craftops.testing import Workshop


def ready_for_pickup(workshop: Workshop, who: str = "ada", *, at: datetime | None = None) -> OrderRow:
    """An order that is made and has just become ready. The floor's part of its life is written past."""
    now = at or utcnow()
    order = workshop.place(who, at=now)
    JobRow.update(state="done", finished_at=now, copies_done=JobRow.copies).where(JobRow.order == order.id).execute()
    OperationRow.update(done_at=now).where(OperationRow.order == order.id).execute()
    OrderRow.update(stage=Stage.QUALITY_CHECK.value, stage_since=now).where(OrderRow.id == order.id).execute()
    ordering.move(workshop.shop, order.code, Stage.READY_FOR_PICKUP, actor=workshop.actor("sam"), at=now)
    fresh: OrderRow = OrderRow.get_by_id(order.id)
    return fresh
