"""A shop that does not open because of a plugin opens without it at the third time: pages that say why are more use to
an owner than a process that a service manager starts for ever."""

from __future__ import annotations

import logging
from pathlib import Path

from craftops.bootstrap import open_shop
from craftops.config import Config
from craftops.errors import ConfigError, PluginError
from craftops.services.shop.context import Shop

log = logging.getLogger("craftops.run")
MOST = 3
FILE = "failed-starts"


def open_at_last(config: Config) -> tuple[Shop, Config]:
    """The open shop, and its configuration: ``safe`` where it failed three times in a row without.

    Raises ConfigError, PluginError.
    """
    count = config.data / FILE
    try:
        shop = open_shop(config)
    except (ConfigError, PluginError) as error:
        failed = _read(count) + 1
        if config.data.is_dir():
            count.write_text(str(failed))
        if config.safe or failed < MOST:
            raise
        config = config.model_copy(update={"safe": True})
        shop = open_shop(config)
        log.error("%s start failed: %s", "the third" if failed == MOST else f"the {failed}th", error.sentence)
        log.error("the shop opens as with --safe, without: %s", ", ".join(shop.plugins.left_out) or "nothing")
        return shop, config
    count.unlink(missing_ok=True)
    return shop, config


def _read(path: Path) -> int:
    try:
        return int(path.read_text())
    except (OSError, ValueError):
        return 0
