"""The catalogue in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import url_for

from craftops.domain.billing.money import Money
from craftops.domain.machines.readings import ProcessKind
from craftops.domain.shop.catalogue import Catalogue, Finish, Material, catalogue_from_json
from craftops.domain.shop.catalogue_changes import Becoming, CatalogueChange, FieldChange, changes_between
from craftops.services.billing.settings import billing_settings
from craftops.services.shop.context import CATALOGUE, Shop
from craftops.store.queries import settings as queries
from craftops.store.queries.shop_pages import is_ordered
from craftops.web.billing.present import money
from craftops.web.frame.language.translation import gettext as _
from craftops.web.frame.language.translation import lazy_gettext
from craftops.web.frame.request_context import RequestContext
from craftops.web.frame.views import Choice, FormField
from craftops.web.production.labels import OPERATIONS
from craftops.web.shop.kept_note import kept_note
from craftops.web.shop.views_catalogue import (
    CatalogueForm,
    CatalogueImportLine,
    CataloguePage,
    CatalogueRow,
    CatalogueVersion,
)

PROCESSES = {
    ProcessKind.FDM: lazy_gettext("3D printing, filament"),
    ProcessKind.SLA: lazy_gettext("3D printing, resin"),
    ProcessKind.LASER: lazy_gettext("Laser"),
    ProcessKind.CNC: lazy_gettext("Milling"),
    ProcessKind.OTHER: lazy_gettext("Something else"),
}
FIELDS = {
    "label": lazy_gettext("name"),
    "process": lazy_gettext("process"),
    "note": lazy_gettext("advice"),
    "density": lazy_gettext("density"),
    "colours": lazy_gettext("colours"),
    "finishes": lazy_gettext("finishes"),
    "base_operation": lazy_gettext("hand work"),
    "base_minutes": lazy_gettext("its minutes"),
    "sheet_mm": lazy_gettext("sheet thickness"),
    "offered": lazy_gettext("offered"),
    "operation": lazy_gettext("hand work"),
    "minutes": lazy_gettext("minutes a copy"),
    "setup_minutes": lazy_gettext("minutes a line"),
}
KINDS = {
    "materials": lazy_gettext("Material"),
    "finishes": lazy_gettext("Finish"),
    "rates.machine_hour": lazy_gettext("Machine hour"),
    "rates.kilogram": lazy_gettext("Kilogram"),
    "rates.square_metre": lazy_gettext("Square metre"),
    "zones": lazy_gettext("Postage zone"),
}
WORDS = {
    Becoming.NEW: (lazy_gettext("new"), "good"),
    Becoming.CHANGED: (lazy_gettext("changed"), "warn"),
    Becoming.WITHDRAWN: (lazy_gettext("withdrawn"), "quiet"),
}
WORK = {kind.value: word for kind, word in OPERATIONS.items()}
MOST_VERSIONS = 12


def catalogue_page(here: RequestContext) -> CataloguePage:
    """All of it."""
    shop = here.shop
    prices = billing_settings(shop).prices
    return CataloguePage(
        materials=tuple(_material_row(one, shop.catalogue, prices.rates) for one in shop.catalogue.materials),
        finishes=tuple(_finish_row(one, prices) for one in shop.catalogue.finishes),
        versions=_versions(),
        kept=kept_note(shop, CATALOGUE),
    )


def _amount(minor: int | None, currency: str) -> str:
    return money(Money(minor, currency)) if minor is not None else ""


def _material_row(one: Material, catalogue: Catalogue, rates: Any) -> CatalogueRow:
    labels = {finish.name: finish.label for finish in catalogue.finishes}
    hand = WORK.get(one.base_operation, one.base_operation) if one.base_operation else ""
    facts = (
        str(PROCESSES[ProcessKind(one.process)]) if one.process in PROCESSES else one.process,
        ", ".join(one.colours),
        ", ".join(labels.get(name, name) for name in one.finishes),
        _("%(work)s, %(n)g min a copy", work=hand, n=one.base_minutes) if hand and one.base_minutes else "",
    )
    sheet = rates.square_metre.get(one.name)
    if sheet is not None:
        price = _("%(amount)s a square metre", amount=_amount(sheet, rates.currency))
    elif one.name in rates.kilogram:
        price = _("%(amount)s a kilogram", amount=_amount(rates.kilogram[one.name], rates.currency))
    else:
        price = _("no rate: quoted by hand")
    url = url_for("staff.catalogue_material", name=one.name)
    return CatalogueRow(one.name, one.label, tuple(filter(None, facts)), one.note, price, one.offered, url)


def _finish_row(one: Finish, prices: Any) -> CatalogueRow:
    times = []
    if one.minutes:
        times.append(_("%(n)g min a copy", n=one.minutes))
    if one.setup_minutes:
        times.append(_("%(n)g min a line", n=one.setup_minutes))
    work = str(OPERATIONS[one.operation]) if times else _("no hand work")
    extra = prices.finish.get(one.name)
    price = _("%(amount)s a copy besides", amount=_amount(extra, prices.currency)) if extra else ""
    facts = (", ".join([work, *times]),)
    return CatalogueRow(
        one.name, one.label, facts, "", price, one.offered, url_for("staff.catalogue_finish", name=one.name)
    )


def _versions() -> tuple[CatalogueVersion, ...]:
    rows = queries.versions_of(CATALOGUE, MOST_VERSIONS + 1)
    found = []
    for place, one in enumerate(rows[:MOST_VERSIONS]):
        older = rows[place + 1] if place + 1 < len(rows) else None
        if one.body is None or older is None or older.body is None:
            said: tuple[str, ...] = ()
        else:
            changes = changes_between(catalogue_from_json(older.body), catalogue_from_json(one.body))
            said = tuple(in_words(change) for change in changes[:6])
            if len(changes) > 6:
                said = (*said, _("and %(n)s more", n=len(changes) - 6))
        found.append(CatalogueVersion(one.version, one.at, one.by_name, one.note, said, place == 0))
    return tuple(found)


def in_words(change: CatalogueChange) -> str:
    """ "PLA: density 1.24 → 1.25"."""
    if change.becoming is Becoming.NEW:
        return _("%(label)s is new", label=change.label)
    if change.becoming is Becoming.WITHDRAWN:
        return _("%(label)s is withdrawn", label=change.label)
    parts = ", ".join(f"{name} {before or '–'} → {after or '–'}" for name, before, after in _field_words(change.fields))
    return f"{change.label}: {parts}"


def _field_words(fields: tuple[FieldChange, ...]) -> list[tuple[str, str, str]]:
    return [(str(FIELDS.get(one.field, one.field)), _value(one.before), _value(one.after)) for one in fields]


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, (tuple, list)):
        return ", ".join(_value(one) for one in value)
    if isinstance(value, Mapping):
        return "; ".join(f"{key} {_value(one)}" for key, one in value.items())
    if isinstance(value, float):
        return f"{value:g}"
    return "" if value is None else str(value)


def import_lines(changes: tuple[CatalogueChange, ...]) -> tuple[CatalogueImportLine, ...]:
    """What an import changes, thing by thing."""
    return tuple(
        CatalogueImportLine(
            str(KINDS.get(one.kind, one.kind)),
            one.label,
            str(WORDS[one.becoming][0]),
            WORDS[one.becoming][1],
            tuple(_field_words(one.fields)),
        )
        for one in changes
    )


def _field(
    name: str,
    label: str,
    value: str,
    errors: Mapping[str, str],
    hint: str = "",
    kind: str = "text",
    *,
    needed: bool = False,
) -> FormField:
    return FormField(name, label, kind, value, hint, errors.get(name, ""), needed)


def _choice(name: str, label: str, chosen: str, words: Mapping[Any, Any], errors: Mapping[str, str]) -> FormField:
    choices = tuple(Choice(str(key), str(word), str(key) == chosen) for key, word in words.items())
    return FormField(name, label, "select", chosen, "", errors.get(name, ""), True, choices)


def _short_name(errors: Mapping[str, str], value: str) -> FormField:
    hint = _("Used by files and programs, and never changed: small letters and digits.")
    return _field("name", _("Short name"), value, errors, hint, needed=True)


def _material_fields(one: Material, errors: Mapping[str, str], t: Mapping[str, str], *, new: bool) -> list[FormField]:
    work = {"": _("None"), **WORK} | (
        {} if one.base_operation in ("", *WORK) else {one.base_operation: one.base_operation}
    )
    return [
        _field("label", _("What customers read"), t.get("label", one.label), errors, needed=True),
        *([_short_name(errors, t.get("name", one.name))] if new else []),
        _choice("process", _("Made by"), t.get("process", one.process), PROCESSES, errors),
        _field(
            "note",
            _("Advice for customers"),
            t.get("note", one.note),
            errors,
            _("One line, such as: Tough, for outdoor parts"),
        ),
        _field(
            "colours",
            _("Colours"),
            t.get("colours", ", ".join(one.colours)),
            errors,
            _("With commas between them, in the order of the list; empty asks for none."),
        ),
        _field(
            "density",
            _("Density in g/cm³"),
            t.get("density", f"{one.density:g}"),
            errors,
            _("Weights, postage and prices by the kilogram come of it."),
            needed=True,
        ),
        _field(
            "sheet_mm",
            _("Thickness of its sheets in mm"),
            t.get("sheet_mm", f"{one.sheet_mm:g}" if one.sheet_mm else ""),
            errors,
            _("Empty where it is no sheet. A part of another thickness is told while it is ordered."),
        ),
        _choice(
            "base_operation",
            _("Hand work that every part needs"),
            t.get("base_operation", one.base_operation),
            work,
            errors,
        ),
        _field("base_minutes", _("Its minutes a copy"), t.get("base_minutes", f"{one.base_minutes:g}"), errors),
    ]


def material_form(
    shop: Shop,
    one: Material,
    errors: Mapping[str, str],
    *,
    new: bool,
    error: str = "",
    typed: Mapping[str, str] | None = None,
) -> CatalogueForm:
    """The form of a material."""
    fields = _material_fields(one, errors, typed or {}, new=new)
    ticks = tuple(
        (finish.name, finish.label, finish.name in one.finishes)
        for finish in shop.catalogue.finishes
        if finish.offered or finish.name in one.finishes
    )
    title = _("New material") if new else one.label
    used = not new and is_ordered(material=one.name)
    return CatalogueForm(
        title,
        "materials",
        "" if new else one.name,
        tuple(fields),
        ticks,
        one.offered,
        errors,
        error,
        not new and not used,
    )


def finish_form(
    one: Finish, errors: Mapping[str, str], *, new: bool, error: str = "", typed: Mapping[str, str] | None = None
) -> CatalogueForm:
    """The form of a finish."""
    t = typed or {}
    fields = [
        _field("label", _("What customers read"), t.get("label", one.label), errors, needed=True),
        *([_short_name(errors, t.get("name", one.name))] if new else []),
        _choice("operation", _("Hand work"), t.get("operation", one.operation.value), WORK, errors),
        _field("minutes", _("Minutes a copy"), t.get("minutes", f"{one.minutes:g}"), errors),
        _field("setup_minutes", _("Minutes a line, once"), t.get("setup_minutes", f"{one.setup_minutes:g}"), errors),
    ]
    title = _("New finish") if new else one.label
    used = not new and is_ordered(finish=one.name)
    return CatalogueForm(
        title, "finishes", "" if new else one.name, tuple(fields), (), one.offered, errors, error, not new and not used
    )
