"""Contexts of cameras and photos."""

from __future__ import annotations

from collections.abc import Sequence

from flask import url_for
from flask_babel import gettext as _

from craftops.domain.production.jobs import ACTIVE, JobState
from craftops.services.machines import cameras
from craftops.store.models import JobRow, MachineRow, OrderRow, ProgressPhotoRow
from craftops.store.queries import machines, production
from craftops.store.queries import production as production_queries
from craftops.web.contexts import CameraPanel, PhotoCard, PhotoPage, SharedCamera, SharedFrame
from craftops.web.present.common import Sight


def shared_camera(order: OrderRow, jobs: Sequence[JobRow]) -> SharedCamera | None:
    """What the customer may look at now; None where nothing is shared, or none of it is at work. ``jobs`` are those of
    ``reading.jobs_of``."""
    shared = [job for job in jobs if job.camera_shared and JobState(job.state) in ACTIVE]
    if not shared:
        return None
    found = []
    for job in shared:
        camera = getattr(job, "camera", None)
        seen = camera if camera is not None and cameras.may_see(job, camera) else None
        note = ""
        if job.state != JobState.RUNNING.value:
            note = _("The machine is paused, and so is its camera.")
        elif seen is None:
            note = _("The first picture comes in a moment.")
        url = url_for("portal.camera", code=order.code, job_id=job.id, v=seen.frame_sha[:12]) if seen else ""
        found.append(SharedFrame(url, job.line.title, seen.taken_at if seen else None, note))
    return SharedCamera(order.code, tuple(found))


def camera_panel(machine: MachineRow, sight: Sight) -> CameraPanel | None:
    """A machine's camera; None for a machine that cannot have one."""
    if cameras.camera_of(sight.shop, machine) is None:
        return None
    camera = machines.camera(machine.id)
    job = production.active_job(machine.id)
    sha256 = camera.frame_sha if camera is not None else ""
    return CameraPanel(
        key=machine.key,
        url=url_for("staff.camera", key=machine.key, v=sha256[:12]) if sha256 else "",
        sha256=sha256,
        taken_at=camera.taken_at if camera is not None else None,
        sentence=camera.sentence if camera is not None else "",
        job=job.code if job is not None else "",
        shared=job is not None and bool(job.camera_shared),
        photos=job.order.photos if job is not None else 0,
    )


def photo_card(row: ProgressPhotoRow, order: OrderRow) -> PhotoCard:
    sources = {
        "camera": _("the machine's camera, kept by %(who)s", who=row.kept_by),
        "end": _("the machine's camera, at the end of the run"),
        "upload": _("taken by %(who)s", who=row.kept_by),
    }
    place = {"code": order.code, "photo_id": row.id}
    return PhotoCard(
        id=row.id,
        url=url_for("portal.photo", **place),
        picture_url=url_for("portal.photo_picture", **place),
        small_url=url_for("portal.photo_picture", small=1, **place),
        caption=row.caption or (_("The end of the run") if row.source == "end" else ""),
        said=row.caption or _("Progress photo"),
        source=sources[row.source],
        taken_at=row.taken_at,
        width=row.width,
        height=row.height,
    )


def photo_cards(order: OrderRow) -> tuple[PhotoCard, ...]:
    """The photos of an order, the newest first."""
    return tuple(photo_card(row, order) for row in production_queries.photos_of(order.id)) if order.photos else ()


def photo_page(order: OrderRow, photo_id: int, *, for_staff: bool) -> PhotoPage | None:
    """One photo at full size; None where it is no photo of this order."""
    cards = photo_cards(order)
    here = next((index for index, card in enumerate(cards) if card.id == photo_id), None)
    if here is None:
        return None
    return PhotoPage(
        title=order.title,
        photo=cards[here],
        number=here + 1,
        count=len(cards),
        newer_url=cards[here - 1].url if here else "",
        older_url=cards[here + 1].url if here + 1 < len(cards) else "",
        back_url=url_for("staff.order" if for_staff else "portal.order", code=order.code),
    )
