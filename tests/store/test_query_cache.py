"""What a page has read it does not ask for again, and sees everything that was written all the same."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from samples.queries import sent_by

from craftops.store import query_cache
from craftops.store.database import reading, unit_of_work, utcnow
from craftops.store.models import AccountRow, SettingsRow, database
from craftops.store.query_cache import MOST_ROWS
from craftops.testing.workshop import Workshop

STEPS = st.lists(st.sampled_from(["list", "count", "one", "write", "write in a unit", "read in a unit"]), max_size=12)


@pytest.fixture
def page(workshop: Workshop) -> Iterator[Workshop]:
    query_cache.begin()
    yield workshop
    query_cache.end()


def titles() -> list[str]:
    return [row.by_name for row in SettingsRow.select().order_by(SettingsRow.id)]


def write(name: str) -> None:
    SettingsRow.create(topic="mail", body={"n": name}, at=utcnow(), by_name=name)


def test_what_was_asked_is_not_asked_again_until_something_is_written(page: Workshop) -> None:
    assert titles() == []
    assert sent_by(titles) == []
    with unit_of_work():
        write("Olga")
    assert titles() == ["Olga"]
    assert sent_by(titles) == []
    SettingsRow.update(by_name="Sam").execute()
    assert titles() == ["Sam"]
    SettingsRow.delete().execute()
    assert titles() == []


def test_other_values_are_another_question(page: Workshop) -> None:
    ada, bob = page.people["ada"].id, page.people["bob"].id
    assert AccountRow.get_by_id(ada).email != AccountRow.get_by_id(bob).email
    assert sent_by(lambda: AccountRow.get_by_id(ada)) == []
    assert len(sent_by(lambda: AccountRow.get_by_id(page.people["sam"].id))) == 1


def test_who_is_about_to_write_reads_what_is_true_now(page: Workshop) -> None:
    titles()
    with unit_of_work():
        assert len([one for one in sent_by(titles) if "SELECT" in one]) == 1
    titles()
    with reading():
        assert len([one for one in sent_by(titles) if "SELECT" in one]) == 1


def test_rows_are_everybodys_own(page: Workshop) -> None:
    first, second = (AccountRow.get_by_id(page.people["ada"].id) for _ in range(2))
    first.name = "changed"
    assert second.name != "changed"


@pytest.mark.parametrize("many", [0, 1, MOST_ROWS, MOST_ROWS + 1, 3 * MOST_ROWS])
def test_an_answer_is_whole_however_long_it_is(page: Workshop, many: int) -> None:
    with unit_of_work():
        SettingsRow.insert_many(
            [{"topic": "mail", "body": {}, "at": utcnow(), "by_name": f"{n:04}"} for n in range(many)]
        ).execute() if many else None
    expected = [f"{n:04}" for n in range(many)]
    ask = "SELECT by_name FROM settings ORDER BY id"
    for _again in range(2):
        assert titles() == expected
        assert [row[0] for row in database.execute_sql(ask).fetchall()] == expected
        assert [row[0] for row in database.execute_sql(ask)] == expected
        cursor, found = database.execute_sql(ask), []
        while (row := cursor.fetchone()) is not None:
            found.append(row[0])
        assert found == expected
        cursor = database.execute_sql(ask)
        parts = [cursor.fetchmany(150) for _ in range(5)]
        assert [row[0] for part in parts for row in part] == expected
        cursor.close()
    assert (sent_by(titles) == []) is (many <= MOST_ROWS)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(STEPS)
def test_a_page_sees_what_it_would_see_without(workshop: Workshop, steps: list[str]) -> None:
    SettingsRow.delete().execute()

    def seen() -> list[object]:
        found: list[object] = []
        for number, step in enumerate(steps):
            if step == "write":
                write(f"{number}")
            elif step == "write in a unit":
                with unit_of_work():
                    write(f"{number} in a unit")
                    found.append(titles())
            elif step == "read in a unit":
                with unit_of_work():
                    found.append(titles())
            elif step == "one":
                found.append(SettingsRow.select(SettingsRow.by_name).order_by(SettingsRow.id).limit(1).scalar())
            else:
                found.append(SettingsRow.select().count() if step == "count" else titles())
        return found

    plain = seen()
    SettingsRow.delete().execute()
    query_cache.begin()
    try:
        assert seen() == plain
    finally:
        query_cache.end()


def test_a_page_that_is_shown_leaves_nothing_behind(workshop: Workshop) -> None:
    ada = workshop.browser("ada")
    ada.see("/")
    assert len(sent_by(titles)) == 1
    assert len(sent_by(titles)) == 1
    ada.client.get("/orders/NOWHERE")
    assert len(sent_by(titles)) == 1
