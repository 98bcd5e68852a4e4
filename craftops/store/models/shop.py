"""The shop's own profile, and its backups."""

from __future__ import annotations

from peewee import BigIntegerField, CharField, IntegerField, TextField

from craftops.store.models.base import InstantField, JsonField, Row


class ShopRow(Row):
    """The shop's profile; one row."""

    profile = JsonField()
    set_up_at = InstantField(null=True)
    version = IntegerField(default=1)
    copy_since = InstantField(null=True)
    """Since when this is a restored copy that does nothing outside; None for the real shop."""
    copy_of = CharField(default="", max_length=200)
    """Name of the backup that it was restored from."""

    class Meta:
        table_name = "shop"


class BackupRow(Row):
    """One backup that was tried."""

    begun_at = InstantField(index=True)
    ended_at = InstantField(null=True)
    state = CharField(default="running", max_length=10)
    """running, good, failed, or gone: it was good, and made room for newer ones."""
    name = CharField(default="", max_length=100)
    """Name of the file."""
    folder = TextField(default="")
    size = BigIntegerField(default=0)
    """In bytes."""
    orders = IntegerField(default=0)
    files = IntegerField(default=0)
    by_name = CharField(default="", max_length=200)
    """Who asked for it; empty for the clock."""
    error = TextField(default="")

    class Meta:
        table_name = "backup"
