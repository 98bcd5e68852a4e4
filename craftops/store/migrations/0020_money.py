"""Money: settings, details, quotes, invoices, payments, settlements, refunds, words of providers and banks."""

from peewee import *


def up(migrator, db):
    class AccountRow(Model):
        class Meta:
            database = db
            table_name = 'account'

    class OrderRow(Model):
        class Meta:
            database = db
            table_name = 'orders'

    class BillingSettingsRow(Model):
        body = TextField()
        at = BigIntegerField()
        by_name = CharField(max_length=200)
        class Meta:
            database = db
            table_name = 'billing_settings'

    class BillingDetailsRow(Model):
        account = ForeignKeyField(AccountRow, unique=True, on_delete='CASCADE')
        name = CharField(max_length=200)
        contact = CharField(default='', max_length=200)
        address = TextField(default='')
        postcode = CharField(default='', max_length=20)
        city = CharField(default='', max_length=100)
        country = CharField(default='', max_length=2)
        is_business = BooleanField(default=False)
        vat_id = CharField(default='', max_length=20)
        certificate = CharField(default='', max_length=100)
        changed_at = BigIntegerField()
        class Meta:
            database = db
            table_name = 'billing_details'

    class QuoteRow(Model):
        order = ForeignKeyField(OrderRow, on_delete='CASCADE')
        version = IntegerField()
        state = CharField(default='draft', index=True, max_length=20)
        body = TextField()
        document = TextField(null=True)
        currency = CharField(max_length=3)
        gross = BigIntegerField(default=0)
        deposit = BigIntegerField(default=0)
        valid_until = BigIntegerField(null=True)
        nonce = CharField(max_length=40)
        by_name = CharField(max_length=200)
        created_at = BigIntegerField()
        sent_at = BigIntegerField(null=True)
        viewed_at = BigIntegerField(null=True)
        decided_at = BigIntegerField(null=True, index=True)
        decided_by = CharField(default='', max_length=200)
        decided_via = CharField(default='', max_length=10)
        reason = TextField(default='')
        pdf_sha = CharField(default='', max_length=64)
        class Meta:
            database = db
            table_name = 'quote'
            indexes = ((('order', 'version'), True),)

    class InvoiceRow(Model):
        order = ForeignKeyField(OrderRow, null=True)
        customer = ForeignKeyField(AccountRow)
        quote = ForeignKeyField(QuoteRow, null=True)
        credits = ForeignKeyField('self', null=True)
        kind = CharField(max_length=10)
        number = CharField(unique=True, max_length=40)
        document = TextField()
        currency = CharField(max_length=3)
        net = BigIntegerField()
        tax = BigIntegerField()
        gross = BigIntegerField()
        settled = BigIntegerField(default=0)
        reference = CharField(index=True, max_length=25)
        nonce = CharField(max_length=40)
        issued_at = BigIntegerField(index=True)
        due_at = BigIntegerField(null=True, index=True)
        issued_by = CharField(max_length=200)
        once = CharField(unique=True, max_length=60)
        reminded = IntegerField(default=0)
        reminded_at = BigIntegerField(null=True)
        pdf_sha = CharField(default='', max_length=64)
        xml_sha = CharField(default='', max_length=64)
        checked = CharField(default='', max_length=20)
        class Meta:
            database = db
            table_name = 'invoice'

    class NumberSeriesRow(Model):
        name = CharField(unique=True, max_length=40)
        next = IntegerField(default=1)
        class Meta:
            database = db
            table_name = 'number_series'

    class PaymentRow(Model):
        customer = ForeignKeyField(AccountRow)
        provider = CharField(max_length=40)
        state = CharField(index=True, max_length=10)
        intent = CharField(unique=True, max_length=64)
        ref = CharField(null=True, max_length=255)
        url = TextField(default='')
        currency = CharField(max_length=3)
        amount = BigIntegerField()
        received = BigIntegerField(default=0)
        refunded = BigIntegerField(default=0)
        surplus = BigIntegerField(default=0)
        method = CharField(default='', max_length=100)
        charge = CharField(default='', max_length=255)
        reason = TextField(default='')
        receipt = CharField(unique=True, null=True, max_length=40)
        receipt_sha = CharField(default='', max_length=64)
        created_at = BigIntegerField(index=True)
        looked_at = BigIntegerField(null=True)
        received_at = BigIntegerField(null=True, index=True)
        by_name = CharField(default='', max_length=200)
        note = CharField(default='', max_length=200)
        class Meta:
            database = db
            table_name = 'payment'
            indexes = ((('provider', 'ref'), True),)

    class PaymentTargetRow(Model):
        payment = ForeignKeyField(PaymentRow, on_delete='CASCADE')
        invoice = ForeignKeyField(InvoiceRow)
        amount = BigIntegerField()
        class Meta:
            database = db
            table_name = 'payment_target'
            indexes = ((('payment', 'invoice'), True),)

    class SettlementRow(Model):
        invoice = ForeignKeyField(InvoiceRow)
        payment = ForeignKeyField(PaymentRow, null=True)
        credit = ForeignKeyField(InvoiceRow, null=True)
        amount = BigIntegerField()
        at = BigIntegerField(index=True)
        by_name = CharField(default='', max_length=200)
        class Meta:
            database = db
            table_name = 'settlement'

    class RefundRow(Model):
        payment = ForeignKeyField(PaymentRow)
        intent = CharField(unique=True, max_length=64)
        ref = CharField(null=True, max_length=255)
        state = CharField(index=True, max_length=10)
        amount = BigIntegerField()
        reason = CharField(default='', max_length=200)
        error = TextField(default='')
        by_name = CharField(max_length=200)
        created_at = BigIntegerField()
        settled_at = BigIntegerField(null=True)
        class Meta:
            database = db
            table_name = 'refund'

    class DisputeRow(Model):
        payment = ForeignKeyField(PaymentRow)
        ref = CharField(unique=True, max_length=255)
        amount = BigIntegerField()
        reason = CharField(default='', max_length=200)
        state = CharField(default='open', max_length=10)
        opened_at = BigIntegerField()
        answer_by = BigIntegerField(null=True)
        class Meta:
            database = db
            table_name = 'dispute'

    class ProviderEventRow(Model):
        provider = CharField(max_length=40)
        event_id = CharField(max_length=255)
        kind = CharField(max_length=100)
        ref = CharField(default='', max_length=255)
        intent = CharField(default='', max_length=64)
        said = TextField()
        came_at = BigIntegerField(index=True)
        applied_at = BigIntegerField(null=True)
        class Meta:
            database = db
            table_name = 'provider_event'
            indexes = ((('provider', 'event_id'), True),)

    class BankTransactionRow(Model):
        key = CharField(unique=True, max_length=200)
        account = CharField(max_length=40)
        booked_on = CharField(max_length=10)
        amount = BigIntegerField()
        currency = CharField(max_length=3)
        reference = CharField(default='', max_length=140)
        text = TextField(default='')
        party = CharField(default='', max_length=200)
        reversal = BooleanField(default=False)
        state = CharField(index=True, max_length=10)
        told = TextField()
        proposal = TextField(null=True)
        why = CharField(default='', max_length=30)
        payment = ForeignKeyField(PaymentRow, null=True)
        imported_at = BigIntegerField()
        imported_by = CharField(default='', max_length=200)
        class Meta:
            database = db
            table_name = 'bank_transaction'

    db.create_tables([BillingSettingsRow, BillingDetailsRow, QuoteRow, InvoiceRow, NumberSeriesRow, PaymentRow, PaymentTargetRow, SettlementRow, RefundRow, DisputeRow, ProviderEventRow, BankTransactionRow])
    migrator.migrate(migrator.add_column('orders', 'money', IntegerField(default=0)))


def down(migrator, db):
    migrator.migrate(migrator.drop_column('orders', 'money'))
    for table in ('bank_transaction', 'provider_event', 'dispute', 'refund', 'settlement', 'payment_target', 'payment', 'number_series', 'invoice', 'quote', 'billing_details', 'billing_settings'):
        migrator.migrate(migrator.drop_table(table))
