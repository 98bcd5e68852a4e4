"""The owner's pages of the catalogue: materials and finishes, one by one or as a file, each change a version."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from craftops.domain.people.access import Actor
from craftops.domain.production.jobs import OperationKind
from craftops.domain.shop.catalogue import Finish, Material
from craftops.errors import IntakeError
from craftops.services.shop import catalogue as kept
from craftops.services.shop.context import Shop
from craftops.store.queries import settings as queries
from craftops.web.frame.language.translation import gettext as _
from craftops.web.frame.request_context import actor, current_shop, sight
from craftops.web.frame.security import takes_files
from craftops.web.shop import present_catalogue as present
from craftops.web.shop.views_catalogue import CatalogueForm, CatalogueImportPage

Page = AnyResponse | tuple[str, int]
LARGEST = 500_000


def add_to(blueprint: Blueprint) -> None:
    """Register the routes."""
    blueprint.add_url_rule("/settings/catalogue", view_func=catalogue)
    blueprint.add_url_rule("/settings/catalogue/material", view_func=catalogue_material, methods=["GET", "POST"])
    blueprint.add_url_rule("/settings/catalogue/finish", view_func=catalogue_finish, methods=["GET", "POST"])
    blueprint.add_url_rule("/settings/catalogue/remove", view_func=catalogue_remove, methods=["POST"])
    blueprint.add_url_rule("/settings/catalogue/export", view_func=catalogue_export)
    blueprint.add_url_rule("/settings/catalogue/import", view_func=catalogue_import, methods=["GET", "POST"])


def catalogue() -> str:
    """All of it, with its versions."""
    actor().must_be_owner()
    return render_template("staff/catalogue.html", page=present.catalogue_page(sight()))


def catalogue_material() -> Page:
    """A material: what was typed is kept, or told what is wrong with it."""
    actor().must_be_owner()
    shop, name = current_shop(), request.values.get("of", "") or request.args.get("name", "")
    known = shop.catalogue.material(name)
    if name and known is None:
        abort(404)

    def form(errors: Mapping[str, str], error: str, typed: Mapping[str, str] | None) -> CatalogueForm:
        one = known or Material("", "")
        if typed is not None:
            one = replace(one, finishes=tuple(request.form.getlist("finishes")), offered="offered" in typed)
        return present.material_form(shop, one, errors, new=known is None, error=error, typed=typed)

    return _one(form, lambda: _material(known), kept.put_material, "materials", known is None)


def catalogue_finish() -> Page:
    """The same for a finish."""
    actor().must_be_owner()
    shop, name = current_shop(), request.values.get("of", "") or request.args.get("name", "")
    known = shop.catalogue.finish(name)
    if name and known is None:
        abort(404)

    def form(errors: Mapping[str, str], error: str, typed: Mapping[str, str] | None) -> CatalogueForm:
        one = known or Finish("", "")
        if typed is not None:
            one = replace(one, offered="offered" in typed)
        return present.finish_form(one, errors, new=known is None, error=error, typed=typed)

    return _one(form, lambda: _finish(known), kept.put_finish, "finishes", known is None)


def _one(
    form: Callable[[Mapping[str, str], str, Mapping[str, str] | None], CatalogueForm],
    read: Callable[[], Material | Finish],
    put: Callable[..., bool],
    kind: str,
    new: bool,
) -> Page:
    if request.method != "POST":
        return render_template("staff/catalogue_form.html", page=form({}, "", None)), 200
    try:
        one = read()
        if new:
            _must_be_free(current_shop(), kind, one.name)
        changed = put(current_shop(), one, actor=actor(), at=sight().now)
    except IntakeError as error:
        own, rest = {}, []
        for place, why in error.fields.items():
            field = place.rsplit(".", 1)[-1]
            if field in present.FIELDS or field == "name":
                own[field] = why
            else:
                rest.append(why)
        page = form(own, " ".join(rest) or ("" if own else error.sentence), request.form)
        return render_template("staff/catalogue_form.html", page=page), 422
    flash(_("Kept. It can be ordered so from now on.") if changed else _("Nothing has changed."), "good")
    return redirect(url_for("staff.catalogue"), 303)


def _must_be_free(shop: Shop, kind: str, name: str) -> None:
    if any(one.name == name for one in getattr(shop.catalogue, kind)):
        raise IntakeError("There is one of this name.", {"name": _("There is one of this name.")})


def _text(name: str) -> str:
    return " ".join(request.form.get(name, "").split())[:500]


def _number(name: str, faults: dict[str, str]) -> float:
    text = _text(name).replace(",", ".") or "0"
    try:
        found = float(text)
    except ValueError:
        found = -1.0
    if not 0 <= found < 1e6:
        faults[name] = _("Write a number.")
        return 0.0
    return found


def _raise(faults: Mapping[str, str]) -> None:
    if faults:
        raise IntakeError("Some answers cannot be used yet.", dict(faults))


def _material(known: Material | None) -> Material:
    faults: dict[str, str] = {}
    found = Material(
        name=known.name if known else _text("name"),
        label=_text("label"),
        process=_text("process"),
        note=_text("note"),
        density=_number("density", faults),
        colours=tuple(one.strip() for one in _text("colours").split(",") if one.strip()),
        finishes=tuple(
            one.name for one in current_shop().catalogue.finishes if one.name in request.form.getlist("finishes")
        ),
        base_operation=_text("base_operation"),
        base_minutes=_number("base_minutes", faults),
        offered="offered" in request.form,
        sheet_mm=_number("sheet_mm", faults),
    )
    _raise(faults)
    return found


def _finish(known: Finish | None) -> Finish:
    faults: dict[str, str] = {}
    work = _text("operation")
    if work not in list(OperationKind):
        faults["operation"] = _("Choose one.")
    minutes, setup = _number("minutes", faults), _number("setup_minutes", faults)
    _raise(faults)
    name = known.name if known else _text("name")
    return Finish(name, _text("label"), OperationKind(work), minutes, setup, "offered" in request.form)


def catalogue_remove() -> AnyResponse:
    """Something that no order has goes for good; the version before has it still."""
    actor().must_be_owner()
    kind = "finishes" if request.form.get("kind") == "finishes" else "materials"
    kept.remove(current_shop(), kind, request.form.get("of", ""), actor=actor(), at=sight().now)
    flash(_("It is gone. “Undo the last change” brings it back."), "good")
    return redirect(url_for("staff.catalogue"), 303)


def catalogue_export() -> Response:
    """The catalogue as a TOML file."""
    actor().must_be_owner()
    name = f"catalogue-{sight().now.astimezone(sight().profile.zone):%Y-%m-%d}.toml"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(kept.to_toml(current_shop()), mimetype="application/toml", headers=headers)


@takes_files
def catalogue_import() -> Page:
    """First what a file would change, then the change itself."""
    actor().must_be_owner()
    shop = current_shop()
    if request.method != "POST":
        return _import(CatalogueImportPage("", (), (), (), "", False))
    text = _sent_text()
    try:
        found = kept.read_toml(shop, text)
    except IntakeError as error:
        return _import(CatalogueImportPage(text, tuple(error.sentence.splitlines()), (), (), "", False), 422)
    seen = str(queries.newest_version())
    if request.form.get("do") == "take" and request.form.get("seen") == seen:
        return _taken(shop, lambda who, at: kept.take(shop, found, actor=who, at=at))
    lines = present.import_lines(found.changes)
    return _import(CatalogueImportPage(text, (), lines, found.notes, seen, True))


def _taken(shop: Shop, take: Callable[[Actor, datetime], None]) -> Page:
    try:
        take(actor(), sight().now)
    except IntakeError as error:
        said = (error.sentence, *error.fields.values())
        return _import(CatalogueImportPage(_sent_text(), said, (), (), "", False), 422)
    flash(_("The file was taken. “Undo the last change” takes it back."), "good")
    return redirect(url_for("staff.catalogue"), 303)


def _sent_text() -> str:
    upload = request.files.get("file")
    if upload is not None and upload.filename:
        return upload.stream.read(LARGEST + 1).decode("utf-8", "replace").replace("\r\n", "\n")
    return request.form.get("text", "").replace("\r\n", "\n")


def _import(page: CatalogueImportPage, status: int = 200) -> Page:
    return render_template("staff/catalogue_import.html", page=page), status
