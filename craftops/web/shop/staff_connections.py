"""The owner's pages of what the shop is connected to: payment providers, carriers, channels, each with its settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from craftops.errors import IntakeError
from craftops.sdk.carrier import Carrier
from craftops.sdk.payment import PaymentProvider
from craftops.sdk.plugin import Plugin
from craftops.services.shop import plugin_settings, plugin_trial
from craftops.services.shop.context import Shop
from craftops.store.views.shop import SettingsTrial
from craftops.web.frame.language.told import told
from craftops.web.frame.language.translation import gettext as _
from craftops.web.frame.language.translation import lazy_gettext
from craftops.web.frame.request_context import actor, current_shop, sight
from craftops.web.frame.schema_form import form_fields, form_values
from craftops.web.frame.sent_form import typed
from craftops.web.frame.views import FormField
from craftops.web.shop.forms import PluginNameForm
from craftops.web.shop.kept_note import KeptNote, kept_note
from craftops.web.shop.present_plugins import settings_url

KINDS = (
    ("payment_", lazy_gettext("Ways to be paid")),
    ("carrier_", lazy_gettext("Carriers")),
    ("notify_", lazy_gettext("Notices")),
    ("channel_", lazy_gettext("Files that come in")),
    ("machine_", lazy_gettext("Machines")),
    ("", lazy_gettext("More")),
)
AT_START = ("machine_", "theme_", "analyzer_")
"""Settings of these count from the next start on: links and children of the shop hold them."""


@dataclass(frozen=True, slots=True)
class ConnectionLine:
    """A plugin that has settings. ``ready`` is None where it cannot say."""

    name: str
    title: str
    summary: str
    ready: bool | None
    url: str
    in_browser: bool


@dataclass(frozen=True, slots=True)
class ConnectionPage:
    """``staff/connection.html``."""

    name: str
    title: str
    summary: str
    fields: tuple[FormField, ...]
    kept: KeptNote
    errors: Mapping[str, str]
    error: str
    can_be_tried: bool
    trial: SettingsTrial | None
    at_start: bool
    webhook: str
    """Where the account has to send its words."""


def add_to(blueprint: Blueprint) -> None:
    """Register the routes."""
    blueprint.add_url_rule("/settings/connections", view_func=connections)
    blueprint.add_url_rule("/settings/connections/plugin", view_func=connection, methods=["GET", "POST"])
    blueprint.add_url_rule("/settings/connections/try", view_func=try_connection, methods=["POST"])


def _with_settings(shop: Shop) -> dict[str, Plugin[Any]]:
    return {name: one for name, one in shop.plugins.plugins().items() if fields(type(one).settings_type)}


def _ready(shop: Shop, name: str) -> bool | None:
    """Whether what a plugin brings leads anywhere, as its providers and carriers say."""
    plugin = shop.plugins.plugins()[name]
    brought: tuple[PaymentProvider | Carrier, ...] = (
        *shop.plugins.payment_providers.values(),
        *shop.plugins.carriers.values(),
    )
    own = type(plugin).__module__
    # Its class as it says itself: a restored shop has a guard before everything that reaches outside.
    return next((bool(one.ready) for one in brought if one.__class__.__module__.startswith(own)), None)


def connections() -> str:
    """All of them, by what they are for."""
    actor().must_be_owner()
    shop = current_shop()
    left = _with_settings(shop)
    groups = []
    for prefix, title in KINDS:
        mine = [name for name in left if name.startswith(prefix)]
        lines = tuple(_line(shop, name, left.pop(name)) for name in mine)
        if lines:
            groups.append((title, lines))
    return render_template("staff/connections.html", groups=groups, trouble=shop.kept.trouble)


def _line(shop: Shop, name: str, plugin: Plugin[Any]) -> ConnectionLine:
    kept = plugin_settings.kept_version(shop, name) is not None
    return ConnectionLine(name, told(plugin.title), told(plugin.summary), _ready(shop, name), settings_url(name), kept)


def connection() -> AnyResponse | tuple[str, int]:
    """The settings of one, and what was typed."""
    actor().must_be_owner()
    shop, name = current_shop(), PluginNameForm.asked().name
    plugin = _with_settings(shop).get(name)
    if plugin is None:
        abort(404)
    kind, errors, sentence = type(plugin).settings_type, {}, ""
    if request.method == "POST":
        try:
            given = form_values(kind, typed(), prefix="s-")
            changed = plugin_settings.save_settings(shop, name, given, actor=actor(), at=sight().now)
        except IntakeError as error:
            errors, sentence = error.fields, "" if error.fields else error.sentence
        else:
            flash(_("Kept. It counts from now on.") if changed else _("Nothing has changed."), "good")
            return redirect(url_for("staff.connection", name=name), 303)
    wrong = bool(errors or sentence)
    trial = plugin_trial.newest(name)
    page = ConnectionPage(
        name=name,
        title=plugin.title,
        summary=plugin.summary,
        fields=form_fields(kind, plugin_settings.kept_of(shop, name), errors, typed() if wrong else None, prefix="s-"),
        kept=kept_note(shop, plugin_settings.topic_of(name)),
        errors=errors,
        error=sentence,
        can_be_tried=plugin.can_be_tried,
        trial=trial,
        at_start=name.startswith(AT_START),
        webhook=_webhook(shop, name),
    )
    live = url_for("live.stream", page="staff/settings") if trial and trial.state == plugin_trial.WAITING else ""
    return render_template("staff/connection.html", page=page, live=live), 422 if wrong else 200


def _webhook(shop: Shop, name: str) -> str:
    known = {one.name for one in fields(type(shop.plugins.plugins()[name]).settings_type)}
    if "webhook_secret" not in known:
        return ""
    short = name.partition("_")[2]
    if name.startswith("payment_") and short in shop.plugins.payment_providers:
        return f"{shop.config.base_url}{url_for('webhooks.hook', provider=short)}"
    if name.startswith("carrier_") and short in shop.plugins.carriers:
        return f"{shop.config.base_url}{url_for('carrier_words.carrier_word', carrier=short)}"
    return ""


def try_connection() -> AnyResponse:
    """Have the worker use what is kept."""
    name = PluginNameForm.sent().name
    plugin_trial.begin(current_shop(), name, actor=actor(), at=sight().now)
    return redirect(url_for("staff.connection", name=name) + "#test", 303)
