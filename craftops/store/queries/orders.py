"""What pages read of one order, each in a single query."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from peewee import JOIN, Case, fn

from craftops.domain.orders.workflow import ENDED, MoveKind, Stage, StageChange
from craftops.domain.people.access import Actor, ActorKind
from craftops.store.database import in_dialect
from craftops.store.models import AccountRow, DesignFileRow, OrderLineRow, OrderRow, RevisionRow, database
from craftops.store.models.base import from_micros

ENDED_VALUES = [stage.value for stage in ENDED]


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


def first_files(order_ids: Iterable[int]) -> dict[int, DesignFileRow]:
    """The file of each order's first line, whose picture stands for the order; only where there is one. Of a file, its
    id and its picture."""
    columns = (OrderLineRow.order, OrderLineRow.position, DesignFileRow.id, DesignFileRow.picture_sha)
    query = OrderLineRow.select(*columns)
    query = query.join(DesignFileRow, JOIN.LEFT_OUTER).where(OrderLineRow.order.in_(list(order_ids)))
    found = {line.order_id: line.file for line in query.order_by(OrderLineRow.position.desc())}
    return {order: file for order, file in found.items() if file is not None}


def read_pictures(found: Sequence[OrderRow]) -> None:
    """Read the files whose pictures stand for these orders, for ``first_file``. One query."""
    files = first_files(order.id for order in found) if found else {}
    for order in found:
        order.__dict__["first_file_read"] = files.get(order.id)


def first_file(order: OrderRow) -> DesignFileRow | None:
    """The file whose picture stands for an order; without a query where ``read_pictures`` has read it already."""
    if "first_file_read" not in order.__dict__:
        read_pictures([order])
    found: DesignFileRow | None = order.first_file_read
    return found


PROMISE = (
    OrderRow.id, OrderRow.stage, OrderRow.promise_at, OrderRow.basis, OrderRow.window_start, OrderRow.window_end,
    OrderRow.as_of, OrderRow.placed_at, OrderRow.stale, OrderRow.paused, OrderRow.short,
)  # fmt: skip


def promises() -> list[OrderRow]:
    """Orders that have not ended and have a promise, with the columns of ``PROMISE`` only: what an estimate is held
    against it by."""
    mine = OrderRow.select(*PROMISE).where(OrderRow.stage.not_in(ENDED_VALUES), OrderRow.promise_at.is_null(False))
    return list(mine)


def counts_by_stage() -> dict[Stage, int]:
    """How many orders are at each stage that has not ended."""
    rows: Any = OrderRow.select(OrderRow.stage, fn.COUNT(OrderRow.id)).where(OrderRow.stage.not_in(ENDED_VALUES))
    return {Stage(stage): int(count) for stage, count in rows.group_by(OrderRow.stage).tuples()}


def oldest_of_each_stage(stages: Iterable[Stage], at_most: int) -> list[OrderRow]:
    """The orders that have been at each stage for longest, each with its customer, the longest first."""
    values = [stage.value for stage in stages]
    place = fn.ROW_NUMBER().over(partition_by=[OrderRow.stage], order_by=[OrderRow.stage_since, OrderRow.id])
    ranked = OrderRow.select(OrderRow.id, place.alias("place")).where(OrderRow.stage.in_(values)).alias("ranked")
    rows = OrderRow.select(OrderRow, AccountRow).join(AccountRow).switch(OrderRow)
    rows = rows.join(ranked, on=(ranked.c.id == OrderRow.id)).where(ranked.c.place <= at_most)
    return list(rows.order_by(OrderRow.stage_since, OrderRow.id))


def numbers_of_customers(account_ids: Iterable[int]) -> dict[int, tuple[int, int]]:
    """Customer -> how many orders they have, and how many of these have not ended."""
    open_ones = fn.SUM(Case(None, ((OrderRow.stage.in_(ENDED_VALUES), 0),), 1))
    rows: Any = OrderRow.select(OrderRow.customer, fn.COUNT(OrderRow.id), open_ones)
    mine = rows.where(OrderRow.customer.in_(list(account_ids))).group_by(OrderRow.customer)
    return {customer: (int(count), int(active)) for customer, count, active in mine.tuples()}


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
