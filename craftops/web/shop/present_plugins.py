"""Plugins as their pages show them."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from flask import url_for

from craftops.errors import AccessError
from craftops.plugin_host.quality import checklist
from craftops.services.shop.context import Shop
from craftops.services.shop.plugin_tallies import tallies
from craftops.store.views.shop import HookTally
from craftops.web.frame.language.translation import gettext as _
from craftops.web.frame.language.translation import ngettext
from craftops.web.frame.views import Chip
from craftops.web.shop.plugin_views import HookRow, PluginCard, PluginPage, PluginsPage


def plugins_page(shop: Shop) -> PluginsPage:
    """Every plugin that is switched on; those from elsewhere first."""
    rows = tallies(shop.plugins)
    cards = [_card(shop, name, rows.get(name, [])) for name in shop.plugins.plugins() if name in shop.plugins.found]
    return PluginsPage(
        own=tuple(one for one in cards if not one.bundled),
        bundled=tuple(one for one in cards if one.bundled),
        left_out=tuple(sorted(shop.plugins.left_out.items())),
    )


def plugin_page(shop: Shop, name: str) -> PluginPage:
    """One of them. Raises AccessError where there is none."""
    plugin, found = shop.plugins.plugins().get(name), shop.plugins.found.get(name)
    if plugin is None or found is None:
        raise AccessError
    kind = type(plugin)
    rows = tallies(shop.plugins).get(name, [])
    return PluginPage(
        card=_card(shop, name, rows),
        hooks=shop.plugins.hooks_of(name),
        rows=tuple(_hook(one) for one in rows),
        checks=checklist(found, kind, shop.plugins.start_s.get(name, 0.0)),
        settings_url=settings_url(name) if dataclasses.fields(kind.settings_type) else "",
    )


def settings_url(name: str) -> str:
    """Where a plugin is set: mail has a page of its own."""
    mail = name in ("notify_email", "channel_email")
    return url_for("staff.mail_settings") if mail else url_for("staff.connection", name=name)


def failed_plugins(shop: Shop) -> tuple[str, ...]:
    """Titles of the plugins that failed since they were last counted anew."""
    known = shop.plugins.plugins()
    rows = tallies(shop.plugins)
    return tuple(known[name].title for name in known if any(row.failures for row in rows.get(name, [])))


def _card(shop: Shop, name: str, rows: Sequence[HookTally]) -> PluginCard:
    plugin, found = shop.plugins.plugins()[name], shop.plugins.found[name]
    failed = sum(row.failures for row in rows)
    word = ngettext("failed once", "failed %(num)s times", failed)
    return PluginCard(
        name,
        plugin.title,
        plugin.summary,
        found.version,
        found.distribution,
        found.bundled,
        tuple(shop.plugins.brought.get(name, ())),
        Chip(word, "bad", "alert-circle") if failed else None,
    )


def _hook(row: HookTally) -> HookRow:
    good = max(1, row.calls - row.failures)
    return HookRow(
        row.hook, row.calls, _took(row.seconds / good), _took(row.slowest_s), row.failures, row.last_error,
        row.failed_at, row.failed_in,
    )  # fmt: skip


def _took(seconds: float) -> str:
    return _("%(n)s ms", n=f"{seconds * 1000:.1f}") if seconds < 1 else _("%(n)s s", n=f"{seconds:.1f}")
