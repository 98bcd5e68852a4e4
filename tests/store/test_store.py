"""Migrations, the unit of work, the outbox, leases, files."""

from __future__ import annotations

import io
import sqlite3
import threading
from datetime import timedelta
from pathlib import Path

import pytest
from playhouse.migrations import Runner
from playhouse.schema_diff import diff_models

from craftops.domain.events import Event, EventKind
from craftops.domain.orders.history import EndedAs, HistoryQuestion
from craftops.domain.people.access import SYSTEM
from craftops.errors import IntakeError
from craftops.store import work
from craftops.store.database import close_database, connected, is_sqlite, unit_of_work, utcnow
from craftops.store.files import FileStore
from craftops.store.migrating import FOLDER, migrate, pending, snapshot
from craftops.store.models import TABLES, AccountRow, EventRow, JobRow, WorkRow, database
from craftops.store.queries.history import history_page
from craftops.testing import Workshop

BY_HAND = {
    "message_index", "order_index", "orders_ended", "orders_ended_customer",
    "invoice_uncovered", "invoice_undelivered", "invoice_credits", "orders_of_company",
    "design_file_mended",
}  # fmt: skip
"""Indexes that peewee cannot describe: made in a migration by hand."""


def differences() -> list[object]:
    found = diff_models(database.obj, list(TABLES))
    left = [one for one in found.drop_indexes if one.name not in BY_HAND]
    return [*found.create_tables, *found.add_columns, *found.drop_columns, *found.add_indexes, *left]


def test_the_migrations_make_the_tables_that_the_models_say(workshop: Workshop) -> None:
    with database.obj.connection_context():
        assert not differences()


def test_there_is_nothing_to_do_twice(workshop: Workshop) -> None:
    assert pending() == []
    assert migrate(workshop.shop.config.data) == ([], None)


def test_the_copies_of_jobs_that_were_done_before_copies_were_counted_are_done(workshop: Workshop) -> None:
    job = workshop.accept(workshop.place("ada", quantity=7))
    with database.obj.connection_context():
        runner = Runner(database.obj, directory=str(FOLDER))
        runner.down("0010_schedule")
        database.execute_sql(f"UPDATE job SET state = 'done' WHERE id = {job.id}")
        runner.up()
        assert (JobRow.get_by_id(job.id).copies_done, JobRow.get_by_id(job.id).copies_failed) == (7, 0)
        assert not differences()


def test_orders_of_before_the_history_are_found_by_their_words(workshop: Workshop) -> None:
    order = workshop.place("ada", instructions="Für Großmutter, bitte")
    words = HistoryQuestion(words=("grossmutter",), ended_as=EndedAs.OPEN)
    with database.obj.connection_context():
        runner = Runner(database.obj, directory=str(FOLDER))
        runner.down("0021_shipping")
        runner.up()
        assert not differences()
        for who in ("sam", "ada"):
            assert [one.code for one in history_page(workshop.actor(who), words, most=5)] == [order.code]


def test_a_snapshot_is_a_whole_database(workshop: Workshop, tmp_path: Path) -> None:
    if not is_sqlite():
        pytest.skip("snapshots are made of SQLite files; PostgreSQL has its own tools")
    workshop.place()
    saved = snapshot(workshop.shop.config.data / "craftops.db", tmp_path / "snapshots")
    assert saved is not None
    with sqlite3.connect(saved) as copy:
        assert copy.execute("SELECT count(*) FROM orders").fetchone() == (1,)
        assert copy.execute("PRAGMA integrity_check").fetchone() == ("ok",)


class Boom(Exception):
    pass


def an_event() -> Event:
    return Event(EventKind.SHOP_CHANGED, utcnow(), SYSTEM)


def test_what_fails_leaves_nothing_not_even_an_event(workshop: Workshop) -> None:
    before = EventRow.select().count(), WorkRow.select().count()
    with pytest.raises(Boom), unit_of_work() as outer:
        outer.record(an_event())
        with unit_of_work() as inner:
            inner.enqueue("analyse", {"file": 1}, at=utcnow())
        raise Boom
    assert (EventRow.select().count(), WorkRow.select().count()) == before


