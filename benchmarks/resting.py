"""What all processes of a resting shop hold in memory, the supervisor too; what stands in for the outside in a demo is
not counted."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.common import Result

ASKED_MB = 350.0
REST_S = 20.0
"""So long the shop is left alone before."""


def run(folder: Path, _told: dict[str, Any]) -> Iterator[Result]:
    """Of a demo shop that runs on ``folder``."""
    time.sleep(REST_S)
    keeper = int((folder / "craftops.pid").read_text())
    held = {"supervisor": _resident_mb(keeper)}
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            parent = int(status.read_text().split("PPid:")[1].split()[0])
            words = (status.parent / "cmdline").read_bytes().split(b"\0")
        except (OSError, IndexError):
            continue
        if parent == keeper and b"craftops.processes.child" in words:
            held[words[words.index(b"craftops.processes.child") + 1].decode()] = _resident_mb(int(status.parent.name))
    for name, size in sorted(held.items()):
        yield Result(f"at rest: {name}", size, "what all of them may hold", ASKED_MB, 1, "MB")
    yield Result("at rest: all processes", sum(held.values()), "what they may hold", ASKED_MB, 1, "MB")


def _resident_mb(pid: int) -> float:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * 4096 / 1e6
