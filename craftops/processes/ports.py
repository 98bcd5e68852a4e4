"""Ports of this computer."""

from __future__ import annotations

import contextlib
import secrets
import socket
from pathlib import Path

from craftops.config import Config


def is_taken(host: str, port: int) -> bool:
    """Whether somebody answers on this port already."""
    with contextlib.suppress(OSError), socket.create_connection((host, port), timeout=1):
        return True
    return False


LOWEST, TRIES = 15_000, 50
EPHEMERAL = Path("/proc/sys/net/ipv4/ip_local_port_range")
"""Linux's ports for connections that go out (ip(7)): any of them may be taken in the next moment."""


def free_port(host: str) -> int:
    """A port that nobody listens on right now, and that no connection of this computer takes meanwhile: those that go
    out come from higher ones."""
    below = _lowest_outgoing()
    for _ in range(TRIES if below > LOWEST else 0):
        port = secrets.randbelow(below - LOWEST) + LOWEST
        with contextlib.suppress(OSError):
            return _bound(host, port)
    return _bound(host, 0)


def _bound(host: str, port: int) -> int:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((host, port))
        return int(probe.getsockname()[1])


def _lowest_outgoing() -> int:
    """The lowest port for connections that go out; 0 where nothing says it."""
    try:
        return int(EPHEMERAL.read_text().split()[0])
    except (OSError, ValueError, IndexError):
        return 0


def with_ports(config: Config) -> Config:
    """The configuration with free ports where it says 0; children learn them by their environment."""
    server, broker = config.document.server, config.document.broker
    if server.port == 0:
        server = server.model_copy(update={"port": free_port(server.host)})
    if broker.port == 0:
        broker = broker.model_copy(update={"port": free_port(broker.host)})
    document = config.document.model_copy(update={"server": server, "broker": broker})
    return config.model_copy(update={"document": document})
