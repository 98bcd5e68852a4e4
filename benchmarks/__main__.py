"""Run all benchmarks and print each figure beside its baseline."""

from __future__ import annotations

import platform
import sys
import tempfile
from pathlib import Path

from benchmarks import (
    arrivals,
    estimates,
    floor,
    history,
    intake,
    invoices,
    live,
    memory,
    pages,
    restore,
    schedule,
    uploads,
    web,
)
from benchmarks.common import Result, demo


def main() -> None:
    """Exit code 1 when a ratio is missed."""
    sys.stdout.write(f"Python {platform.python_version()}, {platform.machine()}\n")
    results: list[Result] = []

    def tell(result: Result) -> None:
        results.append(result)
        sys.stdout.write(result.line() + "\n")
        sys.stdout.flush()

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for result in estimates.run():
            tell(result)
        for result in intake.run(folder):
            tell(result)
        for result in invoices.run():
            tell(result)
        for result in schedule.run(folder / "crowded"):
            tell(result)
        for result in history.run(folder / "history"):
            tell(result)
        for result in restore.run(folder / "restore"):
            tell(result)
        with demo(folder / "shop") as told:
            for result in live.run(told):
                tell(result)
            for result in pages.run(folder / "shop", told):
                tell(result)
            for result in web.run(told):
                tell(result)
            for result in uploads.run(folder / "shop", told):
                tell(result)
            for result in arrivals.run(folder / "shop", told):
                tell(result)
        with demo(folder / "busy") as told:
            for result in floor.run(folder / "busy", told):
                tell(result)
        for result in memory.run(folder / "long"):
            tell(result)
    sys.exit(1 if any(one.ours / one.baseline > one.asked for one in results) else 0)


main()
