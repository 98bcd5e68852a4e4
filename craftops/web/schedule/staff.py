"""The schedule: who makes what when, moves with what they do to others, proposals, undo."""

from __future__ import annotations

from datetime import date

from flask import Blueprint, Response, flash, jsonify, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from craftops.domain.hours.days import written_day
from craftops.errors import IntakeError, RuleError
from craftops.services.schedule import moving as moving_schedule
from craftops.services.schedule.plan import Plan, read_plan
from craftops.store.together import together
from craftops.web.frame.language.translation import gettext as _
from craftops.web.frame.language.translation import ngettext
from craftops.web.frame.numbers import is_number
from craftops.web.frame.request_context import actor, back, current_shop, safe_path, sight
from craftops.web.schedule import present, present_moves
from craftops.web.schedule.forms import MOST_JOBS, JobPlaceForm, JobPlacesForm

"""So many jobs one proposal takes."""


def add_to(blueprint: Blueprint) -> None:
    """Register the routes."""
    for rule, view, methods in (
        ("/schedule", schedule, ["GET"]),
        ("/schedule/jobs/<int:job_id>", schedule_job, ["GET"]),
        ("/schedule/jobs/<int:job_id>/places", schedule_places, ["GET"]),
        ("/schedule/jobs/<int:job_id>/move", move_job, ["POST"]),
        ("/schedule/proposal", proposal, ["GET"]),
        ("/schedule/proposal", accept_proposal, ["POST"]),
        ("/schedule/changes/<int:change_id>/undo", schedule_undo, ["POST"]),
    ):
        blueprint.add_url_rule(rule, view_func=view, methods=methods)


def _plan() -> Plan:
    return read_plan(current_shop(), sight().profile.calendar, sight().now)


def _here() -> str:
    return safe_path(request.full_path.rstrip("?"), url_for("staff.schedule"))


def _back() -> str:
    return safe_path(request.args.get("back", ""), url_for("staff.schedule"))


def _day(text: str) -> date | None:
    try:
        return written_day(text)
    except ValueError:
        return None


def _place(text: str) -> tuple[str, int | None]:
    """ "printer-1/34" as a machine's key and the job to come before; "/" for no machine."""
    key, _slash, before = text.partition("/")
    if before and not is_number(before):
        raise IntakeError(_("There is no such place."))
    return key, int(before) if before else None


def schedule() -> str:
    """Lanes by machine, and what has no machine yet."""
    axis = present.axis_of(
        request.args.get("scale", "day"), _day(request.args.get("first", "")), sight().profile.zone, sight().now
    )
    with together("schedule", now=sight().now):
        page = present.schedule_page(_plan(), sight(), axis)
    return render_template("staff/schedule.html", page=page, live=url_for("live.stream", page="staff/schedule"))


def schedule_job(job_id: int) -> AnyResponse | str:
    """Where a job could go; with ``to`` what that would do."""
    to = request.args.get("to")
    with together("job in the schedule", now=sight().now, job=job_id):
        plan = _plan()
        try:
            plan.job(job_id)
            found = moving_schedule.consider(plan, job_id, *_place(to)) if to is not None else None
        except (RuleError, IntakeError) as error:
            flash(error.sentence, "bad")
            return redirect(_back(), 303)
        page = present_moves.move_page(plan, job_id, to, found, sight(), _here(), _back())
    return render_template("staff/schedule_move.html", page=page)


def schedule_places(job_id: int) -> Response:
    """Which machines can take a job, for whoever drags it."""
    found = moving_schedule.places(_plan(), job_id)
    return jsonify({key: {"why": why, "warning": warned} for key, (why, warned) in found.items()})


def move_job(job_id: int) -> AnyResponse:
    """Carry a move out that was looked at."""
    form = JobPlaceForm.sent()
    key, before = _place(form.to)
    change = moving_schedule.move(current_shop(), job_id, key, before, mark=form.mark, actor=actor(), at=sight().now)
    flash(_("Moved: %(what)s", what=change.title) if change else _("It stands there already."), "good")
    return redirect(safe_path(form.then, url_for("staff.schedule")), 303)


def proposal() -> str:
    """Where the chosen jobs end soonest; else all without a machine, with ``all`` the waiting ones, too."""
    with together("proposal", now=sight().now):
        return _proposal(_plan())


def _proposal(plan: Plan) -> str:
    everything = request.args.get("all") == "1"
    named = [int(text) for text in request.args.getlist("job") if is_number(text)]
    loose = [one.job.id for one in plan.unplanned]
    waiting = [id_ for ids in plan.waiting.values() for id_ in ids] if everything else []
    asked = named or [*loose, *waiting]
    found = moving_schedule.propose_for(plan, asked[:MOST_JOBS])
    other = url_for("staff.proposal", all=None if everything else 1)
    page = present_moves.proposal_page(
        plan,
        found,
        sight(),
        left_out=max(0, len(asked) - MOST_JOBS),
        everything=everything,
        here=_here(),
        back=_back(),
        other=other,
    )
    return render_template("staff/schedule_proposal.html", page=page)


def accept_proposal() -> AnyResponse:
    """Carry out what staff have ticked."""
    form, places = JobPlacesForm.sent(), []
    for text in form.place:
        job, _slash, key = text.partition("/")
        if not is_number(job):
            raise IntakeError(_("There is no such place."))
        places.append((int(job), key))
    change = moving_schedule.accept(current_shop(), places, mark=form.mark, actor=actor(), at=sight().now)
    done = ngettext("%(num)d job has its place.", "%(num)d jobs have their places.", len(places))
    flash(done if change else _("They stand there already."), "good")
    return redirect(url_for("staff.schedule"), 303)


def schedule_undo(change_id: int) -> AnyResponse:
    """Take a change of the plan back."""
    row = moving_schedule.undo(current_shop(), change_id, actor=actor(), at=sight().now)
    flash(_("Taken back: %(what)s", what=row.title), "good")
    return redirect(back(url_for("staff.schedule")), 303)
