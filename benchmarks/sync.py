"""From a line in ``shop.toml`` to the page that shows it: ``craftops plugins sync`` beside a running shop.

No page may go unanswered meanwhile. Beside it what Python itself takes for a new environment with the same wheel in it.
"""

from __future__ import annotations

import re
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.common import Result
from benchmarks.floor import until
from craftops.cli.scaffold import write_package

ASKED_MS, EVERY_S, SETTLE_S = 15_000.0, 0.1, 10.0
BARE = 3.0
"""How many times the bare environment it may take: it resolves, tries each plugin, and starts four processes anew."""


class _Visitor:
    """Asks for pages, one after the other, and counts those that nobody answered."""

    def __init__(self, portal: str) -> None:
        self.portal, self.asked, self.missed = portal, 0, 0
        self.over = threading.Event()
        self.thread = threading.Thread(target=self._visit, daemon=True)
        self.thread.start()

    def _visit(self) -> None:
        while not self.over.wait(EVERY_S):
            self.asked += 1
            self.missed += _page(self.portal, "healthz" if self.asked % 2 else "sign-in") is None

    def close(self) -> None:
        self.over.set()
        self.thread.join(30)
        if self.missed:
            raise RuntimeError(f"{self.missed} of {self.asked} pages went unanswered")


def run(folder: Path, told: dict[str, Any]) -> Iterator[Result]:
    """On the data of a running demo shop."""
    source = write_package("theme", "frost", folder.parent)
    with (source / "frost" / "tokens.css").open("a") as sheet:
        sheet.write("/* frost */\n")
    wheels = folder.parent / "wheels"
    _run("-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--wheel-dir", str(wheels), str(source))
    [wheel] = wheels.glob("*.whl")
    bare_ms = _timed(lambda: _bare(folder.parent / "bare", wheel))
    before = (folder / "shop.toml").read_text()
    for words, what in (("a wheel", wheel), ("a folder", source)):
        threading.Event().wait(SETTLE_S)  # all four processes are new, and at rest
        visitor = _Visitor(told["portal"])
        took_ms = _timed(lambda what=what: _wear(folder, told["portal"], before, what))  # type: ignore[misc]
        _synced(folder, before)
        until(
            lambda: "frost" not in (_page(told["portal"], "theme.css") or "frost"), "the look before did not come back"
        )
        visitor.close()
        name = f"from the config to the page, {words}"
        yield Result(name, took_ms, "fifteen seconds", ASKED_MS, 1)
        yield Result(name, took_ms, "venv and pip install", bare_ms, BARE)


def _wear(folder: Path, portal: str, before: str, what: Path) -> None:
    """Name the look in ``shop.toml``, install it, and see it on a page."""
    text = before.replace("enabled = [", f'install = ["{what}"]\nenabled = ["frost", ', 1)
    _synced(folder, re.sub(r'(\[theme\]\nname = )"\w+"', r'\1"frost"', text))
    until(lambda: "frost" in (_page(portal, "theme.css") or ""), "the new look did not come")


def _synced(folder: Path, toml: str) -> None:
    (folder / "shop.toml").write_text(toml)
    _run("-m", "craftops.cli", "--data", str(folder), "plugins", "sync")


def _bare(folder: Path, wheel: Path) -> None:
    _run("-m", "venv", str(folder))
    python = folder / "bin" / "python"
    subprocess.run([python, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", wheel], check=True)


def _run(*words: str) -> None:
    subprocess.run([sys.executable, *words], check=True, stdout=subprocess.DEVNULL)


def _timed(work: Any) -> float:
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1000


def _page(portal: str, path: str) -> str | None:
    try:
        with urllib.request.urlopen(f"{portal}{path}", timeout=20) as answer:
            return str(answer.read().decode())
    except OSError:
        return None
