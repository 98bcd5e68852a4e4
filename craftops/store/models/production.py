"""Jobs, operations, commands to machines, what cameras see of a job, and photos of it."""

from __future__ import annotations

from peewee import BooleanField, CharField, FloatField, ForeignKeyField, IntegerField, TextField

from craftops.store.models.base import InstantField, JsonField, Row
from craftops.store.models.files import BlobRow
from craftops.store.models.machines import MachineRow
from craftops.store.models.orders import OrderLineRow, OrderRow


class JobRow(Row):
    """One run of one machine for one line."""

    code = CharField(unique=True, max_length=20)
    order = ForeignKeyField(OrderRow, backref="jobs", on_delete="CASCADE")
    line = ForeignKeyField(OrderLineRow, backref="jobs", on_delete="CASCADE")
    machine = ForeignKeyField(MachineRow, null=True, backref="jobs")
    copies = IntegerField()
    state = CharField(index=True)
    planned_s = FloatField()
    duration_source = CharField(default="default")
    gcode_sha = CharField(default="", max_length=64)
    """Machine code that staff attached; empty where there is none."""
    gcode_name = CharField(default="", max_length=255)
    position = FloatField(default=0.0)
    run_key = CharField(default="")
    progress = FloatField(null=True)
    remaining_s = FloatField(null=True)
    reported_at = InstantField(null=True)
    started_at = InstantField(null=True)
    finished_at = InstantField(null=True)
    interrupted_at = InstantField(null=True)
    interrupted_s = FloatField(default=0.0)
    reason = TextField(default="")
    replaces = ForeignKeyField("self", null=True)
    copies_done = IntegerField(default=0)
    copies_failed = IntegerField(default=0)
    slicer_s = FloatField(null=True)
    """What was planned when the run began: a machine may tell another estimate later."""
    said_s = FloatField(null=True)
    """What we said then."""
    evidence = JsonField(null=True)
    """Of the run: which clock it is measured by, what its readings prove, and the seconds left at the newest one."""
    camera_shared = BooleanField(default=False)
    """Whether the customer may look through the camera of the machine while this job runs."""

    class Meta:
        table_name = "job"
        indexes = ((("machine", "state"), False),)


class OperationRow(Row):
    """One human step."""

    order = ForeignKeyField(OrderRow, backref="operations", on_delete="CASCADE")
    line = ForeignKeyField(OrderLineRow, backref="operations", on_delete="CASCADE")
    kind = CharField()
    title = CharField(default="")
    minutes = FloatField()
    done_at = InstantField(null=True)
    done_by = CharField(default="")

    class Meta:
        table_name = "operation"


class MachineCommandRow(Row):
    """An intent of staff for a machine; the bridge passes it on, at most once each."""

    machine = ForeignKeyField(MachineRow, backref="commands", on_delete="CASCADE")
    kind = CharField()
    intent = CharField(unique=True)
    job = ForeignKeyField(JobRow, null=True, on_delete="CASCADE")
    asked_by = CharField()
    asked_at = InstantField()
    state = CharField(default="waiting", index=True)
    """waiting, begun (nobody knows yet what became of it), sent, confirmed, refused."""
    sent_at = InstantField(null=True)
    error = TextField(default="")

    class Meta:
        table_name = "machine_command"


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
