"""Notices: what is to be told, and whether it was."""

from __future__ import annotations

from peewee import CharField, ForeignKeyField, IntegerField, TextField

from craftops.store.models.base import InstantField, Row
from craftops.store.models.people import AccountRow


class NoticeRow(Row):
    """A notice, once per event and recipient."""

    key = CharField(unique=True)
    kind = CharField()
    account = ForeignKeyField(AccountRow, on_delete="CASCADE")
    order_id = IntegerField(null=True)
    first_message = IntegerField(null=True)
    """Of a notice of messages: the first that it tells of; what came after it goes with it."""
    last_message = IntegerField(null=True)
    """Of one that is being sent or was sent: the newest message that its mail tells of."""
    channel = CharField(default="")
    """The name of the channel that it goes out by."""
    state = CharField(default="waiting", index=True)
    """waiting, sending, sent, refused, dropped."""
    batch = CharField(default="", index=True)
    """The key of the notice that it goes out with; empty until somebody sends it."""
    subject = CharField(default="", max_length=300)
    relay_id = CharField(default="", max_length=250, index=True)
    """The id that a mail server gave to the mail in the place of ours."""
    attempts = IntegerField(default=0)
    error = TextField(default="")
    created_at = InstantField()
    sent_at = InstantField(null=True)

    class Meta:
        table_name = "notice"
