"""Writing down who did what, in the transaction in which it is done."""

from __future__ import annotations

from datetime import datetime

from craftops.domain.people.access import Actor
from craftops.domain.people.audit import Deed
from craftops.store.database import unit_of_work
from craftops.store.models import AuditRow
from craftops.store.origin import origin

LONGEST = 4000
"""Characters of what was and of what is now; more is cut off."""


def note(
    deed: Deed,
    *,
    actor: Actor,
    at: datetime,
    account: int | None = None,
    subject: str = "",
    before: str = "",
    after: str = "",
) -> None:
    """Keep it, with the place that it was asked for from. ``account``: whom it was done to. Secrets have no place in
    ``before`` and ``after``."""
    where = origin()
    with unit_of_work():
        AuditRow.create(
            at=at, what=deed.value, actor_kind=actor.kind.value, actor_id=actor.id, actor_name=actor.name[:200],
            account=account, subject=subject[:255], before=before[:LONGEST], after=after[:LONGEST],
            address=where.address, agent=where.agent,
        )  # fmt: skip
