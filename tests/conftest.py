"""What all tests share. The shop itself comes from ``craftops.testing``, as it does for plugin authors."""

from __future__ import annotations

import compileall
import gc
import os
import re
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import peewee
import pytest
from hypothesis import HealthCheck, settings

from craftops.store import database
from craftops.testing.pytest_plugin import LAZY_GC

gc.set_threshold(*LAZY_GC)  # an eighth of finding seven thousand tests

settings.register_profile(
    "quick",
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
settings.register_profile("thorough", settings.get_profile("quick"), max_examples=1000)
settings.load_profile(os.environ.get("CRAFTOPS_HYPOTHESIS", "quick"))


def pytest_xdist_auto_num_workers() -> int:
    """One more than there are cores, because many tests wait for what time-outs and other processes do; not where
    browsers run, which need a core each."""
    with_browser = os.environ.get("CRAFTOPS_BROWSER") == "required"
    return (os.cpu_count() or 1) + (0 if with_browser else 1)


def pytest_configure(config: pytest.Config) -> None:
    """Compile our packages once: the processes that tests start then read them, instead of each compiling them again
    where ``PYTHONDONTWRITEBYTECODE`` is set (a second of each start)."""
    sys.dont_write_bytecode = False  # nor do tests need to be compiled for every run
    if not hasattr(config, "workerinput"):
        for package in ("craftops", "machines", "plugins", "themes"):
            compileall.compile_dir(ROOT / package, quiet=2)


IN_CI = pytest.mark.skip(reason="this takes long: CI runs it, and so does CRAFTOPS_LONG=1")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What is marked ``ci`` waits for CI. Files that take longest (marked ``long``) begin first, in whatever order they
    were shuffled to, so that no worker is left alone with one of them at the end."""
    if os.environ.get("CRAFTOPS_LONG") != "1":
        for item in items:
            if item.get_closest_marker("ci"):
                item.add_marker(IN_CI)
    items.sort(key=lambda item: item.get_closest_marker("long") is None)


@pytest.fixture(autouse=True)
def either_way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows that were asked for in no order come forwards in one half of the tests and backwards in the other; which
    half is drawn for each run (``--randomly-seed`` draws it again). PostgreSQL gives them as they lie, and an update
    lays them last."""
    seed = request.config.getoption("randomly_seed", 0)
    backwards = zlib.crc32(f"{seed} {request.node.nodeid}".encode()) & 1
    monkeypatch.setitem(database.SQLITE_PRAGMAS, "reverse_unordered_selects", backwards)


GET = (1, 0)
"""Limit and offset where peewee's ``get`` asks for the one that there is."""
TOGETHER = ("SELECT 0, *", "SELECT EXISTS(")
"""How a statement begins that asks several questions in one; each of them has been asked by itself before."""
IN_WHOLE_ORDER = re.compile(
    r"""ORDER BY (?:(?!ORDER BY).)*\b(?:id|t\.order_id)"?( DESC| ASC)?\s+LIMIT \S+ OFFSET""", re.S
)
"""By an id last of all; a thread (``t``) is known by its order's."""


@pytest.fixture(scope="session", autouse=True)
def pages_in_whole_order() -> Iterator[None]:
    """What is shown page by page is sorted by something that no two rows share, last of all: otherwise a row may stand
    on two pages, and another one on none. SQLite's statements are looked at; PostgreSQL gets the same questions."""
    ask = peewee.SqliteDatabase.execute_sql

    def asked(self: peewee.SqliteDatabase, sql: str, params: Any = None, *more: Any, **named: Any) -> Any:
        is_page = "OFFSET" in sql and tuple(params or ())[-2:] != GET and not sql.startswith(TOGETHER)
        if is_page and not IN_WHOLE_ORDER.search(sql):
            raise AssertionError(f"a page of rows whose order is not whole: {sql}")
        return ask(self, sql, params, *more, **named)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(peewee.SqliteDatabase, "execute_sql", asked)
        yield


ROOT = Path(__file__).parent.parent
SHARED = ROOT.parent / "shared"


@pytest.fixture(scope="session")
def corpus() -> Path:
    """The folder of real files; without it the tests that need it say so."""
    folder = SHARED / "corpus"
    if not folder.is_dir():
        pytest.skip("the folder of real files (../shared/corpus) is not here")
    return folder


@pytest.fixture(scope="session")
def traces() -> Path:
    """The folder of recorded machines; without it the tests that need it say so."""
    folder = SHARED / "traces"
    if not folder.is_dir():
        pytest.skip("the folder of recorded machines (../shared/traces) is not here")
    return folder
