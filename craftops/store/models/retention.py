"""Who looked at a design file, and how long the files of an ended order are kept."""

from __future__ import annotations

from peewee import CharField, ForeignKeyField

from craftops.store.models.base import InstantField, Row
from craftops.store.models.files import DesignFileRow
from craftops.store.models.orders import OrderRow


class FileAccessRow(Row):
    """Somebody of the shop, or a link of it, looked at a file: once an hour for each page. It goes with the file."""

    file = ForeignKeyField(DesignFileRow, backref="accesses", on_delete="CASCADE")
    who = CharField(max_length=200)
    what = CharField(max_length=10)
    """viewed, taken."""
    page = CharField(default="", max_length=20)
    """From where: order, schedule, messages, …"""
    at = InstantField()
    key = CharField(unique=True, max_length=64)
    """File, person, deed, page and hour: the same again is the same row."""

    class Meta:
        table_name = "file_access"


class RetentionRow(Row):
    """The files of an order that has ended long ago."""

    order = ForeignKeyField(OrderRow, unique=True, backref="retentions", on_delete="CASCADE")
    due_at = InstantField(index=True)
    """When they may be deleted; staff are asked first."""
    told_at = InstantField(null=True)
    """When the customer was told of that day."""
    state = CharField(index=True, max_length=10)
    """kept, told, deleted."""
    decided_by = CharField(default="", max_length=200)
    decided_at = InstantField(null=True)

    class Meta:
        table_name = "retention"
