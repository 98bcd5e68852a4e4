"""The one choke point: what an actor may see. Every page and every API call asks here.

A customer gets their own things and, by their role, those of their companies; people who work here get all. What is not
theirs is as if it were not there: the same AccessError for foreign and for missing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Generic, TypeVar

from peewee import JOIN, fn

from craftops.domain.orders.order import normalise_code
from craftops.domain.people.access import Actor, ActorKind
from craftops.domain.people.companies import OWN_ORDER, CompanyAction, actions_of
from craftops.errors import AccessError, RuleError
from craftops.store import viewing
from craftops.store.models import (
    AccountRow,
    CompanyMemberRow,
    CompanyRow,
    DesignFileRow,
    OperationRow,
    OrderRow,
    UploadRow,
)
from craftops.store.prepared import Prepared, Values
from craftops.store.viewing import view_of
from craftops.store.views.files import FileView
from craftops.store.views.orders import OrderSeen, OrderView

RowT = TypeVar("RowT")
_NOBODY = -1
ACTIVE = "active"


def is_theirs(actor: Actor, table: type[OrderRow] | type[DesignFileRow], owner: Any) -> Any:
    """The condition under which a row is a customer's to see: their own, or of a company that they are a member of.

    What belongs to a company is its members' alone: who has left sees none of it, not even what they sent themselves.
    """
    return _is_of(me_of(actor), table, owner)


def me_of(actor: Actor) -> int:
    """Whose things a customer's query asks for; nobody's of whoever is none."""
    return actor.customer_id if actor.customer_id is not None else _NOBODY


def _is_of(me: Any, table: type[OrderRow] | type[DesignFileRow], owner: Any) -> Any:
    """As a set of ids that two indexes give. The same as one condition with an OR is looked for row by row through all
    orders of the shop, by a database that knows how many there are."""
    own, of_company = table.alias("own"), table.alias("of_company")
    theirs = own.select(own.id).where(getattr(own, owner.name) == me, own.company.is_null())
    members = (
        of_company.select(of_company.id)
        .join(CompanyMemberRow, on=CompanyMemberRow.company == of_company.company)
        .where(CompanyMemberRow.account == me, CompanyMemberRow.state == ACTIVE)
    )
    return table.id.in_(theirs.union_all(members))


def _orders() -> Any:
    return OrderRow.select(OrderRow, AccountRow).join(AccountRow)


def orders(actor: Actor) -> Any:
    """A select of the orders that ``actor`` may see, with their customers."""
    return _orders() if actor.is_staff else _orders().where(is_theirs(actor, OrderRow, OrderRow.customer))


class PreparedOfOrders(Generic[RowT]):
    """A query of something that belongs to orders, whose select ``make`` joins them; of those that are a customer's to
    see, whoever asks; rows, or what ``view`` makes of their columns. Written once (``store.prepared``)."""

    def __init__(self, make: Callable[..., Any], view: Callable[..., RowT] | None = None) -> None:
        self._mine: Prepared[RowT] = Prepared(
            lambda me, *values: make(*values).where(_is_of(me, OrderRow, OrderRow.customer)), view
        )

    def of(self, actor: Actor, *values: Values) -> list[RowT]:
        """Those of the orders of ``actor`` and of their companies."""
        return self._mine.all(me_of(actor), *values)


class PreparedOrders(Generic[RowT]):
    """What ``orders`` gives, narrowed or sorted by ``extend``, as a query that is written once (``store.prepared``).

    ``extend`` gets the select, which has the order's company too, and a slot for each value; ``of_row`` makes something
    of each row, if that is what is wanted.
    """

    def __init__(self, extend: Callable[..., Any], of_row: Callable[[Any], RowT] | None = None) -> None:
        def everything(*values: Any) -> Any:
            return extend(
                _orders().select_extend(CompanyRow).switch(OrderRow).join(CompanyRow, JOIN.LEFT_OUTER), *values
            )

        self._of_staff: Prepared[RowT] = Prepared(everything, of_row=of_row)
        self._of_others: Prepared[RowT] = Prepared(
            lambda me, *values: everything(*values).where(_is_of(me, OrderRow, OrderRow.customer)), of_row=of_row
        )

    def of(self, actor: Actor, *values: Values) -> list[RowT]:
        """Those that ``actor`` may see."""
        return self._of_staff.all(*values) if actor.is_staff else self._of_others.all(me_of(actor), *values)


def orders_sql(actor: Actor, roles: Mapping[int, str]) -> tuple[str, tuple[int, ...]]:
    """The same condition as ``orders`` has, for SQL that calls the orders ``o``, and its values. ``roles`` are
    ``roles_of`` the actor: without a company the condition is one that an index serves in its order."""
    if actor.is_staff:
        return "1 = 1", ()
    me = me_of(actor)
    own = "o.customer_id = ? AND o.company_id IS NULL"
    if not roles:
        return own, (me,)
    return f"({own} OR o.company_id IN ({', '.join('?' * len(roles))}))", (me, *roles)


def actions(actor: Actor, order: OrderSeen, roles: Mapping[int, str] | None = None) -> frozenset[CompanyAction]:
    """What ``actor`` may do with an order that they may see. An order without a company needs no query, and none does
    where the ``roles_of`` the actor are known."""
    if actor.is_staff or order.company_id is None:
        return OWN_ORDER
    return actions_of(role_in(actor, order.company_id) if roles is None else roles.get(order.company_id))


def role_in(actor: Actor, company_id: int) -> str | None:
    """The role of ``actor`` in a company; None for somebody who is no member."""
    row = CompanyMemberRow.get_or_none(
        CompanyMemberRow.company == company_id,
        CompanyMemberRow.account == me_of(actor),
        CompanyMemberRow.state == ACTIVE,
    )
    return row.role if row is not None else None


def _role(company: int, role: str) -> tuple[int, str]:
    return company, role


_ROLES: Prepared[tuple[int, str]] = Prepared(
    lambda me, state: CompanyMemberRow.select(CompanyMemberRow.company, CompanyMemberRow.role).where(
        CompanyMemberRow.account == me, CompanyMemberRow.state == state
    ),
    _role,
)


def roles_of(actor: Actor) -> dict[int, str]:
    """The role of ``actor`` in each company that they are a member of, in one query."""
    me = me_of(actor)
    return dict(_ROLES.all(me, ACTIVE))


def _by_code(query: Any, code: Any) -> Any:
    left = OperationRow.select(fn.COALESCE(fn.SUM(OperationRow.minutes), 0.0)).where(
        OperationRow.order == OrderRow.id, OperationRow.done_at.is_null()
    )
    return query.select_extend(left.alias("hand_minutes")).where(OrderRow.code == code)


_BY_CODE: PreparedOrders[OrderRow] = PreparedOrders(_by_code)
_VIEW_BY_CODE = PreparedOrders(_by_code, viewing.order_view)
SeenT = TypeVar("SeenT", bound=OrderSeen)


def order(actor: Actor, code: str, to: CompanyAction = CompanyAction.SEE) -> OrderRow:
    """The order of this code. Raises AccessError when it is missing or not theirs; RuleError when they may see it, and
    their role in its company does not let them do what they want ``to``.

    ``hand_minutes`` of the row are the minutes of hand work that is still to be done: its page needs no query for them.
    """
    return _that(_BY_CODE.of(actor, normalise_code(code)), actor, to)


def order_view(actor: Actor, code: str, to: CompanyAction = CompanyAction.SEE) -> OrderView:
    """The same as pages read it, by the same query and under the same conditions."""
    return _that(_VIEW_BY_CODE.of(actor, normalise_code(code)), actor, to)


def _that(found: list[SeenT], actor: Actor, to: CompanyAction) -> SeenT:
    if not found:
        raise AccessError
    row = found[0]
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


def file_names(actor: Actor, ids: Iterable[int]) -> list[tuple[int, str]]:
    """(id, name) of those of these files that ``actor`` may see."""
    return [(row.id, row.name) for row in files(actor).where(DesignFileRow.id.in_(list(ids)))]


def all_file_views(actor: Actor) -> list[FileView]:
    """The files that ``actor`` may see, the oldest first."""
    return [view_of(FileView, row) for row in files(actor).order_by(DesignFileRow.id)]


def file_view(actor: Actor, file_id: int) -> FileView:
    """The same as pages read it."""
    return view_of(FileView, file(actor, file_id))


def file_views(actor: Actor, ids: Iterable[int]) -> dict[int, FileView]:
    """Those of these files that ``actor`` may see, by id."""
    wanted = list(ids)
    rows = files(actor).where(DesignFileRow.id.in_(wanted)) if wanted else ()
    return {row.id: view_of(FileView, row) for row in rows}


def fits(file: DesignFileRow | FileView, order: OrderRow | OrderView) -> bool:
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
