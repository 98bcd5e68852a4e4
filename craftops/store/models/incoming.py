"""What came in by a channel: a mail, a file in a folder."""

from __future__ import annotations

from peewee import BigIntegerField, CharField, ForeignKeyField, TextField

from craftops.store.models.accounts import AccountRow
from craftops.store.models.base import InstantField, Row
from craftops.store.models.orders import BlobRow, DesignFileRow
from craftops.store.models.work import NoticeRow


class IncomingRow(Row):
    """One message, taken in once."""

    channel = CharField(max_length=40)
    key = CharField(max_length=200)
    sender = CharField(default="", max_length=255)
    """The address that it says it is from; empty when it says none that could be one."""
    subject = CharField(default="", max_length=300)
    state = CharField(index=True)
    """held, taken, refused, thrown."""
    sentence = TextField(default="")
    """Why it was refused."""
    customer = ForeignKeyField(AccountRow, null=True, on_delete="SET NULL")
    notice = ForeignKeyField(NoticeRow, null=True, on_delete="SET NULL")
    """The mail that told its sender; several messages of a few minutes share one."""
    came_at = InstantField()
    ended_at = InstantField(null=True)
    """When it was no longer held."""
    closed_at = InstantField(null=True)
    """When staff took it off their list."""

    class Meta:
        table_name = "incoming"
        indexes = ((("channel", "key"), True),)


class IncomingFileRow(Row):
    """A file of it: a design file of its customer, or bytes that wait, or a sentence why not."""

    incoming = ForeignKeyField(IncomingRow, backref="parts", on_delete="CASCADE")
    name = CharField(max_length=255)
    size = BigIntegerField(default=0)
    blob = ForeignKeyField(BlobRow, null=True, column_name="sha256", object_id_name="blob_id")
    """Its bytes, as long as nobody owns them."""
    file = ForeignKeyField(DesignFileRow, null=True, on_delete="SET NULL")
    sentence = TextField(default="")

    class Meta:
        table_name = "incoming_file"
