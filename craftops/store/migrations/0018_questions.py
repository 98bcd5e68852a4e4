"""Needs-you cards: decisions that customers are asked for."""

from peewee import *


def up(migrator, db):
    class OrderRow(Model):
        class Meta:
            database = db
            table_name = 'orders'

    class QuestionRow(Model):
        order = ForeignKeyField(OrderRow, on_delete='CASCADE')
        kind = CharField(max_length=16)
        text = TextField()
        choices = TextField()
        due_at = BigIntegerField(null=True)
        holds = BooleanField(default=False)
        state = CharField(default='open', index=True, max_length=12)
        asked_by = CharField(max_length=200)
        asked_at = BigIntegerField()
        token = CharField(unique=True, null=True, max_length=100)
        choice = IntegerField(null=True)
        ended_by = CharField(default='', max_length=200)
        ended_at = BigIntegerField(null=True)
        via = CharField(default='', max_length=10)
        class Meta:
            database = db
            table_name = 'question'
    db.create_tables([QuestionRow])
    migrator.migrate(migrator.add_column('orders', 'asked', IntegerField(default=0)))


def down(migrator, db):
    migrator.migrate(migrator.drop_column('orders', 'asked'), migrator.drop_table('question'))
