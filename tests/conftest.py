"""What all tests share. The shop itself comes from ``craftops.testing``, as it does for plugin authors."""

from __future__ import annotations

import compileall
import gc
import os
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

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
