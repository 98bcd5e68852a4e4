"""The conversation of each order: messages and their files, who has read what, what is being written."""

from __future__ import annotations

from peewee import BigIntegerField, BooleanField, CharField, ForeignKeyField, IntegerField, TextField

from craftops.store.models.base import InstantField, JsonField, Row
from craftops.store.models.files import BlobRow, DesignFileRow
from craftops.store.models.orders import OrderRow
from craftops.store.models.people import AccountRow


class ThreadRow(Row):
    """How the conversation of an order stands; made with its first message."""

    order = ForeignKeyField(OrderRow, unique=True, backref="threads", on_delete="CASCADE")
    count = IntegerField(default=0)
    newest_at = InstantField(index=True)
    waiting_since = InstantField(null=True, index=True)
    """Since when the customer waits for an answer."""
    settled = IntegerField(default=0)
    """The newest message of which staff have said that it needs no answer."""
    shop_read = IntegerField(default=0)
    """The newest message that anybody of the shop has read."""
    unread = IntegerField(default=0)
    """Messages of the customer after it."""
    assigned = ForeignKeyField(AccountRow, null=True, on_delete="SET NULL")
    snoozed_until = InstantField(null=True)

    class Meta:
        table_name = "thread"


class MessageRow(Row):
    """One message; never changed, never erased. A correction is a new one."""

    order = ForeignKeyField(OrderRow, backref="messages", on_delete="CASCADE")
    side = CharField(max_length=10)
    """customer or shop."""
    author = ForeignKeyField(AccountRow, null=True, on_delete="SET NULL")
    author_name = CharField(max_length=200)
    via = CharField(max_length=10)
    """portal or mail."""
    body = TextField(default="")
    folded = TextField(default="")
    """What a mail quoted: shown on demand, never thrown away."""
    away = CharField(default="", max_length=200)
    """Why this is an absence note and no answer; empty for everything else."""
    files = IntegerField(default=0)
    """How many attachments there are: a thread without any needs no query for them."""
    source = CharField(null=True, unique=True, max_length=200)
    """What makes a message that is sent twice the same one: the form's token, or a mail's key."""
    at = InstantField()

    class Meta:
        table_name = "message"
        indexes = ((("order", "id"), False),)


class AttachmentRow(Row):
    """A file of a message, in the order in which they were attached."""

    message = ForeignKeyField(MessageRow, backref="attachments", on_delete="CASCADE")
    file = ForeignKeyField(DesignFileRow, on_delete="CASCADE")
    state = CharField(default="ready", max_length=12)
    """ready; or of a picture: waiting (it is drawn again, without place and camera), unreadable."""
    small = ForeignKeyField(BlobRow, null=True, column_name="small_sha", object_id_name="small_id")
    """The picture in small."""
    width = IntegerField(default=0)
    height = IntegerField(default=0)

    class Meta:
        table_name = "attachment"


class ReadMarkRow(Row):
    """How far one person has read a thread."""

    order = ForeignKeyField(OrderRow, backref="read_marks", on_delete="CASCADE")
    account = ForeignKeyField(AccountRow, on_delete="CASCADE")
    message = BigIntegerField()
    """The newest message that they have seen."""
    at = InstantField()

    class Meta:
        table_name = "read_mark"
        indexes = ((("order", "account"), True),)


class MessageDraftRow(Row):
    """What somebody is writing and has not sent."""

    order = ForeignKeyField(OrderRow, backref="drafts", on_delete="CASCADE")
    account = ForeignKeyField(AccountRow, on_delete="CASCADE")
    body = TextField()
    files = JsonField(null=True)
    """Ids of the files that go with it."""
    touched_at = InstantField()

    class Meta:
        table_name = "message_draft"
        indexes = ((("order", "account"), True),)


class CannedResponseRow(Row):
    """An answer that staff give often, with variables in braces."""

    title = CharField(max_length=100)
    body = TextField()
    language = CharField(default="", max_length=10)
    """Empty: whatever the customer speaks."""
    key = CharField(null=True, unique=True, max_length=40)
    """Of those that came with CraftOps."""
    used = IntegerField(default=0)
    removed_at = InstantField(null=True)
    changed_at = InstantField()
    changed_by = CharField(default="", max_length=200)

    class Meta:
        table_name = "canned_response"


class ReplyTokenRow(Row):
    """By what an answer finds its thread: random, one for each thread and reader, in every mail to them about it."""

    token = CharField(unique=True, max_length=40)
    order = ForeignKeyField(OrderRow, backref="reply_tokens", on_delete="CASCADE")
    account = ForeignKeyField(AccountRow, on_delete="CASCADE")
    created_at = InstantField()
    revoked_at = InstantField(null=True)

    class Meta:
        table_name = "reply_token"
        indexes = ((("order", "account"), False),)


class HeldMailRow(Row):
    """A mail that proves no thread: held until somebody of the shop says where it belongs."""

    key = CharField(unique=True, max_length=200)
    sender = CharField(default="", max_length=255)
    sender_name = CharField(default="", max_length=200)
    subject = CharField(default="", max_length=300)
    body = TextField(default="")
    folded = TextField(default="")
    files = JsonField(null=True)
    """``[name, sha256, size]`` of each file that came with it."""
    why = CharField(default="", max_length=40)
    """Why it was not put into a thread: unknown, other_sender, revoked, too_many."""
    order = ForeignKeyField(OrderRow, null=True, on_delete="CASCADE")
    """The thread that it may belong to."""
    state = CharField(default="held", index=True)
    """held, placed, thrown."""
    came_at = InstantField()
    settled_at = InstantField(null=True)
    settled_by = CharField(default="", max_length=200)

    class Meta:
        table_name = "held_mail"


class MailTroubleRow(Row):
    """An address to which mail does not go through, or whose reader calls it spam."""

    address = CharField(unique=True)
    kind = CharField(max_length=12)
    """soft, hard, complaint."""
    status = CharField(default="", max_length=20)
    said = TextField(default="")
    count = IntegerField(default=1)
    at = InstantField()

    class Meta:
        table_name = "mail_trouble"


class QuestionRow(Row):
    """One decision that a customer is asked for."""

    order = ForeignKeyField(OrderRow, backref="questions", on_delete="CASCADE")
    kind = CharField(max_length=16)
    text = TextField()
    choices = JsonField()
    due_at = InstantField(null=True)
    holds = BooleanField(default=False)
    """Work on the order rests until it is answered, and this question made it rest."""
    state = CharField(default="open", index=True, max_length=12)
    asked_by = CharField(max_length=200)
    asked_at = InstantField()
    token = CharField(unique=True, null=True, max_length=100)
    """Makes a form that is sent twice one question."""
    choice = IntegerField(null=True)
    ended_by = CharField(default="", max_length=200)
    ended_at = InstantField(null=True)
    via = CharField(default="", max_length=10)
    """portal, or mail: the signed link of a mail."""

    class Meta:
        table_name = "question"
