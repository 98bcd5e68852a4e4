"""Calendar feeds: the secret address that programs read, and the page on which somebody makes or ends their own."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from flask import Blueprint, Response, flash, make_response, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response as AnyResponse

from craftops.domain.production.jobs import OperationKind
from craftops.errors import AccessError, RuleError
from craftops.services.people import limits
from craftops.services.schedule import feeds
from craftops.services.schedule.feeds import FeedKind, FeedWords
from craftops.web.frame.language.translation import gettext as _
from craftops.web.frame.request_context import account, current_shop, remote_address, sight
from craftops.web.production.labels import OPERATIONS
from craftops.web.schedule.forms import FeedForm
from craftops.web.schedule.ical import calendar_file

blueprint = Blueprint("calendar", __name__, url_prefix="/calendar")
FRESH = "fresh_feed"
MOST_MISSES = 60
"""Within a quarter of an hour, of one network address."""


@dataclass(frozen=True, slots=True)
class FeedPage:
    """``portal/calendar_feed.html``. ``fresh`` is an address that was just made, shown this once."""

    of_shop: bool
    since: datetime | None
    used: datetime | None
    fresh: str


def add_to(portal: Blueprint) -> None:
    """Register the page, for whoever is signed in."""
    portal.add_url_rule("/account/calendar", view_func=calendar_feed, methods=["GET", "POST"])


def calendar_feed() -> AnyResponse | str:
    """Make an address, make another one, end it."""
    me, at = account(), sight().now
    if request.method == "POST":
        if FeedForm.sent().do == "make":
            token = feeds.make(me, at=at)
            session[FRESH] = current_shop().config.base_url + url_for("calendar.feed", token=token)
        elif feeds.end(me, at=at):
            flash(_("The address has ended. Calendars that read it get nothing any more."), "good")
        else:
            raise RuleError("You have no such address.")
        return redirect(url_for("portal.calendar_feed"), 303)
    row = feeds.feed_of(me)
    page = FeedPage(
        feeds.kind_for(me) is FeedKind.SHOP, row.created_at if row else None, row.used_at if row else None,
        session.pop(FRESH, "") if row else "",
    )  # fmt: skip
    return render_template("portal/calendar_feed.html", page=page)


def _words(base: str, kind: FeedKind) -> FeedWords:
    endpoint = "staff.order" if kind is FeedKind.SHOP else "portal.order"

    def link(code: str) -> str:
        return base + url_for(endpoint, code=code)

    def hand_work(known: str, title: str) -> str:
        return title or str(OPERATIONS[OperationKind(known)])

    return FeedWords(
        link,
        hand_work,
        expected=_("Expected: {title} ({code})"),
        run="{machine}: {title} ({code})",
        set_up=_("It is set up before it runs."),
        hands="{work}: {title} ({code})",
        minutes=_("{minutes} min by hand"),
        rests=_("{machine} rests: {reason}"),
        no_end=_("Nobody knows yet until when."),
        fetch=_("To be fetched: {title} ({code})"),
        bin=_("Bin {bin}"),
        closed=_("Closed"),
    )


@blueprint.get("/<token>/craftops.ics")
def feed(token: str) -> Response:
    """The feed; 304 while nothing has changed."""
    shop, now = current_shop(), sight().now
    try:
        reader, kind = feeds.open_feed(token, at=now)
    except AccessError:
        limits.count(f"calendar:{remote_address()}", MOST_MISSES, at=now)
        raise
    base, profile = shop.config.base_url, sight().profile
    events = feeds.events_of(shop, reader, kind, profile.calendar, _words(base, kind), now)
    body = calendar_file(profile.name, urlsplit(base).hostname or "craftops", events)
    response = make_response(body)
    response.headers["Content-Type"] = "text/calendar; charset=utf-8"
    response.headers["Cache-Control"] = "private, no-cache"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.set_etag(hashlib.sha256(body).hexdigest()[:32])
    response.make_conditional(request)
    return response
