"""What came in by mail or folder, and files that are due, as pages show them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from peewee import JOIN, fn

from craftops.domain.people.access import Role
from craftops.store.models import (
    AccountRow,
    DesignFileRow,
    IncomingFileRow,
    IncomingRow,
    OrderRow,
    RetentionRow,
)
from craftops.store.prepared import Prepared
from craftops.store.queries.files import waiting_parts
from craftops.store.viewing import columns
from craftops.store.views.files import DueFiles, FileView, IncomingPart, IncomingView

_OF_PART = columns(IncomingPart, IncomingFileRow, "file")
_OF_FILE = columns(FileView, DesignFileRow)


def _incoming(*where: Any) -> Any:
    query = IncomingRow.select(*columns(IncomingView, IncomingRow, "customer"), AccountRow.name)
    return query.join(AccountRow, JOIN.LEFT_OUTER).where(*where)


_HELD: Prepared[IncomingView] = Prepared(
    lambda state: _incoming(IncomingRow.state == state).order_by(IncomingRow.id), IncomingView
)
_NOT_ORDERED: Prepared[IncomingView] = Prepared(
    lambda state, since: _incoming(
        IncomingRow.state == state, IncomingRow.customer.is_null(False), IncomingRow.closed_at.is_null(),
        IncomingRow.came_at > since, fn.EXISTS(waiting_parts()),
    ).order_by(IncomingRow.id.desc()),
    IncomingView,
)  # fmt: skip
_OF_ID: Prepared[IncomingView] = Prepared(lambda id_: _incoming(IncomingRow.id == id_), IncomingView)


def held() -> list[IncomingView]:
    """What waits for staff, oldest first."""
    return _HELD.all("held")


def not_ordered(since: datetime) -> list[IncomingView]:
    """Messages of customers, newest first, with a file that is in no order, itself or as a mended copy."""
    return _NOT_ORDERED.all("taken", since)


def message(incoming_id: int) -> IncomingView | None:
    """One of them."""
    return _OF_ID.first(incoming_id)


def _part(*values: Any) -> IncomingPart:
    own, file = values[: len(_OF_PART)], values[len(_OF_PART) :]
    return IncomingPart(*(*own, FileView(*file) if file[0] is not None else None))


_PARTS: Prepared[IncomingPart] = Prepared(
    lambda messages: (
        IncomingFileRow.select(*_OF_PART, *_OF_FILE)
        .join(DesignFileRow, JOIN.LEFT_OUTER)
        .where(IncomingFileRow.incoming.in_(messages))
        .order_by(IncomingFileRow.id)
    ),
    _part,
)


def parts_of(messages: list[int]) -> dict[int, list[IncomingPart]]:
    """The files of these messages, in their order."""
    found: dict[int, list[IncomingPart]] = {one: [] for one in messages}
    for part in _PARTS.all(messages) if messages else ():
        found[part.incoming_id].append(part)
    return found


_OF_NOTICE: Prepared[IncomingPart] = Prepared(
    lambda notice: (
        IncomingFileRow.select(*_OF_PART, *_OF_FILE)
        .join(DesignFileRow, JOIN.LEFT_OUTER)
        .switch(IncomingFileRow)
        .join(IncomingRow)
        .where(IncomingRow.notice == notice)
        .order_by(IncomingFileRow.id)
    ),
    _part,
)


def parts_of_notice(notice_id: int) -> list[IncomingPart]:
    """Every file that a mail to a customer tells of."""
    return _OF_NOTICE.all(notice_id)


_CUSTOMERS: Prepared[tuple[str, str]] = Prepared(
    lambda role, disabled, most: (
        AccountRow.select(AccountRow.email, AccountRow.name)
        .where(AccountRow.role == role, AccountRow.disabled == disabled)
        .order_by(AccountRow.name)
        .limit(most)
    ),
    lambda *row: row,
)


def customers_to_choose(most: int) -> list[tuple[str, str]]:
    """(address, name) of customers who may sign in, by name."""
    return _CUSTOMERS.all(Role.CUSTOMER.value, False, most)


def is_known(address: str) -> bool:
    """Whether anybody has this address."""
    return bool(AccountRow.select().where(AccountRow.email == address).exists())


def _due(*where: Any) -> Any:
    own = columns(DueFiles, RetentionRow, "order_code", "order_title", "customer")
    query = RetentionRow.select(*own, OrderRow.code, OrderRow.title, AccountRow.name).join(OrderRow).join(AccountRow)
    return query.where(*where).order_by(RetentionRow.due_at)


_DUE_OF_ORDER: Prepared[DueFiles] = Prepared(lambda order: _due(RetentionRow.order == order), DueFiles)
_TO_DELETE: Prepared[DueFiles] = Prepared(
    lambda state, at: _due(RetentionRow.state == state, RetentionRow.due_at <= at), DueFiles
)


def due_of_order(order_id: int) -> DueFiles | None:
    """How it stands with the files of an order; None while nobody has been told."""
    return _DUE_OF_ORDER.first(order_id)


def to_delete(at: datetime) -> list[DueFiles]:
    """What may be deleted and waits for staff, the oldest first."""
    return _TO_DELETE.all("told", at)
