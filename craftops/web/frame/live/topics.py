"""What a page may hear of, and what an event means to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

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
class ProgressUpdate:
    """How far an order has gone, where nothing else about it has changed."""

    order: str
    """Its code."""
    percent: int
    at: datetime


@dataclass(frozen=True, slots=True)
class PageChange:
    """What a page has to do: move some bars, patch the fragments of these ids, or take the whole page anew."""

    patches: frozenset[int] = frozenset()
    refresh: bool = False
    frames: frozenset[int] = frozenset()
    """Pages whose cameras have seen something: ids as in ``patches``."""
    gone: Mapping[int, ProgressUpdate] = field(default_factory=dict)
    """By order id; the newest of each."""

    def __or__(self, other: PageChange) -> PageChange:
        patches = self.patches | other.patches
        gone = {id_: one for id_, one in {**self.gone, **other.gone}.items() if id_ not in patches}
        return PageChange(patches, self.refresh or other.refresh, self.frames | other.frames, gone)

    def __bool__(self) -> bool:
        return self.refresh or bool(self.patches) or bool(self.frames) or bool(self.gone)


NOTHING = PageChange()
REFRESH = PageChange(refresh=True)


def _patch(id_: int | None) -> PageChange:
    return PageChange(frozenset({id_})) if id_ is not None else NOTHING


def _quiet(event: Event) -> PageChange:
    """Numbers of an order: a new percent alone, or whatever its fragment shows."""
    if event.order_id is not None and "percent" in event.data:
        return PageChange(gone={event.order_id: ProgressUpdate(event.data["order"], event.data["percent"], event.at)})
    return _patch(event.order_id)


def _order(event: Event, id_: int) -> PageChange:
    if event.kind is E.SHOP_CHANGED:
        return REFRESH
    if event.order_id != id_:
        return NOTHING
    if event.kind in QUIET:
        return _quiet(event)
    if event.kind is E.CAMERA_SEEN:
        return PageChange(frames=frozenset({id_}))
    return NOTHING if event.kind is E.MACHINE_REPORTED else REFRESH


def _staff_order(event: Event, id_: int) -> PageChange:
    change = _order(event, id_) if event.kind is not E.CAMERA_SEEN else NOTHING
    return _patch(id_) if change.gone else change


def _customer(event: Event, id_: int) -> PageChange:
    if event.customer_id != id_ or event.order_id is None:
        return NOTHING
    return _quiet(event) if event.kind in QUIET else REFRESH


def _files(event: Event, id_: int) -> PageChange:
    mine = event.kind is E.DESIGN_ANALYSED and event.customer_id == id_
    return _patch(event.data.get("file_id")) if mine else NOTHING


def _board(event: Event, _id: int) -> PageChange:
    if event.kind in QUIET:
        return _patch(event.order_id)
    return REFRESH if event.kind in FLOOR and event.kind is not E.MACHINE_CHANGED else NOTHING


def _home(event: Event, _id: int) -> PageChange:
    return REFRESH if event.kind in FLOOR else NOTHING


def _schedule(event: Event, _id: int) -> PageChange:
    return REFRESH if event.kind in FLOOR or event.kind is E.SHOP_CHANGED else NOTHING


def _machines(event: Event, _id: int) -> PageChange:
    return NOTHING if event.kind is E.CAMERA_SEEN else _patch(event.machine_id)


def _machine(event: Event, id_: int) -> PageChange:
    if event.machine_id != id_:
        return NOTHING
    if event.kind is E.CAMERA_SEEN:
        return PageChange(frames=frozenset({id_}))
    return _patch(id_) if event.kind in OF_MACHINES else REFRESH


def _trial(event: Event, id_: int) -> PageChange:
    mine = event.kind is E.LINK_TRIED and event.data.get("trial") == id_
    return _patch(id_) if mine else NOTHING


def _of_order(event: Event) -> int | None:
    return event.order_id


def _of_customer(event: Event) -> int | None:
    return event.customer_id


def _of_machine(event: Event) -> int | None:
    return event.machine_id


def _of_trial(event: Event) -> int | None:
    return event.data.get("trial")


def _of_all(_event: Event) -> int:
    return 0


@dataclass(frozen=True, slots=True)
class TopicKind:
    """A kind of page: what an event means to it, and which page of the kind it is about, if any."""

    meaning: Callable[[Event, int], PageChange]
    about: Callable[[Event], int | None] = _of_all


KINDS: dict[str, TopicKind] = {
    "order": TopicKind(_order, _of_order),
    "customer": TopicKind(_customer, _of_customer),
    "files": TopicKind(_files, _of_customer),
    "staff-order": TopicKind(_staff_order, _of_order),
    "staff-board": TopicKind(_board),
    "staff-home": TopicKind(_home),
    "staff-schedule": TopicKind(_schedule),
    "staff-machines": TopicKind(_machines),
    "staff-machine": TopicKind(_machine, _of_machine),
    "staff-trial": TopicKind(_trial, _of_trial),
}


def meaning(topic: Topic, event: Event) -> PageChange:
    """What ``event`` means to a page on ``topic``."""
    return KINDS[topic.kind].meaning(event, topic.id)


def audience(event: Event) -> Iterator[Topic]:
    """The topics that ``event`` may mean something to. What is about the whole shop concerns all, these or not."""
    for name, kind in KINDS.items():
        id_ = kind.about(event)
        if id_ is not None:
            yield Topic(name, id_)
