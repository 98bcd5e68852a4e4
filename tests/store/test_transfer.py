"""A shop moves to PostgreSQL and back into a file of SQLite: every row is the same."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from craftops.bootstrap import open_shop
from craftops.cli import cli
from craftops.config import load_config
from craftops.errors import ConfigError
from craftops.processes.doctor import examine
from craftops.services.messages import conversation
from craftops.services.messages.conversation import MessageText
from craftops.services.shop import upgrading
from craftops.store import migrating
from craftops.store.database import close_database, connected, utcnow
from craftops.store.models import TABLES, OrderRow, ShopRow
from craftops.store.transfer import copy_to_postgres, copy_to_sqlite
from craftops.testing import Workshop

SERVER = "CRAFTOPS_TEST_DATABASE_URL"
needs_postgres = pytest.mark.skipif(not os.environ.get(SERVER), reason=f"needs PostgreSQL ({SERVER})")


@pytest.fixture
def empty() -> Iterator[str]:
    """An empty database of this test's own."""
    import psycopg

    url = os.environ[SERVER]
    name = f"craftops_move_{os.getpid()}"
    with psycopg.connect(url, autocommit=True) as link:
        link.execute(f'DROP DATABASE IF EXISTS "{name}"')
        link.execute(f'CREATE DATABASE "{name}"')
    yield f"{url.rsplit('/', 1)[0]}/{name}"
    close_database()
    with psycopg.connect(url, autocommit=True) as link:
        link.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def dump(path: Path) -> dict[str, list[tuple[object, ...]]]:
    link = sqlite3.connect(path)
    try:
        names = {
            table._meta.table_name: ", ".join(f'"{f.column_name}"' for f in table._meta.sorted_fields)
            for table in TABLES
        }
        return {
            name: sorted(link.execute(f'SELECT {columns} FROM "{name}"').fetchall(), key=repr)
            for name, columns in names.items()
        }
    finally:
        link.close()


def lived_in(workshop: Workshop) -> None:
    workshop.machine("printer-1")
    order = workshop.place("ada")
    workshop.accept(order, "printer-1")
    conversation.post(workshop.shop, order.code, MessageText("Grüße, 日本"), actor=workshop.actor("ada"), at=utcnow())
    workshop.run_due()


def test_a_copy_in_sqlite_has_every_row_whatever_the_shop_lives_in(workshop: Workshop, tmp_path: Path) -> None:
    lived_in(workshop)
    counts = copy_to_sqlite(tmp_path / "one.db")
    copy_to_sqlite(tmp_path / "two.db")
    assert counts["orders"] == 1
    assert counts["account"] == 4
    assert dump(tmp_path / "one.db") == dump(tmp_path / "two.db")
    link = sqlite3.connect(tmp_path / "one.db")
    assert link.execute("PRAGMA foreign_key_check").fetchall() == []
    assert link.execute("SELECT COUNT(*) FROM order_index WHERE order_index MATCH 'bracket'").fetchone() == (1,)
    link.close()


def test_every_table_of_the_database_is_copied(workshop: Workshop) -> None:
    from craftops.store.models import database

    known = {table._meta.table_name for table in TABLES}
    apart = {name for name in database.get_tables() if name.startswith(("order_index", "message_index", "sqlite_"))}
    assert set(database.get_tables()) - known - apart == {"schema_migration"}


@needs_postgres
def test_there_and_back_is_the_same_shop(workshop: Workshop, empty: str, tmp_path: Path) -> None:
    lived_in(workshop)
    copy_to_sqlite(tmp_path / "before.db")
    copy_to_postgres(empty)
    data = workshop.shop.config.data
    close_database()
    moved = open_shop(load_config(data=data, env={"DATABASE_URL": empty}))
    with connected():
        assert examine(moved, at=utcnow()) == []
        newest = OrderRow.select().order_by(OrderRow.id.desc()).first().id
        copy_to_sqlite(tmp_path / "after.db")
        made = OrderRow.create(
            code="ZZZZZZ", customer=OrderRow.get().customer_id, title="x", stage="received", stage_since=utcnow(),
            placed_at=utcnow(),
        )  # fmt: skip
        assert made.id == newest + 1, "numbers go on where they were"
    assert dump(tmp_path / "before.db") == dump(tmp_path / "after.db")


@needs_postgres
def test_the_command_moves_a_shop_and_touches_nothing_that_is_not_empty(
    workshop: Workshop, empty: str, tmp_path: Path
) -> None:
    lived_in(workshop)
    data = tmp_path / "on-sqlite"
    shutil.copytree(workshop.shop.config.data, data, ignore=shutil.ignore_patterns("craftops.db*"))
    copy_to_sqlite(data / "craftops.db")
    words = ["--data", str(data), "migrate", "--to", empty]
    said = CliRunner().invoke(cli, words, env={"DATABASE_URL": ""})
    assert said.exit_code == 0, (said.output, said.exception)
    assert "1 orders" in said.output
    said = CliRunner().invoke(cli, words, env={"DATABASE_URL": ""})
    assert isinstance(said.exception, ConfigError)
    assert "not empty" in str(said.exception)
    said = CliRunner().invoke(cli, ["--data", str(data), "doctor"], env={"DATABASE_URL": empty})
    assert said.output == "All is well.\n"


@needs_postgres
def test_postgresql_goes_back_to_before_an_upgrade(workshop: Workshop, empty: str) -> None:
    lived_in(workshop)
    copy_to_postgres(empty)
    close_database()
    config = load_config(data=workshop.shop.config.data, env={"DATABASE_URL": empty})
    open_shop(config)
    newest = migrating.applied()[-1]
    with connected():
        migrating._runner().down()
    done = upgrading.upgrade(config, at=utcnow())
    assert done.migrations == (newest,)
    assert done.snapshot is not None
    with connected():
        ShopRow.update(copy_of="later").execute()
    upgrading.go_back(config, at=utcnow())
    assert migrating.pending() == [newest]
    with connected():
        assert OrderRow.select().count() == 1


def test_what_is_no_postgresql_is_said(workshop: Workshop) -> None:
    for url in ("mysql://x/y", "postgresql://x@127.0.0.1:1/y"):
        with pytest.raises(ConfigError):
            copy_to_postgres(url)
