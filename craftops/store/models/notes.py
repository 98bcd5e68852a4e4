"""Internal notes: rows of their own table, so that no query for messages can ever find one.

Only ``store.queries.notes`` and ``services.messages.notes`` import this (a contract in ``setup.cfg``).
"""

from __future__ import annotations

from peewee import CharField, ForeignKeyField, TextField

from craftops.store.models.base import InstantField, Row
from craftops.store.models.orders import OrderRow
from craftops.store.models.people import AccountRow


class InternalNoteRow(Row):
    """What staff tell one another about an order. Never changed; its writer may take it back."""

    order = ForeignKeyField(OrderRow, backref="+", on_delete="CASCADE")
    author = ForeignKeyField(AccountRow, null=True, on_delete="SET NULL")
    author_name = CharField(max_length=200)
    body = TextField()
    token = CharField(null=True, unique=True, max_length=100)
    at = InstantField()

    class Meta:
        table_name = "internal_note"
