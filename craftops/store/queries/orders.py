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
from craftops.store.prepared import Prepared
from craftops.store.queries.scoped import PreparedOrders, orders

ENDED_VALUES = [stage.value for stage in ENDED]


def lines_of(order: OrderRow) -> list[OrderLineRow]:
    """The lines of an order in their order, each with its file.

    ``versions`` of a row counts its revisions, ``proposed`` is the number of the newest that waits for a word.
    """
    return _LINES.all(order.id)


def _lines(order_id: Any) -> Any:
    mine = RevisionRow.line == OrderLineRow.id
    versions = RevisionRow.select(fn.COUNT(RevisionRow.id)).where(mine)
    proposed = RevisionRow.select(fn.MAX(RevisionRow.number)).where(mine, RevisionRow.state == "proposed")
    query = OrderLineRow.select(
        OrderLineRow, DesignFileRow, versions.alias("versions"), proposed.alias("proposed")
    ).join(DesignFileRow, JOIN.LEFT_OUTER)
    return query.where(OrderLineRow.order == order_id).order_by(OrderLineRow.position)


_LINES: Prepared[OrderLineRow] = Prepared(_lines)


@dataclass(frozen=True, slots=True)
class PartPicture:
    """The file of a part, as a list shows it."""

    id: int
    picture_sha: str


def _first_files(order_ids: Any) -> Any:
    query = OrderLineRow.select(OrderLineRow.order, DesignFileRow.id, DesignFileRow.picture_sha)
    query = query.join(DesignFileRow, JOIN.LEFT_OUTER).where(OrderLineRow.order.in_(order_ids))
    return query.order_by(OrderLineRow.position.desc())


_FIRST_FILES: Prepared[tuple[int, int | None, str]] = Prepared(_first_files, lambda *row: row)


def _open(query: Any) -> Any:
    return query.where(OrderRow.stage.not_in(ENDED_VALUES)).order_by(OrderRow.placed_at.desc())


def _past(query: Any, skip: Any, most: Any) -> Any:
    return query.where(OrderRow.stage.in_(ENDED_VALUES)).order_by(OrderRow.placed_at.desc()).offset(skip).limit(most)


_OPEN_ORDERS, _PAST_ORDERS = PreparedOrders(_open), PreparedOrders(_past)


def open_orders(actor: Actor) -> list[OrderRow]:
    """The orders that ``actor`` may see and that have not ended, the newest first."""
    return _OPEN_ORDERS.of(actor)


def past_orders(actor: Actor, words: str, skip: int, most: int) -> list[OrderRow]:
    """``most`` of those that have ended, the newest first; with ``words``, of all whose title or code holds them."""
    if not words:
        return _PAST_ORDERS.of(actor, skip, most)
    matching = OrderRow.title.contains(words) | OrderRow.code.contains(words.upper())
    return list(orders(actor).where(matching).order_by(OrderRow.placed_at.desc()).offset(skip).limit(most))


def first_files(order_ids: Iterable[int]) -> dict[int, PartPicture]:
    """The file of each order's first line, whose picture stands for the order; only where there is one."""
    found = {order: (file, sha) for order, file, sha in _FIRST_FILES.all(list(order_ids))}
    return {order: PartPicture(file, sha) for order, (file, sha) in found.items() if file is not None}


def pictures_of_codes(codes: Iterable[str]) -> dict[str, PartPicture]:
    """The same by the codes of the orders, of those that have a picture."""
    wanted = sorted(set(codes))
    rows = _FILES_OF_CODES.all(wanted) if wanted else []
    return {code: PartPicture(file, sha) for code, file, sha in rows if file is not None and sha}


_FILES_OF_CODES: Prepared[tuple[str, int | None, str]] = Prepared(
    lambda codes: (
        OrderLineRow.select(OrderRow.code, DesignFileRow.id, DesignFileRow.picture_sha)
        .join(OrderRow)
        .switch(OrderLineRow)
        .join(DesignFileRow, JOIN.LEFT_OUTER)
        .where(OrderRow.code.in_(codes))
        .order_by(OrderLineRow.position.desc())
    ),
    lambda *row: row,
)


