"""The conversation of each order: threads, messages and their files, read marks, drafts, canned answers, notes."""

from peewee import *

INDEX = (
    "CREATE VIRTUAL TABLE message_index USING fts5(body, content='message', content_rowid='id',"
    " tokenize='unicode61 remove_diacritics 2')",
    "CREATE TRIGGER message_index_in AFTER INSERT ON message BEGIN"
    " INSERT INTO message_index(rowid, body) VALUES (new.id, new.body); END",
    "CREATE TRIGGER message_index_out AFTER DELETE ON message BEGIN"
    " INSERT INTO message_index(message_index, rowid, body) VALUES ('delete', old.id, old.body); END",
)


def up(migrator, db):
    class AccountRow(Model):
        class Meta:
            database = db
            table_name = 'account'

    class OrderRow(Model):
        class Meta:
            database = db
            table_name = 'orders'

    class DesignFileRow(Model):
        class Meta:
            database = db
            table_name = 'design_file'

    class BlobRow(Model):
        sha256 = CharField(primary_key=True, max_length=64)
        class Meta:
            database = db
            table_name = 'blob'

    class ThreadRow(Model):
        order = ForeignKeyField(OrderRow, unique=True, on_delete='CASCADE')
        count = IntegerField(default=0)
        newest_at = BigIntegerField(index=True)
        waiting_since = BigIntegerField(null=True, index=True)
        settled = IntegerField(default=0)
        shop_read = IntegerField(default=0)
        unread = IntegerField(default=0)
        assigned = ForeignKeyField(AccountRow, null=True, on_delete='SET NULL')
        snoozed_until = BigIntegerField(null=True)
        class Meta:
            database = db
            table_name = 'thread'

    class MessageRow(Model):
        order = ForeignKeyField(OrderRow, on_delete='CASCADE')
        side = CharField(max_length=10)
        author = ForeignKeyField(AccountRow, null=True, on_delete='SET NULL')
        author_name = CharField(max_length=200)
        via = CharField(max_length=10)
        body = TextField(default='')
        folded = TextField(default='')
        away = CharField(default='', max_length=200)
        files = IntegerField(default=0)
        source = CharField(null=True, unique=True, max_length=200)
        at = BigIntegerField()
        class Meta:
            database = db
            table_name = 'message'
            indexes = ((('order', 'id'), False),)

    class AttachmentRow(Model):
        message = ForeignKeyField(MessageRow, on_delete='CASCADE')
        file = ForeignKeyField(DesignFileRow, on_delete='CASCADE')
        state = CharField(default='ready', max_length=12)
        small = ForeignKeyField(BlobRow, null=True, column_name='small_sha')
        width = IntegerField(default=0)
        height = IntegerField(default=0)
        class Meta:
            database = db
            table_name = 'attachment'

    class ReadMarkRow(Model):
        order = ForeignKeyField(OrderRow, on_delete='CASCADE')
        account = ForeignKeyField(AccountRow, on_delete='CASCADE')
        message = BigIntegerField()
        at = BigIntegerField()
        class Meta:
            database = db
            table_name = 'read_mark'
            indexes = ((('order', 'account'), True),)

    class MessageDraftRow(Model):
        order = ForeignKeyField(OrderRow, on_delete='CASCADE')
        account = ForeignKeyField(AccountRow, on_delete='CASCADE')
        body = TextField()
        files = TextField(null=True)
        touched_at = BigIntegerField()
        class Meta:
            database = db
            table_name = 'message_draft'
            indexes = ((('order', 'account'), True),)

    class CannedResponseRow(Model):
        title = CharField(max_length=100)
        body = TextField()
        language = CharField(default='', max_length=10)
        key = CharField(null=True, unique=True, max_length=40)
        used = IntegerField(default=0)
        removed_at = BigIntegerField(null=True)
        changed_at = BigIntegerField()
        changed_by = CharField(default='', max_length=200)
        class Meta:
            database = db
            table_name = 'canned_response'

    class InternalNoteRow(Model):
        order = ForeignKeyField(OrderRow, on_delete='CASCADE')
        author = ForeignKeyField(AccountRow, null=True, on_delete='SET NULL')
        author_name = CharField(max_length=200)
        body = TextField()
        token = CharField(null=True, unique=True, max_length=100)
        at = BigIntegerField()
        class Meta:
            database = db
            table_name = 'internal_note'
    db.create_tables([
        ThreadRow, MessageRow, AttachmentRow, ReadMarkRow, MessageDraftRow, CannedResponseRow, InternalNoteRow,
    ])
    migrator.migrate(migrator.add_column('notice', 'first_message', IntegerField(null=True)))
    if isinstance(db, SqliteDatabase):
        for statement in INDEX:
            db.execute_sql(statement)
    else:
        db.execute_sql("CREATE INDEX message_index ON message USING gin (to_tsvector('simple', body))")


def down(migrator, db):
    if isinstance(db, SqliteDatabase):
        for name in ('message_index_in', 'message_index_out'):
            db.execute_sql(f'DROP TRIGGER {name}')
        db.execute_sql('DROP TABLE message_index')
    migrator.migrate(migrator.drop_column('notice', 'first_message'), *(
        migrator.drop_table(name)
        for name in (
            'internal_note', 'canned_response', 'message_draft', 'read_mark', 'attachment', 'message', 'thread',
        )
    ))
