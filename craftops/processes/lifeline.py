"""What every process of ours does at its start: one log format, a clean SIGTERM, an end when its parent ends."""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import socket
import sys
import threading
from types import FrameType

from craftops.plugin_host.masking import MaskedFormatter, guard_output

SUPERVISED = "CRAFTOPS_SUPERVISED"
LISTENER = "CRAFTOPS_LISTENER"
READY = "CRAFTOPS_READY"
"""Numbers of descriptors that the supervisor hands to a web process."""


def set_up_log(name: str) -> None:
    """Everything to standard error, one line each, with the name of the process, and no secret of a plugin."""
    guard_output()
    handler = logging.StreamHandler(sys.stderr)
    line = f"%(asctime)s {name:<7} %(levelname)-7s %(name)s: %(message)s"
    handler.setFormatter(MaskedFormatter(line, datefmt="%H:%M:%S"))
    logging.basicConfig(level=os.environ.get("CRAFTOPS_LOG", "INFO").upper(), handlers=[handler], force=True)
    for loud in ("huey", "amqtt", "transitions", "stripe"):
        logging.getLogger(loud).setLevel(logging.WARNING)


def stop_event() -> threading.Event:
    """An event that SIGTERM and SIGINT set."""
    stop = threading.Event()

    def on_signal(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, on_signal)
    signal.signal(signal.SIGINT, on_signal)
    return stop


def follow_parent() -> None:
    """End with the supervisor, however it ends: it holds the other end of our standard input."""
    if os.environ.get(SUPERVISED) != "1":
        return

    def wait() -> None:
        while True:
            try:
                if not os.read(0, 1):
                    break
            except OSError:
                break
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=wait, name="lifeline", daemon=True).start()


def handed_listener() -> socket.socket | None:
    """The listening socket that the supervisor holds, so that one process can take over from another unseen."""
    number = os.environ.pop(LISTENER, "")
    if not number:
        return None
    listener = socket.socket(fileno=int(number))
    listener.setblocking(False)
    return listener


def tell_ready() -> None:
    """Tell the supervisor, if there is one that wants to know, that requests are answered from now on."""
    number = os.environ.pop(READY, "")
    if number:
        with contextlib.suppress(OSError), os.fdopen(int(number), "wb") as pipe:
            pipe.write(b"1")
