"""The history of orders: a page by key, in one query; the words that orders are found by."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from types import MappingProxyType
from typing import Any, NamedTuple

import orjson
from peewee import JOIN

from craftops.domain.orders.history import EndedAs, HistoryPlace, HistoryQuestion, searchable
from craftops.domain.people.access import Actor
from craftops.domain.people.companies import CompanyAction, actions_of
from craftops.store.database import in_dialect, is_sqlite
from craftops.store.models import DesignFileRow, OrderLineRow, OrderRow, OrderWordsRow, database
from craftops.store.models.base import from_micros, to_micros
from craftops.store.queries import scoped

ENDED = "o.stage IN ('completed', 'cancelled')"
"""As the indexes of the migration have it: only then they serve."""
STAGES = {
    EndedAs.ENDED: ENDED,
    EndedAs.COMPLETED: f"{ENDED} AND o.stage = 'completed'",
    EndedAs.CANCELLED: f"{ENDED} AND o.stage = 'cancelled'",
    EndedAs.OPEN: "o.stage NOT IN ('completed', 'cancelled')",
}
SUM = "SUM(CASE WHEN i.kind = 'credit' THEN -i.gross ELSE i.gross END)"
"""What an order came to: what was invoiced less what was credited."""
TOTAL = f"(SELECT {SUM} FROM invoice i WHERE i.order_id = {{}})"  # noqa: S608 - no value stands in it
KEPT = 4096
"""Orders that are known again by what the database says of them: reading a page twice makes nothing twice."""
MOST_GONE = 50
"""Materials that a search offers besides the catalogue's."""
SUM_AND_CURRENCY = f"(SELECT CAST({SUM} AS TEXT) || ' ' || MIN(i.currency) FROM invoice i WHERE i.order_id = p.id)"  # noqa: S608
"""Both in one look; none where there is no invoice."""
PAGE = """
SELECT p.id, p.code, p.title, p.stage, p.stage_since, p.placed_at, p.delivery, p.company_id, p.customer_id, c.name,
  c.email, CASE WHEN p.money > 0 THEN {total} END,
  l.title, l.quantity, l.material, f.id, f.name, f.picture_sha, l.made_from
FROM (
  SELECT o.id, o.code, o.title, o.stage, o.stage_since, o.placed_at, o.delivery, o.company_id, o.customer_id, o.money
  FROM orders o WHERE {where} ORDER BY o.stage_since DESC, o.id DESC LIMIT ?
) p JOIN account c ON c.id = p.customer_id
LEFT JOIN order_line l ON l.order_id = p.id LEFT JOIN design_file f ON f.id = l.file_id
ORDER BY p.stage_since DESC, p.id DESC, l.position
"""


class HistoryLine(NamedTuple):
    """A line of an order of the history; a tuple, which is made in a third of a dataclass's time."""

    title: str
    quantity: int
    material: str
    file_id: int | None
    file_name: str
    picture_sha: str
    made_from: dict[str, Any] | None = None
    """What the catalogue said of the material when it was ordered."""


@dataclass(frozen=True, slots=True, eq=False)
class HistoryOrder:
    """An order of the history with all that its row shows. The same object while nothing of it has changed, so that
    what is made of it can be kept by its identity."""

    id: int
    code: str
    title: str
    stage: str
    since: datetime
    """When it was completed or cancelled; of one that is being made, when its stage began."""
    placed_at: datetime
    delivery: str
    company_id: int | None
    customer_id: int
    customer: str
    email: str
    total: int | None
    """What was invoiced less what was credited, in minor units; None where there is no invoice."""
    currency: str
    lines: tuple[HistoryLine, ...]

    @property
    def place(self) -> HistoryPlace:
        return HistoryPlace(self.since, self.id)


