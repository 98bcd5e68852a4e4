"""Telling a plugin what happened: work with a lease, so that no kill loses the word and no second worker doubles it."""

from __future__ import annotations

from craftops.services.shop import announcing, plugin_trial
from craftops.store import work as store_work
from craftops.store.work import Work
from craftops.tasks.worker import ANNOUNCE, Desk, Handler


def _announce(desk: Desk, work: Work) -> None:
    number = int(work.payload["event"])
    for event in store_work.news_after(number - 1, 1):
        if event.id == number and (told := announcing.told_of(event)) is not None:
            desk.shop.plugins.announce(event.kind.value, told, work.payload["plugin"])


def _try_plugin(desk: Desk, work: Work) -> None:
    plugin_trial.run(desk.shop, work.payload["trial"], work.payload["plugin"], at=desk.at)


WORK: dict[str, Handler] = {ANNOUNCE: _announce, plugin_trial.WORK: _try_plugin}
