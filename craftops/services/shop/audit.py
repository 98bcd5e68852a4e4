"""The owner's look at who did what, and how long it is kept."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from craftops.domain.people.access import Actor
from craftops.domain.people.audit import SIGN_INS, Deed
from craftops.store.auditing import note
from craftops.store.database import unit_of_work
from craftops.store.models import AuditRow
from craftops.store.queries import audit as queries
from craftops.store.queries.audit import AuditQuestion, Trace

SIGN_INS_KEPT = timedelta(days=180)
"""Where people signed in from, and when, is forgotten after this; all else is kept as long as the shop is."""
MOST_EXPORTED = 50_000
FORGET = "forget_sign_ins"


def look(question: AuditQuestion, *, actor: Actor, limit: int, offset: int) -> list[Trace]:
    """A page of it, the newest first. Raises AccessError for anybody but the owner."""
    actor.must_be_owner()
    return queries.traces(question, limit=limit, offset=offset)


def take_along(question: AuditQuestion, *, actor: Actor, at: datetime) -> Iterator[Trace]:
    """All that fits, which leaves a trace itself. Raises AccessError for anybody but the owner."""
    actor.must_be_owner()
    note(Deed.EXPORTED, actor=actor, at=at, subject="audit trail")
    return queries.all_traces(question, most=MOST_EXPORTED)


def forget_sign_ins(*, at: datetime) -> int:
    """Sign-ins of long ago are forgotten; how many."""
    with unit_of_work():
        old = AuditRow.what.in_([one.value for one in SIGN_INS]) & (AuditRow.at < at - SIGN_INS_KEPT)
        return int(AuditRow.delete().where(old).execute())
