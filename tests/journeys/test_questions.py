"""The shop needs one decision: Ada answers on the page or from her mail, work rests meanwhile, and goes on."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from craftops.domain.messages import questions as domain
from craftops.domain.messages.questions import QuestionKind, QuestionState
from craftops.domain.orders.workflow import Stage
from craftops.errors import IntakeError, RuleError
from craftops.processes.doctor import examine
from craftops.services.messages import questions
from craftops.services.orders import ordering
from craftops.store.database import utcnow
from craftops.store.models import MessageRow, OrderRow, QuestionRow
from craftops.testing import Browser, Workshop
from craftops.web.messages.mail import make_renderer

ASK = {"kind": "choose", "text": "Blue is out. Which one?", "choices": "Black\nClear", "holds": "1", "token": "q1"}


@pytest.fixture
def order(workshop: Workshop) -> OrderRow:
    made = workshop.place("ada")
    ordering.move(workshop.shop, made.code, Stage.IN_REVIEW, actor=workshop.actor("sam"), at=utcnow())
    return made


def ask(sam: Browser, order: OrderRow, **more: str) -> None:
    page = f"/staff/orders/{order.code}"
    assert sam.send(f"{page}/questions", {**ASK, **more}, on=page).status_code == 303


def fresh(order: OrderRow) -> OrderRow:
    row: OrderRow = OrderRow.get_by_id(order.id)
    return row


def test_she_answers_on_the_page_and_work_goes_on(workshop: Workshop, order: OrderRow) -> None:
    sam, ada = workshop.browser("sam"), workshop.browser("ada")
    ask(sam, order)
    ask(sam, order)
    assert QuestionRow.select().count() == 1
    assert fresh(order).hold_waits_for_customer
    assert "Blue is out. Which one?" in ada.see("/")
    page = ada.see(f"/orders/{order.code}")
    assert page.index("We need you") < page.index("What we make")
    assert "Your order waits for your answer." in page
    row = QuestionRow.get()
    address = f"/orders/{order.code}/questions/{row.id}"
    done = ada.send(address, {"choice": "1"}, on=f"/orders/{order.code}", follow_redirects=True).get_data(as_text=True)
    assert "Thank you. We go on." in done
    assert fresh(order).hold_since is None
    assert MessageRow.get().body == "“Blue is out. Which one?” Clear."
    assert "Clear" in sam.see(f"/staff/orders/{order.code}")
    again = ada.send(address, {"choice": "0"}, on=f"/orders/{order.code}", follow_redirects=True).get_data(as_text=True)
    assert "answered already" in again
    assert (QuestionRow.get().choice, QuestionRow.get().ended_by) == (1, "Ada")
    assert MessageRow.select().count() == 1
    assert "We need you" not in ada.see("/")
    assert examine(workshop.shop, at=utcnow()) == []


def test_she_answers_from_her_mail_without_signing_in(workshop: Workshop, order: OrderRow) -> None:
    workshop.run_due()
    ask(workshop.browser("sam"), order)
    workshop.run_due()
    draft = next(one for one in workshop.outbox if one.kind == "needs_you")
    mail = make_renderer(workshop.app)(draft)
    assert "Blue is out. Which one?" in mail.text
    link = re.search(r"http\S+(/answer/\S+?)\?choice=1", mail.text)
    assert link is not None
    stranger = Browser(workshop.app.test_client())
    assert "Black" in stranger.see(f"{link[1]}?choice=1")
    assert QuestionRow.get().state == "open"  # looking changes nothing
    stranger.send(link[1], {"choice": "1"}, on=link[1])
    assert (QuestionRow.get().state, QuestionRow.get().via) == ("answered", "mail")
    assert fresh(order).hold_since is None
    assert "Clear" in stranger.see(link[1])
    assert stranger.get(f"{link[1]}x").status_code == 404


def test_two_questions_hold_until_both_are_answered(workshop: Workshop, order: OrderRow) -> None:
    sam = workshop.browser("sam")
    ask(sam, order)
    ask(sam, order, kind="accept_risk", text="The wall is thin.", token="q2")
    ada = workshop.actor("ada")
    first, second = QuestionRow.select().order_by(QuestionRow.id)
    questions.answer(workshop.shop, order.code, first.id, 0, actor=ada, at=utcnow())
    assert fresh(order).hold_reason == "The wall is thin."
    questions.answer(workshop.shop, order.code, second.id, 0, actor=ada, at=utcnow())
    assert fresh(order).hold_since is None


def test_what_is_taken_back_holds_nothing(workshop: Workshop, order: OrderRow) -> None:
    sam = workshop.browser("sam")
    ask(sam, order)
    page = f"/staff/orders/{order.code}"
    sam.send(f"{page}/questions/{QuestionRow.get().id}/withdraw", on=page)
    assert fresh(order).hold_since is None
    assert fresh(order).asked == 0
    with pytest.raises(RuleError):
        questions.answer(workshop.shop, order.code, QuestionRow.get().id, 0, actor=workshop.actor("ada"), at=utcnow())


def test_a_question_without_a_hold_lets_work_go_on(workshop: Workshop, order: OrderRow) -> None:
    questions.ask(
        workshop.shop, order.code, "approve", "Like this?", [], due_at=utcnow() + timedelta(days=2), holds=False, token="x",
        actor=workshop.actor("sam"), at=utcnow(),
    )  # fmt: skip
    assert fresh(order).hold_since is None
    assert "Please answer by" in workshop.browser("ada").see(f"/orders/{order.code}")


@pytest.mark.parametrize("due", ["9999-12-31", "2026-13-01", "tomorrow"])
def test_a_day_that_is_none_is_refused(workshop: Workshop, order: OrderRow, due: str) -> None:
    olga, page = workshop.browser("olga"), f"/staff/orders/{order.code}"
    profile = {"name": "West", "timezone": "America/New_York", "currency": "USD", "brand": "#1f6feb"}
    assert olga.send("/staff/settings", profile, on="/staff/settings").status_code == 303
    answer = olga.send(f"{page}/questions", {**ASK, "due": due}, on=page, follow_redirects=True)
    assert answer.status_code == 200
    assert "Choose a day from the calendar." in answer.get_data(as_text=True)
    assert not QuestionRow.select().exists()


def test_nobody_elses_question_is_answered(workshop: Workshop, order: OrderRow) -> None:
    ask(workshop.browser("sam"), order)
    bob = workshop.browser("bob")
    address = f"/orders/{order.code}/questions/{QuestionRow.get().id}"
    assert bob.send(address, {"choice": "0"}, on="/").status_code == 404


@given(st.sampled_from(list(QuestionState)), st.lists(st.text(min_size=1), min_size=1, max_size=6), st.integers(-3, 9))
def test_only_an_open_question_takes_one_of_its_answers(state: QuestionState, choices: list[str], choice: int) -> None:
    try:
        words = domain.answer(state, choices, choice)
    except (RuleError, IntakeError):
        assert state is not QuestionState.OPEN or not 0 <= choice < len(choices)
    else:
        assert state is QuestionState.OPEN
        assert words == choices[choice]


@given(st.sampled_from([*QuestionKind, "nonsense"]), st.text(max_size=30), st.lists(st.text(max_size=90), max_size=8))
def test_what_is_asked_can_be_answered(kind: str, text: str, choices: list[str]) -> None:
    now = utcnow()
    try:
        asked = domain.check(str(kind), text, choices, None, now)
    except IntakeError as error:
        assert error.fields
    else:
        assert asked.text.strip()
        assert 2 <= len(asked.choices) <= domain.MOST_CHOICES
        assert len(set(asked.choices)) == len(asked.choices)
