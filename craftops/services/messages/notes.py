"""Internal notes: what staff tell one another about an order. They never leave the shop."""

from __future__ import annotations

from datetime import datetime

from craftops.domain.events import Event, EventKind
from craftops.domain.messages.thread import clean_text
from craftops.domain.people.access import Actor
from craftops.errors import IntakeError
from craftops.store.database import unit_of_work
from craftops.store.models.notes import InternalNoteRow
from craftops.store.queries import scoped


def write(code: str, text: str, *, token: str, actor: Actor, at: datetime) -> None:
    """Keep a note with an order; sent twice it is one note. Raises AccessError, IntakeError for an empty one."""
    actor.must_be_staff()
    order = scoped.order(actor, code)
    body = clean_text(text)
    if not body:
        raise IntakeError("Write the note first.")
    values = {
        "order": order.id, "author": actor.id, "author_name": actor.name[:200], "body": body,
        "token": token[:100] or None, "at": at,
    }  # fmt: skip
    with unit_of_work() as uow:
        InternalNoteRow.insert(values).on_conflict_ignore().execute()
        uow.record(Event(EventKind.THREAD_CHANGED, at, actor, order.id, data={"what": "note"}))
