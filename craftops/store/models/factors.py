"""How somebody proves that it is them, beside a password or a mailbox; and what is half-way done."""

from __future__ import annotations

from peewee import BigIntegerField, BooleanField, CharField, ForeignKeyField, TextField

from craftops.store.models.base import InstantField, JsonField, Row
from craftops.store.models.people import AccountRow


class SecondFactorRow(Row):
    """The secret of somebody's authenticator app, kept from its first code that fitted on."""

    account = ForeignKeyField(AccountRow, unique=True, on_delete="CASCADE")
    sealed_secret = TextField()
    last_step = BigIntegerField(default=0)
    """The time step of the newest code that was taken: none of it or before is taken again."""
    created_at = InstantField()

    class Meta:
        table_name = "second_factor"


class RecoveryCodeRow(Row):
    """A code for the day on which the telephone is gone: used once, kept as a hash."""

    account = ForeignKeyField(AccountRow, backref="recovery_codes", on_delete="CASCADE")
    code_hash = CharField(unique=True, max_length=64)
    created_at = InstantField()
    used_at = InstantField(null=True)

    class Meta:
        table_name = "recovery_code"


class PasskeyRow(Row):
    """A passkey (WebAuthn credential): a device or a password manager that signs for somebody."""

    account = ForeignKeyField(AccountRow, backref="passkeys", on_delete="CASCADE")
    credential_id = CharField(unique=True, max_length=1400)
    """base64url; at most 1,023 bytes by WebAuthn."""
    public_key = TextField()
    """COSE, base64url."""
    handle = CharField(index=True, max_length=100)
    """The random name under which devices keep this account, base64url; the same for all of its passkeys."""
    sign_count = BigIntegerField(default=0)
    name = CharField(max_length=100)
    transports = JsonField(null=True)
    synced = BooleanField(default=False)
    """Whether it may be on several devices."""
    created_at = InstantField()
    used_at = InstantField(null=True)

    class Meta:
        table_name = "passkey"


class IdentityRow(Row):
    """Somebody elsewhere who is one of our accounts: a provider's own name of a person, which is never another's."""

    provider = CharField(max_length=40)
    subject = CharField(max_length=255)
    account = ForeignKeyField(AccountRow, backref="identities", on_delete="CASCADE")
    created_at = InstantField()
    used_at = InstantField(null=True)

    class Meta:
        table_name = "identity"
        indexes = ((("provider", "subject"), True), (("provider", "account"), True))


class SignInStepRow(Row):
    """A sign-in, or the making of a passkey, that waits for its next step; used once, by the browser that began it."""

    token_hash = CharField(unique=True, max_length=64)
    purpose = CharField(max_length=20)
    account = ForeignKeyField(AccountRow, null=True, on_delete="CASCADE")
    sealed = TextField(default="")
    """What has to be remembered until then, as sealed JSON."""
    created_at = InstantField()
    expires_at = InstantField(index=True)

    class Meta:
        table_name = "sign_in_step"
