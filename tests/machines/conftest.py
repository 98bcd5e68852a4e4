"""What the tests of machines share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from craftops_machines.octoprint import link
from samples.octoprint import FakeOctoPrint

from craftops.sdk.linked import Program


@pytest.fixture(params=["1.11.8", "2.0.0rc7"])
def octo(request: pytest.FixtureRequest) -> Iterator[FakeOctoPrint]:
    running = FakeOctoPrint(request.param)
    yield running
    running.stop()


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(link, "GRACE_S", 0.3)
    monkeypatch.setattr(link, "CONFIRM_S", 1.0)
    monkeypatch.setattr(link, "STEP_S", 0.02)


@pytest.fixture
def program(tmp_path: Path) -> Program:
    path = tmp_path / "blob"
    path.write_bytes(b"G28\r\n--not-the-end\r\nG1 X1\n" * 9)
    return Program("bracket.gcode", path.stat().st_size, path)
