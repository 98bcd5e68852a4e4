"""The largest part that a machine can make."""

from peewee import *

def up(migrator, db):
    migrator.migrate(migrator.add_column('machine', 'bed', TextField(null=True)))


def down(migrator, db):
    migrator.migrate(migrator.drop_column('machine', 'bed'))
