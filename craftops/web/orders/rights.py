"""What a reader may do with orders of companies, by their role in each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from craftops.domain.people.access import Actor
from craftops.domain.people.companies import CompanyAction, actions_of
from craftops.store.queries import scoped


class Owned(Protocol):
    """An order, as a row or as the history has it."""

    @property
    def company_id(self) -> int | None: ...
    @property
    def customer_id(self) -> int: ...


class Rights:
    """Of one reader; their roles are read once, in one query, where they are not known."""

    def __init__(self, actor: Actor, roles: Mapping[int, str] | None = None) -> None:
        self.actor = actor
        self.roles = {} if actor.is_staff else scoped.roles_of(actor) if roles is None else roles
        self.pays = {one for one, role in self.roles.items() if CompanyAction.PAY in actions_of(role)}
        self.buys = {one for one, role in self.roles.items() if CompanyAction.ORDER in actions_of(role)}

    def sees_money(self, order: Owned) -> bool:
        """Whether they may know what it came to: their own, what they have placed, or by their role."""
        mine = order.company_id is None or order.customer_id == self.actor.customer_id
        return self.actor.is_staff or mine or order.company_id in self.pays

    def may_order(self, order: Owned) -> bool:
        """Whether they may order it again."""
        return not self.actor.is_staff and (order.company_id is None or order.company_id in self.buys)
