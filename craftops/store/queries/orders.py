"""What pages read of one order, each in a single query."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from peewee import JOIN, fn

from craftops.domain.orders.workflow import MoveKind, Stage, StageChange
from craftops.domain.people.access import Actor, ActorKind
from craftops.store.database import in_dialect
from craftops.store.models import DesignFileRow, OrderLineRow, OrderRow, RevisionRow, database
from craftops.store.models.base import from_micros


def lines_of(order: OrderRow) -> list[OrderLineRow]:
    """The lines of an order in their order, each with its file.

    ``versions`` of a row counts its revisions, ``proposed`` is the number of the newest that waits for a word.
    """
    mine = RevisionRow.line == OrderLineRow.id
    versions = RevisionRow.select(fn.COUNT(RevisionRow.id)).where(mine)
    proposed = RevisionRow.select(fn.MAX(RevisionRow.number)).where(mine, RevisionRow.state == "proposed")
    query = OrderLineRow.select(
        OrderLineRow, DesignFileRow, versions.alias("versions"), proposed.alias("proposed")
    ).join(DesignFileRow, JOIN.LEFT_OUTER)
    return list(query.where(OrderLineRow.order == order.id).order_by(OrderLineRow.position))


def order_code_of(file: DesignFileRow) -> str:
    """The code of the newest order that a file is part of; empty where there is none."""
    query = OrderRow.select(OrderRow.code).join(OrderLineRow).where(OrderLineRow.file == file.id)
    newest = query.order_by(OrderRow.id.desc()).first()
    return newest.code if newest else ""


@dataclass(frozen=True, slots=True)
class PastWindow:
    """A window that was shown and has moved, with the cause of the move."""

    start: datetime
    end: datetime
    cause: str
    facts: dict[str, Any]
    at: datetime


@dataclass(frozen=True, slots=True)
class OrderHistory:
    """What has happened to an order."""

    changes: tuple[StageChange, ...]
    """All stages, oldest first."""
    windows: tuple[PastWindow, ...]
    """The newest windows that moved, newest first."""


MOST_WINDOWS = 20
HISTORY = """
SELECT 0, id, at, before, after, kind, actor_kind, actor_id, actor_name, note, NULL, NULL
FROM stage_change WHERE order_id = ?
UNION ALL
SELECT * FROM (
  SELECT 1, id, at, cause, facts, NULL, NULL, CAST(NULL AS INTEGER), NULL, NULL, before_start, before_end
  FROM window_move WHERE order_id = ? ORDER BY id DESC LIMIT ?
) AS moved
ORDER BY 1, 2
"""


def history_of(order_id: int) -> OrderHistory:
    """What has happened to an order, in one query."""
    found = database.execute_sql(in_dialect(HISTORY), (order_id, order_id, MOST_WINDOWS)).fetchall()
    changes = [_change(row) for row in found if row[0] == 0]
    windows = [_window(row) for row in found if row[0] == 1 and row[10] is not None]
    return OrderHistory(tuple(changes), tuple(reversed(windows)))


def _change(row: tuple[Any, ...]) -> StageChange:
    _sort, _id, at, before, after, kind, actor_kind, actor_id, actor_name, note, *_rest = row
    who = Actor(ActorKind(actor_kind), actor_id, actor_name)
    return StageChange(Stage(before) if before else None, Stage(after), MoveKind(kind), who, from_micros(at), note)


def _window(row: tuple[Any, ...]) -> PastWindow:
    facts = orjson.loads(row[4]) if row[4] else {}
    return PastWindow(from_micros(row[10]), from_micros(row[11]), row[3], facts, from_micros(row[2]))
