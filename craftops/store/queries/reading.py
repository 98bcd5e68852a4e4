"""What pages read of one order and of the shop, each in a single query."""

from __future__ import annotations

from peewee import JOIN, fn

from craftops.store.models import (
    CameraRow,
    DesignFileRow,
    EventRow,
    JobRow,
    OperationRow,
    OrderLineRow,
    OrderRow,
    RevisionRow,
    ShopRow,
    StageChangeRow,
)


def shop_and_newest_event() -> tuple[ShopRow | None, int]:
    """The shop's row, if it has one, and the id of the newest event at that moment (0 before the first)."""
    newest = EventRow.select(fn.MAX(EventRow.id))
    row = ShopRow.select(ShopRow, newest.alias("newest")).first()
    return (row, row.newest or 0) if row else (None, newest.scalar() or 0)


def lines_of(order: OrderRow) -> list[OrderLineRow]:
    """The lines of an order in their order, each with its file.

    ``versions`` of a row counts its revisions, ``proposed`` is the number of the newest that waits for a word.
    """
    mine = RevisionRow.line == OrderLineRow.id
    versions = RevisionRow.select(fn.COUNT(RevisionRow.id)).where(mine)
    proposed = RevisionRow.select(fn.MAX(RevisionRow.number)).where(mine, RevisionRow.state == "proposed")
    query = OrderLineRow.select(
        OrderLineRow, DesignFileRow, versions.alias("versions"), proposed.alias("proposed")
    ).join(DesignFileRow, JOIN.LEFT_OUTER)
    return list(query.where(OrderLineRow.order == order.id).order_by(OrderLineRow.position))


def order_code_of(file: DesignFileRow) -> str:
    """The code of the newest order that a file is part of; empty where there is none."""
    query = OrderRow.select(OrderRow.code).join(OrderLineRow).where(OrderLineRow.file == file.id)
    newest = query.order_by(OrderRow.id.desc()).first()
    return newest.code if newest else ""


def changes_of(order: OrderRow) -> list[StageChangeRow]:
    """What happened to an order, oldest first."""
    return list(StageChangeRow.select().where(StageChangeRow.order == order.id).order_by(StageChangeRow.id))


def hand_minutes(order: OrderRow) -> float:
    """Minutes of hand work of an order that is still to be done; without a query where the row has them already."""
    known: float | None = getattr(order, "hand_minutes", None)
    if known is not None:
        return known
    left = OperationRow.select(fn.SUM(OperationRow.minutes))
    return float(left.where(OperationRow.order == order.id, OperationRow.done_at.is_null()).scalar() or 0.0)


def jobs_of(order: OrderRow) -> list[JobRow]:
    """The jobs of an order, oldest first, each with its line and, as ``camera``, what its machine's camera saw last
    (None where there is none)."""
    query = JobRow.select(JobRow, OrderLineRow, CameraRow).join(OrderLineRow).switch(JobRow)
    query = query.join(CameraRow, JOIN.LEFT_OUTER, on=(CameraRow.machine == JobRow.machine), attr="camera")
    return list(query.where(JobRow.order == order.id).order_by(JobRow.id))
