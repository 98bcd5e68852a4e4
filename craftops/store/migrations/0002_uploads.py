"""Uploads that can be resumed: a row for each file that is on its way."""

from peewee import *

def up(migrator, db):
    class AccountRow(Model):
        class Meta:
            database = db
            table_name = 'account'

    class DesignFileRow(Model):
        class Meta:
            database = db
            table_name = 'design_file'

    class UploadRow(Model):
        key = CharField(unique=True, max_length=32)
        owner = ForeignKeyField(AccountRow, on_delete='CASCADE')
        name = CharField()
        length = BigIntegerField()
        received = BigIntegerField(default=0)
        sha256 = CharField(default='', max_length=64)
        file = ForeignKeyField(DesignFileRow, null=True, on_delete='CASCADE')
        created_at = BigIntegerField()
        expires_at = BigIntegerField(index=True)
        finished_at = BigIntegerField(null=True)
        class Meta:
            database = db
            table_name = 'upload'
    db.create_tables([UploadRow])


def down(migrator, db):
    migrator.migrate(migrator.drop_table('upload'))
