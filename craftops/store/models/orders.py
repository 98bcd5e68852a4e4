"""Orders, their lines, versions and history."""

from __future__ import annotations

from peewee import BooleanField, CharField, ForeignKeyField, IntegerField, TextField

from craftops.store.models.base import InstantField, JsonField, Row
from craftops.store.models.companies import CompanyRow
from craftops.store.models.files import DesignFileRow
from craftops.store.models.people import AccountRow


class OrderRow(Row):
    """One order as it stands."""

    code = CharField(unique=True, max_length=12)
    customer = ForeignKeyField(AccountRow, backref="orders")
    company = ForeignKeyField(CompanyRow, null=True, backref="orders", on_delete="SET NULL")
    """For whom the customer has ordered; None: for themselves. Its members see it by their role."""
    title = CharField(max_length=200)
    po_number = CharField(default="", max_length=60)
    """The buyer's own number of the order; quotes and invoices carry it."""
    stage = CharField(index=True)
    stage_since = InstantField()
    delivery = CharField(default="pickup")
    hold_reason = TextField(default="")
    hold_since = InstantField(null=True)
    hold_waits_for_customer = BooleanField(default=False)
    placed_at = InstantField(index=True)
    wanted_by = InstantField(null=True)
    submit_token = CharField(unique=True, null=True)
    """Makes a repeated submit (double click, back button) the same order."""
    promise_at = InstantField(null=True)
    """The end of the window at acceptance, ``promise_from`` its beginning and ``promise_middle`` its middle (P50); kept
    from then on. Those of before there was a middle began there."""
    promise_from = InstantField(null=True)
    promise_middle = InstantField(null=True)
    window_start = InstantField(null=True)
    window_middle = InstantField(null=True)
    window_end = InstantField(null=True)
    basis = CharField(default="")
    as_of = InstantField(null=True)
    stale = BooleanField(default=False)
    paused = BooleanField(default=False)
    short = BooleanField(default=False)
    """Copies are missing that nobody has planned again."""
    version = IntegerField(default=1)
    companions = JsonField(null=True)
    """Files that ride along, as ``{"id", "name", "size"}``: files never change, so a page needs no query for them."""
    asked = IntegerField(default=0)
    """Questions that wait for the customer's answer: a page of an order without any needs no query for them."""
    money = IntegerField(default=0)
    """How many quotes were sent and invoices issued: a page of an order without any needs no query for them."""
    way = CharField(default="", max_length=20)
    """Of an order that has left: held_up, delivered, …, as its parcels tell (``domain.shipping.parcels.order_way``)."""
    way_since = InstantField(null=True)
    photos = IntegerField(default=0)
    """How many progress photos there are: a page of an order without any needs no query for them."""
    standard_lines = IntegerField(default=0)
    """How many lines are standard parts, which a consumer may withdraw from."""
    withdrawals = IntegerField(default=0)
    """How many withdrawals were declared."""
    remake_of = CharField(default="", max_length=12)
    """Code of the order that this one makes again at no charge; empty for all others."""
    rush = BooleanField(default=False)
    """It goes before all others that wait for a machine, for the shop's share of its price."""

    class Meta:
        table_name = "orders"
        indexes = ((("customer", "placed_at"), False),)


class DeliveryAddressRow(Row):
    """Where an order is sent: a copy of its own, that no later change of the address book touches."""

    order = ForeignKeyField(OrderRow, unique=True, backref="delivery_addresses", on_delete="CASCADE")
    name = CharField(max_length=100)
    company = CharField(default="", max_length=100)
    line1 = CharField(max_length=100)
    line2 = CharField(default="", max_length=100)
    postcode = CharField(default="", max_length=20)
    city = CharField(max_length=100)
    region = CharField(default="", max_length=100)
    country = CharField(max_length=2)
    phone = CharField(default="", max_length=40)
    changed_at = InstantField()
    changed_by = CharField(default="", max_length=200)

    class Meta:
        table_name = "delivery_address"


