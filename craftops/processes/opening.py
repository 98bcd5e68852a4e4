"""What a process that goes on does first."""

from __future__ import annotations

import atexit
import contextlib
import logging
import resource
from contextlib import AbstractContextManager

from craftops.bootstrap import open_shop
from craftops.config import Config
from craftops.plugin_host import in_hand
from craftops.services.shop import hosts
from craftops.services.shop.context import Shop
from craftops.services.shop.plugin_tallies import write_down
from craftops.store.bell_relay import relayed
from craftops.store.database import bells, connected, utcnow
from craftops.store.migrating import must_fit

log = logging.getLogger("craftops.plugins")


def opened(config: Config, process: str) -> Shop:
    """The shop of a process that goes on. Raises ConfigError where this host does not fit the others."""
    ended = in_hand.collect(config.data)
    shop = open_shop(_without_enders(config))
    must_fit()
    for one in ended:
        log.error("the %s process ended while the plugin %s was in its %s", one.process, one.plugin, one.where)
        shop.plugins.failed(one.plugin, one.where, one.sentence)
        with connected():  # now: this process may end as fast
            write_down(shop.plugins, one.process, utcnow())
    if (book := in_hand.watched(config.data, process)) is not None:
        shop.plugins.in_hand = book
        atexit.register(book.close)
    with connected():
        hosts.join(shop)
    return shop


def _without_enders(config: Config) -> Config:
    """The same without plugins that took process after process along: pages that say so are of more use to an owner."""
    enders = in_hand.enders(config.data)
    if not enders:
        return config
    log.error("the shop goes on as with --safe, without: %s", ", ".join(sorted(enders)))
    return config.model_copy(update={"safe": True, "left_out": {**config.left_out, **enders}})


def others_heard(config: Config) -> AbstractContextManager[None]:
    """Within the block the bell of other hosts is heard, where there are any."""
    return relayed(config.database, bells())


def allow_many_files(most: int = 8192) -> None:
    """As many open files as the system lets us have: a page has one, a machine with an address about four."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = most if hard == resource.RLIM_INFINITY else min(most, hard)
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(wanted, soft), hard))
