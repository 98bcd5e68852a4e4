"""Machines that CraftOps calls itself."""

from peewee import *

def up(migrator, db):
    migrator.migrate(
        migrator.add_column('machine', 'address', CharField(default='')),
        migrator.add_column('machine', 'settings', TextField(null=True)),
        migrator.add_column('machine', 'link_state', CharField(default='')),
        migrator.add_column('machine', 'link_sentence', TextField(default='')),
        migrator.add_column('machine', 'link_since', BigIntegerField(null=True)),
        migrator.add_column('machine', 'link_next', BigIntegerField(null=True)),
        migrator.add_column('machine', 'link_crashes', IntegerField(default=0)),
    )

    class MachineRow(Model):
        class Meta:
            database = db
            table_name = 'machine'

    class LinkTrialRow(Model):
        token = CharField(max_length=32, unique=True)
        kind = CharField()
        driver = CharField()
        machine = ForeignKeyField(MachineRow, null=True, on_delete='CASCADE')
        form = TextField()
        address = CharField(default='')
        settings = TextField(null=True)
        sealed_secret = TextField(default='')
        state = CharField(default='waiting', index=True)
        sentence = TextField(default='')
        said = TextField(default='')
        asked_by = CharField()
        asked_at = BigIntegerField()
        answered_at = BigIntegerField(null=True)
        class Meta:
            database = db
            table_name = 'link_trial'
    db.create_tables([LinkTrialRow])


def down(migrator, db):
    migrator.migrate(
        migrator.drop_table('link_trial'),
        *(
            migrator.drop_column('machine', name)
            for name in (
                'link_crashes', 'link_next', 'link_since', 'link_sentence', 'link_state', 'settings', 'address',
            )
        ),
    )
