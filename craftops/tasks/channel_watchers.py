"""Channels that are told of what comes: a thread each waits with them, and has them looked at without delay."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from craftops.errors import CredentialsRejected, OutsideError
from craftops.sdk.channel import IntakeChannel
from craftops.store import work as store_work
from craftops.store.database import connected, utcnow
from craftops.tasks.channels import LEASE, key_of

log = logging.getLogger("craftops.channels")
FIRST_PAUSE_S = 5.0
LONGEST_PAUSE_S = 600.0
BETWEEN_ASKS_S = 0.2
"""While a look is under way, so often it is asked whether it has ended."""
END_S = 5.0


@contextmanager
def watching(channels: Mapping[str, IntakeChannel], stop: threading.Event) -> Iterator[None]:
    """Watch all channels while the block runs; ``stop`` is set before it ends."""
    threads = [
        threading.Thread(target=_watch, args=(channel, stop), name=f"watch-{name}", daemon=True)
        for name, channel in channels.items()
        if channel.__class__.watch is not IntakeChannel.watch
    ]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        for thread in threads:
            thread.join(END_S)


def _watch(channel: IntakeChannel, stop: threading.Event) -> None:
    """Until ``stop``, or until the channel has nothing to wait for. Its failures are told by its looks, not by us."""
    pause = FIRST_PAUSE_S
    while not stop.is_set():
        try:
            for _ in channel.watch(stop):
                pause = FIRST_PAUSE_S
                _look_soon(channel.name, stop)
            return
        except CredentialsRejected:
            return
        except OutsideError as error:
            log.info("channel %s is not watched for %.0f s: %s", channel.name, pause, error.sentence)
        except Exception:
            log.exception("channel %s cannot be watched", channel.name)
        stop.wait(pause)
        pause = min(LONGEST_PAUSE_S, pause * 2)


def _look_soon(name: str, stop: threading.Event) -> None:
    """A look that is under way may have missed what came: then another one follows it."""
    asks = int(LEASE.total_seconds() / BETWEEN_ASKS_S)
    for _ in range(asks):
        with connected():
            if store_work.hasten(key_of(name), utcnow()):
                return
        if stop.wait(BETWEEN_ASKS_S):
            return
