"""What is kept of plugins: how their hooks do."""

from __future__ import annotations

from peewee import CharField, FloatField, IntegerField, TextField

from craftops.store.models.base import InstantField, Row


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
