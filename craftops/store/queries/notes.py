"""Internal notes of orders. Nothing that a customer can reach imports this (a contract in ``setup.cfg``)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from craftops.store.models.notes import InternalNoteRow


@dataclass(frozen=True, slots=True)
class StoredNote:
    """What somebody of the shop has written for the shop alone."""

    id: int
    author_id: int | None
    author_name: str
    body: str
    at: datetime


def notes_of(order_id: int) -> list[StoredNote]:
    """The notes of an order, oldest first."""
    rows = InternalNoteRow.select().where(InternalNoteRow.order == order_id).order_by(InternalNoteRow.id)
    return [StoredNote(row.id, row.author_id, row.author_name, row.body, row.at) for row in rows]
