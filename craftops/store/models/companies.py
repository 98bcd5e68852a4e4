"""Companies, who belongs to them, and who is asked to."""

from __future__ import annotations

from peewee import CharField, ForeignKeyField

from craftops.store.models.base import InstantField, Row
from craftops.store.models.people import AccountRow


class CompanyRow(Row):
    """A company that several people order for."""

    name = CharField(max_length=200)
    vat_id = CharField(default="", max_length=20)
    code = CharField(unique=True, max_length=12)
    """With it somebody asks to join."""
    created_at = InstantField()

    class Meta:
        table_name = "company"


class CompanyMemberRow(Row):
    """Somebody in a company, or who asks to be."""

    company = ForeignKeyField(CompanyRow, backref="members", on_delete="CASCADE")
    account = ForeignKeyField(AccountRow, on_delete="CASCADE")
    role = CharField(max_length=12)
    state = CharField(default="active", max_length=12)
    """active, or asked."""
    joined_at = InstantField()

    class Meta:
        table_name = "company_member"
        indexes = ((("account", "company"), True),)


class CompanyInvitationRow(Row):
    """A link by which the reader of one mailbox joins. The token comes of the seed and the shop's key."""

    company = ForeignKeyField(CompanyRow, backref="invitations", on_delete="CASCADE")
    email = CharField(max_length=255)
    role = CharField(max_length=12)
    seed = CharField(max_length=40)
    token_hash = CharField(unique=True, max_length=64)
    by_name = CharField(max_length=200)
    created_at = InstantField()
    expires_at = InstantField()
    used_at = InstantField(null=True)
    revoked_at = InstantField(null=True)

    class Meta:
        table_name = "company_invitation"
