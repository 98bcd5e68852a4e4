"""What customers may do by law: withdraw from a contract, see who looked at a file, have it deleted in time."""

from peewee import *


def up(migrator, db):
    class OrderRow(Model):
        class Meta:
            database = db
            table_name = 'orders'

    class DesignFileRow(Model):
        class Meta:
            database = db
            table_name = 'design_file'

    class WithdrawalRow(Model):
        order = ForeignKeyField(OrderRow, on_delete='CASCADE')
        key = CharField(max_length=80)
        name = CharField(max_length=200)
        email = CharField(max_length=255)
        lines = TextField()
        words = TextField(default='')
        at = BigIntegerField()
        digest = CharField(max_length=64)
        class Meta:
            database = db
            table_name = 'withdrawal'
            indexes = ((('order', 'key'), True),)

    class WithdrawalStepRow(Model):
        withdrawal = ForeignKeyField(WithdrawalRow, on_delete='CASCADE')
        number = IntegerField()
        state = CharField(max_length=10)
        sentence = TextField(default='')
        by_name = CharField(default='', max_length=200)
        at = BigIntegerField()
        class Meta:
            database = db
            table_name = 'withdrawal_step'
            indexes = ((('withdrawal', 'number'), True),)

    class FileAccessRow(Model):
        file = ForeignKeyField(DesignFileRow, on_delete='CASCADE')
        who = CharField(max_length=200)
        what = CharField(max_length=10)
        page = CharField(default='', max_length=20)
        at = BigIntegerField()
        key = CharField(unique=True, max_length=64)
        class Meta:
            database = db
            table_name = 'file_access'

    class RetentionRow(Model):
        order = ForeignKeyField(OrderRow, unique=True, on_delete='CASCADE')
        due_at = BigIntegerField(index=True)
        told_at = BigIntegerField(null=True)
        state = CharField(index=True, max_length=10)
        decided_by = CharField(default='', max_length=200)
        decided_at = BigIntegerField(null=True)
        class Meta:
            database = db
            table_name = 'retention'

    migrator.migrate(
        migrator.add_column('order_line', 'made_to_specification', BooleanField(default=True)),
        migrator.add_column('orders', 'standard_lines', IntegerField(default=0)),
        migrator.add_column('orders', 'withdrawals', IntegerField(default=0)),
        migrator.add_column('design_file', 'deleted_at', BigIntegerField(null=True)),
        migrator.add_column('design_file', 'deleted_by', CharField(default='', max_length=200)),
    )
    db.create_tables([WithdrawalRow, WithdrawalStepRow, FileAccessRow, RetentionRow])


def down(migrator, db):
    migrator.migrate(
        *(migrator.drop_table(name) for name in ('withdrawal_step', 'withdrawal', 'file_access', 'retention')),
        migrator.drop_column('design_file', 'deleted_by'),
        migrator.drop_column('design_file', 'deleted_at'),
        migrator.drop_column('orders', 'withdrawals'),
        migrator.drop_column('orders', 'standard_lines'),
        migrator.drop_column('order_line', 'made_to_specification'),
    )
