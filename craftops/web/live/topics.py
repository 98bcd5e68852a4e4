"""What a page may hear of, and what an event means to it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from craftops.domain.events import Event
from craftops.domain.events import EventKind as E

QUIET = frozenset({E.JOB_PROGRESSED, E.ESTIMATE_CHANGED})
"""Change numbers, not the shape of a page: the changed fragment is enough."""
FLOOR = frozenset(
    {
        E.ORDER_PLACED, E.ORDER_STAGE_CHANGED, E.ORDER_HELD, E.ORDER_RELEASED, E.OPERATION_DONE, E.JOB_CHANGED,
        E.JOB_FINISHED, E.MACHINE_CHANGED, E.DESIGN_ANALYSED, E.ORDER_CHANGED, E.FILES_CAME,
    }
)  # fmt: skip
OF_MACHINES = frozenset({E.MACHINE_REPORTED, E.JOB_PROGRESSED})


@dataclass(frozen=True, slots=True)
class Topic:
    """A kind of page and the id of what it shows (0 where it shows many)."""

    kind: str
    id: int


@dataclass(frozen=True, slots=True)
class Change:
    """What a page has to do: patch the fragments of these ids, or take the whole page anew."""

    patches: frozenset[int] = frozenset()
    refresh: bool = False

    def __or__(self, other: Change) -> Change:
        return Change(self.patches | other.patches, self.refresh or other.refresh)

    def __bool__(self) -> bool:
        return self.refresh or bool(self.patches)


NOTHING = Change()
REFRESH = Change(refresh=True)


def _patch(id_: int | None) -> Change:
    return Change(frozenset({id_})) if id_ is not None else NOTHING


def _order(event: Event, id_: int) -> Change:
    if event.kind is E.SHOP_CHANGED:
        return REFRESH
    if event.order_id != id_:
        return NOTHING
    if event.kind in QUIET:
        return _patch(id_)
    return NOTHING if event.kind is E.MACHINE_REPORTED else REFRESH


def _customer(event: Event, id_: int) -> Change:
    if event.customer_id != id_ or event.order_id is None:
        return NOTHING
    return _patch(event.order_id) if event.kind in QUIET else REFRESH


def _files(event: Event, id_: int) -> Change:
    mine = event.kind is E.DESIGN_ANALYSED and event.customer_id == id_
    return _patch(event.data.get("file_id")) if mine else NOTHING


def _board(event: Event, _id: int) -> Change:
    if event.kind in QUIET:
        return _patch(event.order_id)
    return REFRESH if event.kind in FLOOR and event.kind is not E.MACHINE_CHANGED else NOTHING


def _home(event: Event, _id: int) -> Change:
    return REFRESH if event.kind in FLOOR else NOTHING


def _schedule(event: Event, _id: int) -> Change:
    return REFRESH if event.kind in FLOOR or event.kind is E.SHOP_CHANGED else NOTHING


def _machines(event: Event, _id: int) -> Change:
    return _patch(event.machine_id)


def _machine(event: Event, id_: int) -> Change:
    if event.machine_id != id_:
        return NOTHING
    return _patch(id_) if event.kind in OF_MACHINES else REFRESH


MEANING: dict[str, Callable[[Event, int], Change]] = {
    "order": _order,
    "customer": _customer,
    "files": _files,
    "staff-order": _order,
    "staff-board": _board,
    "staff-home": _home,
    "staff-schedule": _schedule,
    "staff-machines": _machines,
    "staff-machine": _machine,
}


def meaning(topic: Topic, event: Event) -> Change:
    """What ``event`` means to a page on ``topic``."""
    return MEANING[topic.kind](event, topic.id)
