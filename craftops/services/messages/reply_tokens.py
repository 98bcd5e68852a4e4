"""Addresses that answers come back to: a random token for each thread and reader, in the shop's own address."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import datetime

from craftops.domain.messages.reply_tokens import new_token
from craftops.sdk.notification import Notice
from craftops.services.shop.context import Shop
from craftops.store.database import unit_of_work
from craftops.store.models import ReplyTokenRow

PLACE = "{token}"


def token_for(order_id: int, account_id: int, *, at: datetime) -> str:
    """The token of this thread and reader, made when it is wanted first."""
    mine = (
        (ReplyTokenRow.order == order_id) & (ReplyTokenRow.account == account_id) & ReplyTokenRow.revoked_at.is_null()
    )
    with unit_of_work():
        row: ReplyTokenRow | None = ReplyTokenRow.select().where(mine).order_by(ReplyTokenRow.id).first()
        if row is None:
            row = ReplyTokenRow.create(token=new_token(), order=order_id, account=account_id, created_at=at)
    return str(row.token)


def find(token: str) -> ReplyTokenRow | None:
    """The row of a token, revoked or not; None for one that is not ours."""
    row: ReplyTokenRow | None = ReplyTokenRow.get_or_none(ReplyTokenRow.token == token.lower()) if token else None
    return row


def revoke(*, order_id: int | None = None, account_id: int | None = None, at: datetime) -> int:
    """End the tokens of a thread, of a person, or all: mails that use them are held from now on. How many."""
    rows = ReplyTokenRow.update(revoked_at=at).where(ReplyTokenRow.revoked_at.is_null())
    if order_id is not None:
        rows = rows.where(ReplyTokenRow.order == order_id)
    if account_id is not None:
        rows = rows.where(ReplyTokenRow.account == account_id)
    with unit_of_work():
        return int(rows.execute())


def answerable(shop: Shop, notice: Notice, order_id: int, account_id: int, *, at: datetime) -> Notice:
    """A notice to which an answer finds back; as it was, where the shop reads no mail.

    The token stands in the address, where that has room for it, and in the ids that the answer will refer to.
    """
    template = shop.mail.reply_address
    if not template:
        return notice
    token = token_for(order_id, account_id, at=at)
    domain = template.rsplit("@", 1)[-1]
    this = hashlib.sha256(notice.key.encode()).hexdigest()[:16]
    return replace(
        notice,
        reply_to=template.replace(PLACE, token),
        envelope_from=template.replace(PLACE, f"b-{token}") if PLACE in template else "",
        message_id=f"reply-{token}.{this}@{domain}",
        references=(f"reply-{token}@{domain}",),
    )
