"""Shipping: settings, delivery addresses, parcels, labels, words of carriers, collections, problems."""

from peewee import *


def up(migrator, db):
    class OrderRow(Model):
        class Meta:
            database = db
            table_name = 'orders'

    class ShippingSettingsRow(Model):
        body = TextField()
        at = BigIntegerField()
        by_name = CharField(max_length=200)
        class Meta:
            database = db
            table_name = 'shipping_settings'

    class DeliveryAddressRow(Model):
        order = ForeignKeyField(OrderRow, unique=True, on_delete='CASCADE')
        name = CharField(max_length=100)
        company = CharField(default='', max_length=100)
        line1 = CharField(max_length=100)
        line2 = CharField(default='', max_length=100)
        postcode = CharField(default='', max_length=20)
        city = CharField(max_length=100)
        region = CharField(default='', max_length=100)
        country = CharField(max_length=2)
        phone = CharField(default='', max_length=40)
        changed_at = BigIntegerField()
        changed_by = CharField(default='', max_length=200)
        class Meta:
            database = db
            table_name = 'delivery_address'

    class ParcelRow(Model):
        order = ForeignKeyField(OrderRow, on_delete='CASCADE')
        position = IntegerField()
        code = CharField(unique=True, max_length=20)
        state = CharField(index=True, max_length=20)
        state_since = BigIntegerField()
        contents = TextField()
        weight_g = IntegerField()
        length_mm = IntegerField()
        width_mm = IntegerField()
        height_mm = IntegerField()
        customs = TextField(null=True)
        rates = TextField(null=True)
        rated_at = BigIntegerField(null=True)
        network = CharField(default='', max_length=60)
        number = CharField(default='', index=True, max_length=60)
        link = CharField(default='', max_length=500)
        told = TextField(default='')
        expected_at = BigIntegerField(null=True)
        signed_by = CharField(default='', max_length=200)
        handed_over_at = BigIntegerField(null=True)
        handed_over_by = CharField(default='', max_length=200)
        delivered_at = BigIntegerField(null=True)
        ask_at = BigIntegerField(null=True, index=True)
        created_at = BigIntegerField()
        class Meta:
            database = db
            table_name = 'parcel'
            indexes = ((('order', 'position'), True),)

    class LabelRow(Model):
        parcel = ForeignKeyField(ParcelRow, on_delete='CASCADE')
        alive = BooleanField(null=True)
        carrier = CharField(max_length=40)
        service = CharField(max_length=100)
        title = CharField(default='', max_length=200)
        rate_ref = CharField(default='', max_length=255)
        typed = TextField(null=True)
        state = CharField(index=True, max_length=20)
        intent = CharField(unique=True, max_length=64)
        ref = CharField(default='', max_length=255)
        number = CharField(default='', max_length=60)
        network = CharField(default='', max_length=60)
        link = CharField(default='', max_length=500)
        currency = CharField(default='', max_length=3)
        quoted = BigIntegerField(null=True)
        price = BigIntegerField(null=True)
        files = TextField(null=True)
        reason = TextField(default='')
        batch = CharField(default='', index=True, max_length=40)
        printed_at = BigIntegerField(null=True)
        by_name = CharField(max_length=200)
        created_at = BigIntegerField()
        changed_at = BigIntegerField()
        class Meta:
            database = db
            table_name = 'shipping_label'
            indexes = ((('parcel', 'alive'), True), (('carrier', 'ref'), False))

    class TrackingEventRow(Model):
        parcel = ForeignKeyField(ParcelRow, on_delete='CASCADE')
        key = CharField(unique=True, max_length=40)
        at = BigIntegerField()
        state = CharField(max_length=20)
        text = CharField(default='', max_length=500)
        place = CharField(default='', max_length=200)
        seen_at = BigIntegerField()
        class Meta:
            database = db
            table_name = 'tracking_event'
            indexes = ((('parcel', 'at'), False),)

    class CarrierWordRow(Model):
        carrier = CharField(max_length=40)
        word = CharField(max_length=255)
        kind = CharField(max_length=100)
        number = CharField(default='', max_length=60)
        ref = CharField(default='', max_length=255)
        said = TextField()
        came_at = BigIntegerField(index=True)
        applied_at = BigIntegerField(null=True)
        class Meta:
            database = db
            table_name = 'carrier_word'
            indexes = ((('carrier', 'word'), True),)

    class CollectionRow(Model):
        carrier = CharField(max_length=40)
        intent = CharField(unique=True, max_length=64)
        state = CharField(index=True, max_length=20)
        labels = TextField()
        earliest = BigIntegerField()
        latest = BigIntegerField()
        note = CharField(default='', max_length=200)
        ref = CharField(default='', max_length=255)
        number = CharField(default='', max_length=100)
        reason = TextField(default='')
        by_name = CharField(max_length=200)
        created_at = BigIntegerField()
        class Meta:
            database = db
            table_name = 'collection'

    class ProblemRow(Model):
        order = ForeignKeyField(OrderRow, on_delete='CASCADE')
        wish = CharField(max_length=20)
        text = TextField(default='')
        state = CharField(index=True, max_length=10)
        at = BigIntegerField()
        by_name = CharField(max_length=200)
        settled_at = BigIntegerField(null=True)
        settled_by = CharField(default='', max_length=200)
        answer = TextField(default='')
        class Meta:
            database = db
            table_name = 'problem'

    migrator.migrate(migrator.add_column('orders', 'way', CharField(default='', max_length=20)), migrator.add_column('orders', 'way_since', BigIntegerField(null=True)))
    migrator.migrate(migrator.add_column('first_order', 'address', TextField(null=True)))
    db.create_tables([ShippingSettingsRow, DeliveryAddressRow, ParcelRow, LabelRow, TrackingEventRow, CarrierWordRow, CollectionRow, ProblemRow])


def down(migrator, db):
    migrator.migrate(migrator.drop_column('orders', 'way'), migrator.drop_column('orders', 'way_since'))
    migrator.migrate(migrator.drop_column('first_order', 'address'))
    for table in ('problem', 'collection', 'carrier_word', 'tracking_event', 'shipping_label', 'parcel', 'delivery_address', 'shipping_settings'):
        migrator.migrate(migrator.drop_table(table))
