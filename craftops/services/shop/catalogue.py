"""The catalogue that the owner keeps: materials and finishes, with rates and postage beside them as one TOML."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import tomli_w

from craftops.config import read_document
from craftops.domain.billing.costing import Rates
from craftops.domain.billing.money import Money, minor_units
from craftops.domain.people.access import Actor
from craftops.domain.shop.catalogue import (
    Catalogue,
    Finish,
    Material,
    catalogue_from_json,
    catalogue_to_json,
    check_catalogue,
)
from craftops.domain.shop.catalogue_changes import (
    CatalogueChange,
    changes_between,
    merged,
    table_changes,
)
from craftops.errors import ConfigError, IntakeError, RuleError
from craftops.services.billing.settings import billing_settings, save_settings
from craftops.services.shop import plugin_settings, settings
from craftops.services.shop.context import CATALOGUE, Shop
from craftops.store.database import unit_of_work
from craftops.store.models import OrderLineRow
from craftops.store.queries import settings as queries

FLAT_RATE = "carrier_flat_rate"
LONGEST = 500_000
TABLES = ("materials", "finishes", "rates", "plugin")
PRICES = ("machine_hour", "kilogram", "square_metre")


@dataclass(frozen=True, slots=True)
class CatalogueImport:
    """What a TOML would make of the shop; nothing of it is kept yet."""

    catalogue: Catalogue | None
    rates: Rates | None
    postage: Mapping[str, Any] | None
    """Settings of the flat-rate carrier."""
    changes: tuple[CatalogueChange, ...]
    notes: tuple[str, ...] = ()


def save_catalogue(shop: Shop, found: Catalogue, *, actor: Actor, at: datetime, note: str = "") -> bool:
    """Keep a new version. Whether anything has changed. Raises IntakeError with the faulty fields, AccessError."""
    check_catalogue(found)
    if found == shop.catalogue:
        return False
    with unit_of_work():
        if not queries.versions_of(CATALOGUE, 1):  # what it was until now is the first version, to come back to
            seed = catalogue_to_json(shop.config.catalogue)
            settings.keep(shop, CATALOGUE, seed, actor=actor, at=at, note="as shop.toml had it")
        return settings.keep(shop, CATALOGUE, catalogue_to_json(found), actor=actor, at=at, note=note)


def put_material(shop: Shop, one: Material, *, actor: Actor, at: datetime) -> bool:
    """A material, new or in the place of the one of its name."""
    now = shop.catalogue
    return save_catalogue(shop, replace(now, materials=_put(now.materials, one)), actor=actor, at=at)


def put_finish(shop: Shop, one: Finish, *, actor: Actor, at: datetime) -> bool:
    """A finish, new or in the place of the one of its name."""
    now = shop.catalogue
    return save_catalogue(shop, replace(now, finishes=_put(now.finishes, one)), actor=actor, at=at)


def _put(things: tuple[Any, ...], one: Any) -> tuple[Any, ...]:
    if any(other.name == one.name for other in things):
        return tuple(one if other.name == one.name else other for other in things)
    return (*things, one)


def remove(shop: Shop, kind: str, name: str, *, actor: Actor, at: datetime) -> None:
    """Take a material or finish out for good. Raises RuleError where an order has it: it can be withdrawn."""
    column = OrderLineRow.material if kind == "materials" else OrderLineRow.finish
    if OrderLineRow.select().where(column == name).exists():
        raise RuleError("Orders have it. Say that it is not offered any more instead.")
    now = shop.catalogue
    if kind == "materials":
        found = replace(now, materials=tuple(one for one in now.materials if one.name != name))
    else:
        found = Catalogue(
            tuple(replace(one, finishes=tuple(f for f in one.finishes if f != name)) for one in now.materials),
            tuple(one for one in now.finishes if one.name != name),
        )
    save_catalogue(shop, found, actor=actor, at=at)


# As a file


def to_toml(shop: Shop) -> str:
    """Everything that is made of and asked for, as ``shop.toml`` has it."""
    found = shop.catalogue
    document: dict[str, Any] = {
        "materials": [_table(one, Material("", "")) for one in found.materials],
        "finishes": [_table(one, Finish("", "")) for one in found.finishes],
    }
    rates = billing_settings(shop).prices.rates
    prices = {name: _amounts(getattr(rates, name), rates.currency) for name in PRICES}
    document["rates"] = {name: values for name, values in prices.items() if values}
    if FLAT_RATE in shop.plugins.plugins() and (postage := plugin_settings.kept_of(shop, FLAT_RATE)):
        document["plugin"] = {FLAT_RATE: _no_none(postage)}
    head = f"# The catalogue of {shop.profile().name}. All amounts in {rates.currency}, net.\n"
    return head.replace("\r", "") + tomli_w.dumps(document)


def _table(one: Any, blank: Any) -> dict[str, Any]:
    values = catalogue_to_json(Catalogue((one,), ()))["materials"][0]
    usual = catalogue_to_json(Catalogue((blank,), ()))["materials"][0]
    return {key: value for key, value in values.items() if key in ("name", "label") or value != usual[key]}


def _amounts(values: Mapping[str, int], currency: str) -> dict[str, str]:
    return {name: format(Money(minor, currency).major, "f") for name, minor in values.items()}


def _no_none(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _no_none(one) for key, one in value.items() if one is not None}
    if isinstance(value, (list, tuple)):
        return [_no_none(one) for one in value]
    return value


def read_toml(shop: Shop, text: str) -> CatalogueImport:
    """What this text would change. A table that it does not have leaves what there is; what is missing in a table that
    it has is withdrawn. Raises IntakeError with a sentence for each fault, on lines of their own."""
    if len(text) > LONGEST:
        raise IntakeError("The file is too long for a catalogue.")
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise IntakeError(f"This is no TOML that can be read: {error}.") from None
    ours = {key: value for key, value in raw.items() if key in TABLES}
    notes = [f"[{key}] is passed over: it belongs to shop.toml." for key in raw if key not in TABLES]
    plugins = ours.pop("plugin", {})
    if not ours and FLAT_RATE not in plugins:
        raise IntakeError("There is nothing of a catalogue in it: no [[materials]], [[finishes]], [rates].")
    catalogue, changes = _read_catalogue(shop, ours)
    rates, rate_changes = _read_rates(shop, ours, catalogue or shop.catalogue)
    postage, zone_changes = _read_postage(shop, plugins)
    return CatalogueImport(catalogue, rates, postage, (*changes, *rate_changes, *zone_changes), tuple(notes))


def _document(raw: dict[str, Any]) -> Any:
    try:
        return read_document(tomli_w.dumps(raw), "The file")
    except ConfigError as error:
        raise IntakeError("\n".join(error.faults) or error.sentence) from None


def _read_catalogue(shop: Shop, raw: Mapping[str, Any]) -> tuple[Catalogue | None, tuple[CatalogueChange, ...]]:
    named = {key: raw[key] for key in ("materials", "finishes") if key in raw}
    if not named:
        return None, ()
    now = shop.catalogue
    document = _document(named)
    read = catalogue_from_json({key: [one.model_dump() for one in getattr(document, key)] for key in named})
    found = merged(
        now,
        Catalogue(
            read.materials if "materials" in named else now.materials,
            read.finishes if "finishes" in named else now.finishes,
        ),
    )
    try:
        check_catalogue(found)
    except IntakeError as error:
        raise IntakeError("\n".join(f"{place}: {why}" for place, why in error.fields.items())) from None
    return found, changes_between(now, found)


def _read_rates(
    shop: Shop, raw: Mapping[str, Any], catalogue: Catalogue
) -> tuple[Rates | None, tuple[CatalogueChange, ...]]:
    if "rates" not in raw:
        return None, ()
    known = billing_settings(shop).prices.rates
    whole = catalogue_to_json(catalogue)
    offered = [{"name": one["name"], "label": one["label"]} for one in whole["materials"]]
    raw_all = {"materials": offered, "rates": raw["rates"], "shop": {"currency": known.currency}}
    table = _document(raw_all).rates
    values = {
        name: {key: minor_units(amount, known.currency) for key, amount in getattr(table, name).items()}
        for name in PRICES
    }
    found = Rates(known.currency, **values)
    changes = [
        change
        for name in PRICES
        for change in table_changes(
            f"rates.{name}",
            _amounts(getattr(known, name), known.currency),
            _amounts(getattr(found, name), known.currency),
        )
    ]
    return found, tuple(changes)


def _read_postage(
    shop: Shop, plugins: Mapping[str, Any]
) -> tuple[Mapping[str, Any] | None, tuple[CatalogueChange, ...]]:
    if FLAT_RATE not in plugins:
        return None, ()
    plugin = shop.plugins.plugins().get(FLAT_RATE)
    if plugin is None:
        raise IntakeError(f"plugin.{FLAT_RATE}: this plugin is not switched on.")
    values = plugins[FLAT_RATE]
    try:
        plugin_settings.check(type(plugin), FLAT_RATE, values)
    except IntakeError as error:
        raise IntakeError("\n".join(error.fields.values()) or error.sentence) from None
    before = _zones(plugin_settings.kept_of(shop, FLAT_RATE))
    return values, table_changes("zones", before, _zones(values))


def _zones(values: Mapping[str, Any]) -> dict[str, Any]:
    return {str(one.get("name", "?")): _no_none(one) for one in values.get("zones", ())}


def take(shop: Shop, found: CatalogueImport, *, actor: Actor, at: datetime) -> None:
    """Keep all of an import, or nothing of it. Raises IntakeError, AccessError."""
    actor.must_be_owner()
    try:
        with unit_of_work():
            if found.catalogue is not None:
                save_catalogue(shop, found.catalogue, actor=actor, at=at, note="import")
            if found.rates is not None:
                known = billing_settings(shop)
                save_settings(shop, replace(known, prices=replace(known.prices, rates=found.rates)), actor=actor, at=at)
            if found.postage is not None:
                plugin_settings.save_settings(shop, FLAT_RATE, found.postage, actor=actor, at=at)
    finally:
        shop.kept.forget()
