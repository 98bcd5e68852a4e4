"""Code of drivers in the bridge's own threads: what it raises costs one call of one machine, and is counted for its
owner. ``SystemExit`` too, which ends a thread without a word.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TypeVar

from craftops.plugin_host.calls import RAISED
from craftops.sdk.machine import MachineDriver

log = logging.getLogger("craftops.bridge")
T = TypeVar("T")
D = TypeVar("D")
Broke = Callable[[MachineDriver, str, BaseException | str], None]
"""``PluginHost.broke``: a driver, its method, what it raised."""


def forgotten(_driver: MachineDriver, _where: str, _error: BaseException | str) -> None:
    """For a link that no shop counts for."""


def contained(driver: MachineDriver, key: str, where: str, call: Callable[[], T], broke: Broke, default: D) -> T | D:
    """What a method of a driver gives for the machine of this key; ``default`` where it breaks."""
    try:
        return call()
    except RAISED as error:
        log.exception("the driver %s broke in its %s for %s", driver.name, where, key)
        broke(driver, where, error)
        return default
