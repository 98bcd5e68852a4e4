"""Answers by mail: tokens, mails that prove no thread, addresses that do not work, ids that relays gave."""

from peewee import *


def up(migrator, db):
    class AccountRow(Model):
        class Meta:
            database = db
            table_name = 'account'

    class OrderRow(Model):
        class Meta:
            database = db
            table_name = 'orders'

    class ReplyTokenRow(Model):
        token = CharField(unique=True, max_length=40)
        order = ForeignKeyField(OrderRow, on_delete='CASCADE')
        account = ForeignKeyField(AccountRow, on_delete='CASCADE')
        created_at = BigIntegerField()
        revoked_at = BigIntegerField(null=True)
        class Meta:
            database = db
            table_name = 'reply_token'
            indexes = ((('order', 'account'), False),)

    class HeldMailRow(Model):
        key = CharField(unique=True, max_length=200)
        sender = CharField(default='', max_length=255)
        sender_name = CharField(default='', max_length=200)
        subject = CharField(default='', max_length=300)
        body = TextField(default='')
        folded = TextField(default='')
        files = TextField(null=True)
        why = CharField(default='', max_length=40)
        order = ForeignKeyField(OrderRow, null=True, on_delete='CASCADE')
        state = CharField(default='held', index=True)
        came_at = BigIntegerField()
        settled_at = BigIntegerField(null=True)
        settled_by = CharField(default='', max_length=200)
        class Meta:
            database = db
            table_name = 'held_mail'

    class MailTroubleRow(Model):
        address = CharField(unique=True)
        kind = CharField(max_length=12)
        status = CharField(default='', max_length=20)
        said = TextField(default='')
        count = IntegerField(default=1)
        at = BigIntegerField()
        class Meta:
            database = db
            table_name = 'mail_trouble'
    db.create_tables([ReplyTokenRow, HeldMailRow, MailTroubleRow])
    migrator.migrate(migrator.add_column('notice', 'relay_id', CharField(default='', max_length=250, index=True)))


def down(migrator, db):
    migrator.migrate(
        migrator.drop_index('notice', 'notice_relay_id'),
        migrator.drop_column('notice', 'relay_id'),
        migrator.drop_table('mail_trouble'),
        migrator.drop_table('held_mail'),
        migrator.drop_table('reply_token'),
    )
