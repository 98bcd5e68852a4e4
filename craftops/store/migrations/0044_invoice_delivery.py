"""Where a plugin took an invoice, and what was in the way."""

from peewee import *


def up(migrator, db):
    migrator.migrate(
        migrator.add_column('invoice', 'delivered_to', CharField(default="", max_length=200)),
        migrator.add_column('invoice', 'delivered_at', BigIntegerField(null=True)),
        migrator.add_column('invoice', 'delivery_trouble', CharField(default="", max_length=300)),
    )


def down(migrator, db):
    migrator.migrate(
        migrator.drop_column('invoice', 'delivered_to'),
        migrator.drop_column('invoice', 'delivered_at'),
        migrator.drop_column('invoice', 'delivery_trouble'),
    )
