"""Money: settings, quotes, invoices, payments, and every word from providers and banks."""

from __future__ import annotations

from peewee import BigIntegerField, BooleanField, CharField, ForeignKeyField, IntegerField, TextField

from craftops.store.models.base import InstantField, JsonField, Row
from craftops.store.models.orders import OrderRow
from craftops.store.models.people import AccountRow


class BillingSettingsRow(Row):
    """The price list and what invoices say of the shop; each change is a row, the newest counts."""

    body = JsonField()
    at = InstantField()
    by_name = CharField(max_length=200)

    class Meta:
        table_name = "billing_settings"


class BillingDetailsRow(Row):
    """To whom a customer's invoices are made out."""

    account = ForeignKeyField(AccountRow, unique=True, on_delete="CASCADE")
    name = CharField(max_length=200)
    contact = CharField(default="", max_length=200)
    address = TextField(default="")
    postcode = CharField(default="", max_length=20)
    city = CharField(default="", max_length=100)
    country = CharField(default="", max_length=2)
    is_business = BooleanField(default=False)
    vat_id = CharField(default="", max_length=20)
    certificate = CharField(default="", max_length=100)
    """Of an exemption, as staff have seen it."""
    net_days = IntegerField(null=True)
    """Days to pay that were agreed with them; None: the shop's own."""
    changed_at = InstantField()

    class Meta:
        table_name = "billing_details"


class QuoteRow(Row):
    """An offer for an order; a new one replaces it, and it is locked once it is sent."""

    order = ForeignKeyField(OrderRow, backref="quotes", on_delete="CASCADE")
    version = IntegerField()
    state = CharField(default="draft", index=True, max_length=20)
    body = JsonField()
    """Lines, discount and words as staff wrote them (``services.billing.quoting``)."""
    document = JsonField(null=True)
    """The frozen document, from the moment it was sent."""
    currency = CharField(max_length=3)
    gross = BigIntegerField(default=0)
    deposit = BigIntegerField(default=0)
    """What is asked for before the work begins; 0 for nothing."""
    valid_until = InstantField(null=True)
    nonce = CharField(max_length=40)
    """Makes the link of its mail; another one ends the old link."""
    by_name = CharField(max_length=200)
    created_at = InstantField()
    sent_at = InstantField(null=True)
    viewed_at = InstantField(null=True)
    decided_at = InstantField(null=True, index=True)
    decided_by = CharField(default="", max_length=200)
    decided_via = CharField(default="", max_length=10)
    reason = TextField(default="")
    pdf_sha = CharField(default="", max_length=64)

    class Meta:
        table_name = "quote"
        indexes = ((("order", "version"), True),)


class InvoiceRow(Row):
    """An invoice, a deposit invoice or a credit note. Its number comes with its issue and not before."""

    order = ForeignKeyField(OrderRow, null=True, backref="invoices")
    customer = ForeignKeyField(AccountRow, backref="invoices")
    quote = ForeignKeyField(QuoteRow, null=True)
    credits = ForeignKeyField("self", null=True)
    """The invoice that a credit note takes back."""
    kind = CharField(max_length=10)
    number = CharField(unique=True, max_length=40)
    document = JsonField()
    currency = CharField(max_length=3)
    net = BigIntegerField()
    tax = BigIntegerField()
    gross = BigIntegerField()
    settled = BigIntegerField(default=0)
    """What of ``gross`` payments and credit notes have covered: the sum of its settlements."""
    reference = CharField(index=True, max_length=25)
    """ISO 11649: what a transfer says."""
    nonce = CharField(max_length=40)
    """Makes the address of its durable page; another one ends the old address."""
    issued_at = InstantField(index=True)
    due_at = InstantField(null=True, index=True)
    issued_by = CharField(max_length=200)
    once = CharField(unique=True, max_length=60)
    """What it was issued for, so that it is issued once: "quote:12:deposit"."""
    reminded = IntegerField(default=0)
    reminded_at = InstantField(null=True)
    pdf_sha = CharField(default="", max_length=64)
    xml_sha = CharField(default="", max_length=64)
    checked = CharField(default="", max_length=20)
    """What the judge of e-invoices said: clean, not_checked; empty before it was asked."""
    delivered_to = CharField(default="", max_length=200)
    """Where a plugin took it, in its words; empty where none did."""
    delivered_at = InstantField(null=True)
    delivery_trouble = CharField(default="", max_length=300)
    """Why it could not be taken there yet, or at all."""

    class Meta:
        table_name = "invoice"
        indexes = ((("order", "kind", "gross"), False),)


class NumberSeriesRow(Row):
    """The next number of a series; taken in the transaction that uses it, so that none is ever missing."""

    name = CharField(unique=True, max_length=40)
    next = IntegerField(default=1)

    class Meta:
        table_name = "number_series"


