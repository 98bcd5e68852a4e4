"""From where what is done now was asked for: the web says it at the beginning of each request, and nobody else."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass

from craftops.domain.people.access import Actor, ActorKind


@dataclass(frozen=True, slots=True)
class Origin:
    """A network address, and what the program there calls itself; both empty for CraftOps itself."""

    address: str = ""
    agent: str = ""


NOWHERE = Origin()
_origin: ContextVar[Origin] = ContextVar("origin", default=NOWHERE)
WATCHED = (ActorKind.STAFF, ActorKind.OWNER, ActorKind.TOKEN)
"""Of whom events keep the address. Where customers are is nobody's business."""


def came_from(address: str, agent: str) -> None:
    """Whatever this thread does from here on was asked for from there."""
    _origin.set(Origin(address[:64], agent[:300]))


def origin() -> Origin:
    """From where this was asked for."""
    return _origin.get()


def origin_of(actor: Actor) -> str | None:
    """The address that an event of this actor keeps."""
    return (_origin.get().address or None) if actor.kind in WATCHED else None
