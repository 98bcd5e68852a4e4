"""The socket on which a shop's pages are asked for: opened once by whoever keeps the processes, handed from one web
process to the next."""

from __future__ import annotations

import os
import socket

from craftops.errors import CraftOpsError

LISTENER = "CRAFTOPS_LISTENER"
"""The number of its descriptor, for a web process."""


def listen(host: str, port: int) -> socket.socket:
    """A listening socket. Raises CraftOpsError when the address is taken or not ours."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(1024)
    except OSError as error:
        listener.close()
        raise CraftOpsError(
            f"The pages cannot be served on {host}:{port} ({error.strerror}). "
            "Give them another address or port in shop.toml ([server] host, port)."
        ) from error
    listener.setblocking(False)
    return listener


def handed_listener() -> socket.socket | None:
    """The listening socket that the supervisor holds, so that one process can take over from another unseen."""
    number = os.environ.pop(LISTENER, "")
    if not number:
        return None
    listener = socket.socket(fileno=int(number))
    listener.setblocking(False)
    return listener
