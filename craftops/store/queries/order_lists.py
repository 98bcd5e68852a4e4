"""Orders as lists of them show them: frozen views, read in one query or two whatever their number."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any, TypeVar

from peewee import JOIN, Value, fn

from craftops.domain.people.access import Actor
from craftops.store.models import AccountRow, DesignFileRow, JobRow, MachineRow, OrderLineRow, OrderRow, RevisionRow
from craftops.store.prepared import Prepared
from craftops.store.queries.orders import ENDED_VALUES, OPEN_VALUES
from craftops.store.queries.scoped import PreparedOfOrders, is_theirs
from craftops.store.viewing import columns


@dataclass(frozen=True, slots=True)
class ListedOrder:
    """An order without its parts and its conversation; the fields are those of the order."""

    id: int
    code: str
    title: str
    customer_id: int
    company_id: int | None
    stage: str
    stage_since: datetime
    delivery: str
    hold_since: datetime | None
    hold_waits_for_customer: bool
    placed_at: datetime
    promise_at: datetime | None
    window_start: datetime | None
    window_middle: datetime | None
    window_end: datetime | None
    basis: str
    as_of: datetime | None
    stale: bool
    paused: bool
    short: bool
    way: str
    way_since: datetime | None
    picture: str | None
    """The file of its first line and the first letters of its picture's hash, as ``12:ab12cd34``."""


@dataclass(frozen=True, slots=True)
class FloorOrder(ListedOrder):
    """The same for people on the floor."""

    customer_name: str
    customer_email: str
    hold_reason: str
    rush: bool


@dataclass(frozen=True, slots=True)
class RestingOrder:
    """An order that has not ended, with what its estimate is held against its promise by, and since when it rests."""

    id: int
    stage: str
    stage_since: datetime
    placed_at: datetime
    way_since: datetime | None
    hold_since: datetime | None
    promise_at: datetime | None
    window_start: datetime | None
    window_middle: datetime | None
    window_end: datetime | None
    basis: str
    as_of: datetime | None
    stale: bool
    paused: bool
    short: bool


@dataclass(frozen=True, slots=True)
class ProposedVersion:
    """A new version of a file that waits for a word of the shop."""

    order_id: int
    line_id: int
    line_title: str
    number: int
    at: datetime


FIELDS = columns(ListedOrder, OrderRow, "picture")


@dataclass(frozen=True, slots=True)
class ListedJob:
    """A job of a listed order; the fields are those of the job, and what its line is made from."""

    order_id: int
    id: int
    replaces_id: int | None
    state: str
    copies: int
    copies_done: int
    progress: float | None
    planned_s: float
    started_at: datetime | None
    material: str
    made_from: Mapping[str, Any] | None = field(hash=False)
    evidence: Mapping[str, Any] | None = field(hash=False)
    """What its run has shown so far (``services.estimation.run_tracking``)."""

    @property
    def line(self) -> ListedJob:
        """What it is made from, as a line of the order says it."""
        return self


@dataclass(frozen=True, slots=True)
class FloorJob(ListedJob):
    """The same for people on the floor."""

    copies_failed: int
    machine: str | None
    """The name of the machine that it is on, or waits for."""

    @property
    def replaces(self) -> int | None:
        """The job of which it makes what is missing."""
        return self.replaces_id


JobT = TypeVar("JobT", bound=ListedJob)


def _picture() -> Any:
    return (
        OrderLineRow.select(DesignFileRow.id.cast("text").concat(Value(":")).concat(DesignFileRow.picture_sha))
        .join(DesignFileRow)
        .where(OrderLineRow.order == OrderRow.id)
        .order_by(OrderLineRow.position)
        .limit(1)
    )


def _listed() -> Any:
    return OrderRow.select(*FIELDS, _picture()).order_by(*SORTED_BY["newest"])


def _open() -> Any:
    return _listed().where(OrderRow.stage.not_in(ENDED_VALUES))


def _past(skip: Any, most: Any) -> Any:
    return _listed().where(OrderRow.stage.in_(ENDED_VALUES)).offset(skip).limit(most)


def _found(words: Any, code: Any, skip: Any, most: Any) -> Any:
    return _listed().where(OrderRow.title.contains(words) | OrderRow.code.contains(code)).offset(skip).limit(most)


