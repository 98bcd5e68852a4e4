"""Files: what came in, what is on its way, what was measured of it."""

from __future__ import annotations

from peewee import BigIntegerField, CharField, ForeignKeyField, TextField

from craftops.store.models.base import InstantField, JsonField, Row
from craftops.store.models.companies import CompanyRow
from craftops.store.models.notices import NoticeRow
from craftops.store.models.people import AccountRow


class BlobRow(Row):
    """Bytes that the file store holds; made durable before this row refers to them."""

    sha256 = CharField(primary_key=True, max_length=64)
    size = BigIntegerField()
    created_at = InstantField()

    class Meta:
        table_name = "blob"


class DesignFileRow(Row):
    """A file that somebody sent, with its verdict."""

    owner = ForeignKeyField(AccountRow, backref="files", on_delete="CASCADE")
    company = ForeignKeyField(CompanyRow, null=True, on_delete="SET NULL")
    """Set once the file is part of an order of this company: its members see it, and nobody else."""
    blob = ForeignKeyField(BlobRow, column_name="sha256", object_id_name="blob_id")
    name = CharField(max_length=255)
    size = BigIntegerField()
    format = CharField(default="")
    channel = CharField(default="portal")
    uploaded_at = InstantField()
    verdict = CharField(default="waiting")
    sentence = TextField(default="")
    analysis = JsonField(null=True)
    picture_sha = CharField(default="")
    model_sha = CharField(default="")
    """The part as a GLB, to turn in the browser; empty where there is none."""
    made_from = ForeignKeyField("self", null=True)
    """The file of which this one is a mended copy. Until the copy is made, both have the same bytes."""
    remedy = CharField(default="", max_length=40)
    """What was asked for, as ``domain.files.remedies`` writes it."""
    mended = TextField(default="")
    """What was done, as a sentence; empty until it is done."""
    deleted_at = InstantField(null=True)
    """Since when its bytes are gone; ``blob`` is then the empty one."""
    deleted_by = CharField(default="", max_length=200)

    class Meta:
        table_name = "design_file"


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
