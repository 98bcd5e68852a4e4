"""What a process that goes on does first."""

from __future__ import annotations

import contextlib
import resource
from contextlib import AbstractContextManager

from craftops.bootstrap import open_shop
from craftops.config import Config
from craftops.services.shop import hosts
from craftops.services.shop.context import Shop
from craftops.store.bell_relay import relayed
from craftops.store.database import bells, connected
from craftops.store.migrating import must_fit


def opened(config: Config) -> Shop:
    """The shop of a process that goes on. Raises ConfigError where this host does not fit the others."""
    shop = open_shop(config)
    must_fit()
    with connected():
        hosts.join(shop)
    return shop


def others_heard(config: Config) -> AbstractContextManager[None]:
    """Within the block the bell of other hosts is heard, where there are any."""
    return relayed(config.database, bells())


def allow_many_files(most: int = 8192) -> None:
    """As many open files as the system lets us have: a page has one, a machine with an address about four."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = most if hard == resource.RLIM_INFINITY else min(most, hard)
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(wanted, soft), hard))
