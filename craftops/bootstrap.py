"""Opening a shop: configuration -> plugins, files, secrets, database. Every process begins here."""

from __future__ import annotations

import contextlib
from pathlib import Path

from craftops.config import Config
from craftops.config_check import must_be_usable
from craftops.plugin_host import start_plugins
from craftops.reactions import CoreAnswers
from craftops.sdk.settings import NoSettings
from craftops.services.shop import epochs, recovery
from craftops.services.shop.context import Shop
from craftops.services.shop.held_back import hold_back
from craftops.services.shop.restoring import must_be_whole
from craftops.store.database import open_database
from craftops.store.doorbell import Doorbells, bell_folder
from craftops.store.files import FileStore
from craftops.store.sealing import Sealer


def open_shop(config: Config) -> Shop:
    """Everything that a process of this shop works with. Raises ConfigError, PluginError."""
    config.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    _close_to_others(config.data)
    must_be_whole(config.data)
    document = config.document
    plugins = start_plugins(
        document.plugins.names, document.plugin, safe=config.safe, extra=[CoreAnswers(NoSettings())]
    )
    must_be_usable(config, plugins.themes)
    recovery.recipients(config)
    hold_back(plugins, epochs.must_be_real)
    open_database(config.database, Doorbells(bell_folder(config.data)))
    return Shop(config, plugins, FileStore(config.data / "files"), Sealer(config.secret_key()))


def _close_to_others(data: Path) -> None:
    """The folder and the database of older shops, made under whatever umask there was. Not ours to change: so be it."""
    for path, mode in ((data, 0o700), *((file, 0o600) for file in data.glob("*.db*"))):
        with contextlib.suppress(OSError):
            if path.stat().st_mode & 0o077:
                path.chmod(mode)
