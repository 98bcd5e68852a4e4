"""Who did what: everything that leaves a trace, out of all tables that keep one, the newest first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from craftops.domain.events import EventKind
from craftops.domain.people.access import ActorKind
from craftops.domain.people.audit import Deed
from craftops.store.database import in_dialect
from craftops.store.models import database
from craftops.store.models.base import from_micros, to_micros

EVENTS = (
    EventKind.ORDER_STAGE_CHANGED, EventKind.ORDER_HELD, EventKind.ORDER_RELEASED, EventKind.ORDER_CHANGED,
    EventKind.QUOTE_CHANGED, EventKind.INVOICE_ISSUED, EventKind.PAYMENT_CHANGED, EventKind.WITHDRAWAL_CHANGED,
    EventKind.PARCEL_CHANGED, EventKind.PICKUP_CHANGED, EventKind.FILES_DUE, EventKind.NEWCOMER_ASKED,
    EventKind.MACHINE_CHANGED, EventKind.JOB_CHANGED, EventKind.JOB_FINISHED, EventKind.OPERATION_DONE,
)  # fmt: skip
"""What of the outbox counts, where somebody who works here, or a token, did it."""
HANDS = (ActorKind.STAFF, ActorKind.OWNER, ActorKind.TOKEN)
FILE_KINDS = ("viewed", "taken")
SOURCES = {
    "audit": (
        "SELECT 'audit' AS source, a.at AS at, a.what AS what, a.actor_name AS who, a.subject AS subject, "
        "a.before AS was, a.after AS now, a.address AS address, a.agent AS agent, a.id AS id FROM audit a",
        "a.at", "a.what", ("a.actor_name", "a.subject", "a.before", "a.after", "a.address"),
    ),
    "event": (
        "SELECT 'event' AS source, e.at AS at, e.kind AS what, e.actor_name AS who, "
        "COALESCE(o.code, m.name, '') AS subject, '' AS was, COALESCE(e.data, '') AS now, "
        "COALESCE(e.address, '') AS address, '' AS agent, e.id AS id "
        "FROM event e LEFT JOIN orders o ON o.id = e.order_id LEFT JOIN machine m ON m.id = e.machine_id",
        "e.at", "e.kind", ("e.actor_name", "o.code", "m.name", "e.data", "e.address"),
    ),
    "file": (
        "SELECT 'file' AS source, f.at AS at, f.what AS what, f.who AS who, d.name AS subject, '' AS was, "
        "f.page AS now, '' AS address, '' AS agent, f.id AS id "
        "FROM file_access f JOIN design_file d ON d.id = f.file_id",
        "f.at", "f.what", ("f.who", "d.name", "f.page"),
    ),
}  # fmt: skip
"""Select, moment, word and what is searched, of each."""


@dataclass(frozen=True, slots=True)
class Trace:
    """One thing that was done."""

    source: str
    """audit, event, file."""
    at: datetime
    what: str
    who: str
    subject: str
    was: str
    now: str
    data: dict[str, Any]
    """Of an event."""
    address: str
    agent: str


@dataclass(frozen=True, slots=True)
class AuditQuestion:
    """What is looked for. ``deeds`` are words of any source; empty: all."""

    text: str = ""
    deeds: frozenset[str] = frozenset()
    since: datetime | None = None
    until: datetime | None = None


def traces(question: AuditQuestion, *, limit: int, offset: int = 0) -> list[Trace]:
    """The newest that fit, in one query."""
    parts: list[str] = []
    values: list[Any] = []
    for name in SOURCES:
        sql, mine = _part(name, question)
        if sql:
            parts.append(f"SELECT * FROM ({sql} LIMIT ?) AS {name}s")  # noqa: S608 - our own words
            values += [*mine, offset + limit]
    if not parts:
        return []
    sql = " UNION ALL ".join(parts) + " ORDER BY at DESC, source, id DESC LIMIT ? OFFSET ?"
    rows = database.execute_sql(in_dialect(sql), (*values, limit, offset)).fetchall()
    return [_trace(row) for row in rows]


def all_traces(question: AuditQuestion, *, most: int, piece: int = 1000) -> Iterator[Trace]:
    """The same, as many as ``most``, read in pieces."""
    for offset in range(0, most, piece):
        found = traces(question, limit=piece, offset=offset)
        yield from found
        if len(found) < piece:
            return


def _part(name: str, question: AuditQuestion) -> tuple[str, list[Any]]:
    """A source's rows, the newest first, and its values; empty where it has no word that is asked for."""
    select, at, word, texts = SOURCES[name]
    known: dict[str, tuple[str, ...]] = {"audit": tuple(Deed), "event": EVENTS, "file": FILE_KINDS}
    wanted = [str(one) for one in known[name] if not question.deeds or str(one) in question.deeds]
    if not wanted:
        return "", []
    where, values = [f"{word} IN ({', '.join('?' * len(wanted))})"], list[Any](wanted)
    if name == "event":
        where.append(f"e.actor_kind IN ({', '.join('?' * len(HANDS))})")
        values += [one.value for one in HANDS]
    if question.since is not None:
        where.append(f"{at} >= ?")
        values.append(to_micros(question.since))
    if question.until is not None:
        where.append(f"{at} < ?")
        values.append(to_micros(question.until))
    if question.text:
        where.append("(" + " OR ".join(f"LOWER({one}) LIKE ? ESCAPE '!'" for one in texts) + ")")
        plain = question.text.lower().replace("!", "!!").replace("%", "!%").replace("_", "!_")
        values += [f"%{plain}%"] * len(texts)
    return f"{select} WHERE {' AND '.join(where)} ORDER BY {at} DESC", values


def _trace(row: tuple[Any, ...]) -> Trace:
    source, at, what, who, subject, was, now, address, agent, _id = row
    data = orjson.loads(now) if source == "event" and now else {}
    told = "" if source == "event" else now
    return Trace(source, from_micros(at), what, who, subject, was, told, data, address, agent)
