"""The copies of a job: split, put together, what came of a run."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, url_for
from werkzeug.wrappers import Response as AnyResponse

from craftops.services.production import copies
from craftops.web.frame.language.translation import gettext as _
from craftops.web.frame.language.translation import ngettext
from craftops.web.frame.request_context import actor, back, current_shop, sight
from craftops.web.production.forms import MergeForm, OutcomeForm, SplitForm


def add_to(blueprint: Blueprint) -> None:
    """Register the routes."""
    for rule, view in (
        ("/jobs/<int:job_id>/split", split_job),
        ("/jobs/<int:job_id>/merge", merge_job),
        ("/jobs/<int:job_id>/outcome", settle_job),
    ):
        blueprint.add_url_rule(rule, view_func=view, methods=["POST"])


def _home() -> AnyResponse:
    return redirect(back(url_for("staff.board")), 303)


def split_job(job_id: int) -> AnyResponse:
    """Some copies into a job of their own."""
    off = SplitForm.sent().copies
    job = copies.split_job(current_shop(), job_id, off, actor=actor(), at=sight().now)
    flash(ngettext("%(job)s makes %(num)d copy.", "%(job)s makes %(num)d copies.", off, job=job.code), "good")
    return _home()


def merge_job(job_id: int) -> AnyResponse:
    """Two jobs become one again."""
    other = MergeForm.sent().other
    job = copies.merge_jobs(current_shop(), job_id, other, actor=actor(), at=sight().now)
    done = ngettext("%(job)s makes %(num)d copy.", "%(job)s makes %(num)d copies.", job.copies, job=job.code)
    flash(done, "good")
    return _home()


def settle_job(job_id: int) -> AnyResponse:
    """So many are good, so many are bad; the rest is made again."""
    form = OutcomeForm.sent()
    fresh = copies.settle_job(current_shop(), job_id, form.done, form.failed, actor=actor(), at=sight().now)
    if fresh is None:
        flash(_("Noted: every copy is good."), "good")
    else:
        again = ngettext(
            "Noted. %(job)s makes %(num)d copy again.", "Noted. %(job)s makes %(num)d copies again.", fresh.copies,
            job=fresh.code,
        )  # fmt: skip
        flash(again, "good")
    return _home()
