"""Keeping what the owner decides in the browser: each change is a version of its own, and none is lost."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from craftops.config_tables import Table
from craftops.domain.events import Event, EventKind
from craftops.domain.people.access import Actor
from craftops.domain.people.audit import Deed, differences
from craftops.errors import RuleError
from craftops.plugin_host.environment import PluginFolder
from craftops.services.shop.context import BROKER, Shop
from craftops.services.shop.kept import PLUGIN
from craftops.store.auditing import note as note_deed
from craftops.store.database import unit_of_work
from craftops.store.models import SettingsRow
from craftops.store.queries import settings as queries
from craftops.store.queries.settings import StoredSettings

AT_START = frozenset({BROKER})
"""Topics that a process goes by from its start on: `craftops run` starts its processes anew."""


def keep(
    shop: Shop,
    topic: str,
    body: Mapping[str, Any] | None,
    *,
    actor: Actor,
    at: datetime,
    sealed: Mapping[str, str] | None = None,
    note: str = "",
) -> bool:
    """Keep a new version of a topic; the same again is not kept. ``body`` of None gives the topic back to
    ``shop.toml``. Whether anything has changed. Raises AccessError for anybody but the owner."""
    actor.must_be_owner()
    with unit_of_work() as uow:
        before = next(iter(queries.versions_of(topic, 1)), None)
        known, secrets = (before.body, before.sealed) if before is not None else (None, {})
        if known == _plain(body) and dict(secrets) == dict(sealed or {}):
            return False
        row = SettingsRow.create(
            topic=topic, body=_plain(body), sealed=dict(sealed or {}), at=at, by_name=actor.name[:200], note=note[:200]
        )
        uow.record(Event(EventKind.SHOP_CHANGED, at, actor, data={"settings": topic, "version": row.id}))
        was, now = differences(_of_file(shop, topic, body) if known is None else known, _plain(body) or {})
        changed = sorted({*secrets, *(sealed or {})} if dict(secrets) != dict(sealed or {}) else ())
        said = "\n".join(filter(None, (now, *(f"{name}: (secret)" for name in changed), "" if body else "shop.toml")))
        note_deed(Deed.SETTING_CHANGED, actor=actor, at=at, subject=topic, before=was, after=said)
    shop.kept.forget()
    if topic in AT_START:
        PluginFolder(shop.config.data).ask_restart()
    return True


def _of_file(shop: Shop, topic: str, body: Mapping[str, Any] | None) -> dict[str, Any]:
    """What ``shop.toml`` says of the values of ``body``, which counted until now."""
    document, name = shop.config.document, topic.removeprefix(PLUGIN)
    table = getattr(document, topic, None)
    values = document.plugin.get(name, {}) if name != topic else table.model_dump() if isinstance(table, Table) else {}
    return {key: value for key, value in values.items() if key in (body or {})}


def _plain(body: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """As the row gives it back: tuples are lists there."""
    if body is None:
        return None
    return {key: _listed(value) for key, value in body.items()}


def _listed(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return [_listed(one) for one in value]
    if isinstance(value, Mapping):
        return {key: _listed(one) for key, one in value.items()}
    return value


def go_back(shop: Shop, topic: str, version: int, *, actor: Actor, at: datetime) -> StoredSettings:
    """Have a topic be again what it was at a version of it (0: what ``shop.toml`` says), as a new version.

    Raises RuleError where there is no such version, AccessError.
    """
    found = queries.version_of(topic, version) if version else StoredSettings(0, topic, None)
    if found is None:
        raise RuleError("There is no such version of these settings.")
    note = f"back to version {version}" if version else "back to shop.toml"
    keep(shop, topic, found.body, sealed=found.sealed, actor=actor, at=at, note=note)
    return found
