"""What all processes of a resting shop hold in memory, the supervisor too; what stands in for the outside in a demo is
not counted.

Resident memory counts a page of a library once for each process that has it. What the computer has to give is the
proportional set size (``Pss`` in proc(5), what smem sums): a page that five processes share counts a fifth in each.
"""

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
    processes = {"supervisor": keeper}
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            parent = int(status.read_text().split("PPid:")[1].split()[0])
            words = (status.parent / "cmdline").read_bytes().split(b"\0")
        except (OSError, IndexError):
            continue
        if parent == keeper and b"craftops.processes.child" in words:
            processes[words[words.index(b"craftops.processes.child") + 1].decode()] = int(status.parent.name)
    for kind, told in (("Rss", "resident"), ("Pss", "its share")):
        held = {name: _held_mb(pid, kind) for name, pid in sorted(processes.items())}
        for name, size in held.items():
            yield Result(f"at rest, {told}: {name}", size, "what all of them may hold", ASKED_MB, 1, "MB")
        yield Result(f"at rest, {told}: all processes", sum(held.values()), "what they may hold", ASKED_MB, 1, "MB")


def _held_mb(pid: int, kind: str) -> float:
    """``Rss`` or ``Pss`` of a process."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{kind}:")) * 1024 / 1e6
