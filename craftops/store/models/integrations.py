"""Other programs: endpoints that are told what happens, what was sent to them, and what an assistant proposes."""

from __future__ import annotations

from peewee import BooleanField, CharField, ForeignKeyField, IntegerField, TextField

from craftops.store.models.base import InstantField, JsonField, Row
from craftops.store.models.orders import OrderRow


class WebhookEndpointRow(Row):
    """An address of another program, and what it is told of."""

    url = CharField(max_length=500)
    title = CharField(default="", max_length=100)
    kinds = JsonField()
    """``domain.integrations.webhooks.WebhookKind`` values."""
    inside = BooleanField(default=False)
    """The owner has said that this very host and port stand in the shop's own network."""
    active = BooleanField(default=True, index=True)
    off_why = CharField(default="", max_length=300)
    """Why CraftOps has switched it off; empty where its owner did."""
    sealed = TextField()
    """The secret that signs."""
    sealed_before = TextField(default="")
    """The secret of before, which signs too until ``before_until``."""
    before_until = InstantField(null=True)
    failing_since = InstantField(null=True)
    retry_at = InstantField(null=True)
    """It is left alone until then, since it has just failed."""
    created_at = InstantField()
    by_name = CharField(max_length=200)

    class Meta:
        table_name = "webhook_endpoint"


class WebhookDeliveryRow(Row):
    """One thing that an endpoint is told, once for each ``key``; its body never changes."""

    endpoint = ForeignKeyField(WebhookEndpointRow, backref="deliveries", on_delete="CASCADE")
    key = CharField(max_length=120)
    message_id = CharField(unique=True, max_length=60)
    """The ``webhook-id``, the same at every attempt."""
    kind = CharField(max_length=40)
    body = TextField()
    customer_id = IntegerField(null=True, index=True)
    """Whose things it tells of: it goes when they are forgotten."""
    state = CharField(index=True, max_length=12)
    attempts = IntegerField(default=0)
    """Since it was last asked for."""
    next_at = InstantField(null=True)
    created_at = InstantField(index=True)
    done_at = InstantField(null=True)

    class Meta:
        table_name = "webhook_delivery"
        indexes = ((("endpoint", "key"), True),)


class WebhookAttemptRow(Row):
    """One request, and what came back."""

    delivery = ForeignKeyField(WebhookDeliveryRow, backref="tries", on_delete="CASCADE")
    at = InstantField()
    status = IntegerField(null=True)
    answer = TextField(default="")
    """The first bytes as text; never those of a host in the shop's own network."""
    error = CharField(default="", max_length=300)
    took_ms = IntegerField(default=0)

    class Meta:
        table_name = "webhook_attempt"


class ProposalRow(Row):
    """Something that a program would like to have done; a person of the shop confirms or declines it."""

    key = CharField(unique=True, max_length=40)
    kind = CharField(max_length=30)
    order = ForeignKeyField(OrderRow, null=True, on_delete="CASCADE")
    body = JsonField()
    reason = TextField(default="")
    by_name = CharField(max_length=200)
    state = CharField(index=True, max_length=12)
    """open, done, declined."""
    made_at = InstantField()
    decided_at = InstantField(null=True)
    decided_by = CharField(default="", max_length=200)
    outcome = CharField(default="", max_length=300)

    class Meta:
        table_name = "proposal"
