"""What finished work has taught, and how the window of an order has moved."""

from __future__ import annotations

from peewee import BooleanField, CharField, FloatField, ForeignKeyField

from craftops.store.models.base import InstantField, JsonField, Row
from craftops.store.models.machines import MachineRow
from craftops.store.models.orders import OrderRow
from craftops.store.models.production import JobRow


class MachineClockRow(Row):
    """The slicer's clock of one machine code; the worker reads it out once."""

    sha256 = CharField(unique=True, max_length=64)
    clock = JsonField(null=True)
    """None where the code tells no times."""

    class Meta:
        table_name = "machine_clock"


class RunSampleRow(Row):
    """One run that has ended, ours or of the machine's own history."""

    machine = ForeignKeyField(MachineRow, backref="runs", on_delete="CASCADE")
    job = ForeignKeyField(JobRow, null=True, on_delete="SET NULL")
    part = CharField(default="", max_length=255)
    """What was made, the same for the same design in the same number; the file's name in a history."""
    source = CharField(default="run", max_length=16)
    """run, or history."""
    planned_s = FloatField()
    said_s = FloatField(null=True)
    """What we said when it began."""
    took_s = FloatField()
    """Machine time, pauses left out."""
    failed = BooleanField(default=False)
    at = InstantField(index=True)
    sample = JsonField(null=True)
    """What ``domain.estimation.pace`` learns from, where the run was followed closely."""
    struck_at = InstantField(null=True)
    """When staff struck it out: it teaches nothing while this stands."""
    struck_by = CharField(default="", max_length=100)

    class Meta:
        table_name = "run_sample"
        indexes = ((("machine", "at"), False), (("part",), False))


class HandSampleRow(Row):
    """One thing that people did: minutes in opening hours from when it could begin to when it was ticked off."""

    kind = CharField(index=True, max_length=120)
    planned_min = FloatField()
    took_min = FloatField()
    at = InstantField()

    class Meta:
        table_name = "hand_sample"


class UsualRow(Row):
    """What is usual, as learned last: ``machine:<id>``, ``pace:<id>``, ``hand:<kind>`` …"""

    key = CharField(unique=True, max_length=140)
    data = JsonField()

    class Meta:
        table_name = "usual"


class WindowMoveRow(Row):
    """One visible change of an order's window."""

    order = ForeignKeyField(OrderRow, backref="window_moves", on_delete="CASCADE")
    before_start = InstantField(null=True)
    before_end = InstantField(null=True)
    after_start = InstantField(null=True)
    after_end = InstantField(null=True)
    cause = CharField()
    facts = JsonField(null=True)
    at = InstantField()

    class Meta:
        table_name = "window_move"
