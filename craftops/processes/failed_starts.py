"""A shop that does not open because of a plugin opens without it at the third time: pages that say why are more use to
an owner than a process that a service manager starts for ever."""

from __future__ import annotations

import logging
from pathlib import Path

from craftops.bootstrap import open_shop
from craftops.config import Config
from craftops.errors import ConfigError, PluginError
from craftops.plugin_host import environment
from craftops.plugin_host.environment import PluginFolder
from craftops.plugin_host.finding import installed
from craftops.processes.plugin_probe import probe
from craftops.services.shop.context import Shop

log = logging.getLogger("craftops.run")
MOST = 3
FILE = "failed-starts"


def open_at_last(config: Config) -> tuple[Shop, Config]:
    """The open shop, and its configuration: ``safe`` where it failed three times in a row without.

    A start is counted before it is tried: a plugin may end the process. Raises ConfigError, PluginError.
    """
    count = config.data / FILE
    failed = _read(count)
    config.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    count.write_text(str(failed + 1))
    if failed >= MOST and not config.safe:
        return _opened_safely(config, "the process ended")
    try:
        shop = open_shop(config)
    except (ConfigError, PluginError) as error:
        if config.safe or failed + 1 < MOST:
            raise
        return _opened_safely(config, error.sentence)
    count.unlink(missing_ok=True)
    return shop, config


def _opened_safely(config: Config, why: str) -> tuple[Shop, Config]:
    config = without_killers(config.model_copy(update={"safe": True}))
    shop = open_shop(config)
    log.error("three starts in a row failed, the last because: %s", why)
    log.error("the shop opens as with --safe, without: %s", ", ".join(shop.plugins.left_out) or "nothing")
    return shop, config


def without_killers(config: Config) -> Config:
    """The same without plugins from elsewhere that end, or eat up, the process that starts them: each is tried in one
    of its own."""
    active, settings = PluginFolder(config.data).active(), config.document.plugin
    environment.enter(active)
    known, killers = installed(), dict(config.left_out)
    for name in config.document.plugins.names:
        if name in known and not known[name].bundled:
            tried = probe(active, [name], {name: settings[name]} if name in settings else {})
            if tried.fault:
                killers[name] = tried.fault
    return config.model_copy(update={"left_out": killers})


def _read(path: Path) -> int:
    try:
        return int(path.read_text())
    except (OSError, ValueError):
        return 0
