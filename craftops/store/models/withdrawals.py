"""Withdrawals from a contract: what was declared, word by word, and what became of it. Neither is ever changed."""

from __future__ import annotations

from peewee import CharField, ForeignKeyField, IntegerField, TextField

from craftops.store.models.base import InstantField, JsonField, Row
from craftops.store.models.orders import OrderRow


class WithdrawalRow(Row):
    """One declaration, as it was made."""

    order = ForeignKeyField(OrderRow, backref="declarations", on_delete="CASCADE")
    key = CharField(max_length=80)
    """What is declared: the same again is the same row."""
    name = CharField(max_length=200)
    email = CharField(max_length=255)
    """Where the receipt goes."""
    lines = JsonField()
    """``[{"id", "title", "quantity"}, …]``; empty where only the words say what is meant."""
    words = TextField(default="")
    at = InstantField()
    digest = CharField(max_length=64)
    """SHA-256 of the declaration (``domain.orders.withdrawal.digest``); the receipt names it, too."""

    class Meta:
        table_name = "withdrawal"
        indexes = ((("order", "key"), True),)


class WithdrawalStepRow(Row):
    """A state that a declaration came to; the newest one holds."""

    withdrawal = ForeignKeyField(WithdrawalRow, backref="steps", on_delete="CASCADE")
    number = IntegerField()
    state = CharField(max_length=10)
    sentence = TextField(default="")
    by_name = CharField(default="", max_length=200)
    at = InstantField()

    class Meta:
        table_name = "withdrawal_step"
        indexes = ((("withdrawal", "number"), True),)
