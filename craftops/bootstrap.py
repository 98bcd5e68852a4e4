"""Opening a shop: configuration -> plugins, files, secrets, database. Every process begins here."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from craftops.config import Config
from craftops.config_check import must_be_usable
from craftops.plugin_host import environment, start_plugins
from craftops.reactions import CoreAnswers
from craftops.sdk.plugin import Plugin
from craftops.sdk.settings import NoSettings, parse
from craftops.services.shop import epochs, recovery
from craftops.services.shop.context import Shop
from craftops.services.shop.held_back import hold_back
from craftops.services.shop.plugin_settings import kept_settings
from craftops.services.shop.restoring import must_be_whole
from craftops.store.database import open_database
from craftops.store.doorbell import Doorbells, bell_folder
from craftops.store.files import FileStore
from craftops.store.sealing import Sealer


def open_shop(config: Config, extra: Iterable[type[Plugin[Any]]] = ()) -> Shop:
    """Everything that a process of this shop works with. Raises ConfigError, PluginError.

    ``extra``: plugins that are not installed, for tests of them; their settings are those of ``shop.toml``.
    """
    config.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    _close_to_others(config.data)
    must_be_whole(config.data)
    environment.enter(environment.PluginFolder(config.data).active())
    document, sealer = config.document, Sealer(config.secret_key())
    open_database(config.database, Doorbells(bell_folder(config.data)))
    own = [kind(parse(kind.settings_type, document.plugin.get(kind.name, {}), f"plugin.{kind.name}")) for kind in extra]
    plugins = start_plugins(
        document.plugins.names,
        {name: values for name, values in document.plugin.items() if name not in {one.name for one in own}},
        safe=config.safe,
        extra=[CoreAnswers(NoSettings()), *own],
        kept=kept_settings(sealer),
        unwanted=config.left_out,
    )
    must_be_usable(config, plugins.themes)
    recovery.recipients(config)
    hold_back(plugins, epochs.must_be_real)
    return Shop(config, plugins, FileStore(config.data / "files"), sealer)


def _close_to_others(data: Path) -> None:
    """The folder and the database of older shops, made under whatever umask there was. Not ours to change: so be it."""
    for path, mode in ((data, 0o700), *((file, 0o600) for file in data.glob("*.db*"))):
        with contextlib.suppress(OSError):
            if path.stat().st_mode & 0o077:
                path.chmod(mode)
