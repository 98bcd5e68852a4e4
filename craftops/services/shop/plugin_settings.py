"""Settings of plugins that the owner makes in the browser, from their schema. Secrets are sealed, and never shown."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from craftops.domain.people.access import Actor
from craftops.errors import AccessError, ConfigError, IntakeError
from craftops.sdk.plugin import Plugin
from craftops.sdk.settings import parse
from craftops.services.shop import settings as kept
from craftops.services.shop.context import Shop
from craftops.services.shop.kept import PLUGIN
from craftops.store.queries.settings import StoredSettings

Values = dict[str, Any]
OTHER_PLACE = "Type it again: the place that it is sent to has changed."


def topic_of(name: str) -> str:
    """Where the settings of a plugin are kept."""
    return f"{PLUGIN}{name}"


def kept_version(shop: Shop, name: str) -> StoredSettings | None:
    """The version that counts; None: what ``shop.toml`` says."""
    return shop.kept.of(topic_of(name))


def kept_of(shop: Shop, name: str) -> Values:
    """What is set for a plugin, secrets opened: in the browser, else in ``shop.toml``. Raises ConfigError where
    ``secret.key`` is another."""
    found = kept_version(shop, name)
    if found is None:
        return dict(shop.config.document.plugin.get(name, {}))
    return {**(found.body or {}), **{key: shop.sealer.open(sealed) for key, sealed in found.sealed.items()}}


def save_settings(shop: Shop, name: str, given: Mapping[str, Any], *, actor: Actor, at: datetime) -> bool:
    """Keep what was typed; every process takes it up within seconds. An empty secret keeps the one before, unless the
    place that it is sent to has changed.

    Whether anything has changed. Raises IntakeError with every faulty field, AccessError for anybody but the owner or
    a plugin that is not enabled.
    """
    actor.must_be_owner()
    plugin = shop.plugins.plugins().get(name)
    if plugin is None or name not in shop.plugins.found:
        raise AccessError
    kind = type(plugin)
    before = kept_of(shop, name)
    values, faults = _with_secrets(kind.settings_type, given, before)
    if faults:
        raise IntakeError("Some answers cannot be used yet.", faults)
    check(kind, name, values)
    secret = secrets_of(kind.settings_type)
    clear = {key: value for key, value in values.items() if key not in secret}
    found = kept_version(shop, name)
    if found is not None and clear == found.body and values == before:
        return False  # sealed twice the same secret looks different
    sealed = {key: shop.sealer.seal(str(value)) for key, value in values.items() if key in secret and value}
    return kept.keep(shop, topic_of(name), clear, sealed=sealed, actor=actor, at=at)


def secrets_of(kind: type[Any]) -> set[str]:
    """The names of its secret settings."""
    return {one.name for one in dataclasses.fields(kind) if one.metadata.get("secret")}


def _with_secrets(kind: type[Any], given: Mapping[str, Any], before: Values) -> tuple[Values, dict[str, str]]:
    """The values with the secrets of before where none was typed, and what is wrong with that."""
    values, faults = dict(given), {}
    defaults = dict(_defaults(kind))
    moved = any(
        values.get(one.name, defaults.get(one.name)) != before.get(one.name, defaults.get(one.name))
        for one in dataclasses.fields(kind)
        if one.metadata.get("goes_to")
    )
    for name in secrets_of(kind):
        if values.get(name):
            continue
        values.pop(name, None)
        if before.get(name) and moved:
            faults[name] = OTHER_PLACE
        elif before.get(name):
            values[name] = before[name]
    return values, faults


def _defaults(kind: type[Any]) -> Iterator[tuple[str, Any]]:
    for one in dataclasses.fields(kind):
        if one.default is not dataclasses.MISSING:
            yield one.name, one.default


def check(kind: type[Plugin[Any]], name: str, values: Mapping[str, Any]) -> None:
    """Whether the plugin would start with them. Raises IntakeError with every faulty field."""
    where = f"plugin.{name}"
    try:
        kind(parse(kind.settings_type, values, where))
    except ConfigError as error:
        faults: dict[str, str] = {}
        for fault in error.faults:
            place, _colon, text = fault.removeprefix(f"{where}.").partition(":")
            head, _dot, rest = place.partition(".")
            text = text.strip().removeprefix("Value error, ")
            said = f"{rest}: {text}" if rest else text[:1].upper() + text[1:]
            faults[head] = f"{faults[head]} {said}" if head in faults else said
        raise IntakeError("Some answers cannot be used yet.", faults) from error
    except Exception as error:
        raise IntakeError("The plugin does not take these settings.") from error
