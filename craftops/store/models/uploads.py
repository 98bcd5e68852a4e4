"""Files that are on their way."""

from __future__ import annotations

from peewee import BigIntegerField, CharField, ForeignKeyField

from craftops.store.models.accounts import AccountRow
from craftops.store.models.base import InstantField, Row
from craftops.store.models.orders import DesignFileRow


class UploadRow(Row):
    """A file that comes in pieces. Its bytes lie in a draft of the file store until all are here."""

    key = CharField(unique=True, max_length=32)
    owner = ForeignKeyField(AccountRow, backref="uploads", on_delete="CASCADE")
    name = CharField(max_length=255)
    length = BigIntegerField()
    """Bytes that were announced; they count against the owner's quota from the start."""
    received = BigIntegerField(default=0)
    """Bytes that were durable before the sender was told."""
    sha256 = CharField(default="", max_length=64)
    """Known once all bytes are here, and before the draft becomes a blob: a crash between the two is picked up."""
    file = ForeignKeyField(DesignFileRow, null=True, on_delete="CASCADE")
    created_at = InstantField()
    expires_at = InstantField(index=True)
    finished_at = InstantField(null=True)

    class Meta:
        table_name = "upload"
