"""A huey whose queue is in this process's memory and wakes its workers at once.

Work that matters is a row with a lease (``craftops.store.work``); huey's queue only carries "look at row 17",
so it may be lost with the process: the row's lease runs out, and whoever lives picks it up.
"""

from __future__ import annotations

import queue
from typing import Any

from huey.api import Huey
from huey.storage import MemoryStorage

WAIT_S = 1.0


class PromptStorage(MemoryStorage):  # type: ignore[misc]
    """Huey's memory storage with a blocking queue, so that a waiting worker starts within a millisecond."""

    blocking = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._ready: queue.SimpleQueue[bytes] = queue.SimpleQueue()

    def enqueue(self, data: bytes, priority: float | None = None) -> None:
        self._ready.put(data)

    def dequeue(self) -> bytes | None:
        try:
            return self._ready.get(timeout=WAIT_S)
        except queue.Empty:
            return None

    def queue_size(self) -> int:
        return self._ready.qsize()

    def flush_queue(self) -> None:
        self._ready = queue.SimpleQueue()


def make_huey() -> Huey:
    """The huey of one worker process; results are not kept."""
    return Huey("craftops", storage_class=PromptStorage, results=False, utc=True)
