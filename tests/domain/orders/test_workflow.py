"""Laws of the order's life."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from craftops.domain.orders.workflow import (
    BACK,
    BEFORE_PRODUCTION,
    ENDED,
    FORWARD,
    MACHINE_MOVES,
    MoveKind,
    OrderFacts,
    Stage,
    StageChange,
    advance,
    blocked_stages,
    may_undo,
    next_stages,
    track,
    undo,
)
from craftops.domain.people.access import SYSTEM, Actor, ActorKind
from craftops.errors import IllegalMove

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
STAFF = Actor(ActorKind.STAFF, 1, "Sam")
CUSTOMER = Actor(ActorKind.CUSTOMER, 2, "Ada", customer_id=2)
MACHINE = Actor(ActorKind.MACHINE, 3, "Prusa")
ACTORS = (STAFF, CUSTOMER, MACHINE, SYSTEM)

facts = st.builds(
    OrderFacts,
    pickup=st.booleans(),
    on_hold=st.booleans(),
    lines=st.integers(1, 5),
    lines_without_file=st.integers(0, 2),
    lines_refused=st.integers(0, 2),
    jobs_open=st.integers(0, 3),
    jobs_running=st.integers(0, 2),
    operations_open=st.integers(0, 3),
)
stages = st.sampled_from(list(Stage))
actors = st.sampled_from(ACTORS)


@given(stages, stages, facts, actors)
def test_what_is_offered_is_exactly_what_is_allowed(stage: Stage, to: Stage, about: OrderFacts, actor: Actor) -> None:
    offered = to in next_stages(stage, about, actor)
    try:
        change = advance(stage, to, facts=about, actor=actor, at=NOW)
    except IllegalMove as error:
        assert not offered
        assert error.sentence.endswith(".")
    else:
        assert offered
        assert (change.before, change.after, change.at) == (stage, to, NOW)


@given(stages, facts, actors)
def test_nothing_leaves_an_end(stage: Stage, about: OrderFacts, actor: Actor) -> None:
    if stage in ENDED:
        assert next_stages(stage, about, actor) == ()


@given(stages, facts)
def test_a_customer_may_only_cancel_and_only_before_production(stage: Stage, about: OrderFacts) -> None:
    allowed = next_stages(stage, about, CUSTOMER)
    assert set(allowed) <= {Stage.CANCELLED}
    if allowed:
        assert stage in BEFORE_PRODUCTION
        assert not about.jobs_running


@given(stages, facts)
def test_a_machine_moves_production_and_nothing_else(stage: Stage, about: OrderFacts) -> None:
    assert all((stage, to) in MACHINE_MOVES for to in next_stages(stage, about, MACHINE))


@given(st.lists(st.tuples(stages, facts), max_size=25), st.booleans())
def test_any_walk_stays_on_the_map(wishes: list[tuple[Stage, OrderFacts]], pickup: bool) -> None:
    stage = Stage.RECEIVED
    history = [stage]
    for to, about in wishes:
        try:
            stage = advance(stage, to, facts=about, actor=STAFF, at=NOW).after
        except IllegalMove:
            continue
        assert stage in (*FORWARD[history[-1]], *BACK.get(history[-1], ()), Stage.CANCELLED)
        history.append(stage)
    assert track(pickup)[0] is Stage.RECEIVED


@given(stages, facts)
def test_nothing_is_ready_before_its_work_is_done(stage: Stage, about: OrderFacts) -> None:
    for to in next_stages(stage, about, STAFF):
        if to in FORWARD[stage] and to is Stage.POST_PROCESSING:
            assert not about.jobs_open
        if to in FORWARD[stage] and to is Stage.QUALITY_CHECK:
            assert not about.operations_open
        if to is Stage.READY_FOR_PICKUP:
            assert about.pickup
        if to is Stage.READY_TO_SHIP:
            assert not about.pickup


@given(stages, facts)
def test_a_blocked_move_says_why(stage: Stage, about: OrderFacts) -> None:
    blocked = blocked_stages(stage, about, STAFF)
    assert not set(blocked) & set(next_stages(stage, about, STAFF))
    assert all(why.endswith(".") for why in blocked.values())


@given(stages, facts, st.integers(0, 30))
def test_an_undo_is_another_entry_and_leads_back(stage: Stage, about: OrderFacts, minutes: int) -> None:
    for to in next_stages(stage, about, STAFF):
        last = advance(stage, to, facts=about, actor=STAFF, at=NOW)
        at = NOW + timedelta(minutes=minutes)
        try:
            back = undo(last, facts=about, actor=STAFF, at=at)
        except IllegalMove:
            assert may_undo(last, facts=about, at=at)
            continue
        assert minutes <= 10
        assert (back.before, back.after, back.kind) == (to, stage, MoveKind.UNDO)
        with pytest.raises(IllegalMove):
            undo(back, facts=about, actor=STAFF, at=at)


@pytest.mark.parametrize("kind", [ActorKind.MACHINE, ActorKind.SYSTEM])
def test_what_a_machine_reported_is_not_undone_by_hand(kind: ActorKind) -> None:
    last = StageChange(Stage.QUEUED, Stage.IN_PRODUCTION, MoveKind.FORWARD, Actor(kind, 1, "x"), NOW)
    assert may_undo(last, facts=OrderFacts(), at=NOW)


def test_the_refusal_tells_what_is_possible() -> None:
    with pytest.raises(IllegalMove) as caught:
        advance(Stage.QUALITY_CHECK, Stage.COMPLETED, facts=OrderFacts(), actor=STAFF, at=NOW)
    assert "cannot become completed in one step" in caught.value.sentence
    assert "ready for pickup" in caught.value.instead
