"""What finished work has taught, and what was promised at acceptance."""

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

    class MachineClockRow(Model):
        sha256 = CharField(unique=True, max_length=64)
        clock = TextField(null=True)
        class Meta:
            database = db
            table_name = 'machine_clock'

    class RunSampleRow(Model):
        machine = ForeignKeyField(MachineRow, on_delete='CASCADE')
        job = ForeignKeyField(JobRow, null=True, on_delete='SET NULL')
        part = CharField(default='', max_length=255)
        source = CharField(default='run', max_length=16)
        planned_s = FloatField()
        said_s = FloatField(null=True)
        took_s = FloatField()
        failed = BooleanField(default=False)
        at = BigIntegerField(index=True)
        sample = TextField(null=True)
        class Meta:
            database = db
            table_name = 'run_sample'
            indexes = ((('machine', 'at'), False), (('part',), False))

    class HandSampleRow(Model):
        kind = CharField(index=True, max_length=120)
        planned_min = FloatField()
        took_min = FloatField()
        at = BigIntegerField()
        class Meta:
            database = db
            table_name = 'hand_sample'

    class UsualRow(Model):
        key = CharField(unique=True, max_length=140)
        data = TextField()
        class Meta:
            database = db
            table_name = 'usual'
    db.create_tables([MachineClockRow, RunSampleRow, HandSampleRow, UsualRow])
    migrator.migrate(
        migrator.add_column('job', 'slicer_s', FloatField(null=True)),
        migrator.add_column('job', 'said_s', FloatField(null=True)),
        migrator.add_column('job', 'evidence', TextField(null=True)),
        migrator.add_column('orders', 'promise_from', BigIntegerField(null=True)),
    )


def down(migrator, db):
    migrator.migrate(
        migrator.drop_column('orders', 'promise_from'),
        migrator.drop_column('job', 'evidence'),
        migrator.drop_column('job', 'said_s'),
        migrator.drop_column('job', 'slicer_s'),
        migrator.drop_table('usual'),
        migrator.drop_table('hand_sample'),
        migrator.drop_table('run_sample'),
        migrator.drop_table('machine_clock'),
    )
