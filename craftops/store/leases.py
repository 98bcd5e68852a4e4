"""What one process at a time may do, whichever host it is on: taken for some seconds, and kept by asking again.

The clock is PostgreSQL's, so that hosts need not agree on the time. Each new holder gets a higher ``epoch``; whoever
writes under a lease has its epoch checked in that very transaction (``must_hold``), so that a holder who slept through
the end of the lease writes nothing any more.
"""

from __future__ import annotations

import os
import secrets
import socket
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from craftops.errors import LeaseLost
from craftops.store.database import in_dialect, is_sqlite, unit_of_work, utcnow
from craftops.store.models import LeaseRow, database
from craftops.store.models.base import to_micros

TAKE = """
INSERT INTO lease (name, holder, epoch, until_at) VALUES (?, ?, 1, {now} + ?)
ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, epoch = lease.epoch + 1, until_at = excluded.until_at
WHERE lease.until_at < {now} RETURNING epoch
"""
KEEP = "UPDATE lease SET until_at = {now} + ? WHERE name = ? AND epoch = ?"
IS_FREE = "SELECT until_at < {now} FROM lease WHERE name = ?"
HOLDS = "SELECT 1 FROM lease WHERE name = ? AND epoch = ?"
POSTGRES_NOW = "(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000)::bigint"


@dataclass(frozen=True, slots=True)
class Lease:
    """A lease that this process took."""

    name: str
    epoch: int


def holder_name() -> str:
    """Who we are, for people: host and process; unique, so that nobody takes another's lease for their own."""
    return f"{socket.gethostname()[:80]}:{os.getpid()}:{secrets.token_hex(4)}"


def take(name: str, holder: str, lasts: timedelta) -> Lease | None:
    """The lease, if nobody has it, for as long as ``lasts``."""
    if not _is_free(name):
        return None
    with unit_of_work():
        row = _ask(TAKE, (name, holder, _micros(lasts))).fetchone()
    return Lease(name, int(row[0])) if row else None


def keep(lease: Lease, lasts: timedelta) -> bool:
    """Have it for as long as ``lasts`` from now on; False when somebody else has it by now."""
    with unit_of_work():
        return bool(_ask(KEEP, (_micros(lasts), lease.name, lease.epoch)).rowcount)


def leave(lease: Lease) -> None:
    """Give it back; whoever waits for it is rung for."""
    with unit_of_work() as uow:
        _ask(KEEP, (-1_000_000, lease.name, lease.epoch))
        uow.ring()


def must_hold(lease: Lease) -> None:
    """Raise LeaseLost when somebody else has it by now. Within a transaction nobody takes it over before the end.

    ``FOR KEY SHARE`` waits for nobody who prolongs the lease, and is waited for by whoever would take it over, since
    ``epoch`` is part of a unique index.
    """
    lock = "" if is_sqlite() else " FOR KEY SHARE"
    if database.execute_sql(in_dialect(HOLDS + lock), (lease.name, lease.epoch)).fetchone() is None:
        raise LeaseLost(lease.name)


def holder_of(name: str) -> tuple[str, bool]:
    """Who has or had the lease last, and whether they have it now."""
    row: LeaseRow | None = LeaseRow.get_or_none(LeaseRow.name == name)
    return ("", False) if row is None else (str(row.holder), not _is_free(name))


def _is_free(name: str) -> bool:
    """Asked before anything is locked: those who wait ask every second."""
    row = _ask(IS_FREE, (name,)).fetchone()
    return row is None or bool(row[0])


def _ask(sql: str, values: tuple[Any, ...]) -> Any:
    now = str(to_micros(utcnow())) if is_sqlite() else POSTGRES_NOW
    return database.execute_sql(in_dialect(sql.replace("{now}", now)), values)


def _micros(lasts: timedelta) -> int:
    return lasts // timedelta(microseconds=1)
