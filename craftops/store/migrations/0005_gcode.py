"""Machine code that staff attach to a job."""

from peewee import *

def up(migrator, db):
    migrator.migrate(
        migrator.add_column('job', 'gcode_sha', CharField(default='', max_length=64)),
        migrator.add_column('job', 'gcode_name', CharField(default='', max_length=255)),
    )


def down(migrator, db):
    migrator.migrate(migrator.drop_column('job', 'gcode_name'), migrator.drop_column('job', 'gcode_sha'))
