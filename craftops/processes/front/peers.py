"""Who is connected: how long each may take, how many there may be, and who has to go first."""

from __future__ import annotations

import io
import socket
import tempfile
from collections import OrderedDict, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import IO, Any

from craftops.processes.front.framing import Body
from craftops.processes.front.outlet import Outlet

FIRST_BYTE_S = 15.0
HEAD_S = 10.0
"""For a whole head, from its first byte on."""
BODY_GRACE_S = 15.0
LEAVING_S = 2.0
LEAVING_BYTES = 4_000_000
SLOWEST_BYTES_S = 1000
"""A body, or an answer, that goes slower than this is given up; each has ``BODY_GRACE_S`` to begin with."""
SPOOLED_AT = 256 * 1024
"""Bytes of a request that wait in memory; more than that is written to a temporary file."""


class Phase(Enum):
    """What is waited for."""

    FIRST_BYTE = auto()
    HEAD = auto()
    BODY = auto()
    APP = auto()
    ANSWER = auto()
    LEAVING = auto()
    """All is said; what still comes is thrown away, so that the answer is not lost with it (RFC 9112, 9.6)."""


class RequestBytes:
    """The bytes of one request, written by the loop and read by gunicorn's parser, which takes it for a socket: after
    the last byte there is nothing."""

    def __init__(self, head: bytes) -> None:
        self._file: IO[bytes] = tempfile.SpooledTemporaryFile(SPOOLED_AT)  # noqa: SIM115 - closed with its request
        self._file.write(head)
        self._read_to = 0

    def recv(self, size: int) -> bytes:
        """The next bytes, at most ``size``."""
        self._file.seek(self._read_to)
        data = self._file.read(size)
        self._read_to += len(data)
        return data

    def write(self, data: bytes) -> None:
        """More of the body."""
        self._file.seek(0, io.SEEK_END)
        self._file.write(data)

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()


@dataclass(eq=False)
class Peer:
    """One connection. Belongs to the loop's thread, but for ``outlet`` while the app answers."""

    sock: socket.socket
    client: Any
    server: Any
    since: float
    """When its phase began, on the monotonic clock; so are all moments here."""
    moved: float
    """When it last sent or took something."""
    phase: Phase = Phase.FIRST_BYTE
    buffer: bytearray = field(default_factory=bytearray)
    """What came and is not part of a request yet: a head, or the beginning of the next request."""
    source: RequestBytes | None = None
    """Head and body as they came."""
    request: Any = None
    """gunicorn's request; its body is read from ``source``."""
    body: Body | None = None
    received: int = 0
    """Bytes of the body, or of the answer, so far."""
    most: int = 0
    """The largest body that its address takes, in bytes; 0 for any."""
    served: int = 0
    keeps: bool = False
    """Whether another request may follow the answer."""
    outlet: Outlet = field(init=False)

    def __post_init__(self) -> None:
        self.outlet = Outlet(self.sock)

    @property
    def address(self) -> str:
        return self.client[0] if isinstance(self.client, tuple) else "local"

    def enter(self, phase: Phase, now: float) -> None:
        """Begin to wait for something else."""
        self.phase, self.since, self.moved, self.received = phase, now, now, 0

    def end_request(self) -> None:
        """Forget what came of the request."""
        if self.source is not None:
            self.source.close()
        self.source = self.request = self.body = None

    def is_late(self, now: float, keepalive_s: float) -> bool:
        """Whether it has used up its time."""
        if self.phase is Phase.APP:
            return False
        if self.phase is Phase.FIRST_BYTE:
            return now - self.since > (keepalive_s if self.served else FIRST_BYTE_S)
        if self.phase is Phase.HEAD:
            return now - self.since > HEAD_S
        if self.phase is Phase.LEAVING:
            return now - self.since > LEAVING_S
        stalled = now - self.moved > BODY_GRACE_S
        return stalled or now - self.since > BODY_GRACE_S + self.received / SLOWEST_BYTES_S

    def close(self) -> None:
        """End the connection."""
        self.end_request()
        self.outlet.forget()
        if self.outlet.taken is None:
            self.sock.close()


class PeerTable:
    """All peers. Where there is no room, the one that has been still for longest makes it."""

    def __init__(self, most: int, most_of_one: int) -> None:
        self.most = most
        self.most_of_one = most_of_one
        """Connections of one address; 0 for any number, where a proxy speaks for all."""
        self._still: OrderedDict[Peer, None] = OrderedDict()
        self._by_address: dict[str, OrderedDict[Peer, None]] = defaultdict(OrderedDict)

    def __len__(self) -> int:
        return len(self._still)

    def __iter__(self) -> Iterator[Peer]:
        return iter(list(self._still))

    def enter(self, peer: Peer) -> list[Peer]:
        """Let a newcomer in; the peers that must go for it."""
        self._still[peer] = None
        mine = self._by_address[peer.address]
        mine[peer] = None
        gone = []
        if self.most_of_one and len(mine) > self.most_of_one:
            gone += _stillest(mine, peer)
        elif len(self._still) > self.most:
            gone += _stillest(self._still, peer)
        return gone or ([peer] if len(self._still) > self.most else [])

    def moved(self, peer: Peer) -> None:
        """It sent or took something, so others go before it."""
        self._still.move_to_end(peer)
        self._by_address[peer.address].move_to_end(peer)

    def leave(self, peer: Peer) -> bool:
        """It is gone; False when it was already."""
        if peer not in self._still:
            return False
        del self._still[peer]
        mine = self._by_address[peer.address]
        del mine[peer]
        if not mine:
            del self._by_address[peer.address]
        return True


WAITING = (Phase.LEAVING, Phase.FIRST_BYTE, Phase.HEAD, Phase.BODY)


def _stillest(peers: OrderedDict[Peer, None], newcomer: Peer) -> list[Peer]:
    """The one that waits with the least to lose: nothing sent, else half a head, else half a body."""
    for phase in WAITING:
        for peer in peers:
            if peer.phase is phase and peer is not newcomer:
                return [peer]
    return []