class PaymentRow(Row):
    """Money from a customer: asked for, on its way, here, or never come."""

    customer = ForeignKeyField(AccountRow, backref="payments")
    provider = CharField(max_length=40)
    state = CharField(index=True, max_length=10)
    """``domain.billing.payments.State``."""
    intent = CharField(unique=True, max_length=64)
    """The key of opening it, written down before the provider is asked."""
    ref = CharField(null=True, max_length=255)
    """The provider's own id of it."""
    url = TextField(default="")
    currency = CharField(max_length=3)
    amount = BigIntegerField()
    received = BigIntegerField(default=0)
    refunded = BigIntegerField(default=0)
    """What went back, or is on its way back."""
    surplus = BigIntegerField(default=0)
    """What of it no invoice has taken: the customer's credit."""
    method = CharField(default="", max_length=100)
    charge = CharField(default="", max_length=255)
    reason = TextField(default="")
    receipt = CharField(unique=True, null=True, max_length=40)
    receipt_sha = CharField(default="", max_length=64)
    created_at = InstantField(index=True)
    looked_at = InstantField(null=True)
    received_at = InstantField(null=True, index=True)
    by_name = CharField(default="", max_length=200)
    """Who booked it, where a person did."""
    note = CharField(default="", max_length=200)

    class Meta:
        table_name = "payment"
        indexes = ((("provider", "ref"), True),)


class PaymentTargetRow(Row):
    """What a payment is meant for, before it is here."""

    payment = ForeignKeyField(PaymentRow, backref="targets", on_delete="CASCADE")
    invoice = ForeignKeyField(InvoiceRow, backref="targets")
    amount = BigIntegerField()

    class Meta:
        table_name = "payment_target"
        indexes = ((("payment", "invoice"), True),)


class SettlementRow(Row):
    """A part of a payment or of a credit note that covers a part of an invoice; negative where it is undone."""

    invoice = ForeignKeyField(InvoiceRow, backref="settlements")
    payment = ForeignKeyField(PaymentRow, null=True, backref="settlements")
    credit = ForeignKeyField(InvoiceRow, null=True, backref="covers")
    amount = BigIntegerField()
    at = InstantField(index=True)
    by_name = CharField(default="", max_length=200)

    class Meta:
        table_name = "settlement"


class RefundRow(Row):
    """Money back to a customer, asked for by staff or done at the provider's own site."""

    payment = ForeignKeyField(PaymentRow, backref="refunds")
    intent = CharField(unique=True, max_length=64)
    ref = CharField(null=True, max_length=255)
    state = CharField(index=True, max_length=10)
    """asked, unknown, pending, succeeded, failed."""
    amount = BigIntegerField()
    reason = CharField(default="", max_length=200)
    error = TextField(default="")
    by_name = CharField(max_length=200)
    created_at = InstantField()
    settled_at = InstantField(null=True)

    class Meta:
        table_name = "refund"


class DisputeRow(Row):
    """A payer took money back through their bank."""

    payment = ForeignKeyField(PaymentRow, backref="disputes")
    ref = CharField(unique=True, max_length=255)
    amount = BigIntegerField()
    reason = CharField(default="", max_length=200)
    state = CharField(default="open", max_length=10)
    """open, won, lost."""
    opened_at = InstantField()
    answer_by = InstantField(null=True)

    class Meta:
        table_name = "dispute"


class ProviderEventRow(Row):
    """A word from a provider, kept as it came; each is acted on once."""

    provider = CharField(max_length=40)
    event_id = CharField(max_length=255)
    kind = CharField(max_length=100)
    ref = CharField(default="", max_length=255)
    intent = CharField(default="", max_length=64)
    said = TextField()
    came_at = InstantField(index=True)
    applied_at = InstantField(null=True)

    class Meta:
        table_name = "provider_event"
        indexes = ((("provider", "event_id"), True),)


class BankTransactionRow(Row):
    """A booked line of a bank's statement; the same line of another import is the same row."""

    key = CharField(unique=True, max_length=200)
    account = CharField(max_length=40)
    booked_on = CharField(max_length=10)
    amount = BigIntegerField()
    currency = CharField(max_length=3)
    reference = CharField(default="", max_length=140)
    text = TextField(default="")
    party = CharField(default="", max_length=200)
    reversal = BooleanField(default=False)
    state = CharField(index=True, max_length=10)
    """open, booked, ignored."""
    told = JsonField()
    """All that the statement said of it."""
    proposal = JsonField(null=True)
    """What staff may book by one click: a list of ``{"why", "takes_back", "shares": [[invoice, amount], …]}``."""
    why = CharField(default="", max_length=30)
    payment = ForeignKeyField(PaymentRow, null=True)
    imported_at = InstantField()
    imported_by = CharField(default="", max_length=200)

    class Meta:
        table_name = "bank_transaction"
