"""Plugins, for the owner: what they bring and how they do."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response as AnyResponse

from craftops.services.shop import plugin_tallies
from craftops.web.frame.language.translation import gettext as _
from craftops.web.frame.request_context import actor, current_shop
from craftops.web.shop.present_plugins import plugin_page, plugins_page


def add_to(blueprint: Blueprint) -> None:
    """Register the routes."""
    blueprint.add_url_rule("/plugins", view_func=plugins)
    blueprint.add_url_rule("/plugins/<name>", view_func=plugin)
    blueprint.add_url_rule("/plugins/<name>/count", view_func=count_anew, methods=["POST"])


def plugins() -> str:
    """All that are switched on."""
    actor().must_be_owner()
    return render_template("staff/plugins.html", page=plugins_page(current_shop()))


def plugin(name: str) -> str:
    """One plugin."""
    actor().must_be_owner()
    return render_template("staff/plugin.html", page=plugin_page(current_shop(), name))


def count_anew(name: str) -> AnyResponse:
    """Forget calls and failures, after something was mended."""
    actor().must_be_owner()
    plugin_page(current_shop(), name)
    plugin_tallies.forget(name)
    flash(_("Calls and failures are counted anew."), "good")
    return redirect(url_for("staff.plugin", name=name), 303)
