"""What plugins have made in the database: each migration once, with its steps."""

from __future__ import annotations

from peewee import CharField

from craftops.store.models.base import InstantField, JsonField, Row


class PluginMigrationRow(Row):
    """A migration of a plugin that was made. Its steps are kept, so that a copy can be made without the plugin."""

    plugin = CharField(max_length=40)
    name = CharField(max_length=40)
    steps = JsonField()
    at = InstantField()

    class Meta:
        table_name = "plugin_migration"
        indexes = ((("plugin", "name"), True),)
