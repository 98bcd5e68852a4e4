"""One supervisor a folder, and nothing of a shop is anybody else's on its computer."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from craftops.errors import CraftOpsError
from craftops.processes.supervisor import alone

pytestmark = pytest.mark.long


def test_a_second_one_is_told_the_pid_of_the_first(tmp_path: Path) -> None:
    path = tmp_path / "craftops.pid"
    with alone(tmp_path):
        with pytest.raises(CraftOpsError, match=f"running already, pid {os.getpid()}"), alone(tmp_path):
            pass
        assert path.read_text() == f"{os.getpid()}\n"
    with alone(tmp_path):
        pass


def test_what_a_shop_writes_is_its_own(tmp_path: Path) -> None:
    folder = tmp_path / "shop"
    environment = {**os.environ, "DATABASE_URL": ""}
    command = "umask 000; exec " + " ".join([sys.executable, "-m", "craftops.cli", "--data", str(folder), "migrate"])
    subprocess.run(["/bin/sh", "-c", command], env=environment, check=True, capture_output=True)
    open_to_others = [str(path) for path in (folder, *folder.rglob("*")) if stat.S_IMODE(path.stat().st_mode) & 0o077]
    assert open_to_others == []


def test_an_older_shop_is_closed_to_others_when_it_opens(tmp_path: Path) -> None:
    environment = {**os.environ, "DATABASE_URL": ""}
    command = [sys.executable, "-m", "craftops.cli", "--data", str(tmp_path), "migrate"]
    subprocess.run(command, env=environment, check=True, capture_output=True)
    database = next(tmp_path.glob("*.db"))
    database.chmod(0o644)
    tmp_path.chmod(0o755)
    subprocess.run(command, env=environment, check=True, capture_output=True)
    assert stat.S_IMODE(database.stat().st_mode) == 0o600
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o700
