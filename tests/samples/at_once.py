"""The same moment for several: threads that begin together, each with a connection of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable

from craftops.errors import CraftOpsError
from craftops.sdk.payment import WebhookRejected
from craftops.store.database import connected


def at_once(jobs: list[Callable[[], object]]) -> None:
    """Each in a thread of its own, begun at the same moment. What a person would be told is no fault."""
    gate, faults = threading.Barrier(len(jobs)), []

    def run(job: Callable[[], object]) -> None:
        with connected():
            gate.wait()
            try:
                job()
            except (CraftOpsError, WebhookRejected):
                pass
            except Exception as fault:  # noqa: BLE001 (whatever it is, it is the finding)
                faults.append(fault)

    threads = [threading.Thread(target=run, args=(job,)) for job in jobs]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert faults == []
