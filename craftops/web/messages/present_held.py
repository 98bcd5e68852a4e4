"""Mails that wait for their place, as staff see them."""

from __future__ import annotations

from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as __

from craftops.services.messages import held
from craftops.services.messages.mail_intake import OTHER_SENDER, REVOKED, TOO_MANY, UNKNOWN
from craftops.store.models import AccountRow, HeldMailRow, OrderRow
from craftops.web.frame import labels
from craftops.web.frame.request_context import RequestContext
from craftops.web.frame.views import Choice, TodoItem
from craftops.web.messages.text import linked
from craftops.web.messages.views import HeldLine, HeldPage

WHY = {
    UNKNOWN: __("Nothing in it says which order it is about."),
    OTHER_SENDER: __("It answers a mail of ours, but somebody else has written it."),
    REVOKED: __("It answers an old mail, whose address is not valid any more."),
    TOO_MANY: __("Too many mails came into this thread within an hour."),
}
MOST_CHOICES = 20


def held_page(_sight: RequestContext) -> HeldPage:
    """All that wait, the oldest first."""
    return HeldPage(tuple(_line(row) for row in held.waiting()))


def _line(row: HeldMailRow) -> HeldLine:
    return HeldLine(
        id=row.id,
        sender=row.sender_name or row.sender or _("Unknown sender"),
        address=row.sender,
        subject=row.subject,
        body=linked(row.body),
        folded=row.folded,
        files=tuple(f"{name} ({labels.size(size)})" for name, _sha, size in row.files or ()),
        why=str(WHY.get(row.why, "")),
        came_at=row.came_at,
        choices=_choices(row),
        place_url=url_for("staff.place_held", held_id=row.id),
        throw_url=url_for("staff.throw_held", held_id=row.id),
    )


def _choices(row: HeldMailRow) -> tuple[Choice, ...]:
    """Orders that it may be about: the one that it answers first, then the sender's newest."""
    found: dict[str, str] = {}
    if row.order is not None:
        found[row.order.code] = f"{row.order.code}: {row.order.title}"
    theirs = OrderRow.select(OrderRow, AccountRow).join(AccountRow).where(AccountRow.email == row.sender)
    for order in theirs.order_by(OrderRow.id.desc()).limit(MOST_CHOICES):
        found.setdefault(order.code, f"{order.code}: {order.title}")
    return tuple(Choice(code, label) for code, label in found.items())


def todo(_sight: RequestContext) -> list[TodoItem]:
    """The same for the to-do home."""
    return [
        TodoItem(
            url_for("staff.held"), "", row.sender_name or row.sender or _("Unknown sender"),
            row.subject or row.body[:80], row.came_at, "", None,
        )
        for row in held.waiting()
    ]  # fmt: skip
