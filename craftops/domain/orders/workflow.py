"""The life of an order: stages, holds, cancellation, and undo, as a table and pure steps.

The table feeds the buttons: a page offers exactly what ``next_stages`` returns. History only grows:
an undo is another entry, never an erased one.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from craftops.domain.people.access import Actor, ActorKind
from craftops.errors import IllegalMove


class Stage(StrEnum):
    """Where an order is. A hold is a flag beside the stage, not a stage."""

    RECEIVED = "received"
    IN_REVIEW = "in_review"
    QUEUED = "queued"
    IN_PRODUCTION = "in_production"
    POST_PROCESSING = "post_processing"
    QUALITY_CHECK = "quality_check"
    READY_FOR_PICKUP = "ready_for_pickup"
    READY_TO_SHIP = "ready_to_ship"
    SHIPPED = "shipped"
    COMPLETED = "completed"
    CANCELLED = "cancelled"


S = Stage

ENDED = frozenset({S.COMPLETED, S.CANCELLED})
READY = frozenset({S.READY_FOR_PICKUP, S.READY_TO_SHIP})
BEFORE_PRODUCTION = (S.RECEIVED, S.IN_REVIEW, S.QUEUED)
ON_THE_FLOOR = (S.QUEUED, S.IN_PRODUCTION, S.POST_PROCESSING, S.QUALITY_CHECK)

FORWARD: dict[Stage, tuple[Stage, ...]] = {
    S.RECEIVED: (S.IN_REVIEW,),
    S.IN_REVIEW: (S.QUEUED,),
    S.QUEUED: (S.IN_PRODUCTION,),
    S.IN_PRODUCTION: (S.POST_PROCESSING,),
    S.POST_PROCESSING: (S.QUALITY_CHECK,),
    S.QUALITY_CHECK: (S.READY_FOR_PICKUP, S.READY_TO_SHIP),
    S.READY_FOR_PICKUP: (S.COMPLETED,),
    S.READY_TO_SHIP: (S.SHIPPED,),
    S.SHIPPED: (S.COMPLETED,),
    S.COMPLETED: (),
    S.CANCELLED: (),
}

BACK: dict[Stage, tuple[Stage, ...]] = {
    S.QUEUED: (S.IN_REVIEW,),
    S.IN_PRODUCTION: (S.QUEUED,),
    S.POST_PROCESSING: (S.IN_PRODUCTION,),
    S.QUALITY_CHECK: (S.POST_PROCESSING, S.IN_PRODUCTION),
    S.READY_FOR_PICKUP: (S.QUALITY_CHECK,),
    S.READY_TO_SHIP: (S.QUALITY_CHECK,),
}

CANCELLABLE_BY_CUSTOMER = frozenset(BEFORE_PRODUCTION)
CANCELLABLE_BY_STAFF = frozenset(set(Stage) - ENDED - {S.SHIPPED})

MACHINE_MOVES = frozenset(
    {(S.QUEUED, S.IN_PRODUCTION), (S.IN_PRODUCTION, S.POST_PROCESSING), (S.POST_PROCESSING, S.IN_PRODUCTION)}
)
"""What a machine's own report may move; everything else is a person's decision."""

PAST_PRODUCTION = frozenset({S.POST_PROCESSING, S.QUALITY_CHECK, S.READY_FOR_PICKUP, S.READY_TO_SHIP})
"""Where no order comes that is short of copies."""

UNDO_WITHIN = timedelta(minutes=10)


class MoveKind(StrEnum):
    """Why a stage changed."""

    FORWARD = "forward"
    BACK = "back"
    CANCEL = "cancel"
    UNDO = "undo"


@dataclass(frozen=True, slots=True)
class OrderFacts:
    """What the rules need to know about an order beyond its stage."""

    pickup: bool = True
    on_hold: bool = False
    lines: int = 1
    lines_without_file: int = 0
    lines_refused: int = 0
    jobs_open: int = 0
    """Jobs that are not done, and whose copies no other job makes."""
    copies_missing: int = 0
    """Copies of jobs that failed or were cancelled, which nobody has planned again."""
    jobs_running: int = 0
    operations_open: int = 0
    photo_missing: bool = False
    """The shop wants a photo of the finished parts at the quality check, and there is none."""
    kept_until_paid: bool = False
    """It waits at the counter, something is still to be paid, and the shop keeps such orders."""


@dataclass(frozen=True, slots=True)
class StageChange:
    """One entry of the timeline."""

    before: Stage | None
    after: Stage
    kind: MoveKind
    actor: Actor
    at: datetime
    note: str = ""
    facts: dict[str, str] = field(default_factory=dict, hash=False)


def _objection(stage: Stage, to: Stage, facts: OrderFacts, actor: Actor) -> str:
    """Why ``stage -> to`` cannot be, as one sentence; empty when it can."""
    if actor.kind is ActorKind.MACHINE and (stage, to) not in MACHINE_MOVES:
        return "A machine's report cannot make this move."
    if not actor.is_staff and actor.kind is not ActorKind.MACHINE and to is not S.CANCELLED:
        return "Only the shop can move an order."
    if to is S.CANCELLED:
        return _cancel_objection(stage, facts, actor)
    if to not in FORWARD[stage] and to not in BACK.get(stage, ()):
        return f"An order that is {name_of(stage)} cannot become {name_of(to)} in one step."
    if to in BACK.get(stage, ()):
        return _back_objection(stage, to, facts)
    if facts.on_hold and actor.kind is not ActorKind.MACHINE:
        return "The order is on hold. Release the hold first."
    return _forward_objection(to, facts)


def _cancel_objection(stage: Stage, facts: OrderFacts, actor: Actor) -> str:
    allowed = CANCELLABLE_BY_STAFF if actor.is_staff else CANCELLABLE_BY_CUSTOMER
    if stage not in allowed:
        if stage in ENDED:
            return f"The order is already {name_of(stage)}."
        return "Production has started, so the order can no longer be cancelled here. Ask the shop."
    if facts.jobs_running:
        return "A machine is working on this order. Stop its job first."
    return ""


def _back_objection(stage: Stage, to: Stage, facts: OrderFacts) -> str:
    if to in (S.QUEUED, S.IN_REVIEW) and facts.jobs_running:
        return "A machine is working on this order. Stop its job first."
    if stage is not S.IN_PRODUCTION and to is S.IN_PRODUCTION and not facts.jobs_open:
        return "Plan a new job first: every job of this order is done."
    return ""


def _forward_objection(to: Stage, facts: OrderFacts) -> str:
    """Why an order cannot go there yet; empty when it can. The first reason is told."""
    return _unready(to, facts) or _unfinished(to, facts) or _wrong_way(to, facts)


def _unready(to: Stage, facts: OrderFacts) -> str:
    """What is missing before anything is made."""
    if to is S.QUEUED and facts.lines_without_file:
        return "A line has no file yet."
    if to is S.QUEUED and facts.lines_refused:
        return "A file of this order cannot be made as it is. Ask the customer for another."
    return ""


def _unfinished(to: Stage, facts: OrderFacts) -> str:
    """What is still to be made, done by hand, or shown."""
    if to in PAST_PRODUCTION and (n := facts.copies_missing):
        return f"{n} {'copies are' if n > 1 else 'copy is'} missing. Plan the job again first."
    if to is S.POST_PROCESSING and facts.jobs_open:
        return f"{facts.jobs_open} job{'s' if facts.jobs_open > 1 else ''} still to finish."
    if to is S.QUALITY_CHECK and (n := facts.operations_open):
        return f"{n} hand operation{'s' if n > 1 else ''} still to do."
    if to in (S.READY_FOR_PICKUP, S.READY_TO_SHIP) and facts.photo_missing and not _wrong_delivery(to, facts):
        return "A photo of the finished parts is missing. Take one on the order's page first."
    return ""


def _wrong_way(to: Stage, facts: OrderFacts) -> str:
    """Out of the shop before it is paid, or by a way that nobody asked for."""
    if to is S.COMPLETED and facts.kept_until_paid:
        return "Something is still to be paid. Take the payment first."
    if to is S.READY_FOR_PICKUP and not facts.pickup:
        return "This order is to be shipped, not picked up."
    if to is S.READY_TO_SHIP and facts.pickup:
        return "This order is to be picked up, not shipped."
    return ""


def next_stages(stage: Stage, facts: OrderFacts, actor: Actor) -> tuple[Stage, ...]:
    """Every stage that ``actor`` may move the order to now, forward moves first."""
    candidates = (*FORWARD[stage], *BACK.get(stage, ()), S.CANCELLED)
    return tuple(to for to in candidates if not _objection(stage, to, facts, actor))


def blocked_stages(stage: Stage, facts: OrderFacts, actor: Actor) -> dict[Stage, str]:
    """Forward moves that exist in the table but not now, each with the sentence that says why."""
    found = ((to, _objection(stage, to, facts, actor)) for to in FORWARD[stage])
    return {to: why for to, why in found if why and not _wrong_delivery(to, facts)}


def _wrong_delivery(to: Stage, facts: OrderFacts) -> bool:
    return (to is S.READY_FOR_PICKUP and not facts.pickup) or (to is S.READY_TO_SHIP and facts.pickup)


def advance(stage: Stage, to: Stage, *, facts: OrderFacts, actor: Actor, at: datetime, note: str = "") -> StageChange:
    """Move an order one step.

    Raises IllegalMove with the reason, and what is possible instead.
    """
    if why := _objection(stage, to, facts, actor):
        possible = next_stages(stage, facts, actor)
        instead = "Possible now: " + ", ".join(name_of(p) for p in possible) + "." if possible else ""
        raise IllegalMove(why, instead)
    back = MoveKind.BACK if to in BACK.get(stage, ()) else MoveKind.FORWARD
    kind = MoveKind.CANCEL if to is S.CANCELLED else back
    return StageChange(stage, to, kind, actor, at, note)


def may_undo(last: StageChange | None, *, facts: OrderFacts, at: datetime) -> str:
    """Why the last move cannot be undone, as a sentence; empty when it can.

    Safe to undo: a person's own move, not older than ten minutes, that no machine has followed up,
    that was not an undo, and that told nobody outside (shipped, completed and cancelled stay).
    """
    if last is None or last.before is None:
        return "There is nothing to undo."
    if last.kind is MoveKind.UNDO:
        return "The last move was an undo already."
    if last.actor.kind in (ActorKind.MACHINE, ActorKind.SYSTEM):
        return "A machine reported this; it cannot be undone by hand."
    if last.after in (S.SHIPPED, S.COMPLETED):
        return f"The order is {name_of(last.after)}; the customer has been told."
    if at - last.at > UNDO_WITHIN:
        return "That was more than ten minutes ago. Move the order instead."
    if facts.jobs_running and last.before in BEFORE_PRODUCTION:
        return "A machine is working on this order. Stop its job first."
    return ""


def undo(last: StageChange | None, *, facts: OrderFacts, actor: Actor, at: datetime) -> StageChange:
    """Take the last move back, as a new entry of the timeline.

    Raises IllegalMove when it is not safe (see ``may_undo``) or when the actor does not work here.
    """
    if not actor.is_staff:
        raise IllegalMove("Only the shop can undo a move.")
    why = may_undo(last, facts=facts, at=at)
    if why or last is None or last.before is None:
        raise IllegalMove(why)
    return StageChange(last.after, last.before, MoveKind.UNDO, actor, at, "undone")


def name_of(stage: Stage) -> str:
    """The stage as an English phrase inside a sentence ("in review")."""
    return stage.value.replace("_", " ")


def track(pickup: bool) -> tuple[Stage, ...]:
    """The stages of a customer's tracker, in order."""
    ready = S.READY_FOR_PICKUP if pickup else S.READY_TO_SHIP
    last = (S.COMPLETED,) if pickup else (S.SHIPPED, S.COMPLETED)
    middle = (S.RECEIVED, S.IN_REVIEW, S.QUEUED, S.IN_PRODUCTION, S.POST_PROCESSING, S.QUALITY_CHECK)
    return (*middle, ready, *last)
