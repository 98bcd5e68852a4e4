"""Windows are told from P10 to P90 now; their middle (P50), where they began before, is kept beside."""

from peewee import *


def up(migrator, db):
    migrator.migrate(
        migrator.add_column('orders', 'window_middle', BigIntegerField(null=True)),
        migrator.add_column('orders', 'promise_middle', BigIntegerField(null=True)),
    )


def down(migrator, db):
    migrator.migrate(
        migrator.drop_column('orders', 'promise_middle'),
        migrator.drop_column('orders', 'window_middle'),
    )
