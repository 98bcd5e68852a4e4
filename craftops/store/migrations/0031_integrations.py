"""Webhooks that go out, calendar feeds, proposals of programs."""

from peewee import *


def up(migrator, db):
    class AccountRow(Model):
        class Meta:
            database = db
            table_name = 'account'

    class OrderRow(Model):
        class Meta:
            database = db
            table_name = 'orders'

    class WebhookEndpointRow(Model):
        url = CharField(max_length=500)
        title = CharField(default='', max_length=100)
        kinds = TextField()
        inside = BooleanField(default=False)
        active = BooleanField(default=True, index=True)
        off_why = CharField(default='', max_length=300)
        sealed = TextField()
        sealed_before = TextField(default='')
        before_until = BigIntegerField(null=True)
        failing_since = BigIntegerField(null=True)
        retry_at = BigIntegerField(null=True)
        created_at = BigIntegerField()
        by_name = CharField(max_length=200)
        class Meta:
            database = db
            table_name = 'webhook_endpoint'

    class WebhookDeliveryRow(Model):
        endpoint = ForeignKeyField(WebhookEndpointRow, on_delete='CASCADE')
        key = CharField(max_length=120)
        message_id = CharField(unique=True, max_length=60)
        kind = CharField(max_length=40)
        body = TextField()
        customer_id = IntegerField(null=True, index=True)
        state = CharField(index=True, max_length=12)
        attempts = IntegerField(default=0)
        next_at = BigIntegerField(null=True)
        created_at = BigIntegerField(index=True)
        done_at = BigIntegerField(null=True)
        class Meta:
            database = db
            table_name = 'webhook_delivery'
            indexes = ((('endpoint', 'key'), True),)

    class WebhookAttemptRow(Model):
        delivery = ForeignKeyField(WebhookDeliveryRow, on_delete='CASCADE')
        at = BigIntegerField()
        status = IntegerField(null=True)
        answer = TextField(default='')
        error = CharField(default='', max_length=300)
        took_ms = IntegerField(default=0)
        class Meta:
            database = db
            table_name = 'webhook_attempt'

    class CalendarFeedRow(Model):
        account = ForeignKeyField(AccountRow, on_delete='CASCADE')
        kind = CharField(max_length=10)
        token_hash = CharField(unique=True, max_length=64)
        created_at = BigIntegerField()
        used_at = BigIntegerField(null=True)
        class Meta:
            database = db
            table_name = 'calendar_feed'
            indexes = ((('account', 'kind'), True),)

    class ProposalRow(Model):
        key = CharField(unique=True, max_length=40)
        kind = CharField(max_length=30)
        order = ForeignKeyField(OrderRow, null=True, on_delete='CASCADE')
        body = TextField()
        reason = TextField(default='')
        by_name = CharField(max_length=200)
        state = CharField(index=True, max_length=12)
        made_at = BigIntegerField()
        decided_at = BigIntegerField(null=True)
        decided_by = CharField(default='', max_length=200)
        outcome = CharField(default='', max_length=300)
        class Meta:
            database = db
            table_name = 'proposal'

    db.create_tables([WebhookEndpointRow, WebhookDeliveryRow, WebhookAttemptRow, CalendarFeedRow, ProposalRow])


def down(migrator, db):
    migrator.migrate(
        migrator.drop_table('proposal'),
        migrator.drop_table('calendar_feed'),
        migrator.drop_table('webhook_attempt'),
        migrator.drop_table('webhook_delivery'),
        migrator.drop_table('webhook_endpoint'),
    )
