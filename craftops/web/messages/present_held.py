"""Mails that wait for their place, as staff see them."""

from __future__ import annotations

from flask import url_for

from craftops.services.messages import held
from craftops.services.messages.mail_intake import OTHER_SENDER, REVOKED, TOO_MANY, UNKNOWN
from craftops.store.queries.message_pages import orders_of_address
from craftops.store.views.messages import HeldMailView
from craftops.web.frame import labels
from craftops.web.frame.language.translation import gettext as _
from craftops.web.frame.language.translation import lazy_gettext as __
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


def _line(row: HeldMailView) -> HeldLine:
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


def _choices(row: HeldMailView) -> tuple[Choice, ...]:
    """Orders that it may be about: the one that it answers first, then the sender's newest."""
    found: dict[str, str] = {}
    if row.order_code is not None:
        found[row.order_code] = f"{row.order_code}: {row.order_title}"
    for code, title in orders_of_address(row.sender, MOST_CHOICES):
        found.setdefault(code, f"{code}: {title}")
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
