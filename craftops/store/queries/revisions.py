"""The versions of a line's design."""

from __future__ import annotations

from craftops.store.models import DesignFileRow, OrderLineRow, RevisionRow


def of_line(line_id: int) -> list[RevisionRow]:
    """All of them, oldest first, each with its file."""
    query = RevisionRow.select(RevisionRow, DesignFileRow).join(DesignFileRow).where(RevisionRow.line == line_id)
    return list(query.order_by(RevisionRow.number))


def proposed(line_ids: list[int]) -> dict[int, RevisionRow]:
    """The newest version that waits for the shop's word, by line."""
    query = RevisionRow.select().where(RevisionRow.line.in_(line_ids), RevisionRow.state == "proposed")
    return {row.line_id: row for row in query.order_by(RevisionRow.number)}


def order_of(file_id: int) -> int | None:
    """The order that has this file as a version of one of its lines."""
    query = OrderLineRow.select(OrderLineRow.order).join(RevisionRow).where(RevisionRow.file == file_id)
    row = query.first()
    return int(row.order_id) if row else None
