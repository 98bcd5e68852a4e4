"""The owner's pages of the catalogue: materials and finishes, one by one or as a file, each change a version."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from craftops.domain.people.access import Actor
from craftops.domain.shop.catalogue import Finish, Material
from craftops.errors import IntakeError
from craftops.services.shop import catalogue as kept
from craftops.services.shop.context import Shop
from craftops.store.queries import settings as queries
from craftops.web.frame.language.translation import gettext as _
from craftops.web.frame.request_context import actor, current_shop, sight
from craftops.web.frame.security import takes_files
from craftops.web.frame.sent_form import typed, uploaded
from craftops.web.shop import present_catalogue as present
from craftops.web.shop.forms import CatalogueFileForm, FinishForm, ItemForm, MaterialForm
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
    shop, name = current_shop(), ItemForm.asked().of or request.args.get("name", "")
    known = shop.catalogue.material(name)
    if name and known is None:
        abort(404)

    def form(errors: Mapping[str, str], error: str) -> CatalogueForm:
        one = known or Material("", "")
        if request.method == "POST":
            ticked = ItemForm.sent()
            one = replace(one, finishes=ticked.finishes, offered=ticked.offered)
        return present.material_form(shop, one, errors, new=known is None, error=error, typed=typed())

    return _one(form, lambda: _material(known), kept.put_material, "materials", known is None)


def catalogue_finish() -> Page:
    """The same for a finish."""
    actor().must_be_owner()
    shop, name = current_shop(), ItemForm.asked().of or request.args.get("name", "")
    known = shop.catalogue.finish(name)
    if name and known is None:
        abort(404)

    def form(errors: Mapping[str, str], error: str) -> CatalogueForm:
        one = known or Finish("", "")
        if request.method == "POST":
            one = replace(one, offered=ItemForm.sent().offered)
        return present.finish_form(one, errors, new=known is None, error=error, typed=typed())

    return _one(form, lambda: _finish(known), kept.put_finish, "finishes", known is None)


def _one(
    form: Callable[[Mapping[str, str], str], CatalogueForm],
    read: Callable[[], Material | Finish],
    put: Callable[..., bool],
    kind: str,
    new: bool,
) -> Page:
    if request.method != "POST":
        return render_template("staff/catalogue_form.html", page=form({}, "")), 200
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
        page = form(own, " ".join(rest) or ("" if own else error.sentence))
        return render_template("staff/catalogue_form.html", page=page), 422
    flash(_("Kept. It can be ordered so from now on.") if changed else _("Nothing has changed."), "good")
    return redirect(url_for("staff.catalogue"), 303)


def _must_be_free(shop: Shop, kind: str, name: str) -> None:
    if any(one.name == name for one in getattr(shop.catalogue, kind)):
        fault = _("There is one of this name.")
        raise IntakeError(fault, {"name": fault})


def _material(known: Material | None) -> Material:
    form = MaterialForm.sent()
    return Material(
        name=known.name if known else form.name,
        label=form.label,
        process=form.process,
        note=form.note,
        density=form.density,
        colours=tuple(one.strip() for one in form.colours.split(",") if one.strip()),
        finishes=tuple(one.name for one in current_shop().catalogue.finishes if one.name in form.finishes),
        base_operation=form.base_operation,
        base_minutes=form.base_minutes,
        offered=form.offered,
        sheet_mm=form.sheet_mm,
    )


def _finish(known: Finish | None) -> Finish:
    form = FinishForm.sent()
    name = known.name if known else form.name
    return Finish(name, form.label, form.operation, form.minutes, form.setup_minutes, form.offered)


def catalogue_remove() -> AnyResponse:
    """Something that no order has goes for good; the version before has it still."""
    actor().must_be_owner()
    form = ItemForm.sent()
    kind = "finishes" if form.kind == "finishes" else "materials"
    kept.remove(current_shop(), kind, form.of, actor=actor(), at=sight().now)
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
    form = CatalogueFileForm.sent()
    text = _sent_text(form)
    try:
        found = kept.read_toml(shop, text)
    except IntakeError as error:
        return _import(CatalogueImportPage(text, tuple(error.sentence.splitlines()), (), (), "", False), 422)
    seen = str(queries.newest_version())
    if form.do == "take" and form.seen == seen:
        return _taken(text, lambda who, at: kept.take(shop, found, actor=who, at=at))
    lines = present.import_lines(found.changes)
    return _import(CatalogueImportPage(text, (), lines, found.notes, seen, True))


def _taken(text: str, take: Callable[[Actor, datetime], None]) -> Page:
    try:
        take(actor(), sight().now)
    except IntakeError as error:
        said = (error.sentence, *error.fields.values())
        return _import(CatalogueImportPage(text, said, (), (), "", False), 422)
    flash(_("The file was taken. “Undo the last change” takes it back."), "good")
    return redirect(url_for("staff.catalogue"), 303)


def _sent_text(form: CatalogueFileForm) -> str:
    upload = uploaded("file")
    text = form.text if upload is None else upload.stream.read(LARGEST + 1).decode("utf-8", "replace")
    return text.replace("\r\n", "\n")


def _import(page: CatalogueImportPage, status: int = 200) -> Page:
    return render_template("staff/catalogue_import.html", page=page), status
