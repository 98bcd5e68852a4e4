"""A process that cannot start is tried again: seldom while nothing has changed, and at once when something has."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from craftops.processes import supervisor
from craftops.processes.supervisor import Child

STARTS = """
import pathlib, sys, time
with pathlib.Path(__file__).with_name("starts").open("a") as file:
    file.write("x")
time.sleep({lives})
sys.exit({code})
"""


@pytest.fixture
def stop() -> Iterator[threading.Event]:
    stop = threading.Event()
    yield stop
    stop.set()


def child(folder: Path, stop: threading.Event, *, code: int, lives: float = 0.0) -> Child:
    (folder / "fails.py").write_text(STARTS.format(code=code, lives=lives))
    return Child("fails", {**os.environ, "PYTHONPATH": str(folder)}, stop, ["fails"])


def started(folder: Path, times: int, within_s: float = 20.0) -> float:
    """Seconds until it was started so many times."""
    began, pause = time.monotonic(), threading.Event()
    while time.monotonic() - began < within_s:
        if (folder / "starts").exists() and len((folder / "starts").read_text()) >= times:
            return time.monotonic() - began
        pause.wait(0.02)
    raise AssertionError(f"not started {times} times in {within_s:g} s")


def rests(child: Child) -> bool:
    return child.process is not None and child.process.poll() is not None


def test_what_it_lacked_is_there_and_it_starts_at_once(
    tmp_path: Path, stop: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor, "FIRST_PAUSE_S", 300.0)
    monkeypatch.setattr(supervisor, "LONGEST_PAUSE_S", 600.0)
    failing = child(tmp_path, stop, code=1)
    failing.start()
    started(tmp_path, 1)
    failing.wait(time.monotonic() + 20)
    assert rests(failing)
    failing.begin_anew()
    started(tmp_path, 2)


def test_who_says_why_it_cannot_start_rests_as_long_as_that_took(
    tmp_path: Path, stop: threading.Event, caplog: pytest.LogCaptureFixture
) -> None:
    failing = child(tmp_path, stop, code=1, lives=1.0)
    failing.start()
    assert started(tmp_path, 2) > 2.0
    killed = tmp_path / "killed"
    killed.mkdir()
    child(killed, stop, code=3, lives=1.0).start()
    started(killed, 2)
    rested = [float(record.args[2]) for record in caplog.records if "starts again" in record.msg]  # type: ignore[index,arg-type]
    assert min(rested) < 1.0 < max(rested), "one that was ended comes back at once"
