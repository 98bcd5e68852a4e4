"""Work on machine code: how long it takes is read from it."""

from __future__ import annotations

from craftops.services.production import machine_code
from craftops.store.work import Work
from craftops.tasks.worker import Desk, Handler


def _read_clock(desk: Desk, work: Work) -> None:
    machine_code.read_timeline_of(desk.shop, work.payload["sha256"], at=desk.at)


WORK: dict[str, Handler] = {"read_clock": _read_clock}
