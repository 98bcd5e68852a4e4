"""Settings of plugins that were made in the browser, and how their hooks do."""

from peewee import *


def up(migrator, db):
    class PluginTallyRow(Model):
        plugin = CharField(max_length=80)
        hook = CharField(max_length=80)
        calls = IntegerField(default=0)
        failures = IntegerField(default=0)
        seconds = FloatField(default=0.0)
        slowest_s = FloatField(default=0.0)
        last_error = TextField(default='')
        failed_at = BigIntegerField(null=True)
        failed_in = CharField(default='', max_length=20)
        class Meta:
            database = db
            table_name = 'plugin_tally'
            indexes = ((('plugin', 'hook'), True),)

    db.create_tables([PluginTallyRow])


def down(migrator, db):
    migrator.migrate(migrator.drop_table('plugin_tally'))
