"""Cameras of machines, who may look through them, and the photos that are kept of an order."""

from peewee import *

def up(migrator, db):
    class MachineRow(Model):
        class Meta:
            database = db
            table_name = 'machine'

    class JobRow(Model):
        class Meta:
            database = db
            table_name = 'job'

    class OrderRow(Model):
        class Meta:
            database = db
            table_name = 'orders'

    class BlobRow(Model):
        sha256 = CharField(primary_key=True, max_length=64)
        class Meta:
            database = db
            table_name = 'blob'

    class CameraRow(Model):
        machine = ForeignKeyField(MachineRow, unique=True, on_delete='CASCADE')
        frame_sha = CharField(default='', max_length=64)
        frame_job = ForeignKeyField(JobRow, null=True, on_delete='SET NULL')
        taken_at = BigIntegerField(null=True)
        sentence = TextField(default='')
        class Meta:
            database = db
            table_name = 'camera'

    class ProgressPhotoRow(Model):
        order = ForeignKeyField(OrderRow, on_delete='CASCADE')
        job = ForeignKeyField(JobRow, null=True, on_delete='SET NULL')
        blob = ForeignKeyField(BlobRow, column_name='sha256')
        small = ForeignKeyField(BlobRow, column_name='small_sha', backref='small_of')
        width = IntegerField()
        height = IntegerField()
        source = CharField(max_length=12)
        caption = CharField(default='', max_length=200)
        taken_at = BigIntegerField()
        kept_by = CharField(max_length=100)
        class Meta:
            database = db
            table_name = 'progress_photo'
            indexes = ((('order', 'blob'), True),)
    db.create_tables([CameraRow, ProgressPhotoRow])
    migrator.migrate(
        migrator.add_column('job', 'camera_shared', BooleanField(default=False)),
        migrator.add_column('orders', 'photos', IntegerField(default=0)),
    )


def down(migrator, db):
    migrator.migrate(
        migrator.drop_column('orders', 'photos'),
        migrator.drop_column('job', 'camera_shared'),
        migrator.drop_table('progress_photo'),
        migrator.drop_table('camera'),
    )
