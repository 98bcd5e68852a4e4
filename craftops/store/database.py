"""Opening the database, the unit of work, and the outbox.

Inside ``unit_of_work`` events and work are rows of the same transaction. When the outermost one has
committed, the doorbell rings, once; ringing never raises. A crash between commit and bell loses nothing:
every reader of the outbox also looks by itself.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
from peewee import ImproperlyConfigured, IntegrityError, InterfaceError, OperationalError, PeeweeException
from playhouse.db_url import connect
from playhouse.pool import MaxConnectionsExceeded, PooledSqliteDatabase

from craftops.domain.events import Event
from craftops.errors import ConfigError
from craftops.store.doorbell import PAGES, Doorbells
from craftops.store.models import WorkRow, database
from craftops.store.models.base import to_micros
from craftops.store.origin import origin_of
from craftops.store.query_cache import cache_queries
from craftops.store.write_lock import WriteLock

OUTBOX_LOCK = 0x43524654
"""Key of PostgreSQL's advisory lock that makes event ids commit in order."""

AWAY = (OperationalError, InterfaceError, MaxConnectionsExceeded, OSError)
"""What is raised while nothing can be stored, whatever it is (locked, full, restarting). A row that cannot be stored
for its own sake raises something else."""

INSERT_EVENT = """
INSERT INTO event (kind, at, actor_kind, actor_id, actor_name, order_id, customer_id, machine_id, data, address)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id
"""
"""Written by hand: every reading of every machine is an event."""

SQLITE_PRAGMAS = {
    "journal_mode": "wal",
    "synchronous": "full",
    "foreign_keys": 1,
    "busy_timeout": 10_000,
    "cache_size": -16_000,
}

_local = threading.local()
_bells: Doorbells | None = None
_guard: Callable[[], None] | None = None
_write_lock: WriteLock | None = None


def utcnow() -> datetime:
    """Now, aware UTC: the one clock of services; domain code gets it as an argument."""
    return datetime.now(UTC)


def open_database(url: str, bells: Doorbells | None = None) -> None:
    """Point all models at ``url`` (``sqlite:///…`` or ``postgresql://…``); connections open when used."""
    global _bells, _write_lock
    _bells = bells
    if _write_lock is not None:
        _write_lock.close()
    _write_lock = None
    if url.startswith("sqlite"):
        path = url.removeprefix("sqlite:///") or ":memory:"
        _write_lock = WriteLock(Path(f"{path}-door")) if path != ":memory:" else None
        pool = PooledSqliteDatabase(
            path, pragmas=SQLITE_PRAGMAS, max_connections=64, stale_timeout=300, check_same_thread=False
        )
    else:
        scheme, rest = url.split("://", 1)
        name = "psycopg3+pool" if scheme in ("postgres", "postgresql", "psycopg3") else scheme
        pool = _postgres(f"{name}://{rest}")
    close_database()
    cache_queries(pool)
    database.initialize(pool)


OLDEST_POSTGRES = 120000
"""Version 12, as the server says it."""


def _postgres(url: str) -> Any:
    """A pool whose server answers. Raises ConfigError, in one sentence, where the driver or the server is not there."""
    try:
        pool = connect(url, max_connections=64, stale_timeout=300)
        pool.connect()
    except (ImportError, ImproperlyConfigured) as error:
        raise ConfigError(
            "DATABASE_URL names PostgreSQL, and its driver is missing: pip install 'craftops[postgres]'."
        ) from error
    except (PeeweeException, RuntimeError) as error:
        said = " ".join(str(error).split())[:300]
        raise ConfigError(f"The database of DATABASE_URL cannot be reached: {said}") from error
    try:
        asked = "SELECT current_setting('server_version_num')::int, current_setting('server_encoding') = 'UTF8'"
        version, is_utf8 = pool.execute_sql(asked).fetchone()
    finally:
        pool.close()
    if version < OLDEST_POSTGRES:
        raise ConfigError(f"PostgreSQL 12 or newer is needed, and DATABASE_URL leads to {version // 10000}.")
    if not is_utf8:  # one in SQL_ASCII, as initdb makes it where no language is set, gives bytes for text
        raise ConfigError(
            "The database of DATABASE_URL does not keep its text as UTF-8. "
            "Make it anew: createdb --encoding=UTF8 --template=template0 craftops."
        )
    return pool


def close_database() -> None:
    """Close every connection of this process that nobody uses. One that another thread is in the middle of is its own
    to close: SQLite takes the whole process down with a connection that is closed under a query."""
    pool = database.obj
    if pool is not None:
        pool.close()
        pool.close_idle()


def guard_writes(check: Callable[[], None] | None) -> None:
    """Have ``check`` asked at the beginning of every unit of work of this process; what it raises ends that one."""
    global _guard
    _guard = check


