"""What mails about parcels say."""

from __future__ import annotations

from craftops.domain.events import Event, EventKind
from craftops.web.frame.capability import NoticeText
from craftops.web.frame.language.translation import gettext as _

KINDS = {
    "part": "part_shipped", "number": "number_changed", "delivered": "delivered", "held_up": "held_up",
    "at_shop": "at_shop",
}  # fmt: skip


def notice_of(event: Event) -> str:
    """The kind of notice that an event is worth; empty for none."""
    if event.kind is EventKind.PICKUP_CHANGED:
        return "pickup_reminder" if event.data.get("what") == "reminder" else ""
    return KINDS.get(str(event.data.get("what")), "") if event.kind is EventKind.PARCEL_CHANGED else ""


NOTICES = {
    "pickup_reminder": NoticeText(
        lambda title: _("Still here for you: %(title)s", title=title),
        lambda _order: _("Your order lies ready and waits for you. Bring the code, or send somebody with it."),
    ),
    "part_shipped": NoticeText(
        lambda title: _("A part is on its way: %(title)s", title=title),
        lambda _order: _("A parcel of your order has left our shop; the rest follows."),
    ),
    "number_changed": NoticeText(
        lambda title: _("Another tracking number: %(title)s", title=title),
        lambda _order: _("Your parcel goes with another label. The number from before is no good any more."),
    ),
    "delivered": NoticeText(
        lambda title: _("Delivered: %(title)s", title=title),
        lambda _order: _("The carrier says that your parcel has arrived. If something is wrong with it, tell us."),
    ),
    "held_up": NoticeText(
        lambda title: _("Held up on its way: %(title)s", title=title),
        lambda _order: _("Your parcel does not move on as it should. We look after it; the page says what we know."),
    ),
    "at_shop": NoticeText(
        lambda title: _("Waits to be fetched: %(title)s", title=title),
        lambda _order: _("Your parcel lies at a shop or locker of the carrier. The page says where."),
    ),
}
