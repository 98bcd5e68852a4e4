"""The first schema: a frozen copy of the tables as they were, on purpose apart from the models of today."""

from peewee import *

def up(migrator, db):
    class AccountRow(Model):
        email = CharField(unique=True)
        name = CharField()
        phone = CharField(default='')
        role = CharField(index=True)
        password_hash = TextField(default='')
        disabled = BooleanField(default=False)
        language = CharField(default='')
        timezone = CharField(default='')
        created_at = BigIntegerField()
        class Meta:
            database = db
            table_name = 'account'
    db.create_tables([AccountRow])

    class ApiTokenRow(Model):
        token_hash = CharField(unique=True)
        name = CharField()
        scopes = TextField()
        customer = ForeignKeyField(AccountRow, null=True, on_delete='CASCADE')
        created_at = BigIntegerField()
        used_at = BigIntegerField(null=True)
        revoked_at = BigIntegerField(null=True)
        class Meta:
            database = db
            table_name = 'api_token'
    db.create_tables([ApiTokenRow])

    class BlobRow(Model):
        sha256 = CharField(primary_key=True, max_length=64)
        size = BigIntegerField()
        created_at = BigIntegerField()
        class Meta:
            database = db
            table_name = 'blob'
    db.create_tables([BlobRow])

    class CursorRow(Model):
        name = CharField(primary_key=True)
        event_id = IntegerField(default=0)
        class Meta:
            database = db
            table_name = 'cursor'
    db.create_tables([CursorRow])

    class DesignFileRow(Model):
        owner = ForeignKeyField(AccountRow, on_delete='CASCADE')
        blob = ForeignKeyField(BlobRow, column_name='sha256')
        name = CharField()
        size = BigIntegerField()
        format = CharField(default='')
        channel = CharField(default='portal')
        uploaded_at = BigIntegerField()
        verdict = CharField(default='waiting')
        sentence = TextField(default='')
        analysis = TextField(null=True)
        picture_sha = CharField(default='')
        class Meta:
            database = db
            table_name = 'design_file'
    db.create_tables([DesignFileRow])

    class EventRow(Model):
        kind = CharField(index=True)
        at = BigIntegerField(index=True)
        actor_kind = CharField()
        actor_id = IntegerField(null=True)
        actor_name = CharField()
        order_id = IntegerField(index=True, null=True)
        customer_id = IntegerField(null=True)
        machine_id = IntegerField(index=True, null=True)
        data = TextField(null=True)
        class Meta:
            database = db
            table_name = 'event'
    db.create_tables([EventRow])

    class OrderRow(Model):
        code = CharField(unique=True, max_length=12)
        customer = ForeignKeyField(AccountRow)
        title = CharField(max_length=200)
        stage = CharField(index=True)
        stage_since = BigIntegerField()
        delivery = CharField(default='pickup')
        hold_reason = TextField(default='')
        hold_since = BigIntegerField(null=True)
        hold_waits_for_customer = BooleanField(default=False)
        placed_at = BigIntegerField(index=True)
        wanted_by = BigIntegerField(null=True)
        submit_token = CharField(unique=True, null=True)
        promise_at = BigIntegerField(null=True)
        window_start = BigIntegerField(null=True)
        window_end = BigIntegerField(null=True)
        basis = CharField(default='')
        as_of = BigIntegerField(null=True)
        stale = BooleanField(default=False)
        paused = BooleanField(default=False)
        version = IntegerField(default=1)
        class Meta:
            database = db
            table_name = 'orders'
            indexes = ((('customer', 'placed_at'), False),)
    db.create_tables([OrderRow])

    class OrderLineRow(Model):
        order = ForeignKeyField(OrderRow, on_delete='CASCADE')
        position = IntegerField()
        title = CharField(max_length=200)
        quantity = IntegerField()
        material = CharField()
        colour = CharField(default='')
        finish = CharField(default='')
        instructions = TextField(default='')
        file = ForeignKeyField(DesignFileRow, null=True)
        revision = IntegerField(default=1)
        class Meta:
            database = db
            table_name = 'order_line'
    db.create_tables([OrderLineRow])

    class MachineRow(Model):
        key = CharField(unique=True, max_length=32)
        name = CharField(max_length=100)
        driver = CharField()
        process = CharField()
        enabled = BooleanField(default=True)
        report_interval_s = FloatField(default=30.0)
        credential_hash = CharField(default='')
        sealed_secret = TextField(default='')
        state = CharField(default='unknown')
        online = BooleanField(null=True)
        offline_since = BigIntegerField(null=True)
        heard_at = BigIntegerField(null=True)
        memory = TextField(null=True)
        unclaimed_run = CharField(default='')
        unclaimed_at = BigIntegerField(null=True)
        refused = IntegerField(default=0)
        created_at = BigIntegerField()
        class Meta:
            database = db
            table_name = 'machine'
    db.create_tables([MachineRow])

    class JobRow(Model):
        code = CharField(unique=True, max_length=20)
        order = ForeignKeyField(OrderRow, on_delete='CASCADE')
        line = ForeignKeyField(OrderLineRow, on_delete='CASCADE')
        machine = ForeignKeyField(MachineRow, null=True)
        copies = IntegerField()
        state = CharField(index=True)
        planned_s = FloatField()
        duration_source = CharField(default='default')
        position = FloatField(default=0.0)
        run_key = CharField(default='')
        progress = FloatField(null=True)
        remaining_s = FloatField(null=True)
        reported_at = BigIntegerField(null=True)
        started_at = BigIntegerField(null=True)
        finished_at = BigIntegerField(null=True)
        interrupted_at = BigIntegerField(null=True)
        interrupted_s = FloatField(default=0.0)
        reason = TextField(default='')
        replaces = ForeignKeyField('self', null=True)
        class Meta:
            database = db
            table_name = 'job'
            indexes = ((('machine', 'state'), False),)
    db.create_tables([JobRow])

    class MachineCommandRow(Model):
        machine = ForeignKeyField(MachineRow, on_delete='CASCADE')
        kind = CharField()
        intent = CharField(unique=True)
        job = ForeignKeyField(JobRow, null=True, on_delete='CASCADE')
        asked_by = CharField()
        asked_at = BigIntegerField()
        state = CharField(index=True, default='waiting')
        sent_at = BigIntegerField(null=True)
        error = TextField(default='')
        class Meta:
            database = db
            table_name = 'machine_command'
    db.create_tables([MachineCommandRow])

    class MagicLinkRow(Model):
        token_hash = CharField(unique=True)
        account = ForeignKeyField(AccountRow, on_delete='CASCADE')
        next_path = CharField(default='')
        created_at = BigIntegerField()
        expires_at = BigIntegerField()
        used_at = BigIntegerField(null=True)
        class Meta:
            database = db
            table_name = 'magic_link'
    db.create_tables([MagicLinkRow])

    class NoticeRow(Model):
        key = CharField(unique=True)
        kind = CharField()
        account = ForeignKeyField(AccountRow, on_delete='CASCADE')
        order_id = IntegerField(null=True)
        channel = CharField(default='')
        state = CharField(index=True, default='waiting')
        subject = CharField(max_length=300, default='')
        attempts = IntegerField(default=0)
        error = TextField(default='')
        created_at = BigIntegerField()
        sent_at = BigIntegerField(null=True)
        class Meta:
            database = db
            table_name = 'notice'
    db.create_tables([NoticeRow])

    class OperationRow(Model):
        order = ForeignKeyField(OrderRow, on_delete='CASCADE')
        line = ForeignKeyField(OrderLineRow, on_delete='CASCADE')
        kind = CharField()
        title = CharField(default='')
        minutes = FloatField()
        done_at = BigIntegerField(null=True)
        done_by = CharField(default='')
        class Meta:
            database = db
            table_name = 'operation'
    db.create_tables([OperationRow])

    class RefusedWordRow(Model):
        machine = ForeignKeyField(MachineRow, on_delete='CASCADE')
        at = BigIntegerField()
        code = CharField()
        sentence = TextField()
        said = TextField(default='')
        class Meta:
            database = db
            table_name = 'refused_word'
    db.create_tables([RefusedWordRow])

    class SessionRow(Model):
        token_hash = CharField(unique=True)
        account = ForeignKeyField(AccountRow, on_delete='CASCADE')
        created_at = BigIntegerField()
        seen_at = BigIntegerField()
        expires_at = BigIntegerField(index=True)
        agent = CharField(max_length=300, default='')
        class Meta:
            database = db
            table_name = 'session'
    db.create_tables([SessionRow])

    class ShopRow(Model):
        profile = TextField()
        set_up_at = BigIntegerField(null=True)
        version = IntegerField(default=1)
        class Meta:
            database = db
            table_name = 'shop'
    db.create_tables([ShopRow])

    class SignInAttemptRow(Model):
        subject = CharField(index=True)
        at = BigIntegerField(index=True)
        class Meta:
            database = db
            table_name = 'sign_in_attempt'
    db.create_tables([SignInAttemptRow])

    class StageChangeRow(Model):
        order = ForeignKeyField(OrderRow, on_delete='CASCADE')
        before = CharField(null=True)
        after = CharField()
        kind = CharField()
        actor_kind = CharField()
        actor_id = IntegerField(null=True)
        actor_name = CharField()
        at = BigIntegerField()
        note = TextField(default='')
        class Meta:
            database = db
            table_name = 'stage_change'
    db.create_tables([StageChangeRow])

    class WindowMoveRow(Model):
        order = ForeignKeyField(OrderRow, on_delete='CASCADE')
        before_start = BigIntegerField(null=True)
        before_end = BigIntegerField(null=True)
        after_start = BigIntegerField(null=True)
        after_end = BigIntegerField(null=True)
        cause = CharField()
        facts = TextField(null=True)
        at = BigIntegerField()
        class Meta:
            database = db
            table_name = 'window_move'
    db.create_tables([WindowMoveRow])

    class WorkRow(Model):
        kind = CharField()
        payload = TextField(null=True)
        dedupe = CharField(unique=True, null=True)
        state = CharField(index=True, default='ready')
        attempts = IntegerField(default=0)
        run_after = BigIntegerField(index=True)
        lease_until = BigIntegerField(null=True)
        error = TextField(default='')
        created_at = BigIntegerField()
        done_at = BigIntegerField(null=True)
        class Meta:
            database = db
            table_name = 'work'
    db.create_tables([WorkRow])


def down(migrator, db):
    migrator.migrate(migrator.drop_table('work'))
    migrator.migrate(migrator.drop_table('window_move'))
    migrator.migrate(migrator.drop_table('stage_change'))
    migrator.migrate(migrator.drop_table('sign_in_attempt'))
    migrator.migrate(migrator.drop_table('shop'))
    migrator.migrate(migrator.drop_table('session'))
    migrator.migrate(migrator.drop_table('refused_word'))
    migrator.migrate(migrator.drop_table('operation'))
    migrator.migrate(migrator.drop_table('notice'))
    migrator.migrate(migrator.drop_table('magic_link'))
    migrator.migrate(migrator.drop_table('machine_command'))
    migrator.migrate(migrator.drop_table('job'))
    migrator.migrate(migrator.drop_table('machine'))
    migrator.migrate(migrator.drop_table('order_line'))
    migrator.migrate(migrator.drop_table('orders'))
    migrator.migrate(migrator.drop_table('event'))
    migrator.migrate(migrator.drop_table('design_file'))
    migrator.migrate(migrator.drop_table('cursor'))
    migrator.migrate(migrator.drop_table('blob'))
    migrator.migrate(migrator.drop_table('api_token'))
    migrator.migrate(migrator.drop_table('account'))
