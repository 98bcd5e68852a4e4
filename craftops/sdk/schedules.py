"""Work that a plugin does again and again, in the worker: one process at a time, whatever is killed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

SHORTEST_S = 60.0


@dataclass(frozen=True, slots=True)
class Scheduled:
    """One such piece of work."""

    name: str
    """Small letters, digits and _."""
    every_s: float
    """Seconds of one stretch of time, in each of which it is done once; at least a minute."""
    run: Callable[[datetime], None]
    """Gets the moment (aware UTC), takes at most twenty seconds. One that raises is counted, and done again in the next
    stretch."""
