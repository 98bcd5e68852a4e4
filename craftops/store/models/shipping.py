"""Parcels: where orders go, what is in each box, the labels that are bought for it, and what its carrier says."""

from __future__ import annotations

from peewee import BigIntegerField, BooleanField, CharField, ForeignKeyField, IntegerField, TextField

from craftops.store.models.base import InstantField, JsonField, Row
from craftops.store.models.orders import OrderRow


class ShippingSettingsRow(Row):
    """Sender, boxes and habits of the shipping desk; each change is a row, the newest counts."""

    body = JsonField()
    at = InstantField()
    by_name = CharField(max_length=200)

    class Meta:
        table_name = "shipping_settings"


class ParcelRow(Row):
    """One box of an order. ``code`` is what a scanner finds on it."""

    order = ForeignKeyField(OrderRow, backref="parcels", on_delete="CASCADE")
    position = IntegerField()
    code = CharField(unique=True, max_length=20)
    state = CharField(index=True, max_length=20)
    state_since = InstantField()
    contents = JsonField()
    """``[[line id, copies], …]``."""
    weight_g = IntegerField()
    length_mm = IntegerField()
    width_mm = IntegerField()
    height_mm = IntegerField()
    customs = JsonField(null=True)
    """Lines of the declaration; their values in minor units of ``currency`` beside them."""
    rates = JsonField(null=True)
    """What carriers asked for when they were last asked, with ``rated_at`` and faults by carrier."""
    rated_at = InstantField(null=True)
    network = CharField(default="", max_length=60)
    number = CharField(default="", index=True, max_length=60)
    link = CharField(default="", max_length=500)
    told = TextField(default="")
    """The carrier's newest words."""
    expected_at = InstantField(null=True)
    signed_by = CharField(default="", max_length=200)
    handed_over_at = InstantField(null=True)
    handed_over_by = CharField(default="", max_length=200)
    delivered_at = InstantField(null=True)
    ask_at = InstantField(null=True, index=True)
    """When its carrier is asked next; None: not at all."""
    created_at = InstantField()

    class Meta:
        table_name = "parcel"
        indexes = ((("order", "position"), True),)


class LabelRow(Row):
    """An attempt to buy a label. ``alive`` is True or NULL, and unique with its parcel: one at a time."""

    parcel = ForeignKeyField(ParcelRow, backref="labels", on_delete="CASCADE")
    alive = BooleanField(null=True)
    carrier = CharField(max_length=40)
    service = CharField(max_length=100)
    title = CharField(default="", max_length=200)
    rate_ref = CharField(default="", max_length=255)
    typed = JsonField(null=True)
    """Number and network that a person brought: ``{"number", "network"}``."""
    state = CharField(index=True, max_length=20)
    intent = CharField(unique=True, max_length=64)
    ref = CharField(default="", max_length=255)
    number = CharField(default="", max_length=60)
    network = CharField(default="", max_length=60)
    link = CharField(default="", max_length=500)
    currency = CharField(default="", max_length=3)
    quoted = BigIntegerField(null=True)
    price = BigIntegerField(null=True)
    """What was charged, in minor units of ``currency``."""
    files = JsonField(null=True)
    """``[[media type, sha-256 of the blob], …]``."""
    reason = TextField(default="")
    batch = CharField(default="", index=True, max_length=40)
    printed_at = InstantField(null=True)
    by_name = CharField(max_length=200)
    created_at = InstantField()
    changed_at = InstantField()

    class Meta:
        table_name = "shipping_label"
        indexes = ((("parcel", "alive"), True), (("carrier", "ref"), False))


class TrackingEventRow(Row):
    """One word of a carrier about a parcel; the same word again is the same row."""

    parcel = ForeignKeyField(ParcelRow, backref="events", on_delete="CASCADE")
    key = CharField(unique=True, max_length=40)
    at = InstantField()
    state = CharField(max_length=20)
    text = CharField(default="", max_length=500)
    place = CharField(default="", max_length=200)
    seen_at = InstantField()

    class Meta:
        table_name = "tracking_event"
        indexes = ((("parcel", "at"), False),)


class CarrierWordRow(Row):
    """A webhook whose signature was right, as it came; worked on once."""

    carrier = CharField(max_length=40)
    word = CharField(max_length=255)
    """The carrier's own id of it."""
    kind = CharField(max_length=100)
    number = CharField(default="", max_length=60)
    ref = CharField(default="", max_length=255)
    said = JsonField()
    came_at = InstantField(index=True)
    applied_at = InstantField(null=True)

    class Meta:
        table_name = "carrier_word"
        indexes = ((("carrier", "word"), True),)


class CollectionRow(Row):
    """The carrier was asked to fetch parcels."""

    carrier = CharField(max_length=40)
    intent = CharField(unique=True, max_length=64)
    state = CharField(index=True, max_length=20)
    """asking, unknown, confirmed, refused."""
    labels = JsonField()
    earliest = InstantField()
    latest = InstantField()
    note = CharField(default="", max_length=200)
    ref = CharField(default="", max_length=255)
    number = CharField(default="", max_length=100)
    reason = TextField(default="")
    by_name = CharField(max_length=200)
    created_at = InstantField()

    class Meta:
        table_name = "collection"


class ProblemRow(Row):
    """A customer says that something is wrong with what came. While it is open, the order is not closed by itself."""

    order = ForeignKeyField(OrderRow, backref="problems", on_delete="CASCADE")
    wish = CharField(max_length=20)
    """remake, refund, credit, missing, other."""
    text = TextField(default="")
    state = CharField(index=True, max_length=10)
    """open, settled."""
    at = InstantField()
    by_name = CharField(max_length=200)
    settled_at = InstantField(null=True)
    settled_by = CharField(default="", max_length=200)
    answer = TextField(default="")
    remake = CharField(default="", max_length=12)
    """Code of the order that makes it again."""

    class Meta:
        table_name = "problem"
