"""What the shop tells customers who have chosen nothing of their own: the owner's page."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, flash, redirect, render_template, request, url_for
from pydantic import ValidationError
from werkzeug.wrappers import Response as AnyResponse

from craftops.config_tables import NoticesTable
from craftops.domain.messages.notices import FOR_CUSTOMERS, KINDS, MERGE_MINUTES
from craftops.services.shop import settings
from craftops.services.shop.context import NOTICES
from craftops.web.frame.language.translation import gettext as _
from craftops.web.frame.request_context import actor, current_shop, sight
from craftops.web.frame.sent_form import typed
from craftops.web.frame.views import Choice
from craftops.web.messages.forms import UsualNoticesForm
from craftops.web.messages.portal_notices import TITLES, merge_choices
from craftops.web.messages.views import KindChoice
from craftops.web.shop.kept_note import kept_note


@dataclass(frozen=True, slots=True)
class NoticesSettings:
    """``staff/notices_settings.html``."""

    kinds: tuple[KindChoice, ...]
    merges: tuple[Choice, ...]
    quiet_from: str
    quiet_to: str


def add_to(blueprint: Blueprint) -> None:
    """Register the routes."""
    blueprint.add_url_rule("/settings/notices", view_func=notices_settings, methods=["GET", "POST"])


def notices_settings() -> AnyResponse | tuple[str, int]:
    """The choices, and their answer."""
    actor().must_be_owner()
    shop, errors = current_shop(), {}
    table = shop.notices
    if request.method == "POST":
        try:
            table = _sent(table)
        except ValidationError:
            errors["quiet_from"] = _("Write both times of the quiet hours, or neither.")
        else:
            if table != shop.notices:
                body = table.model_dump(mode="json")
                settings.keep(shop, NOTICES, body, actor=actor(), at=sight().now)
            flash(_("Kept. It counts from now on."), "good")
            return redirect(url_for("staff.notices_settings"), 303)
    shown = typed() if errors else {}
    page = NoticesSettings(
        tuple(_kind(name, table) for name in FOR_CUSTOMERS),
        merge_choices(table.merge_minutes),
        shown.get("quiet_from", table.quiet_from),
        shown.get("quiet_to", table.quiet_to),
    )
    text = render_template("staff/notices_settings.html", page=page, errors=errors, kept=kept_note(shop, NOTICES))
    return text, 422 if errors else 200


def _kind(name: str, table: NoticesTable) -> KindChoice:
    must = KINDS[name].must
    return KindChoice(name, str(TITLES[name]), must or name in table.tell, must)


def _sent(before: NoticesTable) -> NoticesTable:
    """What was typed. Raises ValidationError for quiet hours with one end."""
    form = UsualNoticesForm.sent()
    return NoticesTable.model_validate(
        {
            "tell": tuple(name for name in FOR_CUSTOMERS if name in form.kind and not KINDS[name].must),
            "merge_minutes": form.merge if form.merge in MERGE_MINUTES else before.merge_minutes,
            "quiet_from": form.quiet_from,
            "quiet_to": form.quiet_to,
        }
    )
