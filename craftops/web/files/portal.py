"""Files on the portal: shown as a card with a picture, fetched back as they were."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify, redirect, render_template, send_file, url_for
from werkzeug.wrappers import Response as AnyResponse

from craftops.errors import AccessError
from craftops.services.files import keeping
from craftops.store.queries import scoped
from craftops.web.files import access_log
from craftops.web.files.forms import FixForm
from craftops.web.files.present_versions import mendable_card
from craftops.web.files.versions import asked_for
from craftops.web.frame.request_context import actor, current_shop


def add_to(blueprint: Blueprint) -> None:
    """Register the routes."""
    blueprint.add_url_rule("/files/<int:file_id>/card", view_func=card)
    blueprint.add_url_rule("/files/<int:file_id>/mend", view_func=mend, methods=["POST"])
    blueprint.add_url_rule("/files/<int:file_id>/picture", view_func=picture)
    blueprint.add_url_rule("/files/<int:file_id>/download", view_func=download)


def card(file_id: int) -> str:
    """The card alone, for a page that waits for a verdict."""
    return render_template("portal/_file_card.html", file=mendable_card(scoped.file_view(actor(), file_id)))


def mend(file_id: int) -> Response:
    """A fix by one click on a file of the new-order form: the card of the copy that takes its place."""
    scoped.file_view(actor(), file_id)
    row = asked_for(FixForm.sent().action)
    html = render_template("portal/_file_card.html", file=mendable_card(row))
    return jsonify({"id": row.id, "html": html})


def picture(file_id: int) -> Response:
    """Our picture of the file, never theirs."""
    row = scoped.file_view(actor(), file_id)
    if not row.picture_sha:
        raise AccessError
    response = send_file(current_shop().files.path(row.picture_sha), mimetype="image/png", etag=row.picture_sha)
    response.cache_control.private = True
    response.cache_control.max_age = 86_400
    response.cache_control.no_cache = None
    return response


def download(file_id: int) -> AnyResponse:
    """The original, only ever as an attachment, and inert should a browser open it all the same.

    Of one that is deleted, the page that says so."""
    row = keeping.any_file_shown(actor(), file_id)
    if row.deleted_at is not None:
        return redirect(url_for("portal.design_file", file_id=row.id), 303)
    access_log.note(row, actor(), keeping.TAKEN)
    path = current_shop().files.path(row.blob_id)
    response = send_file(path, mimetype="application/octet-stream", as_attachment=True, download_name=row.name)
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response.headers["Cache-Control"] = "private, no-store"
    return response
