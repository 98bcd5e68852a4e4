"""Plugins, for the owner: what they bring, how they do, and their settings."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from craftops.errors import AccessError, IntakeError
from craftops.services.shop import plugin_settings, plugin_tallies
from craftops.web.frame.request_context import actor, current_shop, sight
from craftops.web.shop.plugin_form import read_form
from craftops.web.shop.present_plugins import plugin_page, plugins_page, restarts


def add_to(blueprint: Blueprint) -> None:
    """Register the routes."""
    blueprint.add_url_rule("/plugins", view_func=plugins)
    blueprint.add_url_rule("/plugins/<name>", view_func=plugin, methods=["GET", "POST"])
    blueprint.add_url_rule("/plugins/<name>/forget", view_func=forget_settings, methods=["POST"])
    blueprint.add_url_rule("/plugins/<name>/count", view_func=count_anew, methods=["POST"])


def plugins() -> str:
    """All that are switched on."""
    actor().must_be_owner()
    return render_template("staff/plugins.html", page=plugins_page(current_shop()))


def plugin(name: str) -> AnyResponse | tuple[str, int]:
    """One plugin; its form keeps settings."""
    actor().must_be_owner()
    shop = current_shop()
    if request.method != "POST":
        return render_template("staff/plugin.html", page=plugin_page(shop, name)), 200
    known = shop.plugins.plugins().get(name)
    if known is None:
        raise AccessError
    typed = read_form(type(known).settings_type, request.form, shop.config.document.plugin.get(name, {}))
    try:
        plugin_settings.save_settings(shop, name, typed, actor=actor(), at=sight().now)
    except IntakeError as error:
        page = plugin_page(shop, name, typed, error.fields, "" if error.fields else error.sentence)
        return render_template("staff/plugin.html", page=page), 422
    taken = _("Kept. It is taken over in a moment.") if restarts() else _("Kept. It is taken with the next start.")
    flash(taken, "good")
    return redirect(url_for("staff.plugin", name=name), 303)


def forget_settings(name: str) -> AnyResponse:
    """Back to what shop.toml and the plugin say."""
    actor().must_be_owner()
    plugin_page(current_shop(), name)
    plugin_settings.forget_settings(current_shop(), name, actor=actor(), at=sight().now)
    flash(_("It is as shop.toml has it."), "good")
    return redirect(url_for("staff.plugin", name=name), 303)


def count_anew(name: str) -> AnyResponse:
    """Forget calls and failures, after something was mended."""
    actor().must_be_owner()
    plugin_page(current_shop(), name)
    plugin_tallies.forget(name)
    flash(_("Calls and failures are counted anew."), "good")
    return redirect(url_for("staff.plugin", name=name), 303)
