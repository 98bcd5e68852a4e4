"""Machines, jobs, operations."""

from __future__ import annotations

from peewee import BooleanField, CharField, FloatField, ForeignKeyField, IntegerField, TextField

from craftops.store.models.base import InstantField, JsonField, Row
from craftops.store.models.orders import OrderLineRow, OrderRow


class MachineRow(Row):
    """A machine, its link, and the last good word of it."""

    key = CharField(unique=True, max_length=32)
    name = CharField(max_length=100)
    driver = CharField()
    process = CharField()
    enabled = BooleanField(default=True)
    report_interval_s = FloatField(default=30.0)
    credential_hash = CharField(default="")
    sealed_secret = TextField(default="")
    """Only for drivers that must sign in themselves (a simulated device), encrypted."""
    state = CharField(default="unknown")
    online = BooleanField(null=True)
    offline_since = InstantField(null=True)
    heard_at = InstantField(null=True)
    memory = JsonField(null=True)
    """The normaliser's memory between two readings."""
    unclaimed_run = CharField(default="")
    unclaimed_at = InstantField(null=True)
    refused = IntegerField(default=0)
    bed = JsonField(null=True)
    """The largest part that it can make, in mm: two sides or three; None while nobody has said."""
    created_at = InstantField()

    class Meta:
        table_name = "machine"


class RefusedWordRow(Row):
    """A message that broke the contract; the newest fifty of each machine are kept."""

    machine = ForeignKeyField(MachineRow, backref="refused_words", on_delete="CASCADE")
    at = InstantField()
    code = CharField()
    sentence = TextField()
    said = TextField(default="")

    class Meta:
        table_name = "refused_word"


class JobRow(Row):
    """One run of one machine for one line."""

    code = CharField(unique=True, max_length=20)
    order = ForeignKeyField(OrderRow, backref="jobs", on_delete="CASCADE")
    line = ForeignKeyField(OrderLineRow, backref="jobs", on_delete="CASCADE")
    machine = ForeignKeyField(MachineRow, null=True, backref="jobs")
    copies = IntegerField()
    state = CharField(index=True)
    planned_s = FloatField()
    duration_source = CharField(default="default")
    gcode_sha = CharField(default="", max_length=64)
    """Machine code that staff attached; empty where there is none."""
    gcode_name = CharField(default="", max_length=255)
    position = FloatField(default=0.0)
    run_key = CharField(default="")
    progress = FloatField(null=True)
    remaining_s = FloatField(null=True)
    reported_at = InstantField(null=True)
    started_at = InstantField(null=True)
    finished_at = InstantField(null=True)
    interrupted_at = InstantField(null=True)
    interrupted_s = FloatField(default=0.0)
    reason = TextField(default="")
    replaces = ForeignKeyField("self", null=True)
    copies_done = IntegerField(default=0)
    copies_failed = IntegerField(default=0)

    class Meta:
        table_name = "job"
        indexes = ((("machine", "state"), False),)


class OperationRow(Row):
    """One human step."""

    order = ForeignKeyField(OrderRow, backref="operations", on_delete="CASCADE")
    line = ForeignKeyField(OrderLineRow, backref="operations", on_delete="CASCADE")
    kind = CharField()
    title = CharField(default="")
    minutes = FloatField()
    done_at = InstantField(null=True)
    done_by = CharField(default="")

    class Meta:
        table_name = "operation"


class MachineCommandRow(Row):
    """An intent of staff for a machine; the bridge passes it on, at most once each."""

    machine = ForeignKeyField(MachineRow, backref="commands", on_delete="CASCADE")
    kind = CharField()
    intent = CharField(unique=True)
    job = ForeignKeyField(JobRow, null=True, on_delete="CASCADE")
    asked_by = CharField()
    asked_at = InstantField()
    state = CharField(default="waiting", index=True)
    """waiting, sent, refused."""
    sent_at = InstantField(null=True)
    error = TextField(default="")

    class Meta:
        table_name = "machine_command"
