"""What pages read of the shop and of who looks at it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from craftops.store.database import in_dialect
from craftops.store.models import AccountRow, database
from craftops.store.models.base import from_micros, to_micros
from craftops.store.prepared import MOST_LARGE, WholeRow, kept_by_row
from craftops.store.viewing import person_view
from craftops.store.views.people import PersonView

ACCOUNT = WholeRow(AccountRow)
VISIT = f"""
SELECT s.profile, s.set_up_at, s.copy_since, (SELECT MAX(id) FROM event), (SELECT MAX(id) FROM settings),
  v.id, v.seen_at, m.company_id, m.role, {ACCOUNT.named("a")}
FROM (SELECT 1 AS one) AS here LEFT JOIN shop s ON 1 = 1
LEFT JOIN session v ON v.token_hash = ? AND v.expires_at > ?
LEFT JOIN account a ON a.id = v.account_id
LEFT JOIN company_member m ON m.account_id = a.id AND m.state = 'active'
"""  # noqa: S608 - names of columns


@dataclass(frozen=True, slots=True)
class SeenSession:
    """A session that has not run out, with whose it is."""

    id: int
    account: PersonView
    seen_at: datetime


@dataclass(frozen=True, slots=True)
class Visit:
    """The shop at one moment and who looks at it: all that every page reads, in one query."""

    profile: str | None
    """As JSON; None for a shop without a row."""
    set_up: bool
    copy: bool
    newest_event: int
    """0 before the first, as that of the settings."""
    newest_settings: int
    session: SeenSession | None
    roles: Mapping[int, str]
    """The role of the account in each company that it is a member of."""


def visit(token_hash: str, at: datetime) -> Visit:
    """What a page begins with. ``token_hash``: of the session's token; empty without one."""
    return _visit(tuple(database.execute_sql(in_dialect(VISIT), (token_hash, to_micros(at))).fetchall()))


def _visit_of(rows: tuple[tuple[Any, ...], ...]) -> Visit:
    profile, set_up, copy, event, settings, session, seen_at = rows[0][:7]
    found = (
        None if session is None else SeenSession(session, person_view(ACCOUNT.made(rows[0][9:])), from_micros(seen_at))
    )
    return Visit(
        profile, set_up is not None, copy is not None, event or 0, settings or 0, found,
        {row[7]: row[8] for row in rows if row[7] is not None},
    )  # fmt: skip


_visit = kept_by_row(_visit_of, MOST_LARGE)