def test_the_bell_rings_after_the_commit_and_only_then(workshop: Workshop) -> None:
    workshop.bell.drain()
    with unit_of_work() as uow:
        uow.record(an_event())
        assert not workshop.bell.wait(0)
    assert workshop.bell.wait(2)


def test_work_is_taken_by_one_and_taken_over_when_its_lease_is_out(workshop: Workshop) -> None:
    now = utcnow()
    with unit_of_work() as uow:
        uow.enqueue("analyse", {"file": 1}, at=now, dedupe="once")
        uow.enqueue("analyse", {"file": 1}, at=now, dedupe="once")
    taken = work.claim(now)
    assert len(taken) == 1
    assert work.claim(now) == []
    again = work.claim(now + timedelta(minutes=3))
    assert [one.attempt for one in again] == [2]
    work.done(again[0].id, now)
    assert work.claim(now + timedelta(hours=1)) == []


def test_work_that_fails_waits_longer_each_time_and_ends_with_its_reason(workshop: Workshop) -> None:
    now = utcnow()
    with unit_of_work() as uow:
        uow.enqueue("send_notice", {"notice": 1}, at=now)
    pauses = []
    for _ in range(work.MAX_ATTEMPTS):
        taken = work.claim(now)
        assert len(taken) == 1
        work.failed(taken[0], "no server", now)
        row = WorkRow.get_by_id(taken[0].id)
        pauses.append(row.run_after - now)
        now = row.run_after
    assert pauses == sorted(pauses)
    assert pauses[0] == timedelta(seconds=2)
    assert (row.state, row.error) == ("failed", "no server")
    assert work.claim(now + timedelta(days=1)) == []


def test_a_file_is_its_content(tmp_path: Path) -> None:
    store = FileStore(tmp_path)
    one, size = store.put(io.BytesIO(b"hello"), 100)
    other, _ = store.put(io.BytesIO(b"hello"), 100)
    assert (one, size) == (other, 5)
    assert store.path(one).read_bytes() == b"hello"
    assert list((tmp_path / "drafts").iterdir()) == []


@pytest.mark.parametrize(("content", "limit"), [(b"", 10), (b"x" * 11, 10)])
def test_what_is_refused_leaves_nothing(tmp_path: Path, content: bytes, limit: int) -> None:
    store = FileStore(tmp_path)
    with pytest.raises(IntakeError):
        store.put(io.BytesIO(content), limit)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


@pytest.mark.parametrize("name", ["../../etc/passwd", "", "A" * 64, "0" * 63, "0" * 64 + "/x"])
def test_a_name_that_is_no_hash_is_no_path(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="sha256"):
        FileStore(tmp_path).path(name)


def test_chatter_is_forgotten_after_ten_minutes_and_the_rest_is_kept(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(work, "FORGOTTEN_AT_ONCE", 3)
    workshop.run_due()
    now, before = utcnow(), work.newest_event()
    for minutes in (30, 25, 20, 15, 11, 5, 1):
        for kind in (EventKind.JOB_PROGRESSED, EventKind.SHOP_CHANGED):
            with unit_of_work() as uow:
                uow.record(Event(kind, now - timedelta(minutes=minutes), SYSTEM))
    assert len(work.news_after(before, 100)) == 14
    assert {event.kind for event in work.news_after(before, 100, chatter=False)} == {EventKind.SHOP_CHANGED}
    work.prune(now)
    left = work.news_after(before, 100)
    assert [event.kind for event in left].count(EventKind.SHOP_CHANGED) == 7
    assert [event.kind for event in left].count(EventKind.JOB_PROGRESSED) == 2


def test_a_connection_that_another_thread_uses_is_its_own_to_close(workshop: Workshop) -> None:
    """SQLite takes the process down with a connection that is closed under a query."""
    holds, go, found = threading.Event(), threading.Event(), []

    def read() -> None:
        with connected():
            holds.set()
            go.wait(10)
            found.append(AccountRow.select().count())

    thread = threading.Thread(target=read)
    thread.start()
    assert holds.wait(10)
    close_database()
    go.set()
    thread.join(10)
    assert found == [len(workshop.people)]
