"""What staff are asked about runs that nobody saw begin, orders short of copies, runs struck out of the statistics."""

from peewee import *


def up(migrator, db):
    migrator.migrate(
        migrator.add_column('machine', 'unclaimed_why', CharField(default='', max_length=16)),
        migrator.add_column('machine', 'unclaimed_end', CharField(default='', max_length=16)),
        migrator.add_column('machine', 'unclaimed_end_at', BigIntegerField(null=True)),
        migrator.add_column('orders', 'short', BooleanField(default=False)),
        migrator.add_column('run_sample', 'struck_at', BigIntegerField(null=True)),
        migrator.add_column('run_sample', 'struck_by', CharField(default='', max_length=100)),
    )


def down(migrator, db):
    migrator.migrate(
        migrator.drop_column('run_sample', 'struck_by'),
        migrator.drop_column('run_sample', 'struck_at'),
        migrator.drop_column('orders', 'short'),
        migrator.drop_column('machine', 'unclaimed_end_at'),
        migrator.drop_column('machine', 'unclaimed_end'),
        migrator.drop_column('machine', 'unclaimed_why'),
    )
