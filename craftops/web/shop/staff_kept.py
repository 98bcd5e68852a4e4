"""Small rules that the owner keeps in the browser, and the way back from any of the kept settings."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from craftops.domain.people.newcomers import NewCustomers
from craftops.errors import IntakeError
from craftops.services.shop import settings
from craftops.services.shop.context import FILES, MAKING, PEOPLE, Shop
from craftops.store.database import unit_of_work
from craftops.web.frame.language.translation import gettext as _
from craftops.web.frame.request_context import actor, back, current_shop, sight
from craftops.web.frame.sent_form import typed
from craftops.web.frame.views import Choice, FormField
from craftops.web.shop.forms import RulesForm, SettingsVersionForm
from craftops.web.shop.kept_note import kept_note


def add_to(blueprint: Blueprint) -> None:
    """Register the routes."""
    blueprint.add_url_rule("/settings/back", view_func=settings_back, methods=["POST"])
    blueprint.add_url_rule("/settings/rules", view_func=rules, methods=["GET", "POST"])


def settings_back() -> AnyResponse:
    """A version of before counts again, or the file does."""
    actor().must_be_owner()
    form = SettingsVersionForm.sent()
    settings.go_back(current_shop(), form.topic, form.version, actor=actor(), at=sight().now)
    flash(_("It is as it was before. The change that you took back is not lost: undo brings it again."), "good")
    return redirect(back(url_for("staff.settings")), 303)


def rules() -> AnyResponse | tuple[str, int]:
    """Who may order first, how long links and files are kept."""
    actor().must_be_owner()
    shop, errors = current_shop(), dict[str, str]()
    if request.method == "POST":
        try:
            form = RulesForm.sent()
        except IntakeError as error:
            errors = error.fields
        else:
            _keep_rules(shop, form)
            flash(_("Kept. It counts from now on."), "good")
            return redirect(url_for("staff.rules"), 303)
    files, *people = _fields(shop, errors, typed())
    page = render_template(
        "staff/rules.html",
        files=(files,),
        people=people,
        making=_making_fields(shop, typed()),
        kept_making=kept_note(shop, MAKING),
        errors=errors,
        kept_files=kept_note(shop, FILES),
        kept_people=kept_note(shop, PEOPLE),
    )
    return page, 422 if errors else 200


def _keep_rules(shop: Shop, form: RulesForm) -> None:
    now, who = shop.newcomers, form.new_customers.value
    with unit_of_work():
        _keep(shop, FILES, {"keep_months": form.keep_months}, {"keep_months": shop.keeping.keep_months})
        _keep(shop, MAKING, {"photo_at_check": form.photo_at_check}, {"photo_at_check": shop.making.photo_at_check})
        _keep(
            shop, PEOPLE, {"new_customers": who, "tracker_days": form.tracker_days},
            {"new_customers": now.new_customers.value, "tracker_days": now.tracker_days},
        )  # fmt: skip


def _keep(shop: Shop, topic: str, found: Mapping[str, object], now: Mapping[str, object]) -> None:
    if found != now:
        settings.keep(shop, topic, found, actor=actor(), at=sight().now)


def _making_fields(shop: Shop, typed: Mapping[str, str]) -> tuple[FormField, ...]:
    wants = typed.get("photo_at_check", "1" if shop.making.photo_at_check else "0")
    words = {"0": _("No"), "1": _("Yes: it becomes ready only then, and the customer sees the photo")}
    return (
        FormField("photo_at_check", _("Must there be a photo of the finished parts?"), "radio", wants, "", "", True,
                  tuple(Choice(value, said, value == wants) for value, said in words.items())),
    )  # fmt: skip


def _fields(shop: Shop, errors: Mapping[str, str], typed: Mapping[str, str]) -> tuple[FormField, ...]:
    who = typed.get("new_customers", shop.newcomers.new_customers.value)
    words = {
        NewCustomers.OPEN: _("Anybody with an e-mail address"),
        NewCustomers.BY_APPROVAL: _("Anybody; the shop looks at each new customer first"),
        NewCustomers.INVITATION: _("Only whom the shop has added"),
    }
    return (
        FormField("keep_months", _("Months that design files are kept after an order has ended"), "text",
                  typed.get("keep_months", str(shop.keeping.keep_months)),
                  _("0 keeps them for ever. Customers are told a month before, and staff are asked."),
                  errors.get("keep_months", ""), True),
        FormField("new_customers", _("Who may order first"), "radio", who, "", errors.get("new_customers", ""), True,
                  tuple(Choice(one.value, words[one], one.value == who) for one in NewCustomers)),
        FormField("tracker_days", _("Days that an order can be seen by its link after it has ended"), "text",
                  typed.get("tracker_days", str(shop.newcomers.tracker_days)), "", errors.get("tracker_days", ""),
                  True),
    )  # fmt: skip
