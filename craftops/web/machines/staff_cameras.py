"""Cameras and photos, as staff use them: look, share, keep, add, take away."""

from __future__ import annotations

from flask import Blueprint, Response, abort, flash, redirect, url_for
from werkzeug.wrappers import Response as AnyResponse

from craftops.services.files import photos
from craftops.services.machines import cameras
from craftops.store.queries import machine_pages
from craftops.web.frame.language.translation import gettext as _
from craftops.web.frame.request_context import actor, back, current_shop, sight
from craftops.web.frame.security import takes_files
from craftops.web.frame.sent_form import needed_file
from craftops.web.machines.forms import CameraForm, FrameForm, PhotoForm
from craftops.web.machines.portal import CODE, frame_of
from craftops.web.machines.staff import KEY


def add_to(blueprint: Blueprint) -> None:
    """Register the routes."""
    blueprint.add_url_rule(f"/machines/{KEY}/camera", view_func=camera)
    for rule, view in (
        (f"/machines/{KEY}/photo", keep_frame),
        ("/jobs/<int:job_id>/camera", share_camera),
        (f"/orders/{CODE}/photos", add_photo),
        ("/photos/<int:photo_id>/remove", remove_photo),
    ):
        blueprint.add_url_rule(rule, view_func=view, methods=["POST"])


def camera(key: str) -> Response:
    """What a machine's camera saw last."""
    machine = machine_pages.machine(key)
    seen = machine_pages.camera(machine.id) if machine is not None else None
    if seen is None or not seen.frame_sha:
        abort(404)
    return frame_of(seen.machine_id, seen.frame_sha)


def keep_frame(key: str) -> AnyResponse:
    """Keep what the page shows as a progress photo."""
    form, who, at = FrameForm.sent(), actor(), sight().now
    code = photos.keep_frame(current_shop(), key, form.frame, form.job, form.caption, actor=who, at=at)
    flash(_("Kept with order %(code)s, where its customer sees it.", code=code), "good")
    return redirect(back(url_for("staff.machine", key=key)), 303)


def share_camera(job_id: int) -> AnyResponse:
    """The customer may look while the job runs, or no more."""
    shared = CameraForm.sent().share
    job, order = cameras.share(current_shop(), job_id, shared, actor=actor(), at=sight().now)
    said = _("The customer sees the camera of %(job)s while it runs.", job=job)
    flash(said if shared else _("The customer does not see the camera of %(job)s any more.", job=job), "good")
    return redirect(back(url_for("staff.order", code=order)), 303)


@takes_files
def add_photo(code: str) -> AnyResponse:
    """A photo from somebody's phone."""
    photo = needed_file("photo", _("Choose a photo."))
    photos.upload(current_shop(), code, photo.stream, PhotoForm.sent().caption, actor=actor(), at=sight().now)
    flash(_("The customer sees the photo now."), "good")
    return redirect(back(url_for("staff.order", code=code)) + "#photos", 303)


def remove_photo(photo_id: int) -> AnyResponse:
    """Take a photo away from an order."""
    code = photos.remove(current_shop(), photo_id, actor=actor(), at=sight().now)
    flash(_("The photo is gone."), "good")
    return redirect(url_for("staff.order", code=code) + "#photos", 303)
