"""A part to turn: its page, and the model that the page shows."""

from __future__ import annotations

from flask import Blueprint, Response, render_template, request, send_file

from craftops.errors import AccessError
from craftops.services.files.keeping import VIEWED
from craftops.store.queries import scoped
from craftops.web.files import access_log
from craftops.web.files.present import view_page
from craftops.web.frame.request_context import actor, current_shop
from craftops.web.frame.security import allow_viewer

FOREVER_S = 31_536_000


def add_to(blueprint: Blueprint) -> None:
    """Register the routes."""
    blueprint.add_url_rule("/files/<int:file_id>/view", view_func=view)
    blueprint.add_url_rule("/files/<int:file_id>/model.glb", view_func=model)


def view(file_id: int) -> str:
    """The part at full size with its measures; where there is no model to turn, the picture."""
    who = actor()
    row = scoped.file_view(who, file_id)
    if not row.picture_sha:
        raise AccessError
    access_log.note(row, who, VIEWED)
    if row.model_sha:
        allow_viewer()
    return render_template("portal/view.html", page=view_page(row, who))


def model(file_id: int) -> Response:
    """The part as a GLB that we made. Its address names its content, so a browser never asks for it twice."""
    row = scoped.file_view(actor(), file_id)
    if not row.model_sha:
        raise AccessError
    response = send_file(current_shop().files.path(row.model_sha), mimetype="model/gltf-binary", etag=row.model_sha)
    response.cache_control.private = True
    if request.args.get("v") == row.model_sha[:8]:
        response.cache_control.no_cache = None
        response.cache_control.max_age = FOREVER_S
        response.cache_control.immutable = True
    return response
