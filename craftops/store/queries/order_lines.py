"""The lines of orders, each with its file, as what stands beside the order reads them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from peewee import JOIN

from craftops.store.models import DesignFileRow, OrderLineRow
from craftops.store.prepared import Prepared
from craftops.store.viewing import columns
from craftops.store.views.orders import FileOfLine, LineView

_OF_LINE = columns(LineView, OrderLineRow, "file")
_OF_FILE = columns(FileOfLine, DesignFileRow)


def _lines(orders: Any) -> Any:
    query = OrderLineRow.select(*_OF_LINE, *_OF_FILE).join(DesignFileRow, JOIN.LEFT_OUTER)
    return query.where(OrderLineRow.order.in_(orders)).order_by(OrderLineRow.order, OrderLineRow.position)


def _line(*values: Any) -> LineView:
    own, file = values[: len(_OF_LINE)], values[len(_OF_LINE) :]
    return LineView(*(*own, FileOfLine(*file) if file[0] is not None else None))


_LINES: Prepared[LineView] = Prepared(_lines, _line)


def lines_of(order_id: int) -> list[LineView]:
    """The lines of an order in their order."""
    return _LINES.all([order_id])


def lines_of_orders(order_ids: Iterable[int]) -> dict[int, list[LineView]]:
    """The lines of each of these orders, in one query."""
    found: dict[int, list[LineView]] = defaultdict(list)
    wanted = list(order_ids)
    for line in _LINES.all(wanted) if wanted else ():
        found[line.order_id].append(line)
    return found