_OPEN: PreparedOfOrders[ListedOrder] = PreparedOfOrders(_open, ListedOrder)
_PAST: PreparedOfOrders[ListedOrder] = PreparedOfOrders(_past, ListedOrder)


def open_orders(actor: Actor) -> list[ListedOrder]:
    """A customer's orders that have not ended, their own and those of their companies, the newest first."""
    return _OPEN.of(actor)


def past_orders(actor: Actor, words: str, skip: int, most: int) -> list[ListedOrder]:
    """``most`` of those that have ended, the newest first; with ``words``, of all whose title or code holds them."""
    if not words:
        return _PAST.of(actor, skip, most)
    query = _found(words, words.upper(), skip, most).where(is_theirs(actor, OrderRow, OrderRow.customer))
    return [ListedOrder(*row) for row in query.tuples()]


def _on_floor() -> Any:
    own = (AccountRow.name, AccountRow.email, OrderRow.hold_reason, OrderRow.rush)
    return OrderRow.select(*FIELDS, _picture(), *own).join(AccountRow)


_OF_FLOOR: Prepared[FloorOrder] = Prepared(lambda ids: _on_floor().where(OrderRow.id.in_(ids)), FloorOrder)


def floor_orders(ids: Iterable[int]) -> dict[int, FloorOrder]:
    """These orders by their numbers."""
    wanted = sorted(set(ids))
    return {one.id: one for one in _OF_FLOOR.all(wanted)} if wanted else {}


def listed_order(id_: int) -> ListedOrder | None:
    """The order of this number, whoever asks; None where it is gone."""
    return _LISTED.first(id_)


_LISTED: Prepared[ListedOrder] = Prepared(lambda id_: _listed().where(OrderRow.id == id_), ListedOrder)


def oldest_of_each_stage(stages: Iterable[str], at_most: int) -> list[FloorOrder]:
    """The orders that have been at each stage for longest, the longest first."""
    return _OLDEST.all(list(stages), at_most)


def _oldest(stages: Any, at_most: Any) -> Any:
    place = fn.ROW_NUMBER().over(partition_by=[OrderRow.stage], order_by=[OrderRow.stage_since, OrderRow.id])
    ranked = OrderRow.select(OrderRow.id, place.alias("place")).where(OrderRow.stage.in_(stages)).alias("ranked")
    rows = _on_floor().switch(OrderRow).join(ranked, on=(ranked.c.id == OrderRow.id)).where(ranked.c.place <= at_most)
    return rows.order_by(OrderRow.stage_since, OrderRow.id)


_OLDEST: Prepared[FloorOrder] = Prepared(_oldest, FloorOrder)
_OF_CUSTOMER: Prepared[FloorOrder] = Prepared(
    lambda id_: _on_floor().where(OrderRow.customer == id_).order_by(*SORTED_BY["newest"]), FloorOrder
)


def placed_by(customer_id: int) -> list[FloorOrder]:
    """All orders that this customer has placed, the newest first."""
    return _OF_CUSTOMER.all(customer_id)


EVERYTHING = 2**31 - 1
SORTED_BY: Mapping[str, tuple[Any, ...]] = {
    "newest": (OrderRow.placed_at.desc(), OrderRow.id.desc()),
    "oldest": (OrderRow.placed_at, OrderRow.id),
    "due": (OrderRow.window_end, OrderRow.id),
    "title": (OrderRow.title, OrderRow.id),
}
"""Equal ones by their id: the order of a list is whole, or one of them could stand on two pages and another on none."""


@dataclass(frozen=True, slots=True)
class FloorSearch:
    """Which orders a table of the floor shows, and in which order; empty words and an empty stage are all of them."""

    words: str = ""
    stage: str = ""
    sort: str = "newest"
    """A key of SORTED_BY."""

    def count(self) -> int:
        """How many there are."""
        if self.words:
            return int(self._narrowed(OrderRow.select().join(AccountRow)).count())
        return _ALL_COUNTED.all()[0] if not self.stage else _COUNTED.all(self.stage)[0]

    def some(self, skip: int = 0, most: int = EVERYTHING) -> list[FloorOrder]:
        """``most`` of them, after ``skip`` others."""
        if self.words:
            query = self._narrowed(_on_floor()).order_by(*SORTED_BY[self.sort]).offset(skip).limit(most)
            return [FloorOrder(*row) for row in query.tuples()]
        table = _table(self.sort, bool(self.stage))
        return table.all(self.stage, skip, most) if self.stage else table.all(skip, most)

    def _narrowed(self, query: Any) -> Any:
        words = self.words
        query = query.where(
            OrderRow.title.contains(words)
            | OrderRow.code.contains(words.upper())
            | AccountRow.name.contains(words)
            | AccountRow.email.contains(words)
        )
        return query.where(OrderRow.stage == self.stage) if self.stage else query


