"""What every process of ours does at its start: one log format, a clean SIGTERM, an end when its parent ends."""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
from types import FrameType

SUPERVISED = "CRAFTOPS_SUPERVISED"


def set_up_log(name: str) -> None:
    """Everything to standard error, one line each, with the name of the process."""
    logging.basicConfig(
        stream=sys.stderr,
        level=os.environ.get("CRAFTOPS_LOG", "INFO").upper(),
        format=f"%(asctime)s {name:<7} %(levelname)-7s %(name)s: %(message)s",
        datefmt="%H:%M:%S",
        force=True,
    )
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
