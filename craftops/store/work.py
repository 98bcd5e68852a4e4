"""Work with leases: taken by one, kept alive by nobody, taken over by another when its time runs out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson

from craftops.domain.events import Event, EventKind
from craftops.domain.people.access import Actor, ActorKind
from craftops.store.database import in_dialect, is_sqlite, unit_of_work
from craftops.store.models import CursorRow, EventRow, WorkRow, database
from craftops.store.models.base import from_micros, to_micros

LEASE = timedelta(minutes=2)
"""Of one host, where a worker that ended is started anew at once, and its work is the only one in hand."""
SHORT_LEASE = timedelta(seconds=20)
"""Of several hosts, where a worker prolongs the leases of all that it has in hand (``tasks.leases.Keeper``)."""
CHATTER = (EventKind.JOB_PROGRESSED.value, EventKind.MACHINE_REPORTED.value, EventKind.CAMERA_SEEN.value)
"""What pages show and nobody else hears of; forgotten after ten minutes."""
CHATTER_KEPT = timedelta(minutes=10)
FORGOTTEN_AT_ONCE = 1000
MAX_ATTEMPTS = 12
FIRST_DELAY = timedelta(seconds=2)
LONGEST_DELAY = timedelta(hours=1)


IN_HAND_OF_ONE = 4
"""Twice the threads of a worker: they never wait for the next, and others wait for few."""
FAIR = """
SELECT id FROM (
  SELECT w.id, w.run_after, w.share,
    ROW_NUMBER() OVER (PARTITION BY w.share ORDER BY w.run_after, w.id) + COALESCE(held.count, 0) AS turn
  FROM work w LEFT JOIN (
    SELECT share, COUNT(*) AS count FROM work
    WHERE state = 'ready' AND rank = 0 AND share IS NOT NULL AND lease_until >= ? GROUP BY share
  ) held ON held.share = w.share
  WHERE w.state = 'ready' AND w.rank = 0 AND w.run_after <= ? AND (w.lease_until IS NULL OR w.lease_until < ?)
) due WHERE share IS NULL OR turn <= ? ORDER BY run_after, id LIMIT ?
"""
BEHIND = """
SELECT w.id FROM work w
WHERE w.state = 'ready' AND w.rank > 0 AND w.run_after <= ? AND (w.lease_until IS NULL OR w.lease_until < ?)
ORDER BY COALESCE((SELECT MAX(d.done_at) FROM work d WHERE d.share = w.share), 0), w.run_after, w.id LIMIT 1
"""
"""Of whoever was served last the longest ago."""


@dataclass(frozen=True, slots=True)
class Work:
    """A piece of work that this process holds the lease of. ``attempt`` counts from 1."""

    id: int
    kind: str
    payload: dict[str, Any]
    attempt: int
    kept: bool = False
    """Whether the worker prolongs its lease anyway."""
    share: str = ""
    """Whose it is, if it is anybody's."""


def claim(at: datetime, limit: int = 20, lease: timedelta = LEASE) -> list[Work]:
    """Take the leases of due work; nobody else gets it for as long as ``lease``.

    Of what is somebody's (``share``) no more than ``IN_HAND_OF_ONE`` is in hand at a time: four hundred files of one do
    not stand before the single one of another. Of what is of a lower rank (files of strangers) one at a time is in
    hand, so that it never keeps all who work busy, by turns.
    """
    free = (WorkRow.lease_until.is_null()) | (WorkRow.lease_until < at)
    due = WorkRow.select().where(WorkRow.state == "ready", WorkRow.run_after <= at, free).order_by(WorkRow.run_after)
    if not due.limit(1).exists():
        return []
    taken = []
    if not is_sqlite():
        due = due.for_update(skip_locked=True)  # several workers at once take different rows
    with unit_of_work():
        now = to_micros(at)
        fair = _numbers(FAIR, (now, now, now, IN_HAND_OF_ONE, limit))
        if not WorkRow.select().where(WorkRow.rank > 0, WorkRow.state == "ready", ~free).exists():
            fair += _numbers(BEHIND, (now, now))
        mine = due.where(WorkRow.id.in_(fair)).order_by(WorkRow.rank, WorkRow.run_after, WorkRow.id)
        rows = list(mine) if fair else []
        for row in rows:
            got = (
                WorkRow.update(lease_until=at + lease, attempts=WorkRow.attempts + 1)
                .where(WorkRow.id == row.id, WorkRow.state == "ready", free)
                .execute()
            )
            if got:
                taken.append(
                    Work(row.id, row.kind, row.payload or {}, row.attempts + 1, lease < LEASE, row.share or "")
                )
    return taken


def _numbers(sql: str, values: tuple[int, ...]) -> list[int]:
    return [row[0] for row in database.execute_sql(in_dialect(sql), values).fetchall()]


def done(work_id: int, at: datetime) -> None:
    """It is done, once and for all."""
    with unit_of_work():
        WorkRow.update(state="done", done_at=at, lease_until=None, error="").where(WorkRow.id == work_id).execute()


def failed(work: Work, error: str, at: datetime, *, final: bool = False, patience: timedelta = timedelta()) -> None:
    """It did not work: again after 2 s, 4 s, … an hour; after twelve attempts a person must look, but not before
    ``patience`` has passed since it was asked for."""
    delay = min(LONGEST_DELAY, FIRST_DELAY * 2 ** min(work.attempt - 1, 12))
    over = final or (work.attempt >= MAX_ATTEMPTS and _asked_before(work, at - patience))
    with unit_of_work():
        mine = (WorkRow.id == work.id) & (WorkRow.attempts == work.attempt) & (WorkRow.state == "ready")
        WorkRow.update(
            state="failed" if over else "ready", lease_until=None, run_after=at + delay, error=error[:1000]
        ).where(mine).execute()


