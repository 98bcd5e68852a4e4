"""What plugins keep: tables and a folder, in every backup and move, and work that is done once in its time."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from craftops.errors import CraftOpsError
from craftops.plugin_host.checks import WrongAnswer, check_brought
from craftops.sdk import Plugin, hookimpl
from craftops.sdk.schedules import Scheduled
from craftops.sdk.settings import NoSettings
from craftops.sdk.tables import AddColumn, AddTable, ColumnKind, DropTable, Migration, TableColumn, moment
from craftops.store.database import utcnow
from craftops.store.export_rows import columns_of, exported, rows_of
from craftops.store.models import PluginMigrationRow, WorkRow
from craftops.store.transfer import copy_to_sqlite
from craftops.tasks import plugin_schedules
from craftops.testing import Workshop

FIRST = Migration(
    "first",
    (
        AddTable("visit", (TableColumn("who", unique=True), TableColumn("at", ColumnKind.MOMENT, indexed=True))),
        AddTable("scrap", (TableColumn("words"),)),
    ),
)
SECOND = Migration("second", (AddColumn("visit", TableColumn("often", ColumnKind.WHOLE)), DropTable("scrap")))


class Keeper(Plugin[NoSettings]):
    name = "keeper"
    title = "Keeper"
    summary = "Keeps things."
    migrations: tuple[Migration, ...] = (FIRST,)
    ran: list[datetime]
    error: BaseException | None = None

    def __init__(self, settings: NoSettings) -> None:
        super().__init__(settings)
        type(self).ran, type(self).error = [], None

    @hookimpl
    def register_migrations(self) -> Iterable[Migration]:
        return self.migrations

    @hookimpl
    def register_schedules(self) -> Iterable[Scheduled]:
        return [Scheduled("note", 3600.0, self.note)]

    def note(self, at: datetime) -> None:
        self.ran.append(at)
        if self.error:
            raise self.error


@pytest.fixture
def keeper(plug_in: Callable[..., Workshop]) -> Keeper:
    Keeper.migrations = (FIRST,)
    return found(plug_in(Keeper))


def found(shop: Workshop) -> Keeper:
    plugin = shop.shop.plugins.plugins()["keeper"]
    assert isinstance(plugin, Keeper)
    return plugin


def test_what_is_written_is_read_again_and_later_columns_come_to_it(plug_in: Callable[..., Workshop]) -> None:
    Keeper.migrations = (FIRST,)
    shop, at = plug_in(Keeper), utcnow()
    tables = found(shop).place.tables
    assert tables.change("INSERT INTO {visit} (who, at) VALUES (?, ?)", ("Ada", at)) == 1
    [(who, when)] = tables.ask("SELECT who, at FROM {visit} WHERE at >= ?", (at,))
    assert (who, moment(int(str(when)))) == ("Ada", at)
    Keeper.migrations = (FIRST, SECOND)
    shop.shop.kept.plugins_due = True
    shop.shop.kept.renew(shop.shop.plugins, shop.shop.sealer)
    tables = found(shop).place.tables
    assert tables.ask("SELECT who, often FROM {visit}") == [("Ada", None)]
    with pytest.raises(Exception, match="x_keeper_scrap"):
        tables.ask("SELECT * FROM {scrap}")
    assert PluginMigrationRow.select().count() == 2


def test_all_of_it_or_none(keeper: Keeper) -> None:
    tables = keeper.place.tables
    with pytest.raises(ZeroDivisionError), tables.together():
        tables.change("INSERT INTO {visit} (who) VALUES (?)", ("Ada",))
        raise ZeroDivisionError
    assert tables.ask("SELECT who FROM {visit}") == []
    with pytest.raises(Exception, match=r"(?i)unique"):
        [tables.change("INSERT INTO {visit} (who) VALUES (?)", ("Bob",)) for _ in range(2)]
    assert tables.ask("SELECT who FROM {visit}") == [("Bob",)]


def test_four_processes_at_once_make_them_once(keeper: Keeper) -> None:
    from craftops.services.shop.plugin_places import OwnPlace

    failures: list[BaseException] = []

    def begin() -> None:
        try:
            OwnPlace(Path(), "keeper", [FIRST]).tables.ask("SELECT who FROM {visit}")
        except BaseException as error:  # noqa: BLE001 - it is told below
            failures.append(error)

    threads = [threading.Thread(target=begin) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert failures == []
    assert PluginMigrationRow.select().count() == 1


def test_a_migration_that_was_made_is_not_made_otherwise(plug_in: Callable[..., Workshop]) -> None:
    Keeper.migrations = (FIRST,)
    shop = plug_in(Keeper)
    found(shop).place.tables.ask("SELECT who FROM {visit}")
    Keeper.migrations = (Migration("first", SECOND.steps),)
    shop.shop.kept.plugins_due = True
    shop.shop.kept.renew(shop.shop.plugins, shop.shop.sealer)
    with pytest.raises(CraftOpsError, match="migration first of the plugin keeper"):
        found(shop).place.tables.ask("SELECT who FROM {visit}")


@pytest.mark.parametrize(
    "steps",
    [
        (AddTable("Visit", ()),), (AddTable("visit", (TableColumn("id"),)),), (AddColumn("visit", TableColumn("a b")),),
        ("DROP TABLE account",), (DropTable('x"; DROP TABLE account; --'),),
    ],
    ids=repr,
)  # fmt: skip
def test_names_that_no_table_has_are_refused_at_the_start(steps: tuple[object, ...]) -> None:
    with pytest.raises(WrongAnswer):
        check_brought("register_migrations", [Migration("first", steps)])  # type: ignore[arg-type]


def test_they_are_in_a_copy_and_in_the_export(keeper: Keeper, tmp_path: Path) -> None:
    keeper.place.tables.change("INSERT INTO {visit} (who, at) VALUES (?, ?)", ("Ada", utcnow()))
    counts = copy_to_sqlite(tmp_path / "copy.db")
    assert counts["x_keeper_visit"] == 1
    link = sqlite3.connect(tmp_path / "copy.db")
    assert link.execute("SELECT who FROM x_keeper_visit").fetchall() == [("Ada",)]
    link.close()
    [table] = [one for one in exported() if one._meta.table_name == "x_keeper_visit"]
    assert [row[1] for row in rows_of(table, columns_of(table))] == ["Ada"]


def test_the_folder_is_nobody_elses(keeper: Keeper) -> None:
    folder = keeper.place.folder
    (folder / "kept.txt").write_text("here")
    assert folder.name == "keeper"
    assert folder.stat().st_mode & 0o077 == 0


def test_work_is_done_once_in_its_time_whoever_asks(plug_in: Callable[..., Workshop]) -> None:
    shop = plug_in(Keeper)
    at = utcnow().replace(minute=5)
    for minutes in (0, 1, 2, 50):
        plugin_schedules.every_minute(shop.shop, at + timedelta(minutes=minutes))
    WorkRow.update(run_after=utcnow()).where(WorkRow.kind == plugin_schedules.KIND).execute()
    shop.run_due()
    assert len(Keeper.ran) == 1
    plugin_schedules.every_minute(shop.shop, at + timedelta(minutes=60))
    WorkRow.update(run_after=utcnow()).where(WorkRow.kind == plugin_schedules.KIND).execute()
    shop.run_due()
    assert len(Keeper.ran) == 2


@pytest.mark.parametrize("error", [ValueError("broken"), SystemExit(3)], ids=repr)
def test_work_that_breaks_is_counted_and_comes_again(plug_in: Callable[..., Workshop], error: BaseException) -> None:
    shop, at = plug_in(Keeper), utcnow() - timedelta(hours=3)
    Keeper.error = error
    for hours in (0, 1):
        plugin_schedules.every_minute(shop.shop, at + timedelta(hours=hours))
        shop.run_due()
    assert len(Keeper.ran) == 2
    assert shop.shop.plugins.failures["keeper"] == 2


def test_a_restored_copy_does_none_of_it(plug_in: Callable[..., Workshop]) -> None:
    from craftops.store.models import ShopRow

    shop, at = plug_in(Keeper), utcnow() - timedelta(hours=3)
    ShopRow.update(copy_since=at).execute()
    plugin_schedules.every_minute(shop.shop, at)
    shop.run_due()
    assert Keeper.ran == []


def test_a_minute_is_the_shortest_time() -> None:
    with pytest.raises(WrongAnswer, match="a minute at least"):
        check_brought("register_schedules", [Scheduled("often", 1.0, lambda _at: None)])
