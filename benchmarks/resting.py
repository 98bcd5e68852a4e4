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
    processes = processes_of(folder)
    for kind, told in (("Rss", "resident"), ("Pss", "its share")):
        held = {name: _held_mb(pid, kind) for name, pid in sorted(processes.items())}
        for name, size in held.items():
            yield Result(f"at rest, {told}: {name}", size, "what all of them may hold", ASKED_MB, 1, "MB")
        yield Result(f"at rest, {told}: all processes", sum(held.values()), "what they may hold", ASKED_MB, 1, "MB")


def processes_of(folder: Path) -> dict[str, int]:
    """Every process of the shop that runs on ``folder``, by what it is."""
    keeper = int((folder / "craftops.pid").read_text())
    return {"supervisor": keeper, **_below(keeper)}


def _below(keeper: int) -> dict[str, int]:
    """Every process that a shop has started, and those that these started, by what it is; without what stands in for
    the outside."""
    parents, words = {}, {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            # "pid (any name) state parent": the name may hold brackets and spaces, so the last bracket counts
            parents[int(folder.name)] = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            words[int(folder.name)] = (folder / "cmdline").read_bytes().decode(errors="replace").split("\0")
        except (OSError, IndexError):
            continue
    found: dict[str, int] = {}
    for pid in sorted(parents):
        above = parents[pid]
        while above in parents and above != keeper:
            above = parents[above]
        module = next((one for one in words.get(pid, ()) if one.startswith("craftops.")), "")
        if above != keeper or not module or module.startswith("craftops.testing"):
            continue
        said = words[pid][words[pid].index(module) + 1] if module == "craftops.processes.child" else module
        found[said.rpartition(".")[2]] = pid
    return found


def _held_mb(pid: int, kind: str) -> float:
    """``Rss`` or ``Pss`` of a process."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{kind}:")) * 1024 / 1e6
