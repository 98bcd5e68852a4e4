"""Files that come in by mail or folder."""

from peewee import *

def up(migrator, db):
    class AccountRow(Model):
        class Meta:
            database = db
            table_name = 'account'

    class NoticeRow(Model):
        class Meta:
            database = db
            table_name = 'notice'

    class BlobRow(Model):
        sha256 = CharField(max_length=64, primary_key=True)
        class Meta:
            database = db
            table_name = 'blob'

    class DesignFileRow(Model):
        class Meta:
            database = db
            table_name = 'design_file'

    class IncomingRow(Model):
        channel = CharField(max_length=40)
        key = CharField(max_length=200)
        sender = CharField(default='')
        subject = CharField(default='', max_length=300)
        state = CharField(index=True)
        sentence = TextField(default='')
        customer = ForeignKeyField(AccountRow, null=True, on_delete='SET NULL')
        notice = ForeignKeyField(NoticeRow, null=True, on_delete='SET NULL')
        came_at = BigIntegerField()
        ended_at = BigIntegerField(null=True)
        closed_at = BigIntegerField(null=True)
        class Meta:
            database = db
            table_name = 'incoming'
            indexes = ((('channel', 'key'), True),)

    class IncomingFileRow(Model):
        incoming = ForeignKeyField(IncomingRow, on_delete='CASCADE')
        name = CharField()
        size = BigIntegerField(default=0)
        blob = ForeignKeyField(BlobRow, column_name='sha256', null=True, object_id_name='blob_id')
        file = ForeignKeyField(DesignFileRow, null=True, on_delete='SET NULL')
        sentence = TextField(default='')
        class Meta:
            database = db
            table_name = 'incoming_file'
    db.create_tables([IncomingRow, IncomingFileRow])


def down(migrator, db):
    migrator.migrate(migrator.drop_table('incoming_file'), migrator.drop_table('incoming'))
