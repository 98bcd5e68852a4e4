"""Machines, what they said that could not be read, and tests of a connection."""

from __future__ import annotations

from peewee import BooleanField, CharField, FloatField, ForeignKeyField, IntegerField, TextField

from craftops.store.models.base import InstantField, JsonField, Row


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
    """Encrypted: the broker password, for drivers that must sign in themselves (a simulated device); the secret
    fields of a machine with an address, as JSON."""
    address = CharField(default="")
    """Where CraftOps calls it, without a slash at the end; empty for machines that it does not call."""
    settings = JsonField(null=True)
    """The driver's other fields, none of them secret."""
    link_state = CharField(default="")
    """connecting, connected, waiting (to try again), rejected (by the machine), off; empty where there is no link."""
    link_sentence = TextField(default="")
    link_since = InstantField(null=True)
    link_next = InstantField(null=True)
    """When it is tried again."""
    link_crashes = IntegerField(default=0)
    """How often its driver broke, which is a fault of ours and not of the machine."""
    state = CharField(default="unknown")
    online = BooleanField(null=True)
    offline_since = InstantField(null=True)
    heard_at = InstantField(null=True)
    memory = JsonField(null=True)
    """The normaliser's memory between two readings."""
    unclaimed_run = CharField(default="")
    unclaimed_at = InstantField(null=True)
    unclaimed_why = CharField(default="", max_length=16)
    """Why staff are asked about it: see ``services.machines.unclaimed``."""
    unclaimed_end = CharField(default="", max_length=16)
    """How it ended since; empty while it goes on."""
    unclaimed_end_at = InstantField(null=True)
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


class LinkTrialRow(Row):
    """What staff typed into the form of a machine with an address, to be tried before it is saved."""

    token = CharField(unique=True, max_length=32)
    kind = CharField()
    """test, or ask (have the machine make its secret)."""
    driver = CharField()
    machine = ForeignKeyField(MachineRow, null=True, on_delete="CASCADE")
    """The machine whose link is changed; None for a new one."""
    form = JsonField()
    """The other fields of the form, to be shown again."""
    address = CharField(default="")
    settings = JsonField(null=True)
    sealed_secret = TextField(default="")
    state = CharField(default="waiting", index=True)
    """waiting, trying, heard, failed."""
    sentence = TextField(default="")
    said = TextField(default="")
    """The reading that came, as JSON."""
    asked_by = CharField()
    asked_at = InstantField()
    answered_at = InstantField(null=True)

    class Meta:
        table_name = "link_trial"
