"""The owner's page of mail: the way out, the way in, where answers go, and a mail to oneself that tries all three."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from pydantic import ValidationError
from werkzeug.wrappers import Response as AnyResponse

from craftops.config_tables import MailTable
from craftops.errors import IntakeError
from craftops.services.messages import mail_trial
from craftops.services.people import accounts
from craftops.services.shop import plugin_settings, settings
from craftops.services.shop.context import MAIL, Shop
from craftops.store.database import unit_of_work
from craftops.web.frame.language.translation import gettext as _
from craftops.web.frame.request_context import actor, current_shop, sight
from craftops.web.frame.schema_form import form_values
from craftops.web.frame.sent_form import typed
from craftops.web.messages.forms import AnswersForm
from craftops.web.messages.present_mail import IN, OUT, REPLY, SHOWN, mail_page


def add_to(blueprint: Blueprint) -> None:
    """Register the routes."""
    blueprint.add_url_rule("/settings/mail", view_func=mail_settings, methods=["GET", "POST"])
    blueprint.add_url_rule("/settings/mail/try", view_func=try_mail, methods=["POST"])


def mail_settings() -> AnyResponse | tuple[str, int]:
    """The form, and what was typed."""
    actor().must_be_owner()
    shop, errors = current_shop(), {}
    if request.method == "POST":
        errors = _keep(shop)
        if not errors:
            flash(_("Kept. Send yourself a mail now, to see whether it works."), "good")
            return redirect(url_for("staff.mail_settings"), 303)
    page = mail_page(sight(), errors, typed() if errors else None)
    return render_template("staff/mail_settings.html", page=page, live=page.live_url), 422 if errors else 200


def try_mail() -> AnyResponse:
    """A mail to ourselves; the page says what becomes of it."""
    actor().must_be_owner()
    try:
        mail_trial.begin(current_shop(), actor=actor(), at=sight().now)
    except IntakeError as error:
        flash(error.sentence, "bad")
    return redirect(url_for("staff.mail_settings") + "#test", 303)


def _keep(shop: Shop) -> dict[str, str]:
    """All of it or nothing; the faulty fields with their sentences."""
    errors: dict[str, str] = {}
    try:
        with unit_of_work():
            for name in (OUT, IN):
                if name in shop.plugins.plugins():
                    errors |= {f"{name}-{key}": why for key, why in _keep_plugin(shop, name).items()}
            errors |= _keep_answers(shop)
            if errors:
                raise IntakeError("Some answers cannot be used yet.")
    except IntakeError:
        shop.kept.forget()
    return errors


def _keep_plugin(shop: Shop, name: str) -> Mapping[str, str]:
    kind = type(shop.plugins.plugins()[name]).settings_type
    secret = plugin_settings.secrets_of(kind)
    only = tuple(one.name for one in fields(kind) if one.name in SHOWN[name])
    kept = {key: value for key, value in plugin_settings.kept_of(shop, name).items() if key not in (*only, *secret)}
    try:
        given: dict[str, Any] = {**kept, **form_values(kind, typed(), only, f"{name}-")}
        if "from_address" in given:
            given["from_address"] = accounts.check_email(given["from_address"])
        if not _differs(kind, given, plugin_settings.kept_of(shop, name)):
            return {}
        plugin_settings.save_settings(shop, name, given, actor=actor(), at=sight().now)
    except IntakeError as error:
        return {"from_address" if key == "email" else key: why for key, why in error.fields.items()} or {
            "host": error.sentence
        }
    return {}


def _differs(kind: type[Any], given: Mapping[str, Any], known: Mapping[str, Any]) -> bool:
    """Whether anything would be another: the page has two halves, and one of them may be left to ``shop.toml``."""
    return any(
        given.get(one.name) if one.metadata.get("secret") else
        given.get(one.name, one.default) != known.get(one.name, one.default)
        for one in fields(kind)
    )  # fmt: skip


def _keep_answers(shop: Shop) -> dict[str, str]:
    value = AnswersForm.sent().reply_address
    if value == shop.mail.reply_address:
        return {}
    try:
        MailTable(reply_address=value)
    except ValidationError:
        return {REPLY: _("Write it like shop+{token}@example.org: {token} before the @, or not at all.")}
    settings.keep(shop, MAIL, {"reply_address": value}, actor=actor(), at=sight().now)
    return {}