def read_pictures(found: Sequence[OrderRow]) -> None:
    """Read the files whose pictures stand for these orders, for ``first_file``. One query."""
    files = first_files(order.id for order in found) if found else {}
    for order in found:
        order.__dict__["first_file_read"] = files.get(order.id)


def first_file(order: OrderRow) -> PartPicture | None:
    """The file whose picture stands for an order; without a query where ``read_pictures`` has read it already."""
    if "first_file_read" not in order.__dict__:
        read_pictures([order])
    found: PartPicture | None = order.first_file_read
    return found


def proposed_versions() -> list[RevisionRow]:
    """New versions of files that wait for a word, of orders that have not ended, each with its line and order;
    the oldest first."""
    return _PROPOSED.all()


_PROPOSED: Prepared[RevisionRow] = Prepared(
    lambda: (
        RevisionRow.select(RevisionRow, OrderLineRow, OrderRow, AccountRow)
        .join(OrderLineRow)
        .join(OrderRow)
        .join(AccountRow)
        .where(RevisionRow.state == "proposed", OrderRow.stage.not_in(ENDED_VALUES))
        .order_by(RevisionRow.at)
    )
)


PROMISE = (
    OrderRow.id, OrderRow.stage, OrderRow.promise_at, OrderRow.basis, OrderRow.window_start, OrderRow.window_end,
    OrderRow.as_of, OrderRow.placed_at, OrderRow.stale, OrderRow.paused, OrderRow.short,
)  # fmt: skip


def on_the_floor() -> list[OrderRow]:
    """Every order that has not ended, the longest at its stage first, with few of its columns: what an estimate is held
    against its promise by, and since when it rests."""
    return _ON_THE_FLOOR.all()


_ON_THE_FLOOR: Prepared[OrderRow] = Prepared(
    lambda: (
        OrderRow.select(*PROMISE, OrderRow.hold_since)
        .where(OrderRow.stage.not_in(ENDED_VALUES))
        .order_by(OrderRow.stage_since, OrderRow.id)
    )
)


def with_customers(ids: Iterable[int]) -> dict[int, OrderRow]:
    """These orders by their numbers, each with its customer and, for ``first_file``, its picture. Two queries."""
    wanted = sorted(set(ids))
    found = {row.id: row for row in _WITH_CUSTOMERS.all(wanted)} if wanted else {}
    read_pictures(list(found.values()))
    return found


_WITH_CUSTOMERS: Prepared[OrderRow] = Prepared(
    lambda ids: OrderRow.select(OrderRow, AccountRow).join(AccountRow).where(OrderRow.id.in_(ids))
)


def counts_by_stage() -> dict[Stage, int]:
    """How many orders are at each stage that has not ended."""
    return {Stage(stage): int(count) for stage, count in _COUNTS.all()}


def oldest_of_each_stage(stages: Iterable[Stage], at_most: int) -> list[OrderRow]:
    """The orders that have been at each stage for longest, each with its customer, the longest first."""
    return _OLDEST.all([stage.value for stage in stages], at_most)


def _oldest(stages: Any, at_most: Any) -> Any:
    place = fn.ROW_NUMBER().over(partition_by=[OrderRow.stage], order_by=[OrderRow.stage_since, OrderRow.id])
    ranked = OrderRow.select(OrderRow.id, place.alias("place")).where(OrderRow.stage.in_(stages)).alias("ranked")
    rows = OrderRow.select(OrderRow, AccountRow).join(AccountRow).switch(OrderRow)
    rows = rows.join(ranked, on=(ranked.c.id == OrderRow.id)).where(ranked.c.place <= at_most)
    return rows.order_by(OrderRow.stage_since, OrderRow.id)


_OLDEST: Prepared[OrderRow] = Prepared(_oldest)
_COUNTS: Prepared[tuple[str, int]] = Prepared(
    lambda: (
        OrderRow.select(OrderRow.stage, fn.COUNT(OrderRow.id))
        .where(OrderRow.stage.not_in(ENDED_VALUES))
        .group_by(OrderRow.stage)
    ),
    lambda *row: row,
)


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
