"""The staff's inbox: all threads, who waits longest first; answering takes one screen."""

from __future__ import annotations

from datetime import datetime, timedelta

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from craftops.domain.hours.calendar import Calendar
from craftops.errors import IntakeError
from craftops.services.messages import conversation, notes
from craftops.store.queries import scoped
from craftops.web.frame.language.translation import gettext as _
from craftops.web.frame.numbers import whole
from craftops.web.frame.panels import order_questions
from craftops.web.frame.request_context import account, actor, back, sight
from craftops.web.messages import common, present_staff
from craftops.web.messages.forms import AssignForm, NoteForm, SnoozeForm

ONE = f"/messages/{common.CODE}"


def add_to(blueprint: Blueprint) -> None:
    """Register the routes."""
    common.add_to(blueprint)
    blueprint.add_url_rule("/messages", view_func=inbox)
    blueprint.add_url_rule(ONE, view_func=thread)
    for rule, view in (("settle", settle), ("assign", assign), ("snooze", snooze)):
        blueprint.add_url_rule(f"{ONE}/{rule}", view_func=view, methods=["POST"])
    blueprint.add_url_rule(f"/orders/{common.CODE}/notes", view_func=write_note, methods=["POST"])


def inbox() -> str:
    """One list of threads, or what a search has found."""
    which = request.args.get("list", "open")
    if which not in present_staff.LISTS:
        abort(404)
    page = present_staff.inbox_page(
        sight(),
        account().id,
        which,
        request.args.get("q", "").strip()[:200],
        max(1, request.args.get("page", 1, whole)),
    )
    return render_template("staff/messages.html", page=page, live=url_for("live.stream", page="staff/messages"))


def thread(code: str) -> AnyResponse | str:
    """One thread with all that an answer needs."""
    order = scoped.order_view(actor(), code)
    if order.code != code:
        return redirect(url_for("staff.thread", code=order.code), 303)
    with order_questions("thread", order, sight(), actor()):
        page = present_staff.answer_page(order, sight(), actor())
    live = url_for("live.stream", page=f"staff/order/{order.code}")
    return render_template("staff/thread.html", page=page, live=live)


def _to(code: str) -> AnyResponse:
    return redirect(back(url_for("staff.thread", code=code)), 303)


def settle(code: str) -> AnyResponse:
    """It needs no answer."""
    conversation.settle(code, actor=actor(), at=sight().now)
    flash(_("Off the list, until the customer writes again."), "good")
    return _to(code)


def assign(code: str) -> AnyResponse:
    """Whose it is."""
    conversation.assign(code, AssignForm.sent().account, actor=actor(), at=sight().now)
    return _to(code)


def snooze(code: str) -> AnyResponse:
    """Off the list for a while."""
    choice = SnoozeForm.sent().until
    if choice == "now":
        conversation.snooze(code, None, actor=actor(), at=sight().now)
        flash(_("Back on the list."), "good")
        return _to(code)
    if choice not in present_staff.SNOOZES:
        raise IntakeError(_("Choose until when."))
    until = when(choice, sight().now, sight().profile.calendar)
    conversation.snooze(code, until, actor=actor(), at=sight().now)
    flash(_("Off the list until then, or until the customer writes."), "good")
    return _to(code)


def when(choice: str, now: datetime, calendar: Calendar) -> datetime:
    """Until when a choice of ``SNOOZES`` puts a thread off: "tomorrow" is when the shop opens on the next day."""
    if choice == "later":
        return now + timedelta(hours=3)
    days = {"tomorrow": 1, "week": 7}[choice]
    local = now.astimezone(calendar.zone)
    begin = (local + timedelta(days=days)).replace(hour=0, minute=0, second=0, microsecond=0)
    return calendar.next_open(begin.astimezone(now.tzinfo))


def write_note(code: str) -> AnyResponse:
    """A note that no customer ever sees."""
    form = NoteForm.sent()
    notes.write(code, form.note, token=form.token, actor=actor(), at=sight().now)
    flash(_("Noted, for the shop alone."), "good")
    return redirect(back(url_for("staff.order", code=code)) + "#notes", 303)