class OrderLineRow(Row):
    """One design × quantity."""

    order = ForeignKeyField(OrderRow, backref="lines", on_delete="CASCADE")
    position = IntegerField()
    title = CharField(max_length=200)
    quantity = IntegerField()
    material = CharField()
    colour = CharField(default="")
    finish = CharField(default="")
    instructions = TextField(default="")
    file = ForeignKeyField(DesignFileRow, null=True)
    revision = IntegerField(default=1)
    reordered_from = ForeignKeyField("self", null=True, on_delete="SET NULL")
    """The line of an earlier order that this one is again."""
    made_from = JsonField(null=True)
    """Material and finish as the catalogue had them when the line was ordered; None for lines older than that."""
    made_to_specification = BooleanField(default=True)
    """False: a standard part. Nobody may withdraw from what is made for them."""

    class Meta:
        table_name = "order_line"
        indexes = ((("material", "order"), False),)


class OrderWordsRow(Row):
    """What an order is found by: code, titles, instructions, names of files. Indexed for words in the migration."""

    order = ForeignKeyField(OrderRow, primary_key=True, on_delete="CASCADE")
    body = TextField()

    class Meta:
        table_name = "order_words"


class RevisionRow(Row):
    """The n-th version of a line's design. Old ones are kept; the approved one is made."""

    line = ForeignKeyField(OrderLineRow, backref="revisions", on_delete="CASCADE")
    number = IntegerField()
    file = ForeignKeyField(DesignFileRow)
    state = CharField(default="proposed", index=True)
    """proposed, approved, replaced, declined."""
    by_name = CharField()
    by_kind = CharField()
    at = InstantField()
    decided_by = CharField(default="")
    decided_at = InstantField(null=True)
    note = TextField(default="")

    class Meta:
        table_name = "revision"
        indexes = ((("line", "number"), True),)


class StageChangeRow(Row):
    """One entry of the timeline; never changed, never erased."""

    order = ForeignKeyField(OrderRow, backref="changes", on_delete="CASCADE")
    before = CharField(null=True)
    after = CharField()
    kind = CharField()
    actor_kind = CharField()
    actor_id = IntegerField(null=True)
    actor_name = CharField()
    at = InstantField()
    note = TextField(default="")

    class Meta:
        table_name = "stage_change"


class TrackerLinkRow(Row):
    """A link that shows one order without an account. Its token is ``domain.orders.sharing.token_of`` the seed and the
    shop's key; the row alone, or a copy of the database, opens nothing."""

    order = ForeignKeyField(OrderRow, backref="links", on_delete="CASCADE")
    account = ForeignKeyField(AccountRow, null=True, on_delete="CASCADE")
    """Whose mails carry it; None for one that was made to be passed on."""
    token_hash = CharField(unique=True, max_length=64)
    seed = CharField(max_length=40)
    name = CharField(max_length=100)
    """For whom it is; what they write has this name."""
    note = CharField(default="", max_length=300)
    made_by = CharField(default="", max_length=200)
    created_at = InstantField()
    used_at = InstantField(null=True)
    revoked_at = InstantField(null=True)
    revoked_by = CharField(default="", max_length=200)

    class Meta:
        table_name = "tracker_link"


class FirstOrderRow(Row):
    """An order of somebody without an account, until it is real."""

    key_hash = CharField(unique=True, max_length=64)
    """Of the secret that the browser's signed cookie holds."""
    visitor = ForeignKeyField(AccountRow, null=True, unique=True, on_delete="CASCADE")
    """Whose the files are until then; None when it has become something."""
    state = CharField(default="open", index=True, max_length=12)
    email = CharField(default="", index=True, max_length=255)
    name = CharField(default="", max_length=200)
    title = CharField(default="", max_length=200)
    delivery = CharField(default="pickup")
    lines = JsonField(null=True)
    """As ``LineDraft``."""
    companions = JsonField(null=True)
    """Ids of files that ride along."""
    address = JsonField(null=True)
    """Where it is to be sent, as ``PostalAddress``."""
    seed = CharField(default="", max_length=40)
    link_hash = CharField(null=True, unique=True, max_length=64)
    """Of the token in the mail, which comes of the seed and the shop's key (``domain.orders.sharing``)."""
    order = ForeignKeyField(OrderRow, null=True, on_delete="CASCADE")
    why = TextField(default="")
    """What the shop has written when it declined."""
    created_at = InstantField()
    touched_at = InstantField(index=True)

    class Meta:
        table_name = "first_order"
