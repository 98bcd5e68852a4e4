"""Run all benchmarks, or one with ``--only NAME``, and print each figure beside its baseline."""

from __future__ import annotations

import argparse
import platform
import sys
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from benchmarks import (
    arrivals,
    estimates,
    floor,
    history,
    hosts,
    intake,
    invoices,
    issuing,
    live,
    memory,
    pages,
    paid,
    resting,
    restore,
    schedule,
    starts,
    sync,
    talk,
    uploads,
    web,
)
from benchmarks.common import Result, demo

ALONE: dict[str, Callable[[Path], Iterable[Result]]] = {
    "estimates": lambda _folder: estimates.run(),
    "intake": intake.run,
    "invoices": lambda _folder: invoices.run(),
    "issuing": lambda folder: issuing.run(folder / "issuing"),
    "schedule": lambda folder: schedule.run(folder / "crowded"),
    "history": lambda folder: history.run(folder / "history"),
    "restore": lambda folder: restore.run(folder / "restore"),
    "talk": lambda folder: talk.run(folder / "talk"),
    "hosts": lambda folder: hosts.run(folder / "hosts"),
}
ON_DEMO: dict[str, Callable[[Path, dict[str, Any]], Iterable[Result]]] = {
    "resting": resting.run,
    "live": lambda _folder, told: live.run(told),
    "paid": lambda _folder, told: paid.run(told),
    "pages": pages.run,
    "web": web.run,
    "uploads": uploads.run,
    "arrivals": arrivals.run,
}
"""By name, in their order; those of a running demo shop share one."""
NAMES = (*ALONE, *ON_DEMO, "floor", "starts", "sync", "memory")


def main() -> None:
    """Exit code 1 when a ratio is missed."""
    given = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    given.add_argument("--only", choices=NAMES, default="", help="this one alone")
    only: str = given.parse_args().only
    sys.stdout.write(f"Python {platform.python_version()}, {platform.machine()}\n")
    results: list[Result] = []

    def tell(result: Result) -> None:
        results.append(result)
        sys.stdout.write(result.line() + "\n")
        sys.stdout.flush()

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for one, run in ALONE.items():
            if only in ("", one):
                for result in run(folder):
                    tell(result)
        on_demo = {one: run for one, run in ON_DEMO.items() if only in ("", one)}
        if on_demo:
            with demo(folder / "shop") as told:
                for run_on in on_demo.values():
                    for result in run_on(folder / "shop", told):
                        tell(result)
        for one, run_on in (("floor", floor.run), ("starts", starts.run), ("sync", sync.run)):
            if only in ("", one):
                with demo(folder / one) as told:
                    for result in run_on(folder / one, told):
                        tell(result)
        if only in ("", "memory"):
            for result in memory.run(folder / "long"):
                tell(result)
    sys.exit(1 if any(one.ours / one.baseline > one.asked for one in results) else 0)


main()
