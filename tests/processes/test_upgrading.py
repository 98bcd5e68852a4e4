"""An upgrade keeps a way back; programs and databases that do not fit say so."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from craftops import __version__
from craftops.bootstrap import open_shop
from craftops.config import Config, load_config
from craftops.errors import CraftOpsError
from craftops.services.shop import upgrading
from craftops.store import migrating
from craftops.store.database import close_database, connected, utcnow
from craftops.store.models import ShopRow, database

NEWEST = sorted(path.stem for path in migrating.FOLDER.glob("[0-9]*.py"))[-1]


@pytest.fixture
def older(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Config:
    """A shop that was made by a program without the newest migration, open in the one of today."""
    folder = tmp_path / "old-migrations"
    shutil.copytree(migrating.FOLDER, folder, ignore=shutil.ignore_patterns(f"{NEWEST}.py", "__pycache__"))
    config = load_config(data=tmp_path / "shop", env={})
    open_shop(config)
    with monkeypatch.context() as patched:
        patched.setattr(migrating, "FOLDER", folder)
        migrating.migrate(config.data)
    (config.data / "version").write_text("0.0.1\n")
    return config


def craftops(config: Config, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "craftops.cli", "--data", str(config.data), *words]
    environment = {**os.environ, "DATABASE_URL": ""}
    return subprocess.run(command, capture_output=True, text=True, env=environment, check=False, timeout=60)


def test_there_and_back(older: Config) -> None:
    assert migrating.pending() == [NEWEST]
    done = upgrading.upgrade(older, at=utcnow())
    assert (done.before, done.migrations) == ("0.0.1", (NEWEST,))
    assert done.snapshot is not None
    assert done.snapshot.stat().st_mode & 0o077 == 0
    assert upgrading.last_version(older) == __version__
    with connected():
        ShopRow.create(profile={})
    version, today = upgrading.go_back(older, at=utcnow())
    assert version == "0.0.1"
    assert migrating.pending() == [NEWEST]
    with connected():
        assert database.execute_sql("SELECT COUNT(*) FROM shop").fetchone()[0] == 0
    close_database()
    assert today.exists(), "what was written since is not lost"
    with pytest.raises(CraftOpsError, match="no upgrade to go back from"):
        upgrading.go_back(older, at=utcnow())


def test_a_migration_that_fails_leaves_the_database_as_it_was(older: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks() -> None:
        with connected():
            database.execute_sql("DROP TABLE shop")
        raise RuntimeError("boom")

    monkeypatch.setattr(migrating, "run_all", breaks)
    with pytest.raises(CraftOpsError, match="is as it was: boom"):
        upgrading.upgrade(older, at=utcnow())
    with connected():
        assert "shop" in database.get_tables()
    close_database()


def test_web_on_an_old_database_says_migrate_first(older: Config) -> None:
    close_database()
    (older.data / "shop.toml").write_text("[server]\nport = 0\n[broker]\nport = 0\n")
    for process in ("web", "worker", "bridge", "broker"):
        said = craftops(older, process)
        assert said.returncode == 1
        assert "Run `craftops migrate` first" in said.stderr, said.stderr
        assert "Traceback" not in said.stderr


@pytest.mark.ci
def test_an_old_program_refuses_a_newer_database_and_upgrade_brings_it_up(older: Config) -> None:
    close_database()
    said = craftops(older, "upgrade")
    assert said.returncode == 0, said.stderr
    assert NEWEST in said.stdout
    assert "upgrade --back" in said.stdout
    open_shop(older)
    with connected():
        database.execute_sql(
            "INSERT INTO schema_migration (name, applied) VALUES ('9999_future', '2030-01-01 00:00:00')"
        )
    close_database()
    for words in (("run",), ("migrate",), ("web",), ("upgrade",)):
        said = craftops(older, *words)
        assert said.returncode == 1
        assert "written by a newer CraftOps (9999_future)" in said.stderr, said.stderr
    assert "written by a newer CraftOps" in craftops(older, "doctor").stdout
    said = craftops(older, "upgrade", "--back")
    assert said.returncode == 0, said.stderr
    assert "craftops==0.0.1" in said.stdout
