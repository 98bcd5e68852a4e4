"""History: what every order was made from again, the words of each order to search for, what has ended by when."""

import re
import unicodedata
from itertools import groupby

from peewee import *

LINES = """
SELECT o.id, o.code, o.title, l.title, l.instructions, f.name FROM orders o
LEFT JOIN order_line l ON l.order_id = o.id LEFT JOIN design_file f ON f.id = l.file_id ORDER BY o.id, l.position
"""
INDEX = (
    "CREATE VIRTUAL TABLE order_index USING fts5(body, content='order_words', content_rowid='order_id',"
    " tokenize='unicode61 remove_diacritics 2')",
    "CREATE TRIGGER order_index_in AFTER INSERT ON order_words BEGIN"
    " INSERT INTO order_index(rowid, body) VALUES (new.order_id, new.body); END",
    "CREATE TRIGGER order_index_out AFTER DELETE ON order_words BEGIN"
    " INSERT INTO order_index(order_index, rowid, body) VALUES ('delete', old.order_id, old.body); END",
    "CREATE TRIGGER order_index_again AFTER UPDATE ON order_words BEGIN"
    " INSERT INTO order_index(order_index, rowid, body) VALUES ('delete', old.order_id, old.body);"
    " INSERT INTO order_index(rowid, body) VALUES (new.order_id, new.body); END",
)
ENDED = "stage IN ('completed', 'cancelled')"
"""As the queries write it: only then the indexes serve them."""


def searchable(texts):
    """As ``domain.orders.history`` has it on the day of this migration."""
    bare = (''.join(ch for ch in unicodedata.normalize('NFKD', text) if not unicodedata.combining(ch)) for text in texts)
    return ' '.join(dict.fromkeys(word for text in bare for word in re.findall(r'[^\W_]+', text.casefold())))


def up(migrator, db):
    class OrderRow(Model):
        class Meta:
            database = db
            table_name = 'orders'

    class OrderLineRow(Model):
        class Meta:
            database = db
            table_name = 'order_line'

    class OrderWordsRow(Model):
        order = ForeignKeyField(OrderRow, primary_key=True, on_delete='CASCADE')
        body = TextField()
        class Meta:
            database = db
            table_name = 'order_words'

    again = ForeignKeyField(OrderLineRow, field=OrderLineRow.id, null=True, on_delete='SET NULL')
    migrator.migrate(
        migrator.add_column('order_line', 'reordered_from_id', again),
        migrator.add_index('order_line', ('material', 'order_id'), False),
        migrator.add_index('invoice', ('order_id', 'kind', 'gross'), False),
    )
    db.create_tables([OrderWordsRow])
    if isinstance(db, SqliteDatabase):
        for statement in INDEX:
            db.execute_sql(statement)
    else:
        db.execute_sql("CREATE INDEX order_index ON order_words USING gin (to_tsvector('simple', body))")
    for order, texts in groupby(db.execute_sql(LINES).fetchall(), key=lambda row: row[0]):
        body = searchable([text or '' for row in texts for text in row[1:]])
        OrderWordsRow.insert(order=order, body=body).execute()
    db.execute_sql(f'CREATE INDEX orders_ended ON orders (stage_since, id) WHERE {ENDED}')
    db.execute_sql(f'CREATE INDEX orders_ended_customer ON orders (customer_id, stage_since, id) WHERE {ENDED}')


def down(migrator, db):
    for name in ('orders_ended', 'orders_ended_customer'):
        db.execute_sql(f'DROP INDEX {name}')
    if isinstance(db, SqliteDatabase):
        for name in ('order_index_in', 'order_index_out', 'order_index_again'):
            db.execute_sql(f'DROP TRIGGER {name}')
        db.execute_sql('DROP TABLE order_index')
    migrator.migrate(
        migrator.drop_table('order_words'),
        migrator.drop_index('invoice', 'invoice_order_id_kind_gross'),
        migrator.drop_index('order_line', 'order_line_material_order_id'),
        migrator.drop_index('order_line', 'order_line_reordered_from_id'),
        migrator.drop_column('order_line', 'reordered_from_id'),
    )
