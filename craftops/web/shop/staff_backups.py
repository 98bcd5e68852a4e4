"""Backups, the recovery phrase, and the word that makes a restored copy the real shop."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from craftops.errors import IntakeError
from craftops.services.shop import epochs, recovery
from craftops.tasks import shop as tasks
from craftops.web.frame.language.translation import gettext as _
from craftops.web.frame.request_context import actor, current_shop, sight
from craftops.web.shop.forms import GoLiveForm, PhraseForm
from craftops.web.shop.present_backups import backups_page

ASKED = (3, 9)
"""Which words are asked, so that nobody goes on who has not written them down; counted from 1."""


def add_to(blueprint: Blueprint) -> None:
    """Register the routes."""
    blueprint.add_url_rule("/backups", view_func=backups)
    blueprint.add_url_rule("/backups/make", view_func=make_backup, methods=["POST"])
    blueprint.add_url_rule("/backups/phrase", view_func=recovery_phrase, methods=["GET", "POST"])
    blueprint.add_url_rule("/backups/go-live", view_func=go_live, methods=["POST"])


def backups() -> str:
    """How the shop stands with its backups."""
    return render_template("staff/backups.html", page=backups_page(sight()))


def make_backup() -> AnyResponse:
    """One now; the worker makes it."""
    who = actor()
    who.must_be_owner()
    tasks.ask(who.name, sight().now)
    flash(_("A backup is being made. The shop goes on meanwhile."), "good")
    return redirect(url_for("staff.backups"), 303)


def recovery_phrase() -> AnyResponse | tuple[str, int]:
    """Twelve words, shown this once; they count from the moment on that two of them were typed."""
    actor().must_be_owner()
    if request.method != "POST":
        return _phrase_page(recovery.new_phrase(), {}), 200
    form = PhraseForm.sent()
    phrase = recovery.checked_phrase(form.phrase)
    words = phrase.split()
    errors = {
        number: _("That is not word %(n)d of your phrase.", n=number)
        for number in ASKED
        if form.words.get(number, "").strip().lower() != words[number - 1]
    }
    if errors:
        return _phrase_page(phrase, errors), 422
    try:
        recovery.set_key(current_shop(), phrase, actor=actor())
    except IntakeError as error:
        return _phrase_page(recovery.new_phrase(), dict.fromkeys(ASKED, error.sentence)), 422
    tasks.ask(actor().name, sight().now)
    flash(_("The phrase is set, and the first backup is being made."), "good")
    return redirect(url_for("staff.home"), 303)


def _phrase_page(phrase: str, errors: dict[int, str]) -> str:
    return render_template(
        "staff/recovery_phrase.html",
        phrase=phrase,
        words=phrase.split(),
        asked=[(number, errors.get(number, "")) for number in ASKED],
        again=recovery.has_phrase(current_shop().config),
    )


def go_live() -> AnyResponse:
    """From now on this is the real shop."""
    GoLiveForm.sent()
    ended = epochs.go_live(current_shop(), actor=actor(), at=sight().now)
    flash(
        _("This is the real shop now. %(n)d notices that were written meanwhile are not sent.", n=ended.notices), "good"
    )
    return redirect(url_for("staff.home"), 303)
