"""Mended copies of files, and the versions of a line's design."""

from peewee import *

def up(migrator, db):
    class DesignFileRow(Model):
        class Meta:
            database = db
            table_name = 'design_file'

    class OrderLineRow(Model):
        class Meta:
            database = db
            table_name = 'order_line'

    migrator.migrate(
        migrator.add_column('design_file', 'made_from_id', ForeignKeyField(DesignFileRow, field=DesignFileRow.id, null=True)),
        migrator.add_column('design_file', 'remedy', CharField(default='', max_length=40)),
        migrator.add_column('design_file', 'mended', TextField(default='')),
    )

    class RevisionRow(Model):
        line = ForeignKeyField(OrderLineRow, on_delete='CASCADE')
        number = IntegerField()
        file = ForeignKeyField(DesignFileRow)
        state = CharField(default='proposed', index=True)
        by_name = CharField()
        by_kind = CharField()
        at = BigIntegerField()
        decided_by = CharField(default='')
        decided_at = BigIntegerField(null=True)
        note = TextField(default='')
        class Meta:
            database = db
            table_name = 'revision'
            indexes = ((('line', 'number'), True),)
    db.create_tables([RevisionRow])


def down(migrator, db):
    migrator.migrate(migrator.drop_table('revision'))
    migrator.migrate(
        migrator.drop_column('design_file', 'mended'),
        migrator.drop_column('design_file', 'remedy'),
        migrator.drop_column('design_file', 'made_from_id'),
    )
