"""What nobody may have done without a trace, where no other table keeps it."""

from __future__ import annotations

from peewee import CharField, IntegerField, TextField

from craftops.store.models.base import InstantField, Row


class AuditRow(Row):
    """One thing that somebody did, or tried. Rows are only added, until their time is over."""

    at = InstantField(index=True)
    what = CharField(index=True, max_length=40)
    """A word of ``domain.shop.audit``."""
    actor_kind = CharField(max_length=20)
    actor_id = IntegerField(null=True)
    actor_name = CharField(max_length=200)
    account = IntegerField(null=True, index=True)
    """Whom it was done to, where that is somebody with an account. Their row may be gone."""
    subject = CharField(default="", max_length=255)
    """What it was done to, in words that say it without another table."""
    before = TextField(default="")
    after = TextField(default="")
    address = CharField(default="", max_length=64)
    """The network address that it came from; empty for CraftOps itself."""
    agent = CharField(default="", max_length=300)
    """What the browser calls itself."""

    class Meta:
        table_name = "audit"
