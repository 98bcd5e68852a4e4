"""What pages read of one order, each in a single query."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any

import orjson
from peewee import JOIN, Case, fn

from craftops.domain.orders.workflow import ENDED, MoveKind, Stage, StageChange
from craftops.domain.people.access import Actor, ActorKind
from craftops.store.database import in_dialect
from craftops.store.models import DesignFileRow, OrderLineRow, OrderRow, RevisionRow, database
from craftops.store.models.base import from_micros
from craftops.store.prepared import Prepared
from craftops.store.viewing import columns
from craftops.store.views.files import FileView
from craftops.store.views.orders import PageLine

ENDED_VALUES = [stage.value for stage in ENDED]
OPEN_VALUES = [stage.value for stage in Stage if stage not in ENDED]
"""Asked for by name: an index finds them, where "not ended" is held against every order that ever was."""


def lines_of(order_id: int) -> list[PageLine]:
    """The lines of an order in their order, each with its file."""
    return _LINES.all(order_id)


_OF_LINE = columns(PageLine, OrderLineRow, "versions", "proposed", "file")
_OF_FILE = columns(FileView, DesignFileRow)


def _lines(order_id: Any) -> Any:
    mine = RevisionRow.line == OrderLineRow.id
    versions = RevisionRow.select(fn.COUNT(RevisionRow.id)).where(mine)
    proposed = RevisionRow.select(fn.MAX(RevisionRow.number)).where(mine, RevisionRow.state == "proposed")
    query = OrderLineRow.select(*_OF_LINE, versions, proposed, *_OF_FILE).join(DesignFileRow, JOIN.LEFT_OUTER)
    return query.where(OrderLineRow.order == order_id).order_by(OrderLineRow.position)


def _line(*values: Any) -> PageLine:
    cut = len(_OF_LINE) + 2
    file = FileView(*values[cut:]) if values[cut] is not None else None
    return PageLine(*(*values[:cut], file))


_LINES: Prepared[PageLine] = Prepared(_lines, _line)


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


def counts_by_stage() -> dict[Stage, int]:
    """How many orders are at each stage that has not ended."""
    return {Stage(stage): int(count) for stage, count in _COUNTS.all()}


_COUNTS: Prepared[tuple[str, int]] = Prepared(
    lambda: (
        OrderRow.select(OrderRow.stage, fn.COUNT(OrderRow.id))
        .where(OrderRow.stage.in_(OPEN_VALUES))
        .group_by(OrderRow.stage)
    ),
    lambda *row: row,
)


def numbers_of_customers(account_ids: Iterable[int]) -> dict[int, tuple[int, int]]:
    """Customer -> how many orders they have, and how many of these have not ended."""
    wanted = list(account_ids)
    return {customer: (int(all_), int(active)) for customer, all_, active in _NUMBERS.all(wanted)} if wanted else {}


def _numbers(account_ids: Any) -> Any:
    open_ones = fn.SUM(Case(None, ((OrderRow.stage.in_(ENDED_VALUES), 0),), 1))
    rows = OrderRow.select(OrderRow.customer, fn.COUNT(OrderRow.id), open_ones)
    return rows.where(OrderRow.customer.in_(account_ids)).group_by(OrderRow.customer)


_NUMBERS: Prepared[tuple[int, int, int]] = Prepared(_numbers, lambda *row: row)


def order_code_of(file_id: int) -> str:
    """The code of the newest order that a file is part of; empty where there is none."""
    query = OrderRow.select(OrderRow.code).join(OrderLineRow).where(OrderLineRow.file == file_id)
    newest = query.order_by(OrderRow.id.desc()).first()
    return newest.code if newest else ""


@dataclass(frozen=True, slots=True)
class PastWindow:
    """A window that was shown and has moved, with the cause of the move."""

    start: datetime
    end: datetime
    cause: str
    facts: dict[str, Any] = field(hash=False)
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


@lru_cache(maxsize=8192)
def _change(row: tuple[Any, ...]) -> StageChange:
    _sort, _id, at, before, after, kind, actor_kind, actor_id, actor_name, note, *_rest = row
    who = Actor(ActorKind(actor_kind), actor_id, actor_name)
    return StageChange(Stage(before) if before else None, Stage(after), MoveKind(kind), who, from_micros(at), note)


def _window(row: tuple[Any, ...]) -> PastWindow:
    facts = orjson.loads(row[4]) if row[4] else {}
    return PastWindow(from_micros(row[10]), from_micros(row[11]), row[3], facts, from_micros(row[2]))
