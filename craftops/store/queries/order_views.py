"""Orders as parts of pages, papers and mails read them, whoever asks: what a reader may see is ``scoped``."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from peewee import JOIN

from craftops.domain.people.access import Actor
from craftops.store.models import AccountRow, CompanyRow, OrderRow
from craftops.store.prepared import Prepared
from craftops.store.queries import scoped
from craftops.store.viewing import order_view
from craftops.store.views.orders import OrderView


def _orders(ids: Any) -> Any:
    query = OrderRow.select(OrderRow, AccountRow, CompanyRow).join(AccountRow).switch(OrderRow)
    return query.join(CompanyRow, JOIN.LEFT_OUTER).where(OrderRow.id.in_(ids))


_ORDERS: Prepared[OrderRow] = Prepared(_orders)


def seen_by(actor: Actor, most: int, *, stage: str = "", before: int | None = None) -> list[OrderView]:
    """The newest orders that ``actor`` may see, at most so many; with ``stage`` those at that one, with ``before``
    those of a smaller number. Two queries."""
    mine = scoped.orders(actor).select(OrderRow.id)
    if stage:
        mine = mine.where(OrderRow.stage == stage)
    if before is not None:
        mine = mine.where(OrderRow.id < before)
    ids = [number for (number,) in mine.order_by(OrderRow.id.desc()).limit(most).tuples()]
    return sorted(order_views(ids), key=lambda one: one.id, reverse=True)


def order_views(ids: Iterable[int]) -> list[OrderView]:
    """Those of these ids, with their customers and companies. One query."""
    wanted = sorted(set(ids))
    return [order_view(row) for row in _ORDERS.all(wanted)] if wanted else []


def order_of(order_id: int) -> OrderView:
    """The order of this id, which is there: something refers to it. One query."""
    [found] = order_views([order_id])
    return found
