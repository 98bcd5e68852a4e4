"""Both ways into the sandbox, and rogues where they find them."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from samples.processes import below

from craftops.sandbox import runner, seccomp, warm

HERE = Path(__file__).parent
COLD = "from pathlib import Path; from craftops.sandbox.child import main; main(Path({!r}))"
WARM = "from craftops.sandbox.warm_parent import _main; _main(['', {!r}])"


@pytest.fixture
def left_behind() -> Callable[[], set[int]]:
    """Processes below us that this test has started, the dead that nobody has buried among them."""
    runner.close()  # a warm parent that another test has left running
    before = below(os.getpid())
    return lambda: below(os.getpid()) - before


@pytest.fixture(params=["warm", "cold"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The test is run twice: with a warm parent of its own, and with a new interpreter for each file."""
    one = warm.Warm()
    monkeypatch.setattr(runner, "_warm", one)
    if request.param == "cold":
        monkeypatch.setattr(warm, "supported", lambda: False)
    elif not warm.supported():
        pytest.skip("this computer forks nothing warm")
    yield request.param
    one.close()


@pytest.fixture
def rogues(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Children run isolated from our folder, so the rogues are laid where they look: beside the package."""
    package = tmp_path / "site"
    package.mkdir()
    shutil.copy(HERE / "rogues.py", package / "craftops_rogues.py")
    start = f"import sys; sys.path.insert(0, {str(package)!r}); "
    cold, warm_command = runner._command, warm._command

    def start_cold(folder: Path) -> list[str]:
        return [cold(folder)[0], "-I", "-c", start + COLD.format(str(folder))]

    def start_warm(descriptor: int) -> list[str]:
        return [warm_command(descriptor)[0], "-I", "-c", start + WARM.format(str(descriptor))]

    monkeypatch.setattr(runner, "_command", start_cold)
    monkeypatch.setattr(warm, "_command", start_warm)


@pytest.fixture
def filtered() -> None:
    """For rogues that go past Python: without a filter of system calls they would reach the tests themselves."""
    if not seccomp.available():
        pytest.skip("no filter of system calls for this computer")