def end_idle_transactions(after_s: int) -> None:
    """Have PostgreSQL end transactions of this process in which nothing was asked for so long."""
    if not is_sqlite():
        database.obj.connect_params["options"] = f"-c idle_in_transaction_session_timeout={after_s * 1000}"
        close_database()


def bells() -> Doorbells | None:
    """What this process rings."""
    return _bells


def is_sqlite() -> bool:
    """Whether the open database is SQLite."""
    return isinstance(database.obj, PooledSqliteDatabase)


def in_dialect(sql: str) -> str:
    """SQL with ``?`` for its parameters, as the open database wants it. The SQL may hold no other question mark."""
    return sql if is_sqlite() else sql.replace("?", "%s")


@contextmanager
def connected() -> Iterator[None]:
    """Hold a connection for the length of the block; joins one that this thread holds already."""
    if not database.is_closed():
        yield
        return
    database.connect()
    try:
        yield
    finally:
        database.close()


@contextmanager
def reading() -> Iterator[None]:
    """Many queries that see one state of the shop, without keeping anybody from writing."""
    outermost = not database.in_transaction()
    with database.atomic():
        if outermost and not is_sqlite():
            database.execute_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        yield


def one_at_a_time(key: int) -> None:
    """Whoever else comes here with this key waits until this unit of work is over. On SQLite they wait anyway."""
    if not is_sqlite():
        database.execute_sql("SELECT pg_advisory_xact_lock(%s)", (key,))


@contextmanager
def _relaxed() -> Iterator[None]:
    """Commits of this connection do not wait for the disk within the block."""
    if not is_sqlite():
        yield
        return
    database.execute_sql("PRAGMA synchronous=NORMAL")
    try:
        yield
    finally:
        database.execute_sql(f"PRAGMA synchronous={SQLITE_PRAGMAS['synchronous']}")


class UnitOfWork:
    """What a transaction gathers besides its rows."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.work: list[int] = []
        self.rings = False

    def ring(self) -> None:
        """Have the doorbell rung for this transaction, though it has neither events nor new work."""
        self.rings = True

    def record(self, event: Event) -> int:
        """Write an event to the outbox; its id."""
        if not self.events:
            one_at_a_time(OUTBOX_LOCK)
        self.events.append(event)
        who, data = event.actor, orjson.dumps(event.data).decode() if event.data else None
        values = (
            event.kind.value, to_micros(event.at), who.kind.value, who.id, who.name,
            event.order_id, event.customer_id, event.machine_id, data, origin_of(who),
        )  # fmt: skip
        return int(database.execute_sql(in_dialect(INSERT_EVENT), values).fetchone()[0])

    def enqueue(
        self,
        kind: str,
        payload: dict[str, Any],
        *,
        at: datetime,
        run_after: datetime | None = None,
        dedupe: str | None = None,
        rank: int = 0,
        share: str | None = None,
    ) -> None:
        """Have something done after the commit. A ``dedupe`` key that is known already adds nothing.

        ``rank`` 1: for somebody whom nobody knows, and so after what is known people's. ``share``: whose it is, of whom
        little is done at a time while others wait.
        """
        values = {
            "kind": kind,
            "payload": payload,
            "dedupe": dedupe,
            "rank": rank,
            "share": share,
            "run_after": run_after or at,
            "created_at": at,
        }
        key = WorkRow.insert(values).on_conflict_ignore().execute()
        if key:
            self.work.append(int(key))


def _transaction() -> AbstractContextManager[Any]:
    transaction: AbstractContextManager[Any] = database.atomic("IMMEDIATE") if is_sqlite() else database.atomic()
    return transaction


@contextmanager
def unit_of_work(*, light: bool = False) -> Iterator[UnitOfWork]:
    """One transaction. A nested one joins the outermost: all of it commits, or none.

    On SQLite writers wait in line (``write_lock``) and take SQLite's lock at once, instead of failing half-way. A
    ``light`` one does not wait for the disk: a kill loses nothing of it, a power cut may lose the newest of them, so it
    is for what is told again within seconds. It rings for open pages alone: nobody else has to do anything about it
    at once.
    """
    outer: UnitOfWork | None = getattr(_local, "uow", None)
    if outer is not None:
        yield outer
        return
    uow = UnitOfWork()
    with connected(), _relaxed() if light else nullcontext():
        _local.uow = uow
        try:
            with _write_lock.held() if _write_lock else nullcontext(), _transaction():
                if _guard is not None:
                    _guard()
                yield uow
                rings = uow.events or uow.work or uow.rings
                if _bells is not None and rings:
                    _bells.announce(PAGES if light else "", database.execute_sql)
        finally:
            _local.uow = None
    if _bells is not None and rings:
        _bells.ring(PAGES if light else "")


__all__ = [
    "AWAY",
    "IntegrityError",
    "UnitOfWork",
    "close_database",
    "connected",
    "is_sqlite",
    "one_at_a_time",
    "open_database",
    "reading",
    "unit_of_work",
    "utcnow",
]
