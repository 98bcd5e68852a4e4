"""What pages read of notices."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from peewee import JOIN

from craftops.store.models import AccountRow, NoticeRow, OrderRow
from craftops.store.prepared import Prepared


@dataclass(frozen=True, slots=True)
class UnsentNotice:
    """A notice that was tried and waits: for whom, about which order (empty for none), why."""

    name: str
    code: str
    error: str
    since: datetime


def unsent(most: int = 1000) -> list[UnsentNotice]:
    """Those that have not gone out though they were tried, the oldest first."""
    return _UNSENT.all(most)


def _unsent(most: Any) -> Any:
    rows = (
        NoticeRow.select(AccountRow.name, AccountRow.email, OrderRow.code, NoticeRow.error, NoticeRow.created_at)
        .join(AccountRow)
        .join(OrderRow, JOIN.LEFT_OUTER, on=(OrderRow.id == NoticeRow.order_id))
    )
    return rows.where(NoticeRow.state == "waiting", NoticeRow.error != "").order_by(NoticeRow.id).limit(most)


def _view(name: str, email: str, code: str | None, error: str, since: datetime) -> UnsentNotice:
    return UnsentNotice(name or email, code or "", error, since)


_UNSENT: Prepared[UnsentNotice] = Prepared(_unsent, _view)
