"""Reach without a password: links to one order."""

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

    class TrackerLinkRow(Model):
        order = ForeignKeyField(OrderRow, on_delete='CASCADE')
        account = ForeignKeyField(AccountRow, null=True, on_delete='CASCADE')
        token_hash = CharField(unique=True, max_length=64)
        seed = CharField(max_length=40)
        name = CharField(max_length=100)
        note = CharField(default='', max_length=300)
        made_by = CharField(default='', max_length=200)
        created_at = BigIntegerField()
        used_at = BigIntegerField(null=True)
        revoked_at = BigIntegerField(null=True)
        revoked_by = CharField(default='', max_length=200)
        class Meta:
            database = db
            table_name = 'tracker_link'

    db.create_tables([TrackerLinkRow])


def down(migrator, db):
    migrator.migrate(migrator.drop_table('tracker_link'))
