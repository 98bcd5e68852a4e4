"""Questions that are asked together find what they would have found alone."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from peewee import fn

from craftops.store import together as module
from craftops.store.database import unit_of_work, utcnow
from craftops.store.models import AccountRow, JobRow, OrderRow, database
from craftops.store.prepared import Prepared
from craftops.store.together import together
from craftops.testing.workshop import Workshop

OF_STAGE: Prepared[str] = Prepared(
    lambda stage: OrderRow.select(OrderRow.code).where(OrderRow.stage == stage).order_by(OrderRow.id), lambda code: code
)
SINCE: Prepared[str] = Prepared(
    lambda at: OrderRow.select(OrderRow.code).where(OrderRow.placed_at >= at).limit(3), lambda code: code
)
OF_ORDER: Prepared[str] = Prepared(
    lambda order: OrderRow.select(OrderRow.title).where(OrderRow.id == order, OrderRow.rush), lambda title: title
)
NAMED: Prepared[AccountRow] = Prepared(lambda name: AccountRow.select().where(AccountRow.name == name))


@pytest.fixture(autouse=True)
def forgetful(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_learnt", {})


@pytest.fixture
def statements(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    said: list[str] = []
    kind = type(database.obj)
    real = kind.execute_sql

    def execute_sql(self: Any, sql: str, *args: Any, **kwargs: Any) -> Any:
        said.append(sql)
        return real(self, sql, *args, **kwargs)

    monkeypatch.setattr(kind, "execute_sql", execute_sql)
    return said


def page(now: datetime, order: int = 0) -> tuple[list[str], ...]:
    with together("a page", now=now, order=order):
        return (
            OF_STAGE.all("received"), OF_STAGE.all("shipped"), SINCE.all(now - timedelta(minutes=1)),
            OF_ORDER.all(order), [one.name for one in NAMED.all("Nobody")],
        )  # fmt: skip


def test_what_found_nothing_is_asked_in_one(workshop: Workshop, statements: list[str]) -> None:
    now = utcnow() + timedelta(hours=1)
    order = workshop.place("ada")
    statements.clear()
    first = page(now, order.id)
    assert len(statements) == 5
    statements.clear()
    assert page(now + timedelta(seconds=7), order.id) == first == ([order.code], [], [], [], [])
    assert len(statements) == 2, "one for the four that found nothing, one for the one that did"


NEWEST: Prepared[tuple[Any, ...]] = Prepared(
    lambda stage: (
        OrderRow.select(OrderRow.code, OrderRow.id, OrderRow.rush, OrderRow.window_end, fn.AVG(OrderRow.id) / 3.0)
        .where(OrderRow.stage == stage)
        .group_by(OrderRow.code, OrderRow.id, OrderRow.rush, OrderRow.window_end)
        .order_by(OrderRow.id.desc())
    ),
    lambda *row: row,
)
PLANNED: Prepared[float] = Prepared(
    lambda: JobRow.select(JobRow.planned_s).order_by(JobRow.id), lambda seconds: seconds
)
EVERYBODY: Prepared[AccountRow] = Prepared(lambda: AccountRow.select().order_by(AccountRow.name.desc()))
EITHER: Prepared[str] = Prepared(
    lambda word: (
        OrderRow.select(OrderRow.code)
        .where(OrderRow.title == word)
        .union_all(AccountRow.select(AccountRow.email).where(AccountRow.name == word))
    ),
    lambda text: text,
)


def crowded(now: datetime) -> tuple[list[Any], ...]:
    with together("a crowded page", now=now):
        return alone()


def alone() -> tuple[list[Any], ...]:
    return (
        NEWEST.all("received"), PLANNED.all(), [(one.id, one.email, one.created_at) for one in EVERYBODY.all()],
        EITHER.all("Ada"), SINCE.all(utcnow() - timedelta(hours=1)), OF_STAGE.all("shipped"),
    )  # fmt: skip


def test_what_found_a_few_rows_is_asked_in_one_too(workshop: Workshop, statements: list[str]) -> None:
    for who in ("ada", "bob", "ada"):
        workshop.place(who)
    job = workshop.accept(workshop.place("bob"))
    for seconds in (600, 0.1 + 0.2, 1e30):
        JobRow.update(planned_s=seconds).where(JobRow.id == job.id).execute()
        statements.clear()
        crowded(utcnow())
        found = crowded(utcnow())
        assert found == alone()
        assert all(isinstance(one, float) for one in found[1]), "a whole number of seconds stays a float"
    statements.clear()
    crowded(utcnow())
    assert len(statements) <= 3, "the moment that a query was asked with may be another"


def test_many_rows_are_asked_alone_and_none_is_lost(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "FEW", 3)
    for _ in range(6):
        workshop.place("ada")
        assert crowded(utcnow()) == alone()
    OrderRow.update(stage="shipped").execute()
    for _ in range(3):
        assert crowded(utcnow()) == alone()


def test_what_comes_is_seen_at_once(workshop: Workshop) -> None:
    now = utcnow() + timedelta(hours=1)
    page(now)
    page(now)
    order = workshop.place("ada")
    assert page(now)[0] == [order.code]
    assert page(utcnow())[2] == [order.code]
    OrderRow.update(stage="shipped", rush=True).where(OrderRow.id == order.id).execute()
    assert page(now, order.id) == ([], [order.code], [], [order.title], [])


def test_another_order_has_answers_of_its_own(workshop: Workshop) -> None:
    calm, hurried = workshop.place("ada"), workshop.place("bob")
    OrderRow.update(rush=True).where(OrderRow.id == hurried.id).execute()
    now = utcnow()
    for _ in range(2):
        assert page(now, calm.id)[3] == []
        assert page(now, hurried.id)[3] == [hurried.title]


def test_what_a_page_writes_itself_it_finds(workshop: Workshop) -> None:
    order = workshop.place("ada")
    now = utcnow()
    page(now, order.id)
    page(now, order.id)
    with together("a page", now=now, order=order.id):
        assert OF_ORDER.all(order.id) == []
        with unit_of_work():
            OrderRow.update(rush=True).where(OrderRow.id == order.id).execute()
            assert OF_ORDER.all(order.id) == [order.title]
        assert OF_ORDER.all(order.id) == [order.title]


def by_code(now: datetime, code: str) -> tuple[list[Any], ...]:
    """A page whose finders know nothing of any of this."""
    with together("a page of a code", now=now, code=code):
        titles = [row.title for row in OrderRow.select().where(OrderRow.code == code)]
        lines = database.execute_sql(f"SELECT COUNT(*) FROM order_line WHERE {1} = 1").fetchall()
        late = list(OrderRow.select(OrderRow.code).where(OrderRow.promise_at < now).tuples())
        return titles, lines, late, list(AccountRow.select(AccountRow.name).where(AccountRow.name == code).tuples())


def test_whatever_is_asked_in_whatever_way_is_asked_together(workshop: Workshop, statements: list[str]) -> None:
    one, another = workshop.place("ada"), workshop.place("bob")
    expected = ([one.title], [(2,)], [], [])
    by_code(utcnow(), one.code)
    for order in (one, another, one):
        statements.clear()
        titles, lines, late, nobody = by_code(utcnow(), order.code)
        assert (titles, [tuple(line) for line in lines], late, nobody) == ([order.title], *expected[1:])
        assert len(statements) == 2, "one for what finds something, one for what does not"


def test_outside_everything_is_asked_alone(workshop: Workshop, statements: list[str]) -> None:
    for _ in range(2):
        OF_STAGE.all("shipped")
    assert len(statements) == 2


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    moves=st.lists(
        st.tuples(st.sampled_from(["received", "shipped", "completed"]), st.booleans(), st.integers(-90, 90)),
        min_size=1, max_size=6,
    )
)  # fmt: skip
def test_a_page_never_differs_from_its_questions_one_by_one(
    shared_order: OrderRow, moves: list[tuple[str, bool, int]]
) -> None:
    """Whatever happens between two pages, at whatever moment each counts from."""
    for stage, rush, seconds in moves:
        now = utcnow() + timedelta(seconds=seconds)
        together_ = page(now, shared_order.id)
        alone = (
            OF_STAGE.all("received"), OF_STAGE.all("shipped"), SINCE.all(now - timedelta(minutes=1)),
            OF_ORDER.all(shared_order.id), [],
        )  # fmt: skip
        assert together_ == alone
        OrderRow.update(stage=stage, rush=rush).where(OrderRow.id == shared_order.id).execute()


@pytest.fixture
def shared_order(workshop: Workshop) -> OrderRow:
    return workshop.place("ada")
