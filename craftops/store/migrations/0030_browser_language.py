"""The language that somebody's browser spoke last: mails to them are written in it, unless they have chosen another."""

from peewee import CharField


def up(migrator, db):
    migrator.migrate(migrator.add_column("account", "browser_language", CharField(default="", max_length=10)))


def down(migrator, db):
    migrator.migrate(migrator.drop_column("account", "browser_language"))
