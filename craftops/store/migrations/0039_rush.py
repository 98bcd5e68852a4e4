"""Whether the customer has asked for an order to come first, and pays the shop's share for it."""

from peewee import *


def up(migrator, db):
    migrator.migrate(migrator.add_column('orders', 'rush', BooleanField(default=False)))


def down(migrator, db):
    migrator.migrate(migrator.drop_column('orders', 'rush'))
