"""What the container file starts, with the settings of the compose file, without a container: the command, the health
check, the end. The files themselves are built and lived in by .ci/container and .ci/compose, which need root."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import orjson
import pytest
import yaml

from craftops.processes.ports import free_port
from craftops.testing.hosts import until

FOLDER = Path(__file__).parents[2] / "config" / "container"
TEXT = (FOLDER / "Containerfile").read_text()
SERVICE = yaml.safe_load((FOLDER / "compose.yaml").read_text())["services"]["shop"]
pytestmark = [pytest.mark.broker, pytest.mark.long, pytest.mark.ci]


def words(instruction: str) -> list[str]:
    """What follows it, which is a list of JSON."""
    found = re.search(rf"^{instruction} (\[.*\])$", TEXT, re.MULTILINE)
    assert found is not None
    said: list[str] = orjson.loads(found[1])
    return said


def test_its_command_runs_is_healthy_ends_when_it_is_told_and_comes_again(tmp_path: Path) -> None:
    port, broker, data = free_port("127.0.0.1"), free_port("127.0.0.1"), tmp_path / "data"
    data.mkdir(mode=0o700)
    toml = (FOLDER / "shop.toml").read_text().replace("/srv/backups", str(tmp_path / "backups"))
    (data / "shop.toml").write_text(toml.replace('"0.0.0.0"', '"127.0.0.1"'))
    named = re.search(r"^ENV CRAFTOPS_DATA=(\S+)", TEXT, re.MULTILINE)
    assert named is not None
    assert {f"shop:{named[1]}", f"./shop.toml:{named[1]}/shop.toml:ro"} <= set(SERVICE["volumes"])
    bin_folder = Path(sys.executable).parent
    environment = {
        **os.environ, "CRAFTOPS_DATA": str(data), "CRAFTOPS_PORT": str(port), "CRAFTOPS_BROKER_PORT": str(broker),
        "DATABASE_URL": "", "PATH": f"{bin_folder}{os.pathsep}{os.environ['PATH']}",
    }  # fmt: skip
    health = [word.replace(":8080/", f":{port}/") for word in words("HEALTHCHECK CMD")]
    assert any(f":{port}/healthz" in word for word in health)
    for new in (True, False):
        log = tmp_path / f"log-{new}"
        with log.open("wb") as file:
            running = subprocess.Popen(words("CMD"), env=environment, stdout=file, stderr=file)
        try:
            until(
                lambda: subprocess.run(health, env=environment, capture_output=True, check=False).returncode == 0,
                "health",
            )
        finally:
            began = time.monotonic()
            running.send_signal(signal.SIGTERM)
            code = running.wait(60)
        assert code == 0
        assert time.monotonic() - began < int(SERVICE["stop_grace_period"].removesuffix("s"))
        lines = log.read_text().splitlines()
        assert [line for line in lines if line.startswith("{")], "its log is JSON, as the settings ask"
        assert ("The database is new" in log.read_text()) is new
    assert subprocess.run(health, env=environment, capture_output=True, check=False).returncode != 0
