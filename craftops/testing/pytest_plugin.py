"""Fixtures: ``workshop`` (a shop that stands), ``make_workshop`` (before its first run), ``plug_in`` (with your plugin).

With ``CRAFTOPS_TEST_DATABASE_URL`` (PostgreSQL) the shops of the tests live there instead of in SQLite files.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from craftops.sdk.plugin import Plugin
    from craftops.testing.workshop import Workshop

LAZY_GC = (20_000, 20, 20)
"""Applications and thousands of tests are many small objects in circles: the default of Python looks through all of them
for each new one."""
DATABASE = "CRAFTOPS_TEST_DATABASE_URL"
ENABLED = (
    "theme_workshop", "theme_atelier", "theme_blueprint", "theme_pebble",
    "analyzer_mesh", "analyzer_drawing", "machine_mqtt", "machine_manual",
    "machine_simulated", "machine_octoprint", "machine_moonraker", "machine_prusalink", "notify_email",
)  # fmt: skip


@pytest.fixture(scope="session", autouse=True)
def quick_passwords() -> None:
    """Passwords hashed as cheaply as Argon2 lets us: a test signs in often and has nothing to hide."""
    from argon2 import PasswordHasher

    from craftops.services.people import accounts

    accounts.use_hasher(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


@pytest.fixture(scope="session")
def database_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty, migrated SQLite database; each test gets a copy."""
    from craftops.bootstrap import open_shop
    from craftops.config import load_config
    from craftops.store.database import close_database
    from craftops.store.migrating import migrate

    folder = tmp_path_factory.mktemp("template")
    open_shop(load_config(data=folder, env={}))
    migrate(folder)
    close_database()
    return folder / "craftops.db"


@pytest.fixture(scope="session")
def quick_shops() -> Iterator[None]:
    """All shops of this test process share what is the same in each of them."""
    from craftops.testing.quickly import share

    with pytest.MonkeyPatch.context() as patch:
        share(patch)
        yield


@pytest.fixture
def make_workshop(
    tmp_path: Path, request: pytest.FixtureRequest, quick_shops: None
) -> Iterator[Callable[..., Workshop]]:
    """Makes a shop that nobody has set up; ``toml`` is its shop.toml, ``plugins`` are classes that are not installed."""
    from craftops.bootstrap import open_shop
    from craftops.config import load_config
    from craftops.store import plugin_tables
    from craftops.store.database import close_database, connected
    from craftops.store.migrating import migrate
    from craftops.store.models import TABLES, database
    from craftops.testing.workshop import Workshop

    made: list[Workshop] = []
    url = os.environ.get(DATABASE, "")

    def make(toml: str = "", plugins: Iterable[type[Plugin[Any]]] = ()) -> Workshop:
        data = tmp_path / "shop"
        data.mkdir(exist_ok=True)
        enabled = ", ".join(f'"{name}"' for name in ENABLED)
        text = toml if "[plugins]" in toml else f"[plugins]\nenabled = [{enabled}]\n{toml}"
        (data / "shop.toml").write_text(text)
        if not url:
            shutil.copy(request.getfixturevalue("database_template"), data / "craftops.db")
        env = {"DATABASE_URL": request.getfixturevalue("postgres")} if url else {}
        shop = open_shop(load_config(data=data, env=env), plugins)
        if url:
            migrate(data)
            with connected():
                for table in plugin_tables.models():
                    table.drop_table()
                _empty(database, [table._meta.table_name for table in TABLES])
                shop.take_up()  # what the test before had kept under the same numbers
        made.append(Workshop(shop))
        return made[-1]

    yield make
    for workshop in made:
        workshop.close()
    close_database()


def _empty(database: Any, tables: list[str]) -> None:
    """Take all rows out of a PostgreSQL database, and let every table count from 1 again.

    TRUNCATE makes new files for each of a hundred tables and their indexes; the few rows of a test are deleted in a
    tenth of that time, where this user may leave foreign keys unchecked.
    """
    sequences = dict(database.execute_sql("SELECT sequencename, last_value FROM pg_sequences"))
    counted = {table: f"{table}_id_seq" for table in tables if f"{table}_id_seq" in sequences}
    full = [table for table in tables if table not in counted or sequences[counted[table]] is not None]
    may = database.execute_sql("SELECT rolsuper FROM pg_roles WHERE rolname = current_user").fetchone()[0]
    if not may:
        names = ", ".join(f'"{table}"' for table in tables)
        database.execute_sql(f"TRUNCATE {names} RESTART IDENTITY CASCADE")
        return
    steps = ["SET session_replication_role = replica"]
    steps += [f'DELETE FROM "{table}"' for table in full]  # noqa: S608 - names of ours
    steps += [f"SELECT setval('\"{counted[table]}\"', 1, false)" for table in full if table in counted]
    steps += ["SET session_replication_role = DEFAULT"]
    with database.atomic():
        for step in steps:
            database.execute_sql(step)


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """A PostgreSQL database of this test process alone; dropped at its end."""
    import psycopg

    url = os.environ[DATABASE]
    name = f"craftops_test_{os.getpid()}"
    with psycopg.connect(url, autocommit=True) as link:
        link.execute(f'DROP DATABASE IF EXISTS "{name}"')
        link.execute(f'CREATE DATABASE "{name}"')
        # Nobody's order is lost with a test's: a commit need not wait for the disk.
        link.execute(f'ALTER DATABASE "{name}" SET synchronous_commit TO off')
    yield url.rsplit("/", 1)[0] + "/" + name
    with psycopg.connect(url, autocommit=True) as link:
        link.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


@pytest.fixture
def workshop(make_workshop: Callable[..., Workshop]) -> Workshop:
    """A shop with an owner (olga), staff (sam) and two customers (ada, bob), open around the clock."""
    from craftops.domain.shop.profile import ShopProfile

    found = make_workshop()
    found.open(ShopProfile(name="Testwerk", address=("Hafenstraße 1", "20457 Hamburg")))
    return found


@pytest.fixture
def plug_in(make_workshop: Callable[..., Workshop]) -> Callable[..., Workshop]:
    """The same shop with a plugin that is not installed: ``plug_in(PLUGIN, toml)``; ``toml`` holds its settings."""
    from craftops.domain.shop.profile import ShopProfile

    def make(plugin: type[Plugin[Any]], toml: str = "") -> Workshop:
        found = make_workshop(toml, [plugin])
        found.open(ShopProfile(name="Testwerk", address=("Hafenstraße 1", "20457 Hamburg")))
        return found

    return make
