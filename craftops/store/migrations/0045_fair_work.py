"""Whose work it is, so that nobody's keeps all others waiting."""

from peewee import *


def up(migrator, db):
    migrator.migrate(
        migrator.add_column('work', 'share', CharField(null=True, max_length=60)),
        migrator.add_index('work', ('share', 'done_at'), False),
    )


def down(migrator, db):
    migrator.migrate(
        migrator.drop_index('work', 'work_share_done_at'),
        migrator.drop_column('work', 'share'),
    )
