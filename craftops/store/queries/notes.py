"""Internal notes of orders. Nothing that a customer can reach imports this (a contract in ``setup.cfg``)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from craftops.store.models.notes import InternalNoteRow
from craftops.store.prepared import Prepared


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
    return _NOTES.all(order_id)


_NOTES: Prepared[StoredNote] = Prepared(
    lambda order: (
        InternalNoteRow.select(
            InternalNoteRow.id,
            InternalNoteRow.author,
            InternalNoteRow.author_name,
            InternalNoteRow.body,
            InternalNoteRow.at,
        )
        .where(InternalNoteRow.order == order)
        .order_by(InternalNoteRow.id)
    ),
    StoredNote,
)
