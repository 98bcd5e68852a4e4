"""What a page may hear of, and what an event means to it. Each capability brings its own kinds of pages."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from craftops.domain.events import Event
from craftops.domain.events import EventKind as E
from craftops.errors import AccessError
from craftops.web.frame.request_context import RequestContext, actor

QUIET = frozenset({E.JOB_PROGRESSED, E.ESTIMATE_CHANGED})
"""Change numbers, not the shape of a page: the changed fragment is enough."""
FLOOR = frozenset(
    {
        E.ORDER_PLACED, E.ORDER_STAGE_CHANGED, E.ORDER_HELD, E.ORDER_RELEASED, E.OPERATION_DONE, E.JOB_CHANGED,
        E.JOB_FINISHED, E.MACHINE_CHANGED, E.DESIGN_ANALYSED, E.ORDER_CHANGED, E.FILES_CAME, E.NEWCOMER_ASKED,
        E.PARCEL_CHANGED, E.PICKUP_CHANGED,
    }
)  # fmt: skip

MONEY = frozenset({E.QUOTE_CHANGED, E.INVOICE_ISSUED, E.INVOICE_OVERDUE, E.PAYMENT_CHANGED})
"""Moves whatever tells of money."""
TALK = frozenset({E.MESSAGE_POSTED, E.MESSAGES_READ, E.THREAD_CHANGED})
"""Moves whatever counts messages."""


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
    moving: str = ""
    """How the percent goes on by the clock (``Moving``), or empty."""


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


def patch_of(id_: int | None) -> PageChange:
    return PageChange(frozenset({id_})) if id_ is not None else NOTHING


def quiet(event: Event) -> PageChange:
    """Numbers of an order: a new percent alone, or whatever its fragment shows."""
    if event.order_id is not None and "percent" in event.data:
        data = event.data
        gone = ProgressUpdate(data["order"], data["percent"], event.at, data.get("moving", ""))
        return PageChange(gone={event.order_id: gone})
    return patch_of(event.order_id)


def of_order(event: Event) -> int | None:
    """The order that an event is about."""
    return event.order_id


def of_customer(event: Event) -> int | None:
    """The customer that an event is about."""
    return event.customer_id


def of_machine(event: Event) -> int | None:
    """The machine that an event is about."""
    return event.machine_id


def of_all(_event: Event) -> int:
    """For pages that show many things."""
    return 0


def whole(rest: str) -> int:
    """The address of a page of the floor that shows many things. Raises AccessError for customers."""
    actor().must_be_staff()
    if rest:
        raise AccessError
    return 0


Render = Callable[[int, RequestContext], str]
"""From the id of what has changed to Turbo Streams; empty where there is nothing to show."""


def nothing(_id: int, _sight: RequestContext) -> str:
    """For pages that are only ever taken anew."""
    return ""


@dataclass(frozen=True)
class LiveTopic:
    """A kind of page that stays true while it is open."""

    kind: str
    page: str
    """How its address begins: ``order`` for ``/live?page=order/7KQ3``."""
    find: Callable[[str], int]
    """From the rest of the address to the id of what it shows. Raises AccessError for what is not theirs."""
    meaning: Callable[[Event, int], PageChange]
    about: Callable[[Event], int | None] = of_all
    """Which page of the kind an event is about, if any."""
    fragment: Render = nothing
    frame: Render = nothing
    """The picture of a camera."""
    progress: Callable[[ProgressUpdate], str] = lambda _update: ""
    """A bar that moves. Nothing is read for it: it moves most of all."""
    beside_refresh: Render = nothing
    """What a fresh page would not show any more."""
    cameras: str = ""
    """Whose cameras are looked through while it is open: those of an "order", of a "machine", or none."""
    for_staff: bool = False


class Topics:
    """All kinds of pages, from all capabilities. Raises ValueError for two of one name."""

    def __init__(self, kinds: Iterable[LiveTopic]) -> None:
        self._by_kind: dict[str, LiveTopic] = {}
        self._by_page: dict[str, LiveTopic] = {}
        for one in kinds:
            if one.kind in self._by_kind or one.page in self._by_page:
                raise ValueError(f"There are two kinds of live pages called {one.kind!r} or {one.page!r}.")
            self._by_kind[one.kind] = self._by_page[one.page] = one

    def __getitem__(self, topic: Topic) -> LiveTopic:
        return self._by_kind[topic.kind]

    def topic_of(self, page: str) -> Topic:
        """What a page wants to hear of. Raises AccessError for what is not theirs."""
        best = max((one for one in self._by_page if page == one or page.startswith(f"{one}/")), key=len, default="")
        if not best:
            raise AccessError
        return Topic(self._by_page[best].kind, self._by_page[best].find(page[len(best) + 1 :]))

    def meaning(self, topic: Topic, event: Event) -> PageChange:
        """What ``event`` means to a page on ``topic``."""
        return self[topic].meaning(event, topic.id)

    def audience(self, event: Event) -> Iterator[Topic]:
        """The topics that ``event`` may mean something to. What is about the whole shop concerns all, these or not."""
        for name, kind in self._by_kind.items():
            id_ = kind.about(event)
            if id_ is not None:
                yield Topic(name, id_)
