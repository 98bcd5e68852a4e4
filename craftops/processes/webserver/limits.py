"""What a peer may cost us, in seconds, bytes and sockets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from craftops.processes.webserver.bodies import BodyRoom

PIECES = 48 << 20
"""Bytes of pieces of uploads that wait in memory, all of them together: three of the largest."""
LONGEST_TARGET = 8190
"""Bytes of a request's target (path and query)."""
LONGEST_HEAD = 32_768
"""Bytes of a request's head."""
MOST_HEADERS = 100
MOST_PIPELINED = 16
"""Requests that one connection may send before it has read an answer."""
BodyLimit = Callable[[str, str], int]
"""Bytes that a request may bring, by method and path."""


def any_size(_method: str, _path: str) -> int:
    """No limit of its own: 4 GB."""
    return 1 << 32


@dataclass(frozen=True, slots=True)
class ServerLimits:
    """All limits of the server. Times are in seconds, sizes in bytes."""

    threads: int = 16
    """Requests that are answered at once, at most."""
    connections: int = 10_000
    """Open connections; a newcomer beyond them closes the one that has been idle for longest."""
    connections_per_address: int = 256
    """The same, of one address."""
    shared_addresses: frozenset[str] = field(default_factory=frozenset)
    """Reverse proxies: many people come from one of these, so that only ``connections`` counts."""
    head_s: float = 10.0
    """How long a request's head may take from its first byte, and a new connection until that."""
    keep_alive_s: float = 5.0
    """How long an answered connection may wait for its next request."""
    grace_s: float = 20.0
    """A body (or the reader of an answer) may be slower than ``bytes_per_s`` for so long, and silent for so long."""
    bytes_per_s: int = 1000
    """The slowest that a body may come, or an answer be read, on average."""
    stop_s: float = 8.0
    """How long requests that are there already may take when the server stops."""
    memory_per_body: int = 65_536
    """A larger body waits in a file, unless it is a piece of an upload and there is ``room``."""
    room: BodyRoom = field(default_factory=lambda: BodyRoom(PIECES))
    """Where pieces of uploads wait in memory."""
    spool: Path | None = None
    """Where that file lies (it has no name); None for the system's place."""
    body_limit: BodyLimit = any_size

    def deadline(self, began: float, moved: int, last: float) -> float:
        """When a transfer is over that began then, has moved so many bytes, the last of them at ``last``."""
        return min(began + self.grace_s + moved / self.bytes_per_s, last + self.grace_s)
