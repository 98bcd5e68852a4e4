"""Settings of plugins that the owner makes in the browser. What stands in ``shop.toml`` goes before."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import orjson

from craftops.domain.events import Event, EventKind
from craftops.domain.people.access import Actor
from craftops.errors import AccessError, ConfigError, IntakeError
from craftops.plugin_host.environment import PluginFolder
from craftops.sdk.plugin import Plugin
from craftops.sdk.settings import parse
from craftops.services.shop.context import Shop
from craftops.store.database import connected, unit_of_work
from craftops.store.models import PluginSettingsRow, database
from craftops.store.sealing import Sealer

Values = dict[str, Any]


def kept_settings(sealer: Sealer) -> dict[str, Values]:
    """What was made in the browser, by plugin; nothing in a database that is older than this table."""
    with connected():
        if not database.table_exists("plugin_settings"):
            return {}
        return {row.plugin: _values(row, sealer) for row in PluginSettingsRow.select()}


def kept_of(shop: Shop, name: str) -> Values:
    """The same of one plugin."""
    row = PluginSettingsRow.get_or_none(PluginSettingsRow.plugin == name)
    return _values(row, shop.sealer) if row else {}


def _values(row: PluginSettingsRow, sealer: Sealer) -> Values:
    return {**row.settings, **(orjson.loads(sealer.open(row.sealed)) if row.sealed else {})}


def save_settings(shop: Shop, name: str, given: Mapping[str, Any], *, actor: Actor, at: datetime) -> None:
    """Keep what was typed; the processes of the shop start anew and take it. An empty secret keeps the one before.

    Raises IntakeError with every faulty field, AccessError for anybody but the owner or a plugin that is not there.
    """
    actor.must_be_owner()
    plugin = shop.plugins.plugins().get(name)
    if plugin is None or name not in shop.plugins.found:
        raise AccessError
    kind, fixed = type(plugin).settings_type, shop.config.document.plugin.get(name, {})
    secret = {one.name for one in dataclasses.fields(kind) if one.metadata.get("secret")}
    before = kept_of(shop, name)
    values = {key: value for key, value in given.items() if key not in fixed}
    values |= {key: before[key] for key in secret if not values.get(key) and before.get(key)}
    values = {key: value for key, value in values.items() if key not in secret or value}
    _check(type(plugin), name, values, fixed)
    clear = {key: value for key, value in values.items() if key not in secret}
    hidden = {key: value for key, value in values.items() if key in secret}
    row = {
        "plugin": name,
        "settings": clear,
        "sealed": shop.sealer.seal(orjson.dumps(hidden).decode()) if hidden else "",
        "changed_at": at,
        "changed_by": actor.name,
    }
    with unit_of_work() as uow:
        PluginSettingsRow.insert(row).on_conflict(conflict_target=[PluginSettingsRow.plugin], update=row).execute()
        uow.record(Event(EventKind.SHOP_CHANGED, at, actor))
    PluginFolder(shop.config.data).ask_restart()


def forget_settings(shop: Shop, name: str, *, actor: Actor, at: datetime) -> None:
    """Back to what ``shop.toml`` and the plugin itself say."""
    actor.must_be_owner()
    with unit_of_work() as uow:
        if PluginSettingsRow.delete().where(PluginSettingsRow.plugin == name).execute():
            uow.record(Event(EventKind.SHOP_CHANGED, at, actor))
    PluginFolder(shop.config.data).ask_restart()


def _check(kind: type[Plugin[Any]], name: str, values: Values, fixed: Mapping[str, Any]) -> None:
    """Whether the plugin would start with them. Raises IntakeError."""
    where = f"plugin.{name}"
    try:
        kind(parse(kind.settings_type, {**values, **fixed}, where))
    except ConfigError as error:
        told = (fault.removeprefix(f"{where}.").partition(":") for fault in error.faults)
        faults = {key.partition(".")[0]: text.strip().removeprefix("Value error, ") for key, _colon, text in told}
        raise IntakeError("These settings cannot be used.", faults) from error
    except Exception as error:
        raise IntakeError("The plugin does not take these settings.") from error
