"""What pages read of notices."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from craftops.store.models import AccountRow, NoticeRow, OrderRow


@dataclass(frozen=True, slots=True)
class UnsentNotice:
    """A notice that was tried and waits: for whom, about which order (empty for none), why."""

    name: str
    code: str
    error: str
    since: datetime


def unsent(most: int = 1000) -> list[UnsentNotice]:
    """Those that have not gone out though they were tried, the oldest first."""
    tried = (NoticeRow.state == "waiting") & (NoticeRow.error != "")
    rows = NoticeRow.select(NoticeRow, AccountRow).join(AccountRow).where(tried).order_by(NoticeRow.id).limit(most)
    found = list(rows)
    codes = {
        row.id: row.code for row in OrderRow.select(OrderRow.id, OrderRow.code).where(
            OrderRow.id.in_([one.order_id for one in found if one.order_id])
        )
    }  # fmt: skip
    return [
        UnsentNotice(row.account.name or row.account.email, codes.get(row.order_id, ""), row.error, row.created_at)
        for row in found
    ]
