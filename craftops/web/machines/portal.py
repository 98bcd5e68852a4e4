"""What a customer may see of the making: the camera of a job that is shared, and the photos that were kept."""

from __future__ import annotations

from flask import Blueprint, Response, abort, render_template, request, send_file

from craftops.errors import AccessError
from craftops.services.machines import cameras
from craftops.store.queries import production, scoped
from craftops.web.files.present import photo_page
from craftops.web.frame.request_context import actor, current_shop

CODE = "<string(minlength=4, maxlength=12):code>"
PHOTO = f"/orders/{CODE}/photos/<int:photo_id>"


def add_to(blueprint: Blueprint) -> None:
    """Register the routes."""
    blueprint.add_url_rule(f"/orders/{CODE}/jobs/<int:job_id>/camera", view_func=camera)
    blueprint.add_url_rule(PHOTO, view_func=photo)
    blueprint.add_url_rule(f"{PHOTO}/picture", view_func=photo_picture)


def frame_of(machine_id: int, sha256: str) -> Response:
    """A picture of a camera, which no browser keeps; 404 when it is gone."""
    data = current_shop().frames.read(machine_id, sha256)
    if data is None:
        abort(404)
    response = Response(data, mimetype="image/jpeg")
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return response


def camera(code: str, job_id: int) -> Response:
    """What the camera of a job sees, as long as it is shared and the job runs."""
    seen = cameras.shared_frame(scoped.order_view(actor(), code).id, job_id)
    if seen is None:
        raise AccessError
    return frame_of(seen.machine_id, seen.frame_sha)


def photo(code: str, photo_id: int) -> str:
    """A photo, large."""
    who = actor()
    page = photo_page(scoped.order_view(who, code), photo_id, for_staff=who.is_staff)
    if page is None:
        raise AccessError
    return render_template("portal/photo.html", page=page)


def photo_picture(code: str, photo_id: int) -> Response:
    """The picture itself (``?small=1``: its thumbnail). A browser asks each time whether it may still show it."""
    row = production.photo(scoped.order_view(actor(), code).id, photo_id)
    if row is None:
        raise AccessError
    sha256 = row.small_id if request.args.get("small") else row.blob_id
    response = send_file(current_shop().files.path(sha256), mimetype="image/jpeg", etag=sha256)
    response.cache_control.private = True
    response.cache_control.no_cache = True
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return response
