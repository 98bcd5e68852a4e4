"""An order that makes another one again at no charge, and the problem that it answers: by the codes of the orders."""

from peewee import *


def up(migrator, db):
    migrator.migrate(
        migrator.add_column('orders', 'remake_of', CharField(default='', max_length=12)),
        migrator.add_column('problem', 'remake', CharField(default='', max_length=12)),
    )


def down(migrator, db):
    migrator.migrate(
        migrator.drop_column('problem', 'remake'),
        migrator.drop_column('orders', 'remake_of'),
    )
