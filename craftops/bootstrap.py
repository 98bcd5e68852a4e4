"""Opening a shop: configuration -> plugins, files, secrets, database. Every process begins here."""

from __future__ import annotations

from craftops.config import Config
from craftops.plugin_host import start_plugins
from craftops.reactions import CoreAnswers
from craftops.sdk.settings import NoSettings
from craftops.services.shop.context import Shop
from craftops.store.database import open_database
from craftops.store.doorbell import Doorbells, bell_folder
from craftops.store.files import FileStore
from craftops.store.sealing import Sealer


def open_shop(config: Config) -> Shop:
    """Everything that a process of this shop works with. Raises ConfigError, PluginError."""
    config.data.mkdir(parents=True, exist_ok=True)
    document = config.document
    plugins = start_plugins(
        document.plugins.enabled, document.plugin, safe=config.safe, extra=[CoreAnswers(NoSettings())]
    )
    open_database(config.database, Doorbells(bell_folder(config.data)))
    return Shop(config, plugins, FileStore(config.data / "files"), Sealer(config.secret_key()))
