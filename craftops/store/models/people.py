"""People and how they prove who they are."""

from __future__ import annotations

from peewee import BooleanField, CharField, ForeignKeyField, TextField

from craftops.store.models.base import InstantField, JsonField, Row


class AccountRow(Row):
    """A customer, a staff member, or the owner."""

    email = CharField(unique=True)
    name = CharField()
    phone = CharField(default="")
    role = CharField(index=True)
    password_hash = TextField(default="")
    disabled = BooleanField(default=False)
    language = CharField(default="")
    """What they have chosen; empty: what their browser says."""
    browser_language = CharField(default="", max_length=10)
    """What their browser spoke when they last signed in or ordered, for mails to whoever has chosen nothing."""
    timezone = CharField(default="")
    notices = JsonField(null=True)
    """What they want to be told (``domain.messages.notices``); None: the defaults."""
    created_at = InstantField()

    class Meta:
        table_name = "account"


class SessionRow(Row):
    """A signed-in browser. The cookie holds the token; the row holds only its hash."""

    token_hash = CharField(unique=True)
    account = ForeignKeyField(AccountRow, backref="sessions", on_delete="CASCADE")
    created_at = InstantField()
    seen_at = InstantField()
    expires_at = InstantField(index=True)
    agent = CharField(default="", max_length=300)
    how = CharField(default="", max_length=20)
    """By what it was signed in: password, link, passkey, or the name of a plugin."""
    second_at = InstantField(null=True)
    """When a second factor was shown for it."""

    class Meta:
        table_name = "session"


class MagicLinkRow(Row):
    """A sign-in link: one use, fifteen minutes."""

    token_hash = CharField(unique=True)
    account = ForeignKeyField(AccountRow, on_delete="CASCADE")
    next_path = CharField(default="")
    created_at = InstantField()
    expires_at = InstantField()
    used_at = InstantField(null=True)

    class Meta:
        table_name = "magic_link"


class SignInAttemptRow(Row):
    """One try of something that may not be tried without end (a failed sign-in, a message of a guest): limits that
    survive a restart."""

    subject = CharField(index=True)
    """``email:…``, ``address:…`` of a sign-in; else a word of what is counted and for whom."""
    at = InstantField(index=True)

    class Meta:
        table_name = "sign_in_attempt"


class ApiTokenRow(Row):
    """A token for programs. Shown once; kept as a hash."""

    token_hash = CharField(unique=True)
    name = CharField()
    scopes = JsonField()
    customer = ForeignKeyField(AccountRow, null=True, on_delete="CASCADE")
    created_at = InstantField()
    used_at = InstantField(null=True)
    revoked_at = InstantField(null=True)
    expires_at = InstantField(null=True)

    class Meta:
        table_name = "api_token"


class CalendarFeedRow(Row):
    """A secret address that a calendar program reads; kept as a hash, one of each kind for each person."""

    account = ForeignKeyField(AccountRow, on_delete="CASCADE")
    kind = CharField(max_length=10)
    """shop (the schedule), orders (a customer's own)."""
    token_hash = CharField(unique=True, max_length=64)
    created_at = InstantField()
    used_at = InstantField(null=True)

    class Meta:
        table_name = "calendar_feed"
        indexes = ((("account", "kind"), True),)


class EmailChangeRow(Row):
    """Another e-mail address that waits for the click on a link to it. Its token comes of seed and shop's key."""

    account = ForeignKeyField(AccountRow, on_delete="CASCADE")
    email = CharField(max_length=255)
    seed = CharField(max_length=40)
    token_hash = CharField(unique=True, max_length=64)
    created_at = InstantField()
    expires_at = InstantField()

    class Meta:
        table_name = "email_change"


class AddressRow(Row):
    """A postal address of a customer; one of them is the default."""

    account = ForeignKeyField(AccountRow, backref="addresses", on_delete="CASCADE")
    name = CharField(max_length=100)
    company = CharField(default="", max_length=100)
    line1 = CharField(max_length=100)
    line2 = CharField(default="", max_length=100)
    postcode = CharField(default="", max_length=20)
    city = CharField(default="", max_length=100)
    region = CharField(default="", max_length=100)
    country = CharField(max_length=2)
    """ISO 3166-1 alpha-2."""
    phone = CharField(default="", max_length=40)
    is_default = BooleanField(default=False)
    created_at = InstantField()

    class Meta:
        table_name = "address"
