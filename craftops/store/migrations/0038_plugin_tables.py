"""Migrations of plugins that were made."""

from peewee import *


def up(migrator, db):
    class PluginMigrationRow(Model):
        plugin = CharField(max_length=40)
        name = CharField(max_length=40)
        steps = TextField()
        at = BigIntegerField()
        class Meta:
            database = db
            table_name = 'plugin_migration'
            indexes = ((('plugin', 'name'), True),)

    db.create_tables([PluginMigrationRow])


def down(migrator, db):
    migrator.migrate(migrator.drop_table('plugin_migration'))
