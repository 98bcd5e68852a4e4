"""Copies one by one, what machines can do, maintenance, and how the plan was changed."""

from peewee import *

def up(migrator, db):
    class MachineRow(Model):
        class Meta:
            database = db
            table_name = 'machine'

    class CapabilityRow(Model):
        machine = ForeignKeyField(MachineRow, unique=True, on_delete='CASCADE')
        materials = TextField(null=True)
        loaded = TextField(null=True)
        unattended = BooleanField(default=True)
        hours = CharField(default='', max_length=20)
        changeover_minutes = IntegerField(default=10)
        class Meta:
            database = db
            table_name = 'capability'

    class MaintenanceRow(Model):
        machine = ForeignKeyField(MachineRow, on_delete='CASCADE')
        start = BigIntegerField()
        end = BigIntegerField(null=True)
        reason = CharField(max_length=200)
        by_name = CharField()
        at = BigIntegerField()
        class Meta:
            database = db
            table_name = 'maintenance'

    class PlanChangeRow(Model):
        kind = CharField()
        title = CharField(max_length=200)
        by_name = CharField()
        at = BigIntegerField(index=True)
        before = TextField()
        after = TextField()
        undone_at = BigIntegerField(null=True)
        class Meta:
            database = db
            table_name = 'plan_change'
    migrator.migrate(
        migrator.add_column('job', 'copies_done', IntegerField(default=0)),
        migrator.add_column('job', 'copies_failed', IntegerField(default=0)),
    )
    db.execute_sql("UPDATE job SET copies_done = copies WHERE state = 'done'")
    db.create_tables([CapabilityRow, MaintenanceRow, PlanChangeRow])


def down(migrator, db):
    migrator.migrate(
        migrator.drop_table('plan_change'),
        migrator.drop_table('maintenance'),
        migrator.drop_table('capability'),
        migrator.drop_column('job', 'copies_failed'),
        migrator.drop_column('job', 'copies_done'),
    )
