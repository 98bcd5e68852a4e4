"""What happened (the outbox) and what is to be done (work with leases)."""

from __future__ import annotations

from peewee import AutoField, CharField, IntegerField, TextField

from craftops.store.models.base import InstantField, JsonField, Row


class EventRow(Row):
    """One thing that happened; live pages, mail and plugins read from here."""

    id = AutoField()
    kind = CharField(index=True)
    at = InstantField(index=True)
    actor_kind = CharField()
    actor_id = IntegerField(null=True)
    actor_name = CharField()
    order_id = IntegerField(null=True, index=True)
    customer_id = IntegerField(null=True)
    machine_id = IntegerField(null=True, index=True)
    data = JsonField(null=True)
    address = CharField(null=True, max_length=64)
    """From where somebody who works here, or a token, did it."""

    class Meta:
        table_name = "event"


class WorkRow(Row):
    """Something to do, once. Done by whoever holds the lease; huey only knocks."""

    kind = CharField()
    payload = JsonField(null=True)
    dedupe = CharField(unique=True, null=True)
    state = CharField(default="ready", index=True)
    """ready, done, failed. A lease in the future means that somebody is at it."""
    attempts = IntegerField(default=0)
    rank = IntegerField(default=0)
    """1 for files of strangers: done one at a time, and after what is customers'."""
    share = CharField(null=True, max_length=60)
    """Whose it is, where one could have so much to do that others wait: of each only a little is in hand at a time."""
    run_after = InstantField(index=True)
    lease_until = InstantField(null=True)
    error = TextField(default="")
    created_at = InstantField()
    done_at = InstantField(null=True)

    class Meta:
        table_name = "work"
        indexes = ((("share", "done_at"), False),)


class CursorRow(Row):
    """How far a reader of the outbox has come."""

    name = CharField(primary_key=True)
    event_id = IntegerField(default=0)

    class Meta:
        table_name = "cursor"
