"""Reach without a password: links to one order, first orders of people without an account."""

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

    class FirstOrderRow(Model):
        key_hash = CharField(unique=True, max_length=64)
        visitor = ForeignKeyField(AccountRow, null=True, unique=True, on_delete='CASCADE')
        state = CharField(default='open', index=True, max_length=12)
        email = CharField(default='', index=True, max_length=255)
        name = CharField(default='', max_length=200)
        title = CharField(default='', max_length=200)
        delivery = CharField(default='pickup')
        lines = TextField(null=True)
        companions = TextField(null=True)
        seed = CharField(default='', max_length=40)
        link_hash = CharField(null=True, unique=True, max_length=64)
        order = ForeignKeyField(OrderRow, null=True, on_delete='CASCADE')
        why = TextField(default='')
        created_at = BigIntegerField()
        touched_at = BigIntegerField(index=True)
        class Meta:
            database = db
            table_name = 'first_order'

    db.create_tables([TrackerLinkRow, FirstOrderRow])
    migrator.migrate(migrator.add_column('work', 'rank', IntegerField(default=0)))


def down(migrator, db):
    migrator.migrate(
        migrator.drop_column('work', 'rank'), migrator.drop_table('first_order'), migrator.drop_table('tracker_link')
    )
