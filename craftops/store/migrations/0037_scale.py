"""One shop on several hosts: leases, hosts, pieces of uploads, what cameras saw."""

from peewee import *


def up(migrator, db):
    class UploadRow(Model):
        class Meta:
            database = db
            table_name = 'upload'

    class LeaseRow(Model):
        name = CharField(primary_key=True, max_length=40)
        holder = CharField(max_length=120)
        epoch = IntegerField(default=1)
        until_at = BigIntegerField()
        class Meta:
            database = db
            table_name = 'lease'
            indexes = ((('name', 'epoch'), True),)

    class HostRow(Model):
        name = CharField(primary_key=True, max_length=120)
        key_mark = CharField(max_length=64)
        facts = TextField(null=True)
        skew_ms = IntegerField(default=0)
        seen_at = BigIntegerField()
        class Meta:
            database = db
            table_name = 'host'

    class UploadPieceRow(Model):
        upload = ForeignKeyField(UploadRow, on_delete='CASCADE')
        begin = BigIntegerField()
        size = BigIntegerField()
        place = CharField(max_length=120)
        class Meta:
            database = db
            table_name = 'upload_piece'
            indexes = ((('upload', 'begin'), True),)

    class CameraFrameRow(Model):
        machine = IntegerField()
        sha256 = CharField(max_length=64)
        at = BigIntegerField(index=True)
        content = BlobField()
        class Meta:
            database = db
            table_name = 'camera_frame'
            indexes = ((('machine', 'sha256'), True),)

    class CameraWishRow(Model):
        machine = IntegerField(primary_key=True)
        at = BigIntegerField()
        class Meta:
            database = db
            table_name = 'camera_wish'

    db.create_tables([LeaseRow, HostRow, UploadPieceRow, CameraFrameRow, CameraWishRow])


def down(migrator, db):
    migrator.migrate(
        migrator.drop_table('camera_wish'),
        migrator.drop_table('camera_frame'),
        migrator.drop_table('upload_piece'),
        migrator.drop_table('host'),
        migrator.drop_table('lease'),
    )