def history_page(
    actor: Actor,
    question: HistoryQuestion,
    *,
    most: int,
    after: HistoryPlace | None = None,
    roles: Mapping[int, str] = MappingProxyType({}),
) -> list[HistoryOrder]:
    """The next ``most`` orders that fit and that ``actor`` may see, the newest first, in one query.

    ``roles``: ``scoped.roles_of`` the actor. Of orders of a company they know what they came to by their role, or where
    they have placed them.
    """
    conditions, values = _conditions(actor, question, roles)
    if after is not None:
        conditions.append("(o.stage_since, o.id) < (?, ?)")
        values += [to_micros(after.at), after.order_id]
    sql = PAGE.format(total=SUM_AND_CURRENCY, where=" AND ".join(conditions))
    found: dict[int, list[Any]] = {}
    for row in database.execute_sql(in_dialect(sql), (*values, most)).fetchall():
        found.setdefault(row[0], []).append(row)
    return [_order(tuple(rows)) for rows in found.values()]


def all_pages(
    actor: Actor, question: HistoryQuestion, *, at_once: int = 1000, roles: Mapping[int, str] = MappingProxyType({})
) -> Iterator[HistoryOrder]:
    """Every order that fits, the newest first, read a thousand at a time."""
    after: HistoryPlace | None = None
    while rows := history_page(actor, question, most=at_once, after=after, roles=roles):
        yield from rows
        if len(rows) < at_once:
            return
        after = rows[-1].place


def _conditions(actor: Actor, question: HistoryQuestion, roles: Mapping[int, str]) -> tuple[list[str], list[Any]]:
    theirs, values = scoped.orders_sql(actor, roles)
    conditions, found = [theirs, STAGES[question.ended_as]], list(values)

    def add(condition: str, *more: Any) -> None:
        conditions.append(condition)
        found.extend(more)

    if question.words and actor.is_staff:
        add(*_by_words(question.words))
    elif question.words:
        add(*_by_words_of_own(question.words))
    if question.material:
        add("EXISTS (SELECT 1 FROM order_line l WHERE l.order_id = o.id AND l.material = ?)", question.material)
    if question.since is not None:
        add("o.stage_since >= ?", to_micros(question.since))
    if question.until is not None:
        add("o.stage_since < ?", to_micros(question.until))
    if question.customer and actor.is_staff:
        like = f"%{_escaped(question.customer.lower())}%"
        add(
            "o.customer_id IN (SELECT id FROM account WHERE LOWER(name) LIKE ? ESCAPE '!' OR LOWER(email) LIKE ?"
            " ESCAPE '!')", like, like,
        )  # fmt: skip
    if question.asks_for_money:
        add(*_by_money(actor, question, roles))
    return conditions, found


SUMS = "SELECT i.order_id FROM invoice i WHERE i.order_id IS NOT NULL GROUP BY i.order_id HAVING {bounds}"


def _by_money(actor: Actor, question: HistoryQuestion, roles: Mapping[int, str]) -> tuple[Any, ...]:
    """The condition that what an order came to lies within bounds, and that a customer may know it.

    All invoices are added up at once for those who see all orders; a customer's few are added up one by one.
    """
    given = {">=": question.least, "<=": question.most}
    bounds = {sign: bound for sign, bound in given.items() if bound is not None}
    if actor.is_staff:
        having = " AND ".join(f"{SUM} {sign} ?" for sign in bounds)
        return f"o.money > 0 AND o.id IN ({SUMS.format(bounds=having)})", *bounds.values()
    pays = [company for company, role in roles.items() if CompanyAction.PAY in actions_of(role)]
    marks = ", ".join("?" * len(pays)) or "NULL"
    known = f"(o.company_id IS NULL OR o.customer_id = ? OR o.company_id IN ({marks}))"
    within = "".join(f" AND {TOTAL.format('o.id')} {sign} ?" for sign in bounds)
    return f"o.money > 0 AND {known}{within}", actor.customer_id, *pays, *bounds.values()