def _asked_before(work: Work, moment: datetime) -> bool:
    return bool(WorkRow.select().where(WorkRow.id == work.id, WorkRow.created_at <= moment).exists())


def free(standing_kind: str, most_attempts: int) -> int:
    """Give back all leases, since nobody who holds one lives; how many. Not of what has been begun more often than
    ``most_attempts``, for it may be what kills whoever does it; what comes back again and again is of one kind."""
    held = (WorkRow.state == "ready") & WorkRow.lease_until.is_null(False)
    mild = (WorkRow.attempts <= most_attempts) | (WorkRow.kind == standing_kind)
    with unit_of_work():
        return int(WorkRow.update(lease_until=None).where(held, mild).execute())


def keep_standing(kind: str, key: str, payload: dict[str, Any], at: datetime, *, revive: bool = False) -> None:
    """Work that comes back again and again, once for each ``key``; ``revive`` tries at once what had failed."""
    values = {"kind": kind, "payload": payload, "dedupe": key, "run_after": at, "created_at": at}
    with unit_of_work():
        WorkRow.insert(values).on_conflict_ignore().execute()
        if revive:
            over = (WorkRow.dedupe == key) & ((WorkRow.state != "ready") | (WorkRow.error != ""))
            WorkRow.update(state="ready", run_after=at, payload=payload, error="").where(over).execute()


def hasten(key: str, at: datetime) -> bool:
    """Have standing work done at once. False while somebody does it, and so may have looked too early: ask again."""
    with unit_of_work() as uow:
        mine = (WorkRow.dedupe == key) & (WorkRow.state == "ready")
        free = WorkRow.lease_until.is_null() | (WorkRow.lease_until < at)
        if WorkRow.update(run_after=at).where(mine, free, WorkRow.run_after > at).execute():
            uow.ring()
        return not WorkRow.select().where(mine, ~free).exists()


def hold_on(work: Work, until: datetime) -> bool:
    """Keep the lease until then; False when it ran out and somebody else has the work now."""
    with unit_of_work():
        mine = (WorkRow.id == work.id) & (WorkRow.attempts == work.attempt) & (WorkRow.state == "ready")
        return bool(WorkRow.update(lease_until=until).where(mine).execute())


def again(work: Work, payload: dict[str, Any], error: str, run_after: datetime) -> None:
    """Done for now, or not this time: give the lease back until ``run_after``, unless somebody else has it now."""
    with unit_of_work():
        mine = (WorkRow.id == work.id) & (WorkRow.attempts == work.attempt)
        WorkRow.update(payload=payload, error=error[:1000], run_after=run_after, lease_until=None).where(mine).execute()


def standing(kind: str) -> list[WorkRow]:
    """All work of a kind that comes back again and again."""
    return list(WorkRow.select().where(WorkRow.kind == kind).order_by(WorkRow.id))


def cursor(name: str) -> int:
    """How far the reader ``name`` has read the outbox."""
    row = CursorRow.get_or_none(CursorRow.name == name)
    return int(row.event_id) if row else 0


ADVANCE = """
INSERT INTO cursor (name, event_id) VALUES (?, ?)
ON CONFLICT (name) DO UPDATE SET event_id = excluded.event_id WHERE cursor.event_id < excluded.event_id
"""


def advance(name: str, event_id: int) -> bool:
    """The reader ``name`` deals with this event in the transaction that is open, and others of the same name wait for
    its end; False when one of them has dealt with it."""
    return bool(database.execute_sql(in_dialect(ADVANCE), (name, event_id)).rowcount)


EVENTS = """
SELECT kind, at, actor_kind, actor_id, actor_name, order_id, customer_id, machine_id, data, id
FROM event WHERE id > ? ORDER BY id LIMIT ?
"""
LASTING = EVENTS.replace("ORDER", f"AND kind NOT IN {CHATTER} ORDER")


def news_after(event_id: int, limit: int, *, chatter: bool = True) -> list[Event]:
    """The next events of the outbox, in order, by hand: open pages wait for it. ``chatter`` is left out if asked."""
    asked = in_dialect(EVENTS if chatter else LASTING)
    rows: list[tuple[Any, ...]] = database.execute_sql(asked, (event_id, limit)).fetchall()
    return [
        Event(
            EventKind(kind), from_micros(at), Actor(ActorKind(who), who_id, name),
            order_id, customer_id, machine_id, orjson.loads(data) if data else {}, id_,
        )
        for kind, at, who, who_id, name, order_id, customer_id, machine_id, data, id_ in rows
    ]  # fmt: skip


def newest_event() -> int:
    """The id of the newest event; 0 before the first."""
    row = EventRow.select(EventRow.id).order_by(EventRow.id.desc()).first()
    return int(row.id) if row else 0


def prune(at: datetime) -> None:
    """Forget what nobody needs: progress after ten minutes, finished work after a week."""
    for kind in CHATTER:
        while _forget(kind, at - CHATTER_KEPT):
            pass
    with unit_of_work():
        WorkRow.delete().where(WorkRow.state == "done", WorkRow.done_at < at - timedelta(days=7)).execute()


def _forget(kind: str, before: datetime) -> bool:
    """Forget some of the oldest events of a kind; whether there may be more. Never many at once: machines write too."""
    found = EventRow.select(EventRow.id, EventRow.at).where(EventRow.kind == kind).order_by(EventRow.id)
    old = [row.id for row in found.limit(FORGOTTEN_AT_ONCE) if row.at < before]
    if old:
        with unit_of_work():
            EventRow.delete().where(EventRow.id.in_(old)).execute()
    return len(old) == FORGOTTEN_AT_ONCE
