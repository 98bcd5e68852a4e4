"""What a program would like to have done. It happens when a person of the shop confirms it on a page, in their name."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from enum import StrEnum

from craftops.domain.integrations.fencing import readable
from craftops.domain.messages.thread import LONGEST
from craftops.domain.orders.workflow import Stage
from craftops.domain.people.access import Actor, ActorKind, Scope
from craftops.errors import AccessError, IntakeError, RuleError
from craftops.services.messages import conversation
from craftops.services.messages.conversation import MessageText
from craftops.services.orders import ordering
from craftops.services.shop.context import Shop
from craftops.store.database import unit_of_work
from craftops.store.models import ProposalRow
from craftops.store.queries import integrations as queries
from craftops.store.queries import scoped
from craftops.store.views.integrations import ProposalView

MOST_OPEN = 100
GOOD_FOR = timedelta(days=7)
"""What nobody has decided by then is not offered any more."""
OPEN, DONE, DECLINED = "open", "done", "declined"
PEOPLE = (ActorKind.STAFF, ActorKind.OWNER)


class ProposalKind(StrEnum):
    """What can be proposed."""

    ANSWER = "answer"
    STAGE = "stage"


SCOPES = {ProposalKind.ANSWER: Scope.MESSAGES_WRITE, ProposalKind.STAGE: Scope.STAGES_WRITE}


def propose(kind: ProposalKind, code: str, value: str, reason: str, *, actor: Actor, at: datetime) -> ProposalView:
    """Write a proposal down; nothing else happens. The same one that is still open is the same proposal.

    Raises AccessError, IntakeError for a text or a stage that is none, RuleError for too many.
    """
    actor.must_be_staff()
    actor.must_have(SCOPES[kind])
    order = scoped.order(actor, code)
    value, reason = readable(value).strip(), readable(reason).strip()[:1000]
    if kind is ProposalKind.STAGE and value not in set(Stage):
        raise IntakeError(f"There is no such stage. Stages are: {', '.join(Stage)}.")
    if not value or len(value) > LONGEST:
        raise IntakeError(f"Write an answer of at most {LONGEST:,} characters.")
    body = {"value": value}
    for known in open_ones(at):
        if (known.kind, known.order_id, known.body) == (kind.value, order.id, body):
            return known
    if len(open_ones(at)) >= MOST_OPEN:
        raise RuleError(f"{MOST_OPEN} proposals wait for somebody.", "Let people of the shop decide those first.")
    with unit_of_work():
        row = ProposalRow.create(
            key=secrets.token_urlsafe(16), kind=kind.value, order=order, body=body, reason=reason,
            by_name=actor.name[:200], state=OPEN, made_at=at,
        )  # fmt: skip
    return proposal(row.key)


def open_ones(at: datetime) -> list[ProposalView]:
    """Those that wait for somebody, the oldest first."""
    return queries.open_proposals(at - GOOD_FOR)


def proposal(key: str) -> ProposalView:
    """Raises AccessError."""
    found = queries.proposal(key)
    if found is None:
        raise AccessError
    return found


def confirm(shop: Shop, key: str, value: str, *, actor: Actor, at: datetime) -> ProposalView:
    """Do it, in the name of whoever confirms, with the words as they have left them.

    Raises AccessError for anybody but a person who works here; RuleError when it was decided already, or cannot be.
    """
    row = _to_decide(key, actor, at)
    if row.order is None:
        raise RuleError("Its order is not there any more.")
    with unit_of_work():
        _claim(row, DONE, actor, at)
        if row.kind == ProposalKind.ANSWER.value:
            message = MessageText(value, token=f"proposal:{row.key}")
            conversation.post(shop, row.order.code, message, actor=actor, at=at)
        else:
            ordering.move(shop, row.order.code, Stage(row.body["value"]), actor=actor, at=at)
    return proposal(key)


def decline(key: str, *, actor: Actor, at: datetime) -> ProposalView:
    """It is not done. Raises AccessError, RuleError."""
    row = _to_decide(key, actor, at)
    with unit_of_work():
        _claim(row, DECLINED, actor, at)
    return proposal(key)


def _to_decide(key: str, actor: Actor, at: datetime) -> ProposalView:
    if actor.kind not in PEOPLE:
        raise AccessError
    row = proposal(key)
    if row.state == OPEN and row.made_at <= at - GOOD_FOR:
        raise RuleError("This proposal is older than a week.")
    return row


def _claim(row: ProposalView, state: str, actor: Actor, at: datetime) -> None:
    """One decision each, whoever presses twice."""
    fresh = {"state": state, "decided_at": at, "decided_by": actor.name[:200]}
    if not ProposalRow.update(fresh).where(ProposalRow.key == row.key, ProposalRow.state == OPEN).execute():
        raise RuleError("Somebody has decided this already.")
