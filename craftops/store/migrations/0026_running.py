"""Backups, and a shop that was restored and is not the real one yet."""

from peewee import *


def up(migrator, db):
    class BackupRow(Model):
        begun_at = BigIntegerField(index=True)
        ended_at = BigIntegerField(null=True)
        state = CharField(default='running', max_length=10)
        name = CharField(default='', max_length=100)
        folder = TextField(default='')
        size = BigIntegerField(default=0)
        orders = IntegerField(default=0)
        files = IntegerField(default=0)
        by_name = CharField(default='', max_length=200)
        error = TextField(default='')
        class Meta:
            database = db
            table_name = 'backup'

    db.create_tables([BackupRow])
    migrator.migrate(
        migrator.add_column('shop', 'copy_since', BigIntegerField(null=True)),
        migrator.add_column('shop', 'copy_of', CharField(default='', max_length=200)),
    )


def down(migrator, db):
    migrator.migrate(
        migrator.drop_table('backup'),
        migrator.drop_column('shop', 'copy_of'),
        migrator.drop_column('shop', 'copy_since'),
    )
