"""The bell between hosts: told by the transaction itself, heard by every process elsewhere, missed without harm."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from craftops.domain.events import Event, EventKind
from craftops.domain.people.access import SYSTEM
from craftops.store.bell_relay import BellRelay, relayed
from craftops.store.database import close_database, open_database, unit_of_work, utcnow
from craftops.store.doorbell import PAGES, DistantDoorbells, Doorbell, Doorbells
from craftops.store.migrating import run_all

SERVER = "CRAFTOPS_TEST_DATABASE_URL"
needs_postgres = pytest.mark.skipif(not os.environ.get(SERVER), reason=f"needs PostgreSQL ({SERVER})")


def folder_of(tmp_path: Path, name: str) -> Path:
    found = tmp_path / name
    found.mkdir()
    return found


def something_happens(*, light: bool = False) -> None:
    with unit_of_work(light=light) as uow:
        uow.record(Event(EventKind.SHOP_CHANGED, utcnow(), SYSTEM))


def test_one_process_of_many_is_rung_and_its_own_host_not_twice(tmp_path: Path) -> None:
    here, there = (DistantDoorbells(folder_of(tmp_path, name)) for name in ("here", "there"))
    assert DistantDoorbells(here.folder).host == here.host != there.host
    bell = Doorbell(here.folder, "worker")
    said: list[tuple[str, tuple[object, ...]]] = []
    there.announce(PAGES, lambda sql, values: said.append((sql, values)))
    [(_sql, (channel, payload))] = said
    assert channel == DistantDoorbells.CHANNEL
    here.pass_on(str(payload))
    assert not bell.wait(0), "it was for open pages"
    here.pass_on(f"{here.host} ")
    assert not bell.wait(0), "this host has rung itself"
    here.pass_on(f"{there.host} ")
    assert bell.wait(1)
    here.ring("", os.getpid() + 1)
    assert not bell.wait(0), "another process has its own relay"
    bell.close()


def test_a_shop_of_one_host_has_no_relay_and_says_nothing(tmp_path: Path) -> None:
    bells = Doorbells(tmp_path)
    bells.announce("", lambda *_: pytest.fail("nothing is asked of the database"))
    with relayed("sqlite:///x", bells):
        pass


@pytest.fixture
def shared(postgres: str) -> Iterator[str]:
    yield postgres
    close_database()


@needs_postgres
def test_what_one_host_commits_another_hears(tmp_path: Path, shared: str) -> None:
    here, there = (DistantDoorbells(folder_of(tmp_path, name)) for name in ("here", "there"))
    open_database(shared, here)
    run_all()
    bell, pages = Doorbell(there.folder, "worker"), Doorbell(there.folder, PAGES)
    relay = BellRelay(shared, there)
    relay.start()
    try:
        assert relay.listening.wait(10)
        assert bell.wait(5), "whoever has just begun to hear looks once"
        pages.drain()
        something_happens()
        assert bell.wait(5)
        assert pages.wait(5)
        something_happens(light=True)
        assert pages.wait(5), "what only goes on is for open pages"
        assert not bell.wait(0)
        with pytest.raises(RuntimeError), unit_of_work() as uow:
            uow.ring()
            raise RuntimeError
        something_happens()
        assert bell.wait(5)
        assert not bell.wait(0.2), "what was rolled back rang for nobody"
    finally:
        relay.stop()
        bell.close()
        pages.close()


@needs_postgres
def test_a_lost_connection_comes_back_and_rings(tmp_path: Path, shared: str) -> None:
    import psycopg

    there = DistantDoorbells(folder_of(tmp_path, "there"))
    bell, relay = Doorbell(there.folder, "worker"), BellRelay(shared, there)
    relay.start()
    try:
        assert relay.listening.wait(10)
        assert bell.wait(5)
        with psycopg.connect(shared, autocommit=True) as link:
            link.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND query LIKE 'LISTEN%'"
            )
        assert bell.wait(10), "what was said meanwhile is looked for"
        assert relay.listening.wait(10)
    finally:
        relay.stop()
        bell.close()
