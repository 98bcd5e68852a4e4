"""Who acts, and what they may do."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from craftops.errors import AccessError


class Role(StrEnum):
    """What a signed-in account is here for."""

    CUSTOMER = "customer"
    STAFF = "staff"
    OWNER = "owner"
    VISITOR = "visitor"
    """Nobody yet: keeps the files of a first order until it has a customer. No way signs in to it."""


class ActorKind(StrEnum):
    """Whoever acts: a person of some role, a machine, an API token, or CraftOps itself."""

    CUSTOMER = "customer"
    STAFF = "staff"
    OWNER = "owner"
    GUEST = "guest"
    """Somebody with a link to one order, and no account."""
    VISITOR = "visitor"
    """Somebody who puts a first order together, and has no account yet."""
    MACHINE = "machine"
    TOKEN = "token"  # noqa: S105 - a kind of actor, no secret
    SYSTEM = "system"


class Scope(StrEnum):
    """What an API token may do. A token never does more than its scopes name."""

    ORDERS_READ = "orders:read"
    ORDERS_WRITE = "orders:write"
    FILES_READ = "files:read"
    FILES_WRITE = "files:write"
    MESSAGES_READ = "messages:read"
    MESSAGES_WRITE = "messages:write"
    INVOICES_READ = "invoices:read"
    STAGES_WRITE = "stages:write"
    MACHINES_READ = "machines:read"
    MACHINES_WRITE = "machines:write"
    METRICS_READ = "metrics:read"


@dataclass(frozen=True, slots=True)
class Actor:
    """Whoever acts. ``id`` is the account, machine or token id; None for the system."""

    kind: ActorKind
    id: int | None
    name: str
    scopes: frozenset[Scope] = frozenset()
    customer_id: int | None = None
    """For a customer or visitor, and for a token that belongs to one: the account whose things it may see."""

    @property
    def is_staff(self) -> bool:
        """Works here: staff, the owner, the system, and tokens that no customer holds."""
        if self.kind is ActorKind.TOKEN:
            return self.customer_id is None
        return self.kind in (ActorKind.STAFF, ActorKind.OWNER, ActorKind.SYSTEM)

    @property
    def is_owner(self) -> bool:
        return self.kind in (ActorKind.OWNER, ActorKind.SYSTEM)

    def must_have(self, scope: Scope) -> None:
        """Raise AccessError when this actor is a token without ``scope``; people are not scoped."""
        if self.kind is ActorKind.TOKEN and scope not in self.scopes:
            raise AccessError(f"This token lacks the scope {scope.value}.")

    def must_be_staff(self) -> None:
        """Raise AccessError unless the actor works here."""
        if not self.is_staff:
            raise AccessError

    def must_be_owner(self) -> None:
        """Raise AccessError unless the actor owns the shop."""
        if not self.is_owner:
            raise AccessError("Only the owner of the shop may do this.")


NOBODY = Actor(ActorKind.GUEST, None, "Somebody")
"""Whoever has not proved who they are."""
SYSTEM = Actor(ActorKind.SYSTEM, None, "CraftOps")
