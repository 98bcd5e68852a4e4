"""Where plugins keep what is their own: a folder below the shop's, and tables in its database."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from craftops.plugin_host.host import PluginHost
from craftops.sdk.tables import Migration
from craftops.store.plugin_tables import PluginTables

FOLDER = "plugin-data"


class OwnPlace:
    """The place of one plugin."""

    def __init__(self, data: Path, plugin: str, migrations: Sequence[Migration]) -> None:
        self._folder = data / FOLDER / plugin
        self.tables = PluginTables(plugin, migrations)

    @property
    def folder(self) -> Path:
        """Made when it is first asked for, for nobody else on this computer."""
        for path in (self._folder.parent, self._folder):
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
        return self._folder


def give_places(host: PluginHost, data: Path) -> None:
    """Tell each plugin where its place is."""
    for name, plugin in host.plugins().items():
        plugin.place = OwnPlace(data, name, host.migrations.get(name, ()))
