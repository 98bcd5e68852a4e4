"""What runs below a process (Linux: read from /proc)."""

from __future__ import annotations

import os
from pathlib import Path


def below(pid: int) -> set[int]:
    """All living processes below this one."""
    parents = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                state, parent = Path(f"/proc/{name}/stat").read_text().rpartition(")")[2].split()[:2]
            except OSError:
                continue
            parents[int(name)] = (state, int(parent))
    found, front = set(), {pid}
    while front:
        front = {one for one, (_state, parent) in parents.items() if parent in front} - found
        found |= front
    return found
