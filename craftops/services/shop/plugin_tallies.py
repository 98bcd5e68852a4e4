"""How hooks of plugins do, added up over all processes: each writes down from time to time what it has counted."""

from __future__ import annotations

import logging
import threading
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any

from craftops.plugin_host.host import PluginHost
from craftops.plugin_host.ledger import Tally
from craftops.store.database import connected, unit_of_work, utcnow
from craftops.store.models import PluginTallyRow
from craftops.store.queries import shop_pages
from craftops.store.views.shop import HookTally

log = logging.getLogger("craftops.plugins")
EVERY_S = 10.0
AFTER_FAILURE_S = 0.5


def write_down(host: PluginHost, process: str, at: datetime) -> bool:
    """Add what this process has counted to the rows; whether there was anything."""
    found = host.ledger.take()
    if not found:
        return False
    try:
        with unit_of_work():
            for (plugin, hook), tally in sorted(found.items()):
                _add(plugin, hook, tally, process, at)
    except Exception:
        host.ledger.give_back(found)
        raise
    return True


def _add(plugin: str, hook: str, tally: Tally, process: str, at: datetime) -> None:
    row = PluginTallyRow.get_or_none(PluginTallyRow.plugin == plugin, PluginTallyRow.hook == hook)
    if row is None:
        PluginTallyRow.insert(plugin=plugin, hook=hook).on_conflict_ignore().execute()
    more: dict[Any, Any] = {
        PluginTallyRow.calls: PluginTallyRow.calls + tally.calls,
        PluginTallyRow.failures: PluginTallyRow.failures + tally.failures,
        PluginTallyRow.seconds: PluginTallyRow.seconds + tally.seconds,
    }
    if tally.slowest_s > (row.slowest_s if row else 0.0):
        more[PluginTallyRow.slowest_s] = tally.slowest_s
    if tally.failures:
        more |= {
            PluginTallyRow.last_error: tally.last_error,
            PluginTallyRow.failed_at: at,
            PluginTallyRow.failed_in: process,
        }
    PluginTallyRow.update(more).where(PluginTallyRow.plugin == plugin, PluginTallyRow.hook == hook).execute()


@contextmanager
def writing_down(host: PluginHost, process: str) -> Iterator[None]:
    """Write down what this process counts, as long as the block lasts: soon after a failure, else now and then."""
    over = threading.Event()

    def keep() -> None:
        while not over.is_set():
            if host.ledger.urgent.wait(EVERY_S):
                over.wait(AFTER_FAILURE_S)
            once()

    def once() -> None:
        try:
            with connected():
                write_down(host, process, utcnow())
        except Exception:
            host.ledger.urgent.clear()
            log.exception("what plugins did could not be written down; it is tried again")

    thread = threading.Thread(target=keep, name="plugin-tallies", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        host.ledger.urgent.set()
        thread.join(5.0)


def tallies(host: PluginHost) -> Mapping[str, list[HookTally]]:
    """Rows by plugin, with what this process has not written down yet; the slowest hooks first."""
    rows = {(one.plugin, one.hook): one for one in shop_pages.hook_tallies()}
    for key, tally in host.ledger.waiting().items():
        known = rows.get(key, HookTally(*key))
        rows[key] = replace(
            known,
            calls=known.calls + tally.calls,
            failures=known.failures + tally.failures,
            seconds=known.seconds + tally.seconds,
            slowest_s=max(known.slowest_s, tally.slowest_s),
            last_error=tally.last_error or known.last_error,
        )
    found = defaultdict(list)
    for row in sorted(rows.values(), key=lambda one: (-one.seconds, one.hook)):
        found[row.plugin].append(row)
    return found


def forget(name: str) -> None:
    """Begin to count anew."""
    with unit_of_work():
        PluginTallyRow.delete().where(PluginTallyRow.plugin == name).execute()
