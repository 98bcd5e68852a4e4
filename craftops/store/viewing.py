"""From rows to frozen views: by the names of a view's fields, which are those of the columns."""

from __future__ import annotations

from dataclasses import fields
from typing import Any, TypeVar, cast

from craftops.domain.people.access import Role
from craftops.store.models import AccountRow, OrderRow
from craftops.store.models.base import EPOCH, Row
from craftops.store.views.orders import OrderView
from craftops.store.views.people import CompanyView, PersonView

ViewT = TypeVar("ViewT")
_NAMES: dict[type[Any], list[str]] = {}


def columns(view: type[Any], row: type[Row], *without: str) -> list[Any]:
    """The columns of ``row`` that ``view`` shows, in the order of its fields; ``without`` some that a query makes."""
    return [getattr(row, one.name) for one in fields(view) if one.name not in without]


def view_of(view: type[ViewT], row: object) -> ViewT:
    """What ``view`` shows of a row that was read already, or of a view that shows more."""
    names = _NAMES.get(view)
    if names is None:
        names = _NAMES[view] = [one.name for one in fields(cast(Any, view))]
    return view(*[getattr(row, name) for name in names])


def person_view(row: AccountRow) -> PersonView:
    """An account as pages read it."""
    data = row.__data__  # of a row that was just made, what is empty is missing
    return PersonView(
        data["id"], data["email"], data["name"], data["phone"], data["role"], data["disabled"], data["language"],
        data["browser_language"], data["timezone"], data.get("notices"), data["created_at"],
        bool(data["password_hash"]),
    )  # fmt: skip


def newcomer(email: str, name: str, language: str = "") -> PersonView:
    """Somebody who has no account, as whoever writes to them reads them."""
    return PersonView(0, email, name, "", Role.CUSTOMER.value, False, "", language, "", None, EPOCH, False)


def order_view(row: OrderRow) -> OrderView:
    """An order as parts of its page read it; without a query where it was read with its customer and its company."""
    company = row.company if row.company_id is not None else None
    data = row.__data__
    return OrderView(
        id=data["id"],
        code=data["code"],
        customer=person_view(row.customer),
        company=view_of(CompanyView, company) if company is not None else None,
        customer_id=data["customer"],
        company_id=data.get("company"),
        hand_minutes=getattr(row, "hand_minutes", None),
        **{name: data.get(name) for name in _OF_ORDER},
    )


_OF_ORDER = [one.name for one in fields(OrderView)][6:-1]


CHANGEABLE = (dict, list)
"""What is read of JSON."""


def row_facts(row: Any) -> tuple[Any, ...]:
    """All that was read of a row's own columns, as one value that can be hashed: rows of one model that say the same
    have equal facts."""
    return tuple([repr(one) if type(one) in CHANGEABLE else one for one in row.__data__.values()])
