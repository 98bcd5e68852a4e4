"""What somebody wants to be told, and the end of it by one click from a mail (RFC 8058)."""

from __future__ import annotations

from dataclasses import replace

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from craftops.domain.messages.notices import (
    CUSTOMER_WROTE,
    FOR_CUSTOMERS,
    KINDS,
    MERGE_MINUTES,
    MESSAGE,
    WAITS,
    NoticeChoice,
)
from craftops.domain.people.access import Role
from craftops.sdk.notification import NotificationChannel
from craftops.services.messages import choosing
from craftops.services.messages.notifying import choice_of, zone_of
from craftops.store.views.people import Account
from craftops.web.frame.language.translation import gettext as _
from craftops.web.frame.language.translation import lazy_gettext as __
from craftops.web.frame.request_context import account, actor, current_shop, sight
from craftops.web.frame.security import csrf
from craftops.web.frame.views import Choice
from craftops.web.messages.forms import NoticesForm, UnsubscribeForm
from craftops.web.messages.views import KindChoice, NoticesPage

blueprint = Blueprint("unsubscribe", __name__, url_prefix="/unsubscribe")
TITLES = {
    "received": __("We have your order"),
    "needs_you": __("We need something from you"),
    "queued": __("Your order is accepted"),
    "in_production": __("Its first part is being made"),
    "post_processing": __("It is being finished by hand"),
    "quality_check": __("It is being checked"),
    "delayed": __("It comes later than we promised"),
    "ready": __("It is ready"),
    "pickup_reminder": __("It still waits to be picked up"),
    "shipped": __("It is on its way"),
    "part_shipped": __("A part of it is on its way"),
    "number_changed": __("Its tracking number changes"),
    "at_shop": __("A parcel waits to be fetched"),
    "held_up": __("A parcel is held up"),
    "delivered": __("A parcel has arrived"),
    "cancelled": __("It is cancelled"),
    "quote": __("A quote is ready"),
    "invoice": __("There is an invoice"),
    "overdue": __("An invoice is late"),
    "receipt": __("Your payment is here"),
    MESSAGE: __("We have written to you"),
    CUSTOMER_WROTE: __("A customer has written"),
    WAITS: __("What waits in the shop, once a day"),
}


def add_to(face: Blueprint) -> None:
    """Register the routes."""
    face.add_url_rule("/account/notices", "notices", view_func=notices, methods=["GET", "POST"])


def _channels() -> list[NotificationChannel]:
    """The channels that somebody may choose from; none where there is one at most."""
    found = [one for one in current_shop().plugins.notification_channels if one.reaches_person and one.ready]
    return found if len(found) > 1 else []


def _kinds(row: Account) -> tuple[str, ...]:
    return FOR_CUSTOMERS if row.role == Role.CUSTOMER.value else (CUSTOMER_WROTE,)


def notices() -> AnyResponse | str:
    """The choices, and their answer."""
    row = account()
    kinds = _kinds(row)
    if request.method == "POST":
        choosing.choose(row, _sent(row, kinds), actor=actor(), at=sight().now)
        flash(_("Kept."), "good")
        return redirect(url_for("portal.notices"), 303)
    choice = choice_of(row, current_shop())
    page = NoticesPage(
        kinds=tuple(KindChoice(kind, str(TITLES[kind]), choice.wants(kind), KINDS[kind].must) for kind in kinds),
        merges=merge_choices(choice.merge_minutes),
        quiet_from=choice.quiet_from.isoformat("minutes") if choice.quiet_from else "",
        quiet_to=choice.quiet_to.isoformat("minutes") if choice.quiet_to else "",
        channels=tuple(
            Choice(one.name, one.title or one.name, one.name not in choice.channels_off) for one in _channels()
        ),
        digest=row.role != Role.CUSTOMER.value,
        digest_at=choice.digest_at.isoformat("minutes") if choice.digest_at and choice.wants(WAITS) else "",
    )
    return render_template("portal/notices.html", page=page)


def merge_choices(chosen: int) -> tuple[Choice, ...]:
    """How long a notice waits for others, to choose from."""
    words = {0: _("at once"), 2: _("after 2 minutes"), 15: _("after 15 minutes"), 60: _("after an hour")}
    return tuple(Choice(str(one), words[one], one == chosen) for one in MERGE_MINUTES)


def _sent(row: Account, kinds: tuple[str, ...]) -> NoticeChoice:
    form, before = NoticesForm.sent(), choice_of(row)
    minutes = form.merge if form.merge in MERGE_MINUTES else 2
    both = form.quiet_from is not None and form.quiet_to is not None
    sent = NoticeChoice(
        {kind: kind in form.kind for kind in kinds if not KINDS[kind].must}, minutes,
        form.quiet_from if both else None, form.quiet_to if both else None, _channels_off(form, before),
    )  # fmt: skip
    if row.role == Role.CUSTOMER.value:
        return sent
    kept = replace(sent, digest_at=before.digest_at, digest_from=before.digest_from) if before.wants(WAITS) else sent
    return kept.with_digest(form.digest_at, sight().now, zone_of(current_shop(), row))


def _channels_off(form: NoticesForm, before: NoticeChoice) -> frozenset[str]:
    """What of the page's channels is not ticked, and what of the others was off before: they may come back."""
    asked = {one.name for one in _channels()} if form.asks_channels else frozenset()
    return frozenset(before.channels_off - asked | (asked - {*form.channel}))


@blueprint.get("/<token>")
def ask(token: str) -> str:
    """A button: programs that open every link of a mail change nothing."""
    row, kinds = choosing.read_token(current_shop(), token)
    choice = choice_of(row, current_shop())
    return render_template(
        "portal/unsubscribe.html",
        token=token,
        title=" · ".join(str(TITLES.get(kind, kind)) for kind in kinds),
        on=any(choice.wants(kind) for kind in kinds),
        email=row.email,
    )


@blueprint.post("/<token>")
@csrf.exempt  # type: ignore[untyped-decorator]
def end(token: str) -> AnyResponse | tuple[str, int]:
    """Ends mails of this kind, or brings them back. Mail programs post here by themselves (``One-Click``)."""
    row, kinds = choosing.read_token(current_shop(), token)
    form = UnsubscribeForm.sent()
    choosing.switch(row, kinds, form.on, at=sight().now)
    if form.by_itself == "One-Click":
        return "", 200
    return redirect(url_for("unsubscribe.ask", token=token), 303)
