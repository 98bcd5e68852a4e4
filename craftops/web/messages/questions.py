"""Needs-you cards on pages: asked on the floor, answered on the order's page or by the link of a mail."""

from __future__ import annotations

from datetime import datetime, time

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from craftops.domain.hours.days import written_day
from craftops.domain.messages.questions import QuestionKind, QuestionState, is_overdue
from craftops.domain.people.access import Actor
from craftops.domain.people.companies import CompanyAction
from craftops.errors import IntakeError, RuleError
from craftops.services.messages import questions
from craftops.services.people import accounts
from craftops.store.queries import message_pages as queries
from craftops.store.queries import scoped
from craftops.store.views.messages import QuestionView
from craftops.store.views.orders import OrderView
from craftops.web.frame import labels
from craftops.web.frame.language.translation import gettext as _
from craftops.web.frame.language.translation import lazy_gettext as __
from craftops.web.frame.one_time import one_time_key
from craftops.web.frame.request_context import RequestContext, actor, allowed, back, current_shop, sight
from craftops.web.frame.views import Choice
from craftops.web.messages.common import CODE
from craftops.web.messages.forms import AskForm, ChoiceForm
from craftops.web.messages.text import linked
from craftops.web.messages.views import AskedPanel, HomeQuestion, QuestionCard

public = Blueprint("answer", __name__, url_prefix="/answer")
KINDS = {
    QuestionKind.APPROVE: __("Approve it: a photo, a proof, a first part"),
    QuestionKind.CHOOSE: __("Choose: another colour, another material"),
    QuestionKind.ACCEPT_RISK: __("Accept a risk"),
    QuestionKind.FIX_FILE: __("Send another file"),
}


def add_to_portal(blueprint: Blueprint) -> None:
    """Register the customer's route."""
    blueprint.add_url_rule(f"/orders/{CODE}/questions/<int:question_id>", view_func=answer_question, methods=["POST"])


def add_to_staff(blueprint: Blueprint) -> None:
    """Register the routes of the floor."""
    blueprint.add_url_rule(f"/orders/{CODE}/questions", view_func=ask_question, methods=["POST"])
    blueprint.add_url_rule(
        f"/orders/{CODE}/questions/<int:question_id>/withdraw", view_func=withdraw_question, methods=["POST"]
    )


def answer_question(code: str, question_id: int) -> AnyResponse:
    """A customer decides."""
    order = scoped.order_view(actor(), code)
    try:
        choice = ChoiceForm.sent().choice
        questions.answer(current_shop(), order.code, question_id, choice, actor=actor(), at=sight().now)
    except (RuleError, IntakeError) as error:
        flash(" ".join(part for part in (error.sentence, getattr(error, "instead", "")) if part), "bad")
    else:
        flash(_("Thank you. We go on."), "good")
    return redirect(url_for("portal.order", code=order.code), 303)


def ask_question(code: str) -> AnyResponse:
    """Staff ask."""
    form = AskForm.sent()
    questions.ask(
        current_shop(), code, form.kind, form.text, form.choices.splitlines(), due_at=_due(form.due),
        holds=form.holds, token=form.token, actor=actor(), at=sight().now,
    )  # fmt: skip
    flash(_("Asked. The customer gets a mail."), "good")
    return redirect(back(url_for("staff.order", code=code)), 303)


def _due(text: str) -> datetime | None:
    """The end of a day in the shop's zone. Raises IntakeError."""
    if not text:
        return None
    try:
        day = written_day(text)
    except ValueError:
        raise IntakeError(_("Choose a day from the calendar.")) from None
    return datetime.combine(day, time(23, 59, 59), sight().profile.zone).astimezone(sight().now.tzinfo)


def withdraw_question(code: str, question_id: int) -> AnyResponse:
    """Nobody needs to answer any more."""
    questions.withdraw(current_shop(), code, question_id, actor=actor(), at=sight().now)
    flash(_("Taken back."), "good")
    return redirect(back(url_for("staff.order", code=code)), 303)


@public.get("/<token>")
def ask_by_link(token: str) -> str:
    """The card behind the link of a mail; looking changes nothing."""
    row, person = questions.read_link(current_shop(), token)
    card = question_card(row, sight(), url_for("answer.answer_by_link", token=token))
    chosen = request.args.get("choice", "")
    order_url = url_for("portal.order", code=row.order_code)
    return render_template(
        "portal/answer.html", card=card, title=row.order_title, code=row.order_code, name=person.name, chosen=chosen,
        order_url=order_url,
    )  # fmt: skip


@public.post("/<token>")
def answer_by_link(token: str) -> AnyResponse:
    """The click."""
    row, person = questions.read_link(current_shop(), token)
    who = accounts.actor_of(person)
    try:
        choice = ChoiceForm.sent().choice
        questions.answer(current_shop(), row.order_code, row.id, choice, actor=who, at=sight().now, via=questions.MAIL)
    except (RuleError, IntakeError) as error:
        flash(error.sentence, "bad")
    return redirect(url_for("answer.ask_by_link", token=token), 303)


# What pages get


def question_card(row: QuestionView, sight: RequestContext, url: str) -> QuestionCard:
    """One card."""
    return QuestionCard(
        id=row.id,
        text=linked(row.text),
        choices=tuple(
            Choice(str(number), words, number == row.choice) for number, words in enumerate(row.choices or ())
        ),
        due=labels.day(row.due_at, sight.profile.zone, sight.now) if row.due_at else "",
        overdue=is_overdue(row.due_at, sight.now) and row.state == QuestionState.OPEN.value,
        holds=row.holds,
        state=row.state,
        answer=row.choices[row.choice] if row.choice is not None else "",
        who=row.ended_by or row.asked_by,
        at=row.ended_at or row.asked_at,
        by_mail=row.via == questions.MAIL,
        url=url,
    )


def open_panel(order: OrderView, sight: RequestContext, _actor: Actor) -> tuple[QuestionCard, ...] | None:
    """What a customer is asked about an order, above everything else."""
    if not order.asked:
        return None

    def address(row: QuestionView) -> str:
        if CompanyAction.DECIDE not in allowed(order):
            return ""
        return url_for("portal.answer_question", code=order.code, question_id=row.id)

    return tuple(question_card(row, sight, address(row)) for row in queries.open_questions(order.id)) or None


def asked_panel(order: OrderView, sight: RequestContext, _actor: Actor) -> AskedPanel:
    """What staff have asked about an order, and where they ask more."""
    rows = queries.newest_questions(order.id)
    return AskedPanel(
        cards=tuple(
            question_card(row, sight, url_for("staff.withdraw_question", code=order.code, question_id=row.id))
            for row in rows
        ),
        kinds=tuple(Choice(kind.value, str(title)) for kind, title in KINDS.items()),
        url=url_for("staff.ask_question", code=order.code),
        token=one_time_key(),
    )


def home_panel(_sight: RequestContext, actor: Actor) -> tuple[HomeQuestion, ...] | None:
    """Everything that a customer is asked, first on their home."""
    if actor.customer_id is None:
        return None
    found = []
    for row in questions.of_customer(actor):
        url = url_for("portal.order", code=row.order_code)
        found.append(HomeQuestion(row.order_title, row.order_code, url, row.text.splitlines()[0]))
    return tuple(found) or None
