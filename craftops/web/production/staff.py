"""Jobs and hand operations."""

from __future__ import annotations

from flask import Blueprint, Response, flash, redirect, send_file, url_for
from werkzeug.wrappers import Response as AnyResponse

from craftops.errors import AccessError
from craftops.services.production import machine_code, operations, queueing
from craftops.store.queries.staff_jobs import program_of
from craftops.web.frame import labels
from craftops.web.frame.language.translation import gettext as _
from craftops.web.frame.request_context import actor, back, current_shop, sight
from craftops.web.frame.security import takes_files
from craftops.web.frame.sent_form import needed_file
from craftops.web.production.forms import OperationForm, QueueForm, TakeOverForm, TurnForm


def add_to(blueprint: Blueprint) -> None:
    """Register the routes."""
    for rule, view in (
        ("/jobs/<int:job_id>/queue", queue_job),
        ("/jobs/<int:job_id>/unqueue", unqueue_job),
        ("/jobs/<int:job_id>/reorder", reorder_job),
        ("/jobs/<int:job_id>/retry", retry_job),
        ("/jobs/<int:job_id>/gcode/again", take_over_gcode),
        ("/operations/<int:operation_id>", operation),
    ):
        blueprint.add_url_rule(rule, view_func=view, methods=["POST"])
    blueprint.add_url_rule("/jobs/<int:job_id>/gcode", view_func=attach_gcode, methods=["POST"])
    blueprint.add_url_rule("/jobs/<int:job_id>/gcode", view_func=gcode)


def _home() -> AnyResponse:
    return redirect(back(url_for("staff.board")), 303)


def queue_job(job_id: int) -> AnyResponse:
    """Put a job on a machine's queue."""
    job = queueing.queue_job(current_shop(), job_id, QueueForm.sent().machine, actor=actor(), at=sight().now)
    flash(_("%(job)s waits for %(machine)s", job=job.code, machine=job.machine.name if job.machine else ""), "good")
    return _home()


def unqueue_job(job_id: int) -> AnyResponse:
    """Take it off again."""
    queueing.unqueue_job(current_shop(), job_id, actor=actor(), at=sight().now)
    return _home()


def reorder_job(job_id: int) -> AnyResponse:
    """One place up or down."""
    direction = "up" if TurnForm.sent().direction == "up" else "down"
    queueing.reorder_job(current_shop(), job_id, direction, actor=actor(), at=sight().now)
    return _home()


def retry_job(job_id: int) -> AnyResponse:
    """Plan a failed job again."""
    job = queueing.retry_job(current_shop(), job_id, actor=actor(), at=sight().now)
    flash(_("%(job)s is planned again", job=job.code), "good")
    return _home()


@takes_files
def attach_gcode(job_id: int) -> AnyResponse:
    """Keep a job's machine code, and plan with its slicer's time."""
    upload = needed_file("file")
    job, found = machine_code.attach_gcode(
        current_shop(), job_id, upload.stream, upload.filename, actor=actor(), at=sight().now
    )
    if found is None:
        flash(_("%(job)s has its machine code. It does not say how long it takes.", job=job.code), "good")
    else:
        time, slicer = labels.duration(found.seconds), found.slicer or _("its slicer")
        flash(_("%(job)s takes %(time)s, says %(slicer)s.", job=job.code, time=time, slicer=slicer), "good")
    return _home()


def take_over_gcode(job_id: int) -> AnyResponse:
    """Use the machine code of the run that made the same part before."""
    before = TakeOverForm.sent().before
    job = machine_code.take_over(current_shop(), job_id, before, actor=actor(), at=sight().now)
    flash(_("%(job)s has the machine code of the time before.", job=job.code), "good")
    return _home()


def gcode(job_id: int) -> Response:
    """The machine code of a job, as it came."""
    program = program_of(job_id)
    if program is None:
        raise AccessError
    path = current_shop().files.path(program.gcode_sha)
    return send_file(path, mimetype="application/octet-stream", as_attachment=True, download_name=program.gcode_name)


def operation(operation_id: int) -> AnyResponse:
    """Tick hand work off, or take the tick back."""
    done = OperationForm.sent().done
    operations.tick_operation(current_shop(), operation_id, done=done, actor=actor(), at=sight().now)
    return _home()
