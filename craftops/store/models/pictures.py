"""What cameras see, and the photos that are kept of an order."""

from __future__ import annotations

from peewee import CharField, ForeignKeyField, IntegerField, TextField

from craftops.store.models.base import InstantField, Row
from craftops.store.models.orders import BlobRow, OrderRow
from craftops.store.models.production import JobRow, MachineRow


class CameraRow(Row):
    """The newest picture of a machine's camera; its bytes are in ``store.frames``."""

    machine = ForeignKeyField(MachineRow, unique=True, backref="cameras", on_delete="CASCADE")
    frame_sha = CharField(default="", max_length=64)
    """Empty until there is one."""
    frame_job = ForeignKeyField(JobRow, null=True, on_delete="SET NULL")
    """The job that surely ran, without a pause, from before the picture was taken until it was here."""
    taken_at = InstantField(null=True)
    sentence = TextField(default="")
    """Why there is no newer one; empty while the camera answers."""

    class Meta:
        table_name = "camera"


class ProgressPhotoRow(Row):
    """A photo that the customer of an order sees."""

    order = ForeignKeyField(OrderRow, backref="progress_photos", on_delete="CASCADE")
    job = ForeignKeyField(JobRow, null=True, on_delete="SET NULL")
    blob = ForeignKeyField(BlobRow, column_name="sha256", object_id_name="blob_id")
    small = ForeignKeyField(BlobRow, column_name="small_sha", object_id_name="small_id", backref="small_of")
    width = IntegerField()
    height = IntegerField()
    source = CharField(max_length=12)
    """camera (somebody kept what it saw), end (the last picture of a shared run), upload."""
    caption = CharField(default="", max_length=200)
    taken_at = InstantField()
    kept_by = CharField(max_length=100)

    class Meta:
        table_name = "progress_photo"
        indexes = ((("order", "blob"), True),)
