"""Canned responses of a shop: those that came with CraftOps, changed, added, removed."""

from __future__ import annotations

from datetime import datetime

from craftops.domain.messages.canned import CannedResponse, check
from craftops.domain.messages.canned_texts import SHIPPED
from craftops.domain.people.access import Actor
from craftops.errors import AccessError
from craftops.store.database import unit_of_work
from craftops.store.models import CannedResponseRow
from craftops.store.prepared import Prepared

LANGUAGES = ("", "en", "de")
_ROWS: Prepared[CannedResponseRow] = Prepared(lambda: CannedResponseRow.select())


def responses(language: str = "") -> tuple[CannedResponse, ...]:
    """All that there are now, by title. ``language``: those first that are in it, or for everybody."""
    rows = _ROWS.all()
    changed = {row.key for row in rows if row.key}
    own = [_value(row) for row in rows if row.removed_at is None]
    found = [*own, *(one for one in SHIPPED if one.key not in changed)]
    return tuple(sorted(found, key=lambda one: (_foreign(one, language), one.title.casefold())))


def _foreign(one: CannedResponse, language: str) -> bool:
    return bool(language) and one.language not in ("", language)


def _value(row: CannedResponseRow) -> CannedResponse:
    return CannedResponse(row.id, row.key or "", row.title, row.body, row.language)


def name_of(one: CannedResponse) -> str:
    """How an address names it: the number of a row, or the key of one that was never changed."""
    return str(one.id) if one.id else one.key


def find(name: str) -> CannedResponse:
    """The response of this name. Raises AccessError when there is none."""
    found = next((one for one in responses() if name_of(one) == name), None)
    if found is None:
        raise AccessError
    return found


def save(name: str, title: str, body: str, language: str, *, actor: Actor, at: datetime) -> None:
    """Keep a response; ``name`` is empty for a new one. Raises AccessError, IntakeError."""
    actor.must_be_staff()
    title, body = check(title, body)
    values = {
        "title": title, "body": body, "language": language if language in LANGUAGES else "", "changed_at": at,
        "changed_by": actor.name[:200],
    }  # fmt: skip
    known = find(name) if name else None
    with unit_of_work():
        if known is not None and known.id:
            CannedResponseRow.update(values).where(CannedResponseRow.id == known.id).execute()
        else:
            CannedResponseRow.create(key=known.key if known is not None else None, **values)


def remove(name: str, *, actor: Actor, at: datetime) -> str:
    """Take a response off the list; the name by which it can be brought back. Raises AccessError."""
    actor.must_be_staff()
    known = find(name)
    gone = {"removed_at": at, "changed_at": at, "changed_by": actor.name[:200]}
    with unit_of_work():
        if known.id:
            CannedResponseRow.update(gone).where(CannedResponseRow.id == known.id).execute()
            return str(known.id)
        row = CannedResponseRow.create(
            key=known.key, title=known.title, body=known.body, language=known.language, **gone
        )
        return str(row.id)


def restore(row_id: int, *, actor: Actor, at: datetime) -> None:
    """Put a removed response back on the list. Raises AccessError when there is none."""
    actor.must_be_staff()
    values = {"removed_at": None, "changed_at": at, "changed_by": actor.name[:200]}
    with unit_of_work():
        if not CannedResponseRow.update(values).where(CannedResponseRow.id == row_id).execute():
            raise AccessError
