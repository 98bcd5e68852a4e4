"""Being told of a new mail at once: the IDLE command of IMAP (RFC 2177), over a connection that does nothing else."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from threading import Event

from imap_tools import BaseMailBox

from craftops.errors import Unreachable

AGAIN_S = 9 * 60.0
"""So often IDLE is begun anew: servers hang up after half an hour, routers forget a silent line after ten minutes."""
SLICE_S = 1.0
"""How long nobody looks whether we are to stop."""
NEWS = re.compile(rb"\*\s+\d+\s+(?:EXISTS|RECENT)", re.IGNORECASE)
GOODBYE = re.compile(rb"\*\s+BYE", re.IGNORECASE)


def arrivals(box: BaseMailBox, stop: Event) -> Iterator[None]:
    """Once at the beginning, for what came before anybody listened, then at each new mail, until ``stop``.

    Ends at once where the server knows no IDLE. Raises Unreachable when it hangs up, and what the library raises.
    """
    _status, said = box.client.capability()
    if b"IDLE" not in b" ".join(one for one in said if isinstance(one, bytes)).upper().split():
        return
    yield
    while not stop.is_set():
        box.idle.start()
        came = _wait(box, stop)
        box.idle.stop()  # over a dead connection this raises
        if came:
            yield


def _wait(box: BaseMailBox, stop: Event) -> bool:
    """Whether a mail came, before the time was over or we are to stop. Raises Unreachable at a goodbye."""
    until = time.monotonic() + AGAIN_S
    while not stop.is_set() and (left := until - time.monotonic()) > 0:
        began = time.monotonic()
        lines = box.idle.poll(timeout=min(SLICE_S, left))
        if any(GOODBYE.match(line) for line in lines):
            raise Unreachable("The mail server has ended the conversation.")
        if any(NEWS.match(line) for line in lines):
            return True
        if not lines and time.monotonic() - began < min(SLICE_S, left) / 2:
            return False  # something may be read and holds no line: the end of the connection, as ``stop`` will show
    return False
