"""What people want to be told, and notices that go out together."""

from peewee import *


def up(migrator, db):
    migrator.migrate(
        migrator.add_column('account', 'notices', TextField(null=True)),
        migrator.add_column('notice', 'batch', CharField(default='', index=True)),
    )


def down(migrator, db):
    migrator.migrate(
        migrator.drop_index('notice', 'notice_batch'),
        migrator.drop_column('notice', 'batch'),
        migrator.drop_column('account', 'notices'),
    )
