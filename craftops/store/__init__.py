"""Everything peewee. Turns rows into domain values and back; knows no plugin and no page."""
