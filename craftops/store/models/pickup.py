"""Orders that are fetched, and the codes that people fetch them with."""

from __future__ import annotations

from peewee import CharField, ForeignKeyField, IntegerField

from craftops.store.models.base import InstantField, Row
from craftops.store.models.orders import OrderRow


class PickupRow(Row):
    """One order that waits at the counter, or has been handed over there."""

    order = ForeignKeyField(OrderRow, unique=True, backref="pickups", on_delete="CASCADE")
    since = InstantField()
    """Since when it is ready; another time of becoming ready begins the reminders anew."""
    reminded = IntegerField(default=0)
    bin = CharField(default="", max_length=60)
    state = CharField(default="waiting", index=True, max_length=10)
    handed_at = InstantField(null=True)
    handed_by = CharField(default="", max_length=200)
    given_to = CharField(default="", max_length=100)
    proof = CharField(default="", max_length=10)
    """What was shown: the customer's own code, a proxy's, or nothing."""
    signature_sha = CharField(default="", max_length=64)

    class Meta:
        table_name = "pickup"


class PickupPassRow(Row):
    """A code that opens the hand-over: the customer's own, or that of somebody whom they send.

    A proxy's link has a token made of ``seed`` and the shop's key; the row alone opens nothing.
    """

    pickup = ForeignKeyField(PickupRow, backref="passes", on_delete="CASCADE")
    code = CharField(unique=True, max_length=12)
    name = CharField(default="", max_length=100)
    """Of the proxy; empty for the customer's own."""
    seed = CharField(default="", max_length=40)
    token_hash = CharField(null=True, unique=True, max_length=64)
    made_by = CharField(default="", max_length=200)
    created_at = InstantField()
    revoked_at = InstantField(null=True)

    class Meta:
        table_name = "pickup_pass"
