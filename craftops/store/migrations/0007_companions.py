"""Files that ride along with an order."""

from peewee import *

def up(migrator, db):
    migrator.migrate(migrator.add_column('orders', 'companions', TextField(null=True)))


def down(migrator, db):
    migrator.migrate(migrator.drop_column('orders', 'companions'))
