"""The one choke point: what an actor may see. Every page and every API call asks here.

A customer gets their own things; people who work here get all. What is not theirs is as if it were not there:
the same AccessError for foreign and for missing.
"""

from __future__ import annotations

from typing import Any

from peewee import fn

from craftops.domain.orders.order import normalise_code
from craftops.domain.people.access import Actor, ActorKind
from craftops.errors import AccessError
from craftops.store.models import AccountRow, DesignFileRow, OperationRow, OrderRow, UploadRow

_NOBODY = -1


def orders(actor: Actor) -> Any:
    """A select of the orders that ``actor`` may see, with their customers."""
    query = OrderRow.select(OrderRow, AccountRow).join(AccountRow)
    if actor.is_staff:
        return query
    return query.where(OrderRow.customer == (actor.customer_id if actor.customer_id is not None else _NOBODY))


def order(actor: Actor, code: str) -> OrderRow:
    """The order of this code. Raises AccessError when it is missing or not theirs.

    ``hand_minutes`` of the row are the minutes of hand work that is still to be done: its page needs no query for them.
    """
    left = OperationRow.select(fn.COALESCE(fn.SUM(OperationRow.minutes), 0.0)).where(
        OperationRow.order == OrderRow.id, OperationRow.done_at.is_null()
    )
    query = orders(actor).select_extend(left.alias("hand_minutes"))
    found = query.where(OrderRow.code == normalise_code(code)).first()
    if found is None:
        raise AccessError
    row: OrderRow = found
    return row


def files(actor: Actor) -> Any:
    """A select of the files that ``actor`` may see."""
    query = DesignFileRow.select()
    if actor.is_staff:
        return query
    return query.where(DesignFileRow.owner == (actor.customer_id if actor.customer_id is not None else _NOBODY))


def file(actor: Actor, file_id: int) -> DesignFileRow:
    """The file of this id. Raises AccessError when it is missing or not theirs."""
    found = files(actor).where(DesignFileRow.id == file_id).first()
    if found is None:
        raise AccessError
    row: DesignFileRow = found
    return row


def upload(actor: Actor, key: str) -> UploadRow:
    """The upload of this key, which its owner alone may reach: what is on its way is nobody else's business.

    Raises AccessError when it is missing or not theirs.
    """
    person = actor.id if actor.kind in (ActorKind.STAFF, ActorKind.OWNER) else actor.customer_id
    owner = _NOBODY if person is None else person
    found = UploadRow.select().where(UploadRow.key == key, UploadRow.owner == owner).first()
    if found is None:
        raise AccessError
    row: UploadRow = found
    return row
