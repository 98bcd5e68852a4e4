"""The newest message that a mail has told of: what comes after it is told by the next one, and nothing by both."""

from peewee import *


def up(migrator, db):
    migrator.migrate(migrator.add_column('notice', 'last_message', IntegerField(null=True)))


def down(migrator, db):
    migrator.migrate(migrator.drop_column('notice', 'last_message'))
