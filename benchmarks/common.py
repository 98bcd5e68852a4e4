"""What the benchmarks share."""

from __future__ import annotations

import argparse
import json
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Result:
    """One figure beside its baseline, both in ``unit``. ``asked`` is the ratio that the design asks for."""

    name: str
    ours: float
    baseline_name: str
    baseline: float
    asked: float
    unit: str = "ms"

    def line(self) -> str:
        ratio = self.ours / self.baseline
        verdict = "ok" if ratio <= self.asked else "MISSED"
        return (
            f"{self.name:<50} {self.ours:>9.2f} {self.unit}   {self.baseline_name} {self.baseline:.2f} {self.unit}   "
            f"ratio {ratio:.2f} (asked ≤ {self.asked:g})  {verdict}"
        )


def is_there(library: str, name: str) -> bool:
    """Whether a baseline of the development tools is installed; what is measured against it alone is left out if not,
    and that is said."""
    found = find_spec(library) is not None
    if not found:
        sys.stdout.write(f"{name} is not installed, so nothing is compared with it (pip install {library})\n")
    return found


def milliseconds(work: Callable[[], object], times: int, before: Callable[[], object] = lambda: None) -> list[float]:
    """How long each of ``times`` runs took, after one that is not counted; ``before`` each is not counted either."""
    work()
    taken = []
    for _ in range(times):
        before()
        began = time.perf_counter()
        work()
        taken.append((time.perf_counter() - began) * 1000)
    return taken


def median(work: Callable[[], object], times: int, before: Callable[[], object] = lambda: None) -> float:
    return statistics.median(milliseconds(work, times, before))


def alone(name: str, about: str | None, run: Callable[[Path, int], Iterable[Result]], orders: int) -> None:
    """``python -m benchmarks.<name> [--orders N]``: in a folder that ``run`` makes and that goes with it. Ends the
    process, with 1 when a ratio is missed."""
    given = argparse.ArgumentParser(prog=f"python -m benchmarks.{name}", description=about)
    given.add_argument("--orders", type=int, default=orders, help="how many the shop has")
    missed = False
    with tempfile.TemporaryDirectory() as folder:
        for result in run(Path(folder) / "shop", given.parse_args().orders):
            sys.stdout.write(result.line() + "\n")
            sys.stdout.flush()
            missed = missed or result.ours / result.baseline > result.asked
    sys.exit(1 if missed else 0)


@contextmanager
def demo(folder: Path) -> Iterator[dict[str, Any]]:
    """A running demo shop; what it printed."""
    command = [sys.executable, "-m", "craftops.cli", "demo", "--data", str(folder), "--json", "--speed", "1"]
    with (folder.parent / "demo.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True)
    if process.stdout is None:
        raise RuntimeError("no output")
    try:
        yield json.loads(process.stdout.readline())
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)
