"""What machines can do, when they rest, and how the plan was changed."""

from __future__ import annotations

from peewee import BooleanField, CharField, ForeignKeyField, IntegerField

from craftops.store.models.base import InstantField, JsonField, Row
from craftops.store.models.machines import MachineRow


class CapabilityRow(Row):
    """What staff have said of a machine; one that has no row yet can do all that its process can."""

    machine = ForeignKeyField(MachineRow, unique=True, backref="capabilities", on_delete="CASCADE")
    materials = JsonField(null=True)
    """Short names of the materials that it works; None for all of its process."""
    loaded = JsonField(null=True)
    """``[material, colour]`` of what is in it; None while nobody has said."""
    unattended = BooleanField(default=True)
    hours = CharField(default="", max_length=20)
    """ "07:00-22:00" of each day; empty for around the clock."""
    changeover_minutes = IntegerField(default=10)

    class Meta:
        table_name = "capability"


class MaintenanceRow(Row):
    """A time in which a machine makes nothing."""

    machine = ForeignKeyField(MachineRow, backref="maintenance", on_delete="CASCADE")
    start = InstantField()
    end = InstantField(null=True)
    """None until somebody says that it is over."""
    reason = CharField(max_length=200)
    by_name = CharField()
    at = InstantField()

    class Meta:
        table_name = "maintenance"


class PlanChangeRow(Row):
    """Who changed which queues: before and after, as machine id -> ids of the jobs that wait ("" for no machine)."""

    kind = CharField()
    """move, proposal or undo."""
    title = CharField(max_length=200)
    by_name = CharField()
    at = InstantField(index=True)
    before = JsonField()
    after = JsonField()
    undone_at = InstantField(null=True)

    class Meta:
        table_name = "plan_change"
