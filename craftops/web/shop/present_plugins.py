"""Plugins as their pages show them."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping, Sequence
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext

from craftops.errors import AccessError
from craftops.plugin_host.quality import checklist
from craftops.services.shop.context import Shop
from craftops.services.shop.plugin_settings import kept_of
from craftops.services.shop.plugin_tallies import tallies
from craftops.store.models import PluginSettingsRow, PluginTallyRow
from craftops.web.frame.views import Chip
from craftops.web.shop.plugin_form import form_of
from craftops.web.shop.plugin_views import HookRow, PluginCard, PluginPage, PluginsPage

SUPERVISED = "CRAFTOPS_SUPERVISED"


def plugins_page(shop: Shop) -> PluginsPage:
    """Every plugin that is switched on; those from elsewhere first."""
    rows = tallies(shop.plugins)
    cards = [_card(shop, name, rows.get(name, [])) for name in shop.plugins.plugins() if name in shop.plugins.found]
    return PluginsPage(
        own=tuple(one for one in cards if not one.bundled),
        bundled=tuple(one for one in cards if one.bundled),
        left_out=tuple(sorted(shop.plugins.left_out.items())),
        restarts=restarts(),
    )


def plugin_page(
    shop: Shop,
    name: str,
    typed: Mapping[str, Any] | None = None,
    errors: Mapping[str, str] | None = None,
    why: str = "",
) -> PluginPage:
    """One of them, with what was typed where it could not be kept. Raises AccessError where there is none."""
    plugin, found = shop.plugins.plugins().get(name), shop.plugins.found.get(name)
    if plugin is None or found is None:
        raise AccessError
    kind, errors = type(plugin), dict(errors or {})
    fixed, kept = shop.config.document.plugin.get(name, {}), kept_of(shop, name)
    known = {one.name for one in dataclasses.fields(kind.settings_type)}
    fields, others = form_of(kind.settings_type, {**kept, **(typed or {})}, fixed, errors)
    row = PluginSettingsRow.get_or_none(PluginSettingsRow.plugin == name)
    rows = tallies(shop.plugins).get(name, [])
    return PluginPage(
        card=_card(shop, name, rows),
        hooks=shop.plugins.hooks_of(name),
        rows=tuple(_hook(one) for one in rows),
        checks=checklist(found, kind, shop.plugins.start_s.get(name, 0.0)),
        fields=fields,
        fixed=others,
        errors={key: text for key, text in errors.items() if key in known},
        error=why,
        changed=row.changed_by if row else "",
        restarts=restarts(),
    )


def failed_plugins(shop: Shop) -> tuple[str, ...]:
    """Titles of the plugins that failed since they were last counted anew."""
    known = shop.plugins.plugins()
    rows = tallies(shop.plugins)
    return tuple(known[name].title for name in known if any(row.failures for row in rows.get(name, [])))


def restarts() -> bool:
    """Whether the processes are started anew by themselves when settings have changed."""
    return os.environ.get(SUPERVISED) == "1"


def _card(shop: Shop, name: str, rows: Sequence[PluginTallyRow]) -> PluginCard:
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


def _hook(row: PluginTallyRow) -> HookRow:
    good = max(1, row.calls - row.failures)
    return HookRow(
        row.hook, row.calls, _took(row.seconds / good), _took(row.slowest_s), row.failures, row.last_error,
        row.failed_at, row.failed_in,
    )  # fmt: skip


def _took(seconds: float) -> str:
    return _("%(n)s ms", n=f"{seconds * 1000:.1f}") if seconds < 1 else _("%(n)s s", n=f"{seconds:.1f}")
