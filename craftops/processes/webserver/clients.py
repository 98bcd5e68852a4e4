"""Who is connected, what each is at, and who makes room for a newcomer."""

from __future__ import annotations

import enum
import ipaddress
import socket
from collections import defaultdict
from collections.abc import Iterator

from craftops.processes.webserver.answers import WebAnswer
from craftops.processes.webserver.limits import ServerLimits
from craftops.processes.webserver.parsing import Request, RequestParser, RequestRefused


class State(enum.IntEnum):
    """What a connection is at; whoever has the smallest is closed first when there is no room."""

    DRAINING = 0
    """It was answered and ends; what its peer still sends is thrown away."""
    WAITING = 1
    """Between two requests."""
    HEAD = 2
    BODY = 3
    WRITING = 4
    """Its answer is being read."""
    BUSY = 5
    """The app has its request."""


class Client:
    """One connection."""

    __slots__ = (
        "answer", "answered", "eof", "interest", "last", "moved", "parser", "peer", "refused", "request",
        "since", "socket", "state", "taken",
    )  # fmt: skip

    def __init__(self, connection: socket.socket, peer: tuple[str, int], now: float) -> None:
        self.socket, self.peer = connection, peer
        self.parser: RequestParser | None = None
        self.request: Request | None = None
        """What the app has of it, or had last."""
        self.answer: WebAnswer | None = None
        self.state = State.WAITING
        self.since = self.last = now
        """Since when it is in this state, and when a byte last moved."""
        self.moved = 0
        """Bytes that moved in this state."""
        self.interest = 0
        self.refused: RequestRefused | None = None
        """What waits for the answers before it, to be told then."""
        self.answered = self.eof = self.taken = False

    def enter(self, state: State, now: float) -> None:
        """Be at something else, unless it is at this already."""
        if self.state != state:
            self.state, self.since, self.last, self.moved = state, now, now, 0

    def is_late(self, limits: ServerLimits, now: float) -> bool:
        """Whether its time is over."""
        if self.state == State.BUSY:
            return False
        if self.state == State.WAITING:
            return now >= self.since + (limits.keep_alive_s if self.answered else limits.head_s)
        if self.state in (State.HEAD, State.DRAINING):
            return now >= self.since + limits.head_s
        return now >= limits.deadline(self.since, self.moved, self.last)


def network_of(address: str) -> str:
    """What counts as one address: of IPv6 a /64, which is one customer's of a provider (RFC 6177)."""
    if ":" not in address:
        return address
    known = ipaddress.IPv6Address(address.partition("%")[0])
    if known.ipv4_mapped is not None:
        return str(known.ipv4_mapped)
    return str(ipaddress.IPv6Network((known, 64), strict=False))


class Register:
    """All connections, by address."""

    def __init__(self, limits: ServerLimits) -> None:
        self._limits = limits
        self._all: dict[Client, None] = {}
        self._of: dict[str, dict[Client, None]] = defaultdict(dict)

    def __len__(self) -> int:
        return len(self._all)

    def __iter__(self) -> Iterator[Client]:
        return iter(list(self._all))

    def __contains__(self, client: Client) -> bool:
        return client in self._all

    def add(self, client: Client) -> None:
        self._all[client] = None
        self._of[network_of(client.peer[0])][client] = None

    def remove(self, client: Client) -> None:
        if client in self._all:
            del self._all[client]
            network = network_of(client.peer[0])
            theirs = self._of[network]
            del theirs[client]
            if not theirs:
                del self._of[network]

    def in_the_way(self, address: str) -> dict[Client, None] | None:
        """Those of whom one must go before somebody from this address may come; None when there is room."""
        limits = self._limits
        theirs = self._of.get(network_of(address), {})
        if address not in limits.shared_addresses and len(theirs) >= limits.connections_per_address:
            return theirs
        return self._all if len(self._all) >= limits.connections else None

    def most_idle(self, among: dict[Client, None] | None = None) -> Client | None:
        """Whoever has been idle for longest; None when the app is at work for all of them."""
        least = min(among or self._all, key=lambda one: (one.state, one.since), default=None)
        return None if least is None or least.state == State.BUSY else least
