"""Rows that are made quickly are the rows that peewee makes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from peewee import JOIN, ModelCursorWrapper, ModelObjectCursorWrapper, fn

from craftops.domain.people.access import Actor, ActorKind
from craftops.errors import AccessError
from craftops.store.mapping import to_job
from craftops.store.models import (
    AccountRow,
    CameraRow,
    CompanyRow,
    DesignFileRow,
    JobRow,
    MachineRow,
    OrderLineRow,
    OrderRow,
)
from craftops.store.prepared import ChangedView, Prepared, kept_by_row
from craftops.store.queries import order_jobs, order_lists, scoped
from craftops.store.queries.scoped import PreparedOrders
from craftops.testing.workshop import Workshop


def written(row: Any) -> Any:
    """All that a row holds, its joined rows too."""
    if not hasattr(row, "__rel__"):
        return row
    kept = dict(row.__dict__)
    related = {name: written(one) for name, one in kept.pop("__rel__").items()}
    return type(row).__name__, {name: written(one) for name, one in kept.items()}, related


def by_peewee(query: Any) -> list[Any]:
    """The rows of a select as peewee itself makes them."""
    query = query.clone()
    joined = len(query._from_list) > 1 or query._joins

    def plain(cursor: Any) -> Any:
        if not joined:
            return ModelObjectCursorWrapper(cursor, query.model, query._returning, query.model)
        return ModelCursorWrapper(cursor, query.model, query._returning, query._from_list, query._joins)

    query._get_model_cursor_wrapper = plain
    return list(query)


SELECTS: dict[str, Callable[[Any], Any]] = {
    "alone": lambda ids: OrderRow.select().where(OrderRow.id.in_(ids)),
    "joined": lambda ids: OrderRow.select(OrderRow, AccountRow).join(AccountRow).where(OrderRow.id.in_(ids)),
    "nobody there": lambda ids: (
        OrderRow.select(OrderRow, AccountRow, CompanyRow, fn.COUNT(OrderRow.id).over().alias("all"))
        .join(AccountRow)
        .switch(OrderRow)
        .join(CompanyRow, JOIN.LEFT_OUTER)
        .where(OrderRow.id.in_(ids))
    ),
    "in a chain": lambda ids: (
        JobRow.select(JobRow, OrderRow, OrderLineRow, DesignFileRow.id, DesignFileRow.picture_sha)
        .join(OrderRow)
        .switch(JobRow)
        .join(OrderLineRow)
        .join(DesignFileRow, JOIN.LEFT_OUTER)
        .where(JobRow.order.in_(ids))
    ),
    "under another name": lambda ids: (
        JobRow.select(JobRow, MachineRow, CameraRow)
        .join(MachineRow, JOIN.LEFT_OUTER)
        .switch(JobRow)
        .join(CameraRow, JOIN.LEFT_OUTER, on=(CameraRow.machine == JobRow.machine), attr="camera")
        .where(JobRow.order.in_(ids))
    ),
    "with a sum beside": lambda ids: (
        OrderRow.select(
            OrderRow,
            AccountRow,
            JobRow.select(fn.COALESCE(fn.SUM(JobRow.copies), 0)).where(JobRow.order == OrderRow.id).alias("copies"),
        )
        .join(AccountRow)
        .where(OrderRow.id.in_(ids))
    ),
    "few columns": lambda ids: OrderLineRow.select(OrderLineRow.order, OrderLineRow.title).where(
        OrderLineRow.order.in_(ids)
    ),
}


@pytest.mark.parametrize("name", SELECTS)
def test_a_row_is_what_peewee_makes_of_it(workshop: Workshop, name: str) -> None:
    workshop.machine("printer-1")
    first, second = workshop.place("ada", quantity=3), workshop.place("bob")
    workshop.accept(first, "printer-1")
    workshop.accept(second)
    OrderLineRow.update(file=None).where(OrderLineRow.order == second.id).execute()
    ids = [first.id, second.id]
    prepared: Prepared[Any] = Prepared(SELECTS[name])
    told = sorted(map(written, by_peewee(SELECTS[name](ids))), key=repr)
    assert told
    for _time in range(2):
        assert sorted(map(written, SELECTS[name](ids)), key=repr) == told
        assert sorted(map(written, prepared.all(ids)), key=repr) == told


def test_a_list_of_any_length_finds_its_rows_and_an_empty_one_none(workshop: Workshop) -> None:
    placed = [workshop.place("ada") for _ in range(5)]
    prepared: Prepared[OrderRow] = Prepared(lambda ids: OrderRow.select().where(OrderRow.id.in_(ids)))
    for count in range(6):
        ids = [order.id for order in placed[:count]]
        assert sorted(row.id for row in prepared.all(ids)) == ids


def test_a_view_gets_the_columns_as_python_has_them(workshop: Workshop) -> None:
    order = workshop.place("ada")
    prepared: Prepared[tuple[Any, ...]] = Prepared(
        lambda code: OrderRow.select(OrderRow.placed_at, OrderRow.stale, OrderRow.wanted_by).where(
            OrderRow.code == code
        ),
        lambda *row: row,
    )
    assert prepared.all(order.code) == [(order.placed_at, False, None)]
    assert prepared.plain(order.code) == prepared.all(order.code)
    assert prepared.all("not one") == []


def test_a_customer_is_shown_no_order_of_anybody_else_by_a_prepared_select(workshop: Workshop) -> None:
    hers, his = workshop.place("ada"), workshop.place("bob")
    prepared = PreparedOrders(lambda query: query)

    def seen(actor: Actor) -> set[int]:
        found = {row.id for row in prepared.of(actor)}
        assert actor.is_staff or {one.id for one in order_lists.open_orders(actor)} == found
        return found

    ada, bob = (workshop.people[name].id for name in ("ada", "bob"))
    assert seen(Actor(ActorKind.CUSTOMER, ada, "Ada", customer_id=ada)) == {hers.id}
    assert seen(Actor(ActorKind.CUSTOMER, bob, "Bob", customer_id=bob)) == {his.id}
    assert seen(Actor(ActorKind.STAFF, 1, "Sam")) == {hers.id, his.id}
    assert seen(Actor(ActorKind.GUEST, None, "")) == set()


def test_jobs_that_were_read_together_are_those_of_each_order(workshop: Workshop) -> None:
    workshop.machine("printer-1")
    first, second = workshop.place("ada"), workshop.place("ada")
    workshop.accept(first, "printer-1")
    together = order_lists.floor_jobs_of([first.id, second.id])
    for order in (first, second):
        alone, of_staff = order_jobs.jobs_of(order.id), order_jobs.staff_jobs_of(order.id)
        assert [one.job for one in alone] == [one.job for one in of_staff]
        assert [(one.id, one.state, one.copies) for one in together[order.id]] == [
            (one.id, one.state, one.copies) for one in alone
        ]
        assert [one.machine for one in together[order.id]] == [one.machine and one.machine.name for one in of_staff]
        assert [to_job(row) for row in JobRow.select().where(JobRow.order == order.id)] == [one.job for one in alone]


def test_a_row_that_says_the_same_is_the_same_view(workshop: Workshop) -> None:
    workshop.machine("printer-1")
    order = workshop.place("ada")
    workshop.accept(order, "printer-1")
    ada, bob = workshop.actor("ada"), workshop.actor("bob")
    first = scoped.order_view(ada, order.code)
    assert scoped.order_view(ada, order.code) is first
    (job,) = order_jobs.jobs_of(order.id)
    assert order_jobs.jobs_of(order.id)[0] is job  # with the document of its run
    with pytest.raises(AccessError):
        scoped.order_view(bob, order.code)
    OrderRow.update(title="Another").where(OrderRow.id == order.id).execute()
    AccountRow.update(name="Ada King").where(AccountRow.id == order.customer_id).execute()
    JobRow.update(evidence={"seen": [1]}).where(JobRow.id == job.id).execute()
    again = scoped.order_view(ada, order.code)
    assert (again.title, again.customer.name, first.title == "Another") == ("Another", "Ada King", False)
    assert order_jobs.jobs_of(order.id)[0].job.id == job.job.id
    assert order_jobs.jobs_of(order.id)[0] is not job


@dataclass(frozen=True)
class Noted:
    """A view of a document."""

    text: str
    document: dict[str, Any]


def test_a_document_that_somebody_changes_in_place_is_told() -> None:
    made = kept_by_row(lambda row: Noted(row[0], {"n": row[1]}), 4, checked=True)
    first = made(("a", 1))
    assert made(("a", 1)) is first
    first.document["n"] = 2
    with pytest.raises(ChangedView):
        made(("a", 1))


@dataclass
class Loose:
    """Something that may be changed."""

    text: str


def test_what_can_be_changed_is_made_for_everybody_anew() -> None:
    made = kept_by_row(lambda row: Loose(row[0]), 4, checked=False)
    assert made(("a",)) is not made(("a",))


def test_few_views_are_kept() -> None:
    counted: list[int] = []

    def make(row: tuple[Any, ...]) -> Noted:
        counted.append(row[0])
        return Noted(str(row[0]), {})

    made = kept_by_row(make, 4, checked=False)
    for number in (1, 2, 3, 4, 1, 5, 1):
        assert made((number,)).text == str(number)
    assert counted == [1, 2, 3, 4, 5, 1]
