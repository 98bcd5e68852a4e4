"""A file's own page: where it is used, who of the shop looked at it, and the way to delete it."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response as AnyResponse

from craftops.errors import IntakeError
from craftops.services.files import keeping
from craftops.store.queries import kept_files
from craftops.store.views.files import FileView
from craftops.web.files.forms import DeleteForm
from craftops.web.files.present import picture_url
from craftops.web.files.views_kept import FileLook, FilePage, FileUse
from craftops.web.frame import labels
from craftops.web.frame.language.translation import gettext as _
from craftops.web.frame.language.translation import lazy_gettext as __
from craftops.web.frame.request_context import actor, current_shop, sight

MOST_LOOKS = 200
DEEDS = {keeping.VIEWED: __("looked at it"), keeping.TAKEN: __("downloaded it")}
FROM = {
    "order": __("on the order's page"), "schedule": __("in the schedule"), "messages": __("in the messages"),
    "machine": __("at a machine"), "floor": __("on the floor's pages"), "file": __("on this page"),
    "program": __("by a program"),
}  # fmt: skip


def add_to(blueprint: Blueprint) -> None:
    """Register the routes."""
    blueprint.add_url_rule("/files/<int:file_id>", view_func=design_file)
    blueprint.add_url_rule("/files/<int:file_id>/delete", view_func=delete_design_file, methods=["POST"])


def design_file(file_id: int) -> str:
    """The page."""
    return _page(keeping.any_file_shown(actor(), file_id))


def _page(row: FileView) -> str:
    room = "staff" if actor().is_staff else "portal"
    family = kept_files.family_of(row.id)
    page = FilePage(
        id=row.id,
        name=row.name,
        size=labels.size(row.size),
        sent_at=row.uploaded_at,
        picture_url=picture_url(row),
        deleted_at=row.deleted_at,
        deleted_by=row.deleted_by,
        download_url=url_for("portal.download", file_id=row.id) if row.deleted_at is None else "",
        uses=tuple(
            FileUse(one.code, one.title, url_for(f"{room}.order", code=one.code))
            for one in kept_files.orders_with(family)
            if _theirs(one.customer_id, one.company_id, row)
        ),
        looks=tuple(
            FileLook(one.who, str(DEEDS.get(one.what, one.what)), str(FROM.get(one.page, "")), one.at)
            for one in kept_files.accesses_of(row.id, most=MOST_LOOKS)
        ),
        why_kept=keeping.why_kept(row, actor()),
        delete_url=url_for("portal.delete_design_file", file_id=row.id),
        copies=len(family) - 1,
    )
    return render_template("portal/file.html", page=page)


def _theirs(customer_id: int, company_id: int | None, row: FileView) -> bool:
    if row.company_id is not None:
        return company_id == row.company_id
    return customer_id == row.owner_id and company_id is None


def delete_design_file(file_id: int) -> AnyResponse:
    """Away with it, once somebody has said that they are sure."""
    row = keeping.any_file_shown(actor(), file_id)
    if not DeleteForm.sent().sure:
        raise IntakeError(_("Say that you are sure: tick the box."))
    keeping.delete_file(current_shop(), row.id, actor=actor(), at=sight().now)
    flash(_("“%(name)s” is deleted.", name=row.name), "good")
    return redirect(url_for("portal.design_file", file_id=row.id), 303)
