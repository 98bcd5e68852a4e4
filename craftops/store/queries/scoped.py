"""The one choke point: what an actor may see. Every page and every API call asks here.

A customer gets their own things and, by their role, those of their companies; people who work here get all. What is not
theirs is as if it were not there: the same AccessError for foreign and for missing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from peewee import fn

from craftops.domain.orders.order import normalise_code
from craftops.domain.people.access import Actor, ActorKind
from craftops.domain.people.companies import OWN_ORDER, CompanyAction, actions_of
from craftops.errors import AccessError, RuleError
from craftops.store.database import in_dialect
from craftops.store.models import (
    AccountRow,
    CompanyMemberRow,
    DesignFileRow,
    OperationRow,
    OrderRow,
    UploadRow,
    database,
)

_NOBODY = -1
ROLES = "SELECT company_id, role FROM company_member WHERE account_id = ? AND state = ?"
ACTIVE = "active"


def is_theirs(actor: Actor, table: type[OrderRow] | type[DesignFileRow], owner: Any) -> Any:
    """The condition under which a row is a customer's to see: their own, or of a company that they are a member of.

    What belongs to a company is its members' alone: who has left sees none of it, not even what they sent themselves.
    """
    me = actor.customer_id if actor.customer_id is not None else _NOBODY
    mine = CompanyMemberRow.select(CompanyMemberRow.company).where(
        CompanyMemberRow.account == me, CompanyMemberRow.state == ACTIVE
    )
    return ((owner == me) & table.company.is_null()) | table.company.in_(mine)


def orders(actor: Actor) -> Any:
    """A select of the orders that ``actor`` may see, with their customers."""
    query = OrderRow.select(OrderRow, AccountRow).join(AccountRow)
    return query if actor.is_staff else query.where(is_theirs(actor, OrderRow, OrderRow.customer))


def orders_sql(actor: Actor, roles: Mapping[int, str]) -> tuple[str, tuple[int, ...]]:
    """The same condition as ``orders`` has, for SQL that calls the orders ``o``, and its values. ``roles`` are
    ``roles_of`` the actor: without a company the condition is one that an index serves in its order."""
    if actor.is_staff:
        return "1 = 1", ()
    me = actor.customer_id if actor.customer_id is not None else _NOBODY
    own = "o.customer_id = ? AND o.company_id IS NULL"
    if not roles:
        return own, (me,)
    return f"({own} OR o.company_id IN ({', '.join('?' * len(roles))}))", (me, *roles)


def actions(actor: Actor, order: OrderRow) -> frozenset[CompanyAction]:
    """What ``actor`` may do with an order that they may see. An order without a company needs no query."""
    if actor.is_staff or order.company_id is None:
        return OWN_ORDER
    return actions_of(role_in(actor, order.company_id))


def role_in(actor: Actor, company_id: int) -> str | None:
    """The role of ``actor`` in a company; None for somebody who is no member."""
    row = CompanyMemberRow.get_or_none(
        CompanyMemberRow.company == company_id,
        CompanyMemberRow.account == (actor.customer_id if actor.customer_id is not None else _NOBODY),
        CompanyMemberRow.state == ACTIVE,
    )
    return row.role if row is not None else None


def roles_of(actor: Actor) -> dict[int, str]:
    """The role of ``actor`` in each company that they are a member of, in one query."""
    me = actor.customer_id if actor.customer_id is not None else _NOBODY
    return dict(database.execute_sql(in_dialect(ROLES), (me, ACTIVE)).fetchall())


def order(actor: Actor, code: str, to: CompanyAction = CompanyAction.SEE) -> OrderRow:
    """The order of this code. Raises AccessError when it is missing or not theirs; RuleError when they may see it, and
    their role in its company does not let them do what they want ``to``.

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
    if to is not CompanyAction.SEE and to not in actions(actor, row):
        raise RuleError("Your role in this company does not let you do that.", "Ask one of its admins.")
    return row


def files(actor: Actor) -> Any:
    """A select of the files that ``actor`` may see; what is deleted is not there any more."""
    return all_files(actor).where(DesignFileRow.deleted_at.is_null())


def all_files(actor: Actor) -> Any:
    """The same with those that were deleted, of which a name is left."""
    query = DesignFileRow.select()
    return query if actor.is_staff else query.where(is_theirs(actor, DesignFileRow, DesignFileRow.owner))


def file(actor: Actor, file_id: int) -> DesignFileRow:
    """The file of this id. Raises AccessError when it is missing or not theirs."""
    found = files(actor).where(DesignFileRow.id == file_id).first()
    if found is None:
        raise AccessError
    row: DesignFileRow = found
    return row


def fits(file: DesignFileRow, order: OrderRow) -> bool:
    """Whether a file may be part of an order: it is its customer's, its company's, or that of a member of it."""
    if file.company_id is not None:
        return bool(file.company_id == order.company_id)
    if file.owner_id == order.customer_id:
        return True
    members = CompanyMemberRow.select().where(
        CompanyMemberRow.company == order.company_id, CompanyMemberRow.account == file.owner_id,
        CompanyMemberRow.state == ACTIVE,
    )  # fmt: skip
    return order.company_id is not None and bool(members.exists())


def give_to_company(file_ids: Iterable[int], order: OrderRow) -> None:
    """Files become part of an order: if that is a company's, its members see them from now on."""
    ids = list(file_ids)
    if order.company_id is not None and ids:
        DesignFileRow.update(company=order.company_id).where(DesignFileRow.id.in_(ids)).execute()


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
