"""Needs-you cards: asked by staff, answered by the customer on the page or by the link in a mail; meanwhile work
may rest."""

from __future__ import annotations

from datetime import datetime

from itsdangerous import BadSignature, URLSafeSerializer

from craftops.domain.events import Event, EventKind
from craftops.domain.messages import questions as domain
from craftops.domain.messages.questions import QuestionState
from craftops.domain.people.access import SYSTEM, Actor
from craftops.domain.people.companies import CompanyAction
from craftops.errors import AccessError
from craftops.services.messages import conversation
from craftops.services.messages.conversation import MessageText
from craftops.services.orders import ordering
from craftops.services.people.accounts import actor_of
from craftops.services.shop.context import Shop
from craftops.store.database import unit_of_work
from craftops.store.models import OrderRow, QuestionRow
from craftops.store.queries import message_pages as queries
from craftops.store.queries import people, scoped
from craftops.store.views.messages import QuestionView
from craftops.store.views.people import Account, PersonView

PORTAL, MAIL = "portal", "mail"


def ask(
    shop: Shop, code: str, kind: str, text: str, choices: list[str], *, due_at: datetime | None, holds: bool,
    token: str, actor: Actor, at: datetime,
) -> None:  # fmt: skip
    """Ask a customer for one decision; the same ``token`` again asks nothing new.

    ``holds``: work on the order rests until the answer is here, and the estimate says so. Raises AccessError,
    IntakeError; IllegalMove for an order that is finished.
    """
    actor.must_be_staff()
    order = scoped.order(actor, code)
    question = domain.check(kind, text, choices, due_at, at)
    with unit_of_work() as uow:
        if token and QuestionRow.select().where(QuestionRow.token == token).exists():
            return
        resting = holds and order.hold_since is None
        QuestionRow.create(
            order=order, kind=question.kind.value, text=question.text, choices=list(question.choices), due_at=due_at,
            holds=resting, asked_by=actor.name[:200], asked_at=at, token=token or None,
        )  # fmt: skip
        _count(order)
        if resting:
            ordering.hold(shop, order.code, question.text[:500], waits_for_customer=True, actor=actor, at=at)
        else:
            data = {"reason": question.text[:500], "waits_for_customer": True}
            uow.record(Event(EventKind.ORDER_HELD, at, actor, order.id, order.customer_id, data=data))


def answer(
    shop: Shop, code: str, question_id: int, choice: int, *, actor: Actor, at: datetime, via: str = PORTAL
) -> None:
    """A customer's decision: recorded, said in the thread, and work goes on.

    Raises AccessError, RuleError when it is not open any more, IntakeError for no choice.
    """
    order = scoped.order(actor, code, CompanyAction.DECIDE)
    row = _of(order, question_id)
    words = domain.answer(QuestionState(row.state), row.choices, choice)
    with unit_of_work() as uow:
        values = {"state": QuestionState.ANSWERED.value, "choice": choice, "via": via}
        if not _end(row, values, actor, at):
            domain.answer(QuestionState.ANSWERED, row.choices, choice)  # somebody was faster: raises
        _count(order)
        said = f"“{row.text.splitlines()[0][:120]}” {words}."
        conversation.post(shop, order.code, MessageText(said, token=f"question-{row.id}"), actor=actor, at=at)
        _go_on(shop, order, row, at)
        uow.record(Event(EventKind.ORDER_CHANGED, at, actor, order.id, order.customer_id, data={"question": row.id}))


def withdraw(shop: Shop, code: str, question_id: int, *, actor: Actor, at: datetime) -> None:
    """Nobody needs to answer any more. Raises AccessError; one that is answered stays so."""
    actor.must_be_staff()
    order = scoped.order(actor, code)
    row = _of(order, question_id)
    with unit_of_work() as uow:
        if _end(row, {"state": QuestionState.WITHDRAWN.value}, actor, at):
            _count(order)
            _go_on(shop, order, row, at)
            uow.record(
                Event(EventKind.ORDER_CHANGED, at, actor, order.id, order.customer_id, data={"question": row.id})
            )


def _of(order: OrderRow, question_id: int) -> QuestionRow:
    row: QuestionRow | None = QuestionRow.get_or_none(QuestionRow.id == question_id, QuestionRow.order == order.id)
    if row is None:
        raise AccessError
    return row


def _end(row: QuestionRow, values: dict[str, object], actor: Actor, at: datetime) -> bool:
    """End an open question, once; whether this was it."""
    still_open = (QuestionRow.id == row.id) & (QuestionRow.state == QuestionState.OPEN.value)
    return bool(QuestionRow.update(ended_by=actor.name[:200], ended_at=at, **values).where(still_open).execute())


def _count(order: OrderRow) -> None:
    waiting = QuestionRow.select().where(QuestionRow.order == order.id, QuestionRow.state == QuestionState.OPEN.value)
    OrderRow.update(asked=waiting.count()).where(OrderRow.id == order.id).execute()


def _go_on(shop: Shop, order: OrderRow, row: QuestionRow, at: datetime) -> None:
    """Work that rested for this question goes on, unless another one holds it too."""
    others = QuestionRow.select().where(
        QuestionRow.order == order.id, QuestionRow.state == QuestionState.OPEN.value, QuestionRow.id != row.id
    )
    if row.holds and not others.exists():
        ordering.release(shop, order.code, actor=SYSTEM, at=at)
    elif row.holds:
        first = others.order_by(QuestionRow.id).get()
        QuestionRow.update(holds=True).where(QuestionRow.id == first.id).execute()
        OrderRow.update(hold_reason=first.text[:500]).where(OrderRow.id == order.id).execute()


def of_customer(actor: Actor) -> list[QuestionView]:
    """Everything that a customer is asked right now, about their orders and those of their companies, the most urgent
    first."""
    rows = queries.questions_of_customer(actor)
    return sorted(rows, key=lambda row: (row.due_at is None, row.due_at or row.asked_at))


def _signer(shop: Shop) -> URLSafeSerializer:
    return URLSafeSerializer(shop.config.signing_keys(), salt="question")


def link_token(shop: Shop, question: QuestionView, account: Account) -> str:
    """What a mail carries so that its reader can answer without signing in: this question, this person, no more."""
    return str(_signer(shop).dumps([question.id, account.id]))


def read_link(shop: Shop, token: str) -> tuple[QuestionView, PersonView]:
    """The question and the person of a link. Raises AccessError for one that is not ours, or not theirs any more."""
    try:
        question_id, account_id = _signer(shop).loads(token)
    except (BadSignature, ValueError, TypeError):
        raise AccessError from None
    found, person = queries.question(question_id), people.person(account_id)
    if found is None or person is None or person.disabled:
        raise AccessError
    scoped.order(actor_of(person), found.order_code)
    return found, person
