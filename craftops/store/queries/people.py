"""What pages read of people who sign in."""

from __future__ import annotations

from datetime import datetime

from craftops.store.models import SessionRow


def last_seen() -> dict[int, datetime]:
    """Account id -> when one of its browsers was seen last, of those that are signed in."""
    rows = SessionRow.select(SessionRow.account, SessionRow.seen_at).order_by(SessionRow.seen_at)
    return {row.account_id: row.seen_at for row in rows}
