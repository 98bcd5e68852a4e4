"""One shop on several hosts: who may do what only one may do, who is there, pieces of uploads, what cameras saw."""

from __future__ import annotations

from peewee import BigIntegerField, BlobField, CharField, ForeignKeyField, IntegerField

from craftops.store.models.base import InstantField, JsonField, Row
from craftops.store.models.files import UploadRow


class LeaseRow(Row):
    """What one process at a time may do. ``epoch`` grows with each new holder and is checked by what it writes."""

    name = CharField(primary_key=True, max_length=40)
    holder = CharField(max_length=120)
    epoch = IntegerField(default=1)
    until_at = InstantField()
    """By the clock of the database, where it has one."""

    class Meta:
        table_name = "lease"
        indexes = ((("name", "epoch"), True),)
        """Makes ``epoch`` a key: PostgreSQL lets a lease be prolonged beside its readers, and not taken over."""


class HostRow(Row):
    """A host of the shop as it was when one of its processes started last; ``*`` is the shop itself."""

    name = CharField(primary_key=True, max_length=120)
    key_mark = CharField(max_length=64)
    """Says whether two keys are the same, and nothing about them."""
    facts = JsonField(null=True)
    skew_ms = IntegerField(default=0)
    """How far its clock was ahead of the database's."""
    seen_at = InstantField()

    class Meta:
        table_name = "host"


class UploadPieceRow(Row):
    """A piece of an unfinished upload that lies in the object store."""

    upload = ForeignKeyField(UploadRow, backref="pieces", on_delete="CASCADE")
    begin = BigIntegerField()
    size = BigIntegerField()
    place = CharField(max_length=120)

    class Meta:
        table_name = "upload_piece"
        indexes = ((("upload", "begin"), True),)


class CameraFrameRow(Row):
    """A picture that a camera gave, for hosts that share no folder; of no use a day later."""

    machine = IntegerField()
    sha256 = CharField(max_length=64)
    at = InstantField(index=True)
    content = BlobField()

    class Meta:
        table_name = "camera_frame"
        indexes = ((("machine", "sha256"), True),)


class CameraWishRow(Row):
    """That somebody looks at a machine now."""

    machine = IntegerField(primary_key=True)
    at = InstantField()

    class Meta:
        table_name = "camera_wish"
