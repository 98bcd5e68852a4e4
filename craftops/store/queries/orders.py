"""What pages read of one order, each in a single query."""

from __future__ import annotations

from peewee import JOIN, fn

from craftops.store.models import (
    DesignFileRow,
    OrderLineRow,
    OrderRow,
    RevisionRow,
    StageChangeRow,
)


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
