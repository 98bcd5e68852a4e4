"""Opening a shop: configuration -> plugins, files, secrets, database. Every process begins here."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from peewee import DatabaseError, InterfaceError

from craftops.config import Config
from craftops.config_check import must_be_usable
from craftops.errors import CraftOpsError
from craftops.plugin_host import environment
from craftops.plugin_host.host import PluginHost
from craftops.plugin_host.starting import start_plugins
from craftops.reactions import CoreAnswers
from craftops.sdk.plugin import Plugin
from craftops.sdk.settings import NoSettings, parse
from craftops.services.shop import epochs
from craftops.services.shop.context import Shop
from craftops.services.shop.held_back import hold_back
from craftops.services.shop.kept import KeptSettings, Start
from craftops.services.shop.plugin_places import give_places
from craftops.store.buckets import open_bucket
from craftops.store.database import connected, open_database
from craftops.store.doorbell import DistantDoorbells, Doorbells, bell_folder
from craftops.store.files import FileStore
from craftops.store.migrating import must_be_whole
from craftops.store.object_files import ObjectFileStore
from craftops.store.queries.settings import newest_version
from craftops.store.sealing import Sealer

log = logging.getLogger("craftops.settings")


def open_shop(config: Config, extra: Iterable[type[Plugin[Any]]] = ()) -> Shop:
    """Everything that a process of this shop works with. Raises ConfigError, PluginError.

    ``extra``: plugins that are not installed, for tests of them; their settings are those of ``shop.toml``.
    """
    config.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    _close_to_others(config.data)
    must_be_whole(config.data)
    environment.enter(environment.PluginFolder(config.data).active())
    bells = DistantDoorbells if config.several_hosts else Doorbells
    open_database(config.database, bells(bell_folder(config.data)))
    keys = config.keys()
    sealer, kept, kinds = Sealer(keys.seal, keys.seal_before), KeptSettings(), tuple(extra)

    def start(browser: Mapping[str, Mapping[str, Any]]) -> PluginHost:
        return _start_plugins(config, browser, kinds)

    plugins = _start(kept, sealer, start)
    kept.start, kept.plugins_due = start, False
    must_be_usable(config, plugins.themes)
    if config.document.backup.recipients:
        from craftops.services.shop import recovery  # imported here: processes that seal no backup need no age

        recovery.recipients(config)
    return Shop(config, plugins, file_store(config), sealer, kept)


def file_store(config: Config) -> FileStore:
    """Where the files of this shop are. Raises ConfigError."""
    scale = config.document.scale
    if not scale.files:
        return FileStore(config.data / "files")
    bucket = open_bucket(scale.files, scale.s3_endpoint, scale.s3_region)
    return ObjectFileStore(bucket, config.data / "files-cache", scale.cache_mb * 1_000_000)


def _start_plugins(
    config: Config, browser: Mapping[str, Mapping[str, Any]], extra: tuple[type[Plugin[Any]], ...]
) -> PluginHost:
    """With the settings of the browser, of the plugins that it says nothing of with those of the file."""
    file = config.document.plugin
    own = [kind(parse(kind.settings_type, file.get(kind.name, {}), f"plugin.{kind.name}")) for kind in extra]
    host = start_plugins(
        config.document.plugins.names,
        {name: values for name, values in file.items() if name not in {*browser, *(one.name for one in own)}},
        safe=config.safe,
        extra=[CoreAnswers(NoSettings()), *own],
        kept=browser,
        unwanted=config.left_out,
    )
    hold_back(host, epochs.must_be_real)
    give_places(host, config.data)
    return host


def _start(kept: KeptSettings, sealer: Sealer, start: Start) -> PluginHost:
    """The plugins with what the browser keeps for them. Where they cannot start so, with what the file says: a page
    tells the owner, which it could not if the shop stayed shut."""
    try:
        with connected():
            kept.take_up(newest_version())
    except (DatabaseError, InterfaceError) as error:
        log.debug("no settings of the browser are read: %s", error)  # a database that is not migrated yet
        return start({})
    try:
        return start(kept.plugin_settings(sealer))
    except CraftOpsError as error:
        if not kept.keeps_plugins:
            raise
        log.error("plugins start with the settings of shop.toml: %s", error.sentence)
        kept.trouble = error.sentence
        return start({})


def _close_to_others(data: Path) -> None:
    """The folder and the database of older shops, made under whatever umask there was. Not ours to change: so be it."""
    for path, mode in ((data, 0o700), *((file, 0o600) for file in data.glob("*.db*"))):
        with contextlib.suppress(OSError):
            if path.stat().st_mode & 0o077:
                path.chmod(mode)
