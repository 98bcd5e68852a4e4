"""Second factors, passkeys, half-way sign-ins, the audit trail, and from where an event came."""

from peewee import *


def up(migrator, db):
    class Account(Model):
        class Meta:
            database = db
            table_name = 'account'

    class SecondFactorRow(Model):
        account = ForeignKeyField(Account, unique=True, on_delete='CASCADE')
        sealed_secret = TextField()
        last_step = BigIntegerField(default=0)
        created_at = BigIntegerField()
        class Meta:
            database = db
            table_name = 'second_factor'

    class RecoveryCodeRow(Model):
        account = ForeignKeyField(Account, on_delete='CASCADE')
        code_hash = CharField(unique=True, max_length=64)
        created_at = BigIntegerField()
        used_at = BigIntegerField(null=True)
        class Meta:
            database = db
            table_name = 'recovery_code'

    class PasskeyRow(Model):
        account = ForeignKeyField(Account, on_delete='CASCADE')
        credential_id = CharField(unique=True, max_length=1400)
        public_key = TextField()
        handle = CharField(index=True, max_length=100)
        sign_count = BigIntegerField(default=0)
        name = CharField(max_length=100)
        transports = TextField(null=True)
        synced = BooleanField(default=False)
        created_at = BigIntegerField()
        used_at = BigIntegerField(null=True)
        class Meta:
            database = db
            table_name = 'passkey'

    class IdentityRow(Model):
        provider = CharField(max_length=40)
        subject = CharField(max_length=255)
        account = ForeignKeyField(Account, on_delete='CASCADE')
        created_at = BigIntegerField()
        used_at = BigIntegerField(null=True)
        class Meta:
            database = db
            table_name = 'identity'
            indexes = ((('provider', 'subject'), True), (('provider', 'account'), True))

    class SignInStepRow(Model):
        token_hash = CharField(unique=True, max_length=64)
        purpose = CharField(max_length=20)
        account = ForeignKeyField(Account, null=True, on_delete='CASCADE')
        sealed = TextField(default='')
        created_at = BigIntegerField()
        expires_at = BigIntegerField(index=True)
        class Meta:
            database = db
            table_name = 'sign_in_step'

    class AuditRow(Model):
        at = BigIntegerField(index=True)
        what = CharField(index=True, max_length=40)
        actor_kind = CharField(max_length=20)
        actor_id = IntegerField(null=True)
        actor_name = CharField(max_length=200)
        account = IntegerField(null=True, index=True)
        subject = CharField(default='', max_length=255)
        before = TextField(default='')
        after = TextField(default='')
        address = CharField(default='', max_length=64)
        agent = CharField(default='', max_length=300)
        class Meta:
            database = db
            table_name = 'audit'

    db.create_tables([SecondFactorRow, RecoveryCodeRow, PasskeyRow, IdentityRow, SignInStepRow, AuditRow])
    migrator.migrate(
        migrator.add_column('session', 'how', CharField(default='', max_length=20)),
        migrator.add_column('session', 'second_at', BigIntegerField(null=True)),
        migrator.add_column('event', 'address', CharField(null=True, max_length=64)),
    )


def down(migrator, db):
    migrator.migrate(
        migrator.drop_column('event', 'address'),
        migrator.drop_column('session', 'second_at'),
        migrator.drop_column('session', 'how'),
        migrator.drop_table('audit'),
        migrator.drop_table('sign_in_step'),
        migrator.drop_table('identity'),
        migrator.drop_table('passkey'),
        migrator.drop_table('recovery_code'),
        migrator.drop_table('second_factor'),
    )
