"""What is kept of plugins: settings that the owner made in the browser, and how their hooks do."""

from __future__ import annotations

from peewee import CharField, FloatField, IntegerField, TextField

from craftops.store.models.base import InstantField, JsonField, Row


class PluginSettingsRow(Row):
    """The settings of one plugin, as far as they were made in the browser; what stands in ``shop.toml`` goes before."""

    plugin = CharField(unique=True, max_length=80)
    settings = JsonField()
    sealed = TextField(default="")
    """The secret ones as sealed JSON."""
    changed_at = InstantField()
    changed_by = CharField(default="", max_length=200)

    class Meta:
        table_name = "plugin_settings"


class PluginTallyRow(Row):
    """Calls, time and failures of one hook of one plugin, over all processes."""

    plugin = CharField(max_length=80)
    hook = CharField(max_length=80)
    calls = IntegerField(default=0)
    failures = IntegerField(default=0)
    seconds = FloatField(default=0.0)
    slowest_s = FloatField(default=0.0)
    last_error = TextField(default="")
    failed_at = InstantField(null=True)
    failed_in = CharField(default="", max_length=20)
    """The process that had the last failure: web, worker, bridge."""

    class Meta:
        table_name = "plugin_tally"
        indexes = ((("plugin", "hook"), True),)
