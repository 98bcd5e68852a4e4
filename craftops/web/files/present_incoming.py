"""Contexts of what came in by mail or folder: the staff's list, one message, channels that do not work."""

from __future__ import annotations

from datetime import timedelta

from flask import url_for

from craftops.services.files import receiving
from craftops.services.files.receiving import HELD, TAKEN
from craftops.services.shop.context import Shop
from craftops.store import work as store_work
from craftops.store.queries import incoming as queries
from craftops.store.queries import people
from craftops.store.views.files import IncomingPart, IncomingView
from craftops.web.files import labels as file_labels
from craftops.web.files.present import file_card, picture_url
from craftops.web.files.views import ChannelTrouble, IncomingFileLine, IncomingPage
from craftops.web.frame import labels
from craftops.web.frame.language.translation import gettext as _
from craftops.web.frame.language.translation import ngettext
from craftops.web.frame.request_context import RequestContext
from craftops.web.frame.views import Chip, Choice, TodoItem

ON_LIST = timedelta(days=30)
"""After that a customer who has not ordered will hardly do it."""
MOST_CHOICES = 500


def todo(sight: RequestContext) -> list[TodoItem]:
    """What waits for staff, oldest first, then what customers have not ordered yet, newest first."""
    rows = [*queries.held(), *queries.not_ordered(sight.now - ON_LIST)]
    parts = queries.parts_of([row.id for row in rows])
    return [_todo_item(row, parts[row.id]) for row in rows]


def _todo_item(row: IncomingView, parts: list[IncomingPart]) -> TodoItem:
    kept = [part for part in parts if part.file_id or part.blob_id]
    files = names_of([part.name for part in kept])
    if row.state == HELD:
        title, chip = row.sender or _("Unknown sender"), Chip(_("whose is it?"), "warn", "hand-stop")
    else:
        title, chip = (row.customer or row.sender), None
    picture = next((picture_url(part.file) for part in kept if part.file is not None and part.file.picture_sha), "")
    return TodoItem(_url(row), "", title, files, row.came_at, picture, chip)


def names_of(names: list[str]) -> str:
    """ "bracket.stl", "bracket.stl and 2 more"."""
    if not names:
        return _("no files")
    more = len(names) - 1
    return (
        names[0]
        if not more
        else ngettext("%(name)s and %(num)d more", "%(name)s and %(num)d more", more, name=names[0])
    )


def _url(row: IncomingView) -> str:
    return url_for("staff.incoming", incoming_id=row.id)


def incoming_page(row: IncomingView, sight: RequestContext) -> IncomingPage:
    """One message, with everything that can be done about it."""
    parts = queries.parts_of([row.id])[row.id]
    is_held = row.state == HELD
    known = people.active_customer_with(row.sender) if row.sender else None
    return IncomingPage(
        id=row.id,
        title=row.subject or names_of([part.name for part in parts]),
        channel=channel_title(sight.shop, row.channel),
        sender=row.sender,
        came_at=row.came_at,
        chip=_chip(row),
        sentence=row.sentence if all(part.sentence != row.sentence for part in parts) else "",
        files=tuple(_file(part) for part in parts),
        customer=row.customer or "",
        customer_url=url_for("staff.customer", account_id=row.customer_id) if row.customer_id else "",
        is_held=is_held,
        suggested=known.email if known else "",
        customers=_customers() if is_held else (),
        new_name=_new_name(row) if is_held else "",
        can_take_back=row.state in (receiving.THROWN, receiving.REFUSED) and receiving.can_take_back(row.id),
        can_close=row.state == TAKEN and row.closed_at is None,
    )


def _chip(row: IncomingView) -> Chip:
    word, tone, icon = file_labels.INCOMING[row.state]
    return Chip(str(word), tone, icon)


def _file(part: IncomingPart) -> IncomingFileLine:
    card = file_card(part.file) if part.file is not None else None
    size = labels.size(part.size) if part.size else ""
    return IncomingFileLine(part.name, size, card, part.sentence)


def _customers() -> tuple[Choice, ...]:
    return tuple(Choice(address, name) for address, name in queries.customers_to_choose(MOST_CHOICES))


def _new_name(row: IncomingView) -> str:
    """ "ada.king@example.org" is "Ada King", until staff know better."""
    if not row.sender or queries.is_known(row.sender):
        return ""
    local = row.sender.split("@")[0].split("+")[0]
    return " ".join(word.capitalize() for word in local.replace(".", " ").replace("_", " ").split()) or row.sender


def channel_title(shop: Shop, name: str) -> str:
    """What staff call a channel, also one that is not enabled any more."""
    channel = shop.plugins.intake_channels.get(name)
    return channel.title if channel else name.capitalize()


def troubles(shop: Shop) -> tuple[ChannelTrouble, ...]:
    """Channels whose last look went wrong."""
    if not shop.plugins.intake_channels:
        return ()
    found = []
    for work in store_work.standing(receiving.FETCH):
        channel = shop.plugins.intake_channels.get(work.payload["channel"])
        if channel is not None and work.error:
            again = work.run_after if work.state == "ready" else None
            found.append(ChannelTrouble(channel.title, work.error, again))
    return tuple(found)