def _by_words(words: tuple[str, ...]) -> tuple[str, str]:
    """The condition that an order has all of these words, or words that begin so."""
    if is_sqlite():
        match = "o.id IN (SELECT rowid FROM order_index WHERE order_index MATCH ?)"
        return match, " ".join(f'"{word}"*' for word in words)
    found = "to_tsvector('simple', w.body) @@ to_tsquery('simple', ?)"
    match = f"o.id IN (SELECT w.order_id FROM order_words w WHERE {found})"  # noqa: S608 - no value stands in it
    return match, " & ".join(f"'{word}':*" for word in words)


def _by_words_of_own(words: tuple[str, ...]) -> tuple[str, ...]:
    """The same for a customer: their own few orders are looked through faster than an index of everybody's is."""
    each = " AND ".join(["' ' || w.body LIKE ?"] * len(words))
    condition = f"EXISTS (SELECT 1 FROM order_words w WHERE w.order_id = o.id AND {each})"  # noqa: S608 - none either
    return condition, *(f"% {word}%" for word in words)


def _escaped(text: str) -> str:
    return text.replace("!", "!!").replace("%", "!%").replace("_", "!_")


@lru_cache(maxsize=KEPT)
def _order(rows: tuple[tuple[Any, ...], ...]) -> HistoryOrder:
    number, code, title, stage, since, placed, delivery, company, customer, name, email, money = rows[0][:12]
    lines = tuple(_line(*row[12:]) for row in rows if row[12] is not None)
    total, _blank, currency = (money or "").partition(" ")
    return HistoryOrder(
        number, code, title, stage, from_micros(since), from_micros(placed), delivery, company, customer, name, email,
        int(total) if total else None, currency, lines,
    )  # fmt: skip


def _line(
    title: str, quantity: int, material: str, file: int | None, name: str | None, picture: str | None, made: str | None
) -> HistoryLine:
    return HistoryLine(title, quantity, material, file, name or "", picture or "", orjson.loads(made) if made else None)


def forget_orders() -> None:
    """Make all orders anew from here on; for measuring what a first look costs."""
    _order.cache_clear()


EVER_USED = """
WITH RECURSIVE known(name) AS (
  SELECT MIN(material) FROM order_line
  UNION ALL
  SELECT (SELECT MIN(l.material) FROM order_line l WHERE l.material > known.name) FROM known
  WHERE known.name IS NOT NULL
)
SELECT name FROM known WHERE name IS NOT NULL
"""
"""All materials of all lines by as many steps in the index as there are materials."""
HAS_IT = """
SELECT CAST(? AS TEXT) WHERE EXISTS (
  SELECT 1 FROM orders o JOIN order_line l ON l.order_id = o.id WHERE {theirs} AND l.material = ?
)
"""


def other_materials(actor: Actor, roles: Mapping[int, str], known: Collection[str]) -> list[str]:
    """The names of materials in orders that ``actor`` may see, besides the ``known`` ones; two queries at most."""
    gone = [row[0] for row in database.execute_sql(EVER_USED).fetchall() if row[0] not in known][:MOST_GONE]
    if actor.is_staff or not gone:
        return gone
    theirs, values = scoped.orders_sql(actor, roles)
    sql = " UNION ALL ".join([HAS_IT.format(theirs=theirs)] * len(gone))
    rows = database.execute_sql(in_dialect(sql), [value for name in gone for value in (name, *values, name)]).fetchall()
    return [row[0] for row in rows]


def note_words(order: OrderRow) -> None:
    """Have an order found by the words that it has now; within the transaction that changes them."""
    query: Any = (
        OrderLineRow.select(OrderLineRow.title, OrderLineRow.instructions, DesignFileRow.name)
        .join(DesignFileRow, JOIN.LEFT_OUTER)
        .where(OrderLineRow.order == order.id)
        .order_by(OrderLineRow.position)
    )
    texts = [text or "" for row in query.tuples() for text in row]
    body = searchable([order.code, order.title, *texts])
    if not OrderWordsRow.update(body=body).where(OrderWordsRow.order == order.id).execute():
        OrderWordsRow.create(order=order.id, body=body)
