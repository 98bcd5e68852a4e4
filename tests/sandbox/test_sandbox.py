"""A stranger's file may do what it likes to the child, and nothing to us."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from craftops.domain.files.designs import Analysis, Verdict
from craftops.sandbox import SandboxLimits, analyse, close, runner

TIGHT = SandboxLimits(memory=1_500_000_000, cpu_s=5, wall_s=8.0, written=1_000_000)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "part.stl"
    path.write_bytes(b"solid content")
    return path


pytestmark = [pytest.mark.usefixtures("way", "rogues"), pytest.mark.long]


def run(kind: str, file: Path, limits: SandboxLimits = TIGHT) -> Verdict:
    return analyse(f"craftops_rogues:{kind}", file, file.name, limits).verdict


def test_a_good_one_is_believed(file: Path) -> None:
    analysis = analyse("craftops_rogues:Good", file, "part.stl", TIGHT)
    assert analysis.verdict is Verdict.ACCEPTED
    assert analysis.picture is not None
    assert analysis.peak_mb > 1
    assert analysis.seconds > 0


@pytest.mark.parametrize(
    "kind",
    [
        "Raises", "Leaves", "Crashes", "Swells", "WritesElsewhere", "Overwrites", "CallsHome", "RunsPrograms", "Forks",
        "FillsTheDisk", "ForgesItsResult", "Missing", "LeavesAPipe", "LeavesALink",
    ],
)  # fmt: skip
def test_whatever_it_does_we_check_by_hand(kind: str, file: Path) -> None:
    assert run(kind, file) is Verdict.BY_HAND
    assert file.read_bytes() == b"solid content"
    assert not Path("/tmp/craftops-rogue-was-here").exists()


def test_one_that_hangs_is_killed(file: Path) -> None:
    assert run("Hangs", file, SandboxLimits(wall_s=2.0, cpu_s=60)) is Verdict.BY_HAND


def test_what_a_killed_one_held_is_told(file: Path) -> None:
    for kind, limits in (("Hangs", SandboxLimits(wall_s=2.0, cpu_s=60)), ("Hangs", replace(TIGHT, cpu_s=1))):
        analysis = analyse(f"craftops_rogues:{kind}", file, file.name, limits)
        assert analysis.verdict is Verdict.BY_HAND
        assert analysis.peak_mb > 1


def test_the_time_that_is_told_is_that_of_the_processor(file: Path) -> None:
    """However long it had to wait for one: what ran beside it is not its own."""
    assert analyse("craftops_rogues:Sleeps", file, file.name, SandboxLimits()).seconds < 1.9
    killed = analyse("craftops_rogues:Hangs", file, file.name, replace(TIGHT, cpu_s=1, wall_s=120.0))
    assert 0.1 < killed.seconds < 3.0


def test_the_time_on_the_clock_is_only_a_guard_far_behind_that_of_the_processor() -> None:
    limits = SandboxLimits()
    assert limits.wall_s >= 10 * limits.cpu_s


def test_a_picture_that_is_none_is_thrown_away(file: Path) -> None:
    analysis = analyse("craftops_rogues:DrawsNoPicture", file, "part.stl", TIGHT)
    assert analysis.verdict is Verdict.ACCEPTED
    assert analysis.picture is None


def test_a_model_is_made_where_it_is_wanted(file: Path) -> None:
    assert analyse("craftops_rogues:MakesAModel", file, "part.stl", TIGHT).model == b"glTF\x02\0\0\0rest"
    assert analyse("craftops_rogues:MakesAModel", file, "part.stl", TIGHT, with_model=False).model is None


@pytest.mark.parametrize("kind", ["MakesNoModel", "MakesALargeModel"])
def test_a_model_that_is_none_is_thrown_away(kind: str, file: Path) -> None:
    analysis = analyse(f"craftops_rogues:{kind}", file, "part.stl", replace(TIGHT, model=100_000))
    assert analysis.verdict is Verdict.ACCEPTED
    assert analysis.model is None


def test_no_more_at_once_than_there_are_places(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "_places", threading.BoundedSemaphore(2))
    once, inside, most, lock = runner._once, 0, 0, threading.Lock()

    def counted(*arguments: Any) -> Analysis:
        nonlocal inside, most
        with lock:
            inside += 1
            most = max(most, inside)
        try:
            return once(*arguments)
        finally:
            with lock:
                inside -= 1

    monkeypatch.setattr(runner, "_once", counted)
    with ThreadPoolExecutor(6) as pool:
        verdicts = list(pool.map(lambda _: run("Good", file), range(6)))
    assert verdicts == [Verdict.ACCEPTED] * 6
    assert most <= 2


def test_nothing_is_left_behind(
    file: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, left_behind: Callable[[], set[int]]
) -> None:
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "tmp"))
    for kind in ("Good", "Raises"):
        run(kind, file)
    assert list((tmp_path / "tmp").iterdir()) == []
    close()
    assert left_behind() == set()