@lru_cache
def _table(sort: str, of_stage: bool) -> Prepared[FloorOrder]:
    """Without words, which are no plain value of a query."""

    def make(*slots: Any) -> Any:
        *stage, skip, most = slots
        query = _on_floor().order_by(*SORTED_BY[sort]).offset(skip).limit(most)
        return query.where(OrderRow.stage == stage[0]) if of_stage else query

    return Prepared(make, FloorOrder)


_COUNTED: Prepared[int] = Prepared(
    lambda stage: OrderRow.select(fn.COUNT(OrderRow.id)).where(OrderRow.stage == stage), int
)
_ALL_COUNTED: Prepared[int] = Prepared(lambda: OrderRow.select(fn.COUNT(OrderRow.id)), int)


def has_code(code: str, stage: str = "") -> bool:
    """Whether there is an order of exactly this code; with ``stage``, at that one."""
    query = OrderRow.select().where(OrderRow.code == code)
    return bool((query.where(OrderRow.stage == stage) if stage else query).exists())


def resting_orders() -> list[RestingOrder]:
    """Every order that has not ended, the longest at its stage first."""
    return _RESTING.all()


_RESTING: Prepared[RestingOrder] = Prepared(
    lambda: (
        OrderRow.select(*columns(RestingOrder, OrderRow))
        .where(OrderRow.stage.in_(OPEN_VALUES))
        .order_by(OrderRow.stage_since, OrderRow.id)
    ),
    RestingOrder,
)


def proposed_versions() -> list[ProposedVersion]:
    """New versions of files that wait for a word, of orders that have not ended; the oldest first."""
    return _PROPOSED.all()


_PROPOSED: Prepared[ProposedVersion] = Prepared(
    lambda: (
        RevisionRow.select(OrderRow.id, OrderLineRow.id, OrderLineRow.title, RevisionRow.number, RevisionRow.at)
        .join(OrderLineRow)
        .join(OrderRow)
        .where(RevisionRow.state == "proposed", OrderRow.stage.not_in(ENDED_VALUES))
        .order_by(RevisionRow.at)
    ),
    ProposedVersion,
)
OF_JOB = (
    JobRow.order, JobRow.id, JobRow.replaces, JobRow.state, JobRow.copies, JobRow.copies_done, JobRow.progress,
    JobRow.planned_s, JobRow.started_at, OrderLineRow.material, OrderLineRow.made_from, JobRow.evidence,
)  # fmt: skip


def _jobs(orders: Any) -> Any:
    rows = JobRow.select(*OF_JOB).join(OrderLineRow, JOIN.LEFT_OUTER).where(JobRow.order.in_(orders))
    return rows.order_by(JobRow.id)


def _floor_jobs(orders: Any) -> Any:
    rows = JobRow.select(*OF_JOB, JobRow.copies_failed, MachineRow.name).join(OrderLineRow, JOIN.LEFT_OUTER)
    rows = rows.switch(JobRow).join(MachineRow, JOIN.LEFT_OUTER).where(JobRow.order.in_(orders))
    return rows.order_by(JobRow.id)


_JOBS: Prepared[ListedJob] = Prepared(_jobs, ListedJob)


_FLOOR_JOBS: Prepared[FloorJob] = Prepared(_floor_jobs, FloorJob)


def jobs_of(order_ids: Sequence[int]) -> Mapping[int, Sequence[ListedJob]]:
    """The jobs of all these orders, the oldest first, by the order's id."""
    return _by_order(_JOBS.all(order_ids) if order_ids else ())


def floor_jobs_of(order_ids: Sequence[int]) -> Mapping[int, Sequence[FloorJob]]:
    """The same with their machines."""
    return _by_order(_FLOOR_JOBS.all(order_ids) if order_ids else ())


def _by_order(jobs: Iterable[JobT]) -> Mapping[int, Sequence[JobT]]:
    found: dict[int, list[JobT]] = defaultdict(list)
    for job in jobs:
        found[job.order_id].append(job)
    return found
