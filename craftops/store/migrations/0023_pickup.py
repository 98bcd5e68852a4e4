"""Pickup: orders that are fetched, and the codes that people fetch them with."""

from peewee import *


def up(migrator, db):
    class OrderRow(Model):
        class Meta:
            database = db
            table_name = 'orders'

    class PickupRow(Model):
        order = ForeignKeyField(OrderRow, unique=True, on_delete='CASCADE')
        since = BigIntegerField()
        reminded = IntegerField(default=0)
        bin = CharField(default='', max_length=60)
        state = CharField(default='waiting', index=True, max_length=10)
        handed_at = BigIntegerField(null=True)
        handed_by = CharField(default='', max_length=200)
        given_to = CharField(default='', max_length=100)
        proof = CharField(default='', max_length=10)
        signature_sha = CharField(default='', max_length=64)
        class Meta:
            database = db
            table_name = 'pickup'

    class PickupPassRow(Model):
        pickup = ForeignKeyField(PickupRow, on_delete='CASCADE')
        code = CharField(unique=True, max_length=12)
        name = CharField(default='', max_length=100)
        seed = CharField(default='', max_length=40)
        token_hash = CharField(null=True, unique=True, max_length=64)
        made_by = CharField(default='', max_length=200)
        created_at = BigIntegerField()
        revoked_at = BigIntegerField(null=True)
        class Meta:
            database = db
            table_name = 'pickup_pass'
            legacy_table_names = False

    db.create_tables([PickupRow, PickupPassRow])


def down(migrator, db):
    migrator.migrate(*(migrator.drop_table(name) for name in ('pickup_pass', 'pickup')))
