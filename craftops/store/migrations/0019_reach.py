"""Reach without a password: links to one order, first orders, companies, addresses."""

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

    class TrackerLinkRow(Model):
        order = ForeignKeyField(OrderRow, on_delete='CASCADE')
        account = ForeignKeyField(AccountRow, null=True, on_delete='CASCADE')
        token_hash = CharField(unique=True, max_length=64)
        seed = CharField(max_length=40)
        name = CharField(max_length=100)
        note = CharField(default='', max_length=300)
        made_by = CharField(default='', max_length=200)
        created_at = BigIntegerField()
        used_at = BigIntegerField(null=True)
        revoked_at = BigIntegerField(null=True)
        revoked_by = CharField(default='', max_length=200)
        class Meta:
            database = db
            table_name = 'tracker_link'

    class FirstOrderRow(Model):
        key_hash = CharField(unique=True, max_length=64)
        visitor = ForeignKeyField(AccountRow, null=True, unique=True, on_delete='CASCADE')
        state = CharField(default='open', index=True, max_length=12)
        email = CharField(default='', index=True, max_length=255)
        name = CharField(default='', max_length=200)
        title = CharField(default='', max_length=200)
        delivery = CharField(default='pickup')
        lines = TextField(null=True)
        companions = TextField(null=True)
        seed = CharField(default='', max_length=40)
        link_hash = CharField(null=True, unique=True, max_length=64)
        order = ForeignKeyField(OrderRow, null=True, on_delete='CASCADE')
        why = TextField(default='')
        created_at = BigIntegerField()
        touched_at = BigIntegerField(index=True)
        class Meta:
            database = db
            table_name = 'first_order'

    class CompanyRow(Model):
        name = CharField(max_length=200)
        vat_id = CharField(default='', max_length=20)
        code = CharField(unique=True, max_length=12)
        created_at = BigIntegerField()
        class Meta:
            database = db
            table_name = 'company'

    class CompanyMemberRow(Model):
        company = ForeignKeyField(CompanyRow, on_delete='CASCADE')
        account = ForeignKeyField(AccountRow, on_delete='CASCADE')
        role = CharField(max_length=12)
        state = CharField(default='active', max_length=12)
        joined_at = BigIntegerField()
        class Meta:
            database = db
            table_name = 'company_member'
            legacy_table_names = False
            indexes = ((('account', 'company'), True),)

    class CompanyInvitationRow(Model):
        company = ForeignKeyField(CompanyRow, on_delete='CASCADE')
        email = CharField(max_length=255)
        role = CharField(max_length=12)
        seed = CharField(max_length=40)
        token_hash = CharField(unique=True, max_length=64)
        by_name = CharField(max_length=200)
        created_at = BigIntegerField()
        expires_at = BigIntegerField()
        used_at = BigIntegerField(null=True)
        revoked_at = BigIntegerField(null=True)
        class Meta:
            database = db
            table_name = 'company_invitation'

    class EmailChangeRow(Model):
        account = ForeignKeyField(AccountRow, on_delete='CASCADE')
        email = CharField(max_length=255)
        seed = CharField(max_length=40)
        token_hash = CharField(unique=True, max_length=64)
        created_at = BigIntegerField()
        expires_at = BigIntegerField()
        class Meta:
            database = db
            table_name = 'email_change'

    class AddressRow(Model):
        account = ForeignKeyField(AccountRow, on_delete='CASCADE')
        name = CharField(max_length=100)
        company = CharField(default='', max_length=100)
        line1 = CharField(max_length=100)
        line2 = CharField(default='', max_length=100)
        postcode = CharField(default='', max_length=20)
        city = CharField(default='', max_length=100)
        region = CharField(default='', max_length=100)
        country = CharField(max_length=2)
        phone = CharField(default='', max_length=40)
        is_default = BooleanField(default=False)
        created_at = BigIntegerField()
        class Meta:
            database = db
            table_name = 'address'

    db.create_tables(
        [
            TrackerLinkRow, FirstOrderRow, CompanyRow, CompanyMemberRow, CompanyInvitationRow, EmailChangeRow, AddressRow,
        ]
    )

    def company():
        return ForeignKeyField(CompanyRow, field=CompanyRow.id, null=True, on_delete='SET NULL')

    migrator.migrate(
        migrator.add_column('work', 'rank', IntegerField(default=0)),
        migrator.add_column('orders', 'company_id', company()),
        migrator.add_column('design_file', 'company_id', company()),
    )


def down(migrator, db):
    migrator.migrate(
        migrator.drop_index('design_file', 'design_file_company_id'),
        migrator.drop_column('design_file', 'company_id'),
        migrator.drop_index('orders', 'orders_company_id'),
        migrator.drop_column('orders', 'company_id'),
        migrator.drop_column('work', 'rank'),
        *(
            migrator.drop_table(name)
            for name in ('address', 'email_change', 'company_invitation', 'company_member', 'company', 'first_order', 'tracker_link')
        ),
    )
