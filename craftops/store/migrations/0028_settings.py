"""What the owner keeps in the browser, what a line was made from, the end of a token, terms of a customer."""

from peewee import *


def up(migrator, db):
    class SettingsRow(Model):
        topic = CharField(index=True, max_length=80)
        body = TextField(null=True)
        sealed = TextField(null=True)
        at = BigIntegerField()
        by_name = CharField(max_length=200)
        note = CharField(default='', max_length=200)
        class Meta:
            database = db
            table_name = 'settings'

    class SettingsTrialRow(Model):
        topic = CharField(index=True, max_length=80)
        token = CharField(unique=True, max_length=40)
        sent_to = CharField(default='', max_length=255)
        state = CharField(max_length=10)
        sentence = TextField(default='')
        by_address = BooleanField(default=False)
        at = BigIntegerField()
        sent_at = BigIntegerField(null=True)
        done_at = BigIntegerField(null=True)
        class Meta:
            database = db
            table_name = 'settings_trial'

    db.create_tables([SettingsRow, SettingsTrialRow])
    migrator.migrate(
        migrator.add_column('order_line', 'made_from', TextField(null=True)),
        migrator.add_column('orders', 'po_number', CharField(default='', max_length=60)),
        migrator.add_column('billing_details', 'net_days', IntegerField(null=True)),
        migrator.add_column('api_token', 'expires_at', BigIntegerField(null=True)),
    )


def down(migrator, db):
    migrator.migrate(
        migrator.drop_column('api_token', 'expires_at'),
        migrator.drop_column('billing_details', 'net_days'),
        migrator.drop_column('orders', 'po_number'),
        migrator.drop_column('order_line', 'made_from'),
        migrator.drop_table('settings_trial'),
        migrator.drop_table('settings'),
    )
