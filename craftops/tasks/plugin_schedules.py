"""What plugins do again and again: one piece of work for each stretch of time, so that no two processes do it twice.

A stretch that nobody was there for is left out; the next one is not.
"""

from __future__ import annotations

import contextlib
from datetime import datetime

from craftops.sdk.schedules import SHORTEST_S
from craftops.services.shop import epochs
from craftops.services.shop.context import Shop
from craftops.store.database import unit_of_work
from craftops.store.work import Work
from craftops.tasks.worker import Desk, Handler

KIND = "plugin_schedule"


def every_minute(shop: Shop, at: datetime) -> None:
    """Ask for everything whose next stretch has begun. A restored copy does nothing of it."""
    if not shop.plugins.schedules or epochs.is_copy():
        return
    for (plugin, name), one in shop.plugins.schedules.items():
        stretch = int(at.timestamp() // max(SHORTEST_S, one.every_s))
        with unit_of_work() as uow:
            told = {"plugin": plugin, "name": name}
            uow.enqueue(KIND, told, at=at, dedupe=f"{KIND}:{plugin}:{name}:{stretch}")


def _run(desk: Desk, work: Work) -> None:
    host, plugin, name = desk.shop.plugins, work.payload["plugin"], work.payload["name"]
    one = host.schedules.get((plugin, name))
    if one is None or epochs.is_copy():
        return
    with contextlib.suppress(Exception, SystemExit):  # counted; it comes again in its next stretch
        host.run(plugin, f"schedule {name}", lambda: one.run(desk.at), host.announcement_s)


WORK: dict[str, Handler] = {KIND: _run}
