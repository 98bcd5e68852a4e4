"""Each file may have a model of the part beside its picture, to be turned in the browser."""

from peewee import *

def up(migrator, db):
    migrator.migrate(migrator.add_column('design_file', 'model_sha', CharField(default='')))
