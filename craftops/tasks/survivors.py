"""What a worker that was killed had in hand is done at once, where nobody else can be at it.

Each worker of a computer holds a shared lock on a file for as long as it lives; the kernel takes it back however it
ends. Who gets it for itself alone knows that no other one lives, and need not wait for the leases of the dead.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

FILE = "worker.lock"


@contextmanager
def living(data: Path, alone: Callable[[], None]) -> Iterator[None]:
    """Within the block this process counts as a worker that lives; ``alone`` is called first, if no other one does, and
    none begins before it is over. Never where the folder knows no locks."""
    descriptor = os.open(data / FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            pass
        else:
            alone()
        with suppress(OSError):
            fcntl.flock(descriptor, fcntl.LOCK_SH)
        yield
    finally:
        os.close(descriptor)
