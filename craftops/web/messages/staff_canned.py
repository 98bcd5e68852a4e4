"""Canned responses in the staff's pages: chosen for an answer, and kept."""

from __future__ import annotations

from flask import Blueprint, Response, flash, jsonify, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from craftops.domain.messages.canned import CannedResponse
from craftops.errors import IntakeError
from craftops.services.messages import canned, conversation
from craftops.store.queries import messages as queries
from craftops.store.queries import scoped
from craftops.web.frame.language.translation import gettext as _
from craftops.web.frame.request_context import actor, back, sight
from craftops.web.messages import common, present_canned
from craftops.web.messages.forms import CannedForm, RestoreForm, UseCannedForm

BLANK = CannedResponse(0, "", "", "", "")
KEPT = "/messages/canned"
NAME = "<string(minlength=1, maxlength=60):name>"


def add_to(blueprint: Blueprint) -> None:
    """Register the routes."""
    blueprint.add_url_rule(f"/orders/{common.CODE}/messages/canned", view_func=use_canned, methods=["GET", "POST"])
    blueprint.add_url_rule(KEPT, "canned", view_func=kept)
    blueprint.add_url_rule(f"{KEPT}/new", view_func=new_canned, methods=["GET", "POST"])
    blueprint.add_url_rule(f"{KEPT}/{NAME}", view_func=edit_canned, methods=["GET", "POST"])
    blueprint.add_url_rule(f"{KEPT}/{NAME}/remove", view_func=remove_canned, methods=["POST"])
    blueprint.add_url_rule(f"{KEPT}/restore", view_func=restore_canned, methods=["POST"])


def use_canned(code: str) -> AnyResponse | Response:
    """A response filled in for an order: as JSON for the page's script, or put into the draft without one."""
    order = scoped.order_view(actor(), code)
    filled = present_canned.filled(canned.find(UseCannedForm.asked().canned), order, sight())
    if request.method == "GET":
        return jsonify({"text": filled.text, "missing": list(filled.missing)})
    state = queries.conversation_of(order.id, actor().id or 0, most=1).state
    text = "\n\n".join(part for part in (state.draft, filled.text) if part)
    conversation.save_draft(order.code, text, state.draft_files, actor=actor(), at=sight().now)
    if filled.missing:
        flash(_("There is nothing yet for %(names)s: fill that in by hand.", names=", ".join(filled.missing)), "warn")
    return redirect(back(url_for("staff.thread", code=order.code)) + "#messages", 303)


def kept() -> str:
    """All responses."""
    return render_template("staff/canned.html", page=present_canned.canned_page())


def _form(name: str, known: CannedResponse) -> AnyResponse | tuple[str, int]:
    action = url_for("staff.edit_canned", name=name) if name else url_for("staff.new_canned")
    if request.method != "POST":
        return render_template(
            "form.html", page=present_canned.canned_form(known, {}, action=action, new=not name)
        ), 200
    form = CannedForm.sent()
    try:
        canned.save(name, form.title, form.body, form.language, actor=actor(), at=sight().now)
    except IntakeError as error:
        typed = CannedResponse(known.id, known.key, form.title, form.body, form.language)
        page = present_canned.canned_form(typed, error.fields, action=action, new=not name)
        return render_template("form.html", page=page), 422
    flash(_("Kept."), "good")
    return redirect(url_for("staff.canned"), 303)


def new_canned() -> AnyResponse | tuple[str, int]:
    """One more."""
    return _form("", BLANK)


def edit_canned(name: str) -> AnyResponse | tuple[str, int]:
    """Change one."""
    return _form(name, canned.find(name))


def remove_canned(name: str) -> AnyResponse:
    """Take one off the list, with a way back."""
    row = canned.remove(name, actor=actor(), at=sight().now)
    flash(_("Taken off the list."), "good")
    return redirect(url_for("staff.canned", gone=row), 303)


def restore_canned() -> AnyResponse:
    """Put one back."""
    canned.restore(RestoreForm.sent().row, actor=actor(), at=sight().now)
    return redirect(url_for("staff.canned"), 303)
