"""Jobs and hand operations."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from craftops.services import floor, ordering
from craftops.web.site import actor, back, current_shop, sight


def add_to(blueprint: Blueprint) -> None:
    """Register the routes."""
    for rule, view in (
        ("/jobs/<int:job_id>/queue", queue_job),
        ("/jobs/<int:job_id>/unqueue", unqueue_job),
        ("/jobs/<int:job_id>/reorder", reorder_job),
        ("/jobs/<int:job_id>/retry", retry_job),
        ("/operations/<int:operation_id>", operation),
    ):
        blueprint.add_url_rule(rule, view_func=view, methods=["POST"])


def _home() -> AnyResponse:
    return redirect(back(url_for("staff.board")), 303)


def queue_job(job_id: int) -> AnyResponse:
    """Put a job on a machine's queue."""
    job = floor.queue_job(current_shop(), job_id, request.form.get("machine", ""), actor=actor(), at=sight().now)
    flash(_("%(job)s waits for %(machine)s", job=job.code, machine=job.machine.name if job.machine else ""), "good")
    return _home()


def unqueue_job(job_id: int) -> AnyResponse:
    """Take it off again."""
    floor.unqueue_job(current_shop(), job_id, actor=actor(), at=sight().now)
    return _home()


def reorder_job(job_id: int) -> AnyResponse:
    """One place up or down."""
    direction = "up" if request.form.get("direction") == "up" else "down"
    floor.reorder_job(current_shop(), job_id, direction, actor=actor(), at=sight().now)
    return _home()


def retry_job(job_id: int) -> AnyResponse:
    """Plan a failed job again."""
    job = floor.retry_job(current_shop(), job_id, actor=actor(), at=sight().now)
    flash(_("%(job)s is planned again", job=job.code), "good")
    return _home()


def operation(operation_id: int) -> AnyResponse:
    """Tick hand work off, or take the tick back."""
    done = request.form.get("done") == "1"
    ordering.tick_operation(current_shop(), operation_id, done=done, actor=actor(), at=sight().now)
    return _home()
