"""The warm parent: as fast as it is, nothing gets lost and nothing is left."""

from __future__ import annotations

import contextlib
import gc
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from samples.processes import below

from craftops.domain.files.designs import Verdict
from craftops.sandbox import SandboxLimits, analyse, close, landlock, runner, warm
from craftops.testing.workshop import cube_stl

pytestmark = pytest.mark.long

TIGHT = SandboxLimits(memory=1_500_000_000, cpu_s=5, wall_s=8.0, written=1_000_000)
MESH = "craftops_plugins.analyzer_mesh.analyzer:MeshAnalyzer"
NATIVE = (
    "KillsOthers",
    "StopsOthers",
    "Daemonises",
    "Multiplies",
    "RunsNatively",
    "CallsHomeNatively",
    "LiftsItsLimits",
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "part.stl"
    path.write_bytes(b"solid content")
    return path


@pytest.fixture
def only_warm(way: str) -> warm.Warm:
    if way != "warm":
        pytest.skip("there is no warm parent this way")
    return runner._warm


def run(kind: str, file: Path, limits: SandboxLimits = TIGHT) -> Verdict:
    return analyse(f"craftops_rogues:{kind}", file, file.name, limits).verdict


def wait_until(true: Callable[[], bool]) -> None:
    pause = threading.Event()
    until = time.monotonic() + 30
    while not true():
        assert time.monotonic() < until, "it did not come about"
        pause.wait(0.02)


def waiting_below(pid: int) -> int:
    """The child that has begun to wait for ever, below a process; 0 as long as there is none."""
    for one in below(pid):
        with contextlib.suppress(OSError):
            if Path(f"/proc/{one}/comm").read_text().strip() == "waits-for-ever":
                return one
    return 0


def soon(found: Callable[[], int]) -> int:
    wait_until(lambda: found() != 0)
    return found()


def descriptors() -> int:
    """What this process holds open, without what tests before this one have left to the collector."""
    gc.collect()
    return len(os.listdir("/proc/self/fd"))


@pytest.mark.usefixtures("rogues", "filtered")
@pytest.mark.parametrize("kind", NATIVE)
def test_machine_code_reaches_nobody_else(kind: str, file: Path, way: str, left_behind: Callable[[], set[int]]) -> None:
    assert run("Good", file) is Verdict.ACCEPTED
    parent = runner._warm.pid
    assert run(kind, file) is Verdict.ACCEPTED
    assert run("Good", file) is Verdict.ACCEPTED
    assert runner._warm.pid == parent, "the warm parent was reached"
    close()
    assert left_behind() == set()


@pytest.mark.usefixtures("rogues", "filtered", "way")
def test_machine_code_opens_nothing_of_the_shop(file: Path) -> None:
    """Neither key nor database, no other file, no list of files, nothing of the computer's people; and writes nowhere."""
    if not landlock.version():
        pytest.skip("this kernel has no Landlock")
    for name in ("secret.key", "craftops.db", "other.stl"):
        file.with_name(name).write_bytes(b"kept")
    analysis = analyse("craftops_rogues:Burgles", file, "part.stl", TIGHT)
    assert json.loads(analysis.sentence) == []
    assert sorted(one.name for one in file.parent.iterdir() if one.is_file()) == [
        "craftops.db", "other.stl", "part.stl", "secret.key",
    ]  # fmt: skip


@pytest.mark.usefixtures("rogues")
def test_a_child_holds_nothing_but_its_folder(file: Path, way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CRAFTOPS_SECRET_KEY", "a secret")
    with file.open("rb") as held, ThreadPoolExecutor(2) as pool:
        os.set_inheritable(held.fileno(), True)
        for analysis in pool.map(lambda _: analyse("craftops_rogues:Counts", file, "part.stl", TIGHT), range(4)):
            told = json.loads(analysis.sentence)
            assert told["descriptors"] == [0, 1, 2]
            assert told["input"] == os.devnull
            assert "CRAFTOPS_SECRET_KEY" not in told["environment"]
            assert told["home"]
            assert told["leads"]
            assert told["nice"] >= 10


@pytest.mark.usefixtures("rogues")
def test_memory_counts_on_top_of_what_was_warm(file: Path, only_warm: warm.Warm) -> None:
    """Give or take what a child gives back of its parent's when it begins: allocators let go of whole arenas."""
    room = int(analyse("craftops_rogues:FindsItsLimit", file, "part.stl", TIGHT).sentence)
    assert room == pytest.approx(TIGHT.memory, rel=0.02)


@pytest.mark.ci
@pytest.mark.usefixtures("rogues")
def test_two_hundred_small_files_leave_nothing(
    file: Path, only_warm: warm.Warm, left_behind: Callable[[], set[int]]
) -> None:
    run("Good", file)
    before, parent = descriptors(), only_warm.pid
    assert parent is not None
    held = len(os.listdir(f"/proc/{parent}/fd"))
    with ThreadPoolExecutor(2) as pool:
        verdicts = list(pool.map(lambda _: run("Good", file), range(200)))
    assert set(verdicts) == {Verdict.ACCEPTED}
    assert descriptors() == before
    assert only_warm.pid == parent
    assert len(os.listdir(f"/proc/{parent}/fd")) == held
    wait_until(lambda: below(parent) == set())  # keepers too: no zombie
    close()
    assert left_behind() == set()


def test_a_killed_warm_parent_is_replaced(tmp_path: Path, only_warm: warm.Warm) -> None:
    path = tmp_path / "cube.stl"
    path.write_bytes(cube_stl())
    seen = set()
    for _ in range(3):
        assert analyse(MESH, path, "cube.stl").verdict is Verdict.ACCEPTED
        parent = only_warm.pid
        assert parent is not None
        seen.add(parent)
        os.kill(parent, signal.SIGKILL)
    assert len(seen) == 3


@pytest.mark.usefixtures("rogues")
def test_a_file_at_work_outlives_its_warm_parent(file: Path, only_warm: warm.Warm) -> None:
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(run, "WaitsForEver", file, SandboxLimits(wall_s=6.0))
        child = soon(lambda: waiting_below(os.getpid()))
        parent = only_warm.pid
        assert parent is not None
        os.kill(parent, signal.SIGKILL)
        assert waiting.result() is Verdict.BY_HAND
    wait_until(lambda: not Path(f"/proc/{child}").exists())


@pytest.mark.parametrize(
    "broken", ["import sys; sys.exit(1)", "import os; os.kill(os.getpid(), 9)", "import craftops.nothing_of_the_kind"]
)
def test_without_a_warm_parent_the_file_is_opened_cold(
    broken: str,
    tmp_path: Path,
    only_warm: warm.Warm,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(warm, "_command", lambda _descriptor: [sys.executable, "-I", "-c", broken])
    path = tmp_path / "cube.stl"
    path.write_bytes(cube_stl())
    assert analyse(MESH, path, "cube.stl").verdict is Verdict.ACCEPTED


def test_one_that_does_not_answer_is_given_up(
    tmp_path: Path, only_warm: warm.Warm, monkeypatch: pytest.MonkeyPatch, left_behind: Callable[[], set[int]]
) -> None:
    monkeypatch.setattr(
        warm, "_command", lambda _descriptor: [sys.executable, "-I", "-c", "import signal; signal.pause()"]
    )
    monkeypatch.setattr(warm, "START_S", 0.5)
    monkeypatch.setattr(warm, "END_S", 0.5)
    path = tmp_path / "cube.stl"
    path.write_bytes(cube_stl())
    assert analyse(MESH, path, "cube.stl").verdict is Verdict.ACCEPTED
    close()
    assert left_behind() == set()


OWNER = """
import sys
sys.path.insert(0, {site!r})
from pathlib import Path
from craftops.sandbox import analyse, warm
plain = warm._command
start = "import sys; sys.path.insert(0, {site!r}); from craftops.sandbox.warm_parent import _main; _main(['', '%d'])"
warm._command = lambda descriptor: [sys.executable, "-I", "-c", start % descriptor]
analyse("craftops_rogues:WaitsForEver", Path({file!r}), "part.stl")
"""


@pytest.mark.usefixtures("rogues")
def test_all_of_it_ends_with_a_worker_that_is_killed(file: Path, tmp_path: Path, only_warm: warm.Warm) -> None:
    owner = subprocess.Popen(
        [sys.executable, "-c", OWNER.format(site=str(tmp_path / "site"), file=str(file))], start_new_session=True
    )
    soon(lambda: waiting_below(owner.pid))
    all_of_it = below(owner.pid)
    assert len(all_of_it) == 3  # warm parent, keeper, child
    owner.kill()
    owner.wait()
    wait_until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in all_of_it))


SWEEP = """
import os, signal, sys
from craftops.sandbox import bounds, warm_parent
bounds.prctl(bounds.PR_SET_CHILD_SUBREAPER, 1)
for _ in range(5):
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0:
                signal.pause()
            signal.pause()
        os._exit(0)
warm_parent.end_descendants()
print(len(warm_parent._children()))
"""


def test_a_keeper_ends_daemons_too_where_no_filter_stops_them(only_warm: warm.Warm) -> None:
    done = subprocess.run([sys.executable, "-c", SWEEP], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "0"
