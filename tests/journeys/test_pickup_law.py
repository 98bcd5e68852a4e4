"""Whatever customers, the people they send, staff and the clock do in whichever order: an order leaves once, to somebody
who was allowed, and is told of no more than three times for each time it became ready."""

from __future__ import annotations

import itertools
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from samples.counter import ready_for_pickup

from craftops.domain.events import EventKind
from craftops.domain.orders.workflow import Stage
from craftops.errors import CraftOpsError
from craftops.processes.doctor import examine
from craftops.services.orders import ordering
from craftops.services.shipping import handing_out, pickup
from craftops.services.shipping.handing_out import HandOver
from craftops.store.database import utcnow
from craftops.store.models import EventRow, OrderRow, PickupPassRow, PickupRow, StageChangeRow
from craftops.store.queries.pickup import UNNAMED
from craftops.testing import Workshop

STEPS = st.lists(
    st.tuples(
        st.sampled_from(
            ("send", "send", "take back", "scan", "scan", "hand over", "button", "rework", "ready", "hold", "wait")
        ),
        st.integers(0, 6),
    ),
    min_size=3,
    max_size=18,
)
_serial = itertools.count()


class Story:
    """One order, and what came of each step."""

    def __init__(self, workshop: Workshop) -> None:
        self.workshop, self.now = workshop, utcnow()
        self.order = ready_for_pickup(workshop, at=self.now)
        self.ada, self.sam = workshop.actor("ada"), workshop.actor("sam")
        pickup.lay_ready(self.now)
        self.readied, self.gone_to = 1, ""

    @property
    def row(self) -> PickupRow:
        found: PickupRow = PickupRow.get(PickupRow.order == self.order.id)
        return found

    @property
    def stage(self) -> str:
        return str(OrderRow.get_by_id(self.order.id).stage)

    def passes(self) -> list[PickupPassRow]:
        return list(PickupPassRow.select().where(PickupPassRow.pickup == self.row.id).order_by(PickupPassRow.id))

    def do(self, step: str, which: int) -> None:
        shop, code = self.workshop.shop, self.order.code
        if step == "send":
            pickup.send_proxy(shop, code, f"Person {next(_serial)}", actor=self.ada, at=self.now)
        elif step == "take back":
            some = self.passes()
            pickup.take_back(code, some[which % len(some)].id, actor=self.ada, at=self.now)
        elif step == "scan":
            some = self.passes()
            one = some[which % len(some)]
            found = handing_out.find(shop, one.code, actor=self.sam, at=self.now)
            assert one.revoked_at is None, "a code that was taken back opens nothing"
            self.give(HandOver(one.name or "Ada", code=found.code))
        elif step == "hand over":
            self.give(HandOver("Somebody"))
        elif step == "button":
            gone, held = bool(self.gone_to), OrderRow.get_by_id(self.order.id).hold_since is not None
            ordering.move(shop, code, Stage.COMPLETED, actor=self.sam, at=self.now)
            assert gone or not held
            self.gone_to = self.gone_to or UNNAMED
        elif step == "rework":
            ordering.move(shop, code, Stage.QUALITY_CHECK, actor=self.sam, at=self.now)
        elif step == "ready":
            before = self.stage
            ordering.move(shop, code, Stage.READY_FOR_PICKUP, actor=self.sam, at=self.now)
            self.readied += before != Stage.READY_FOR_PICKUP.value
        elif step == "hold":
            if which % 2:
                ordering.hold(shop, code, "Wait", waits_for_customer=False, actor=self.sam, at=self.now)
            else:
                ordering.release(shop, code, actor=self.sam, at=self.now)
        self.now += timedelta(days=which if step == "wait" else 0, minutes=1)
        pickup.lay_ready(self.now)
        pickup.remind(at=self.now)

    def give(self, said: HandOver) -> None:
        held = OrderRow.get_by_id(self.order.id).hold_since is not None
        if handing_out.hand_over(self.workshop.shop, self.row.id, said, actor=self.sam, at=self.now):
            assert not self.gone_to, "it left twice"
            assert not held
            self.gone_to = said.given_to

    def told(self, what: str) -> int:
        rows = EventRow.select().where(
            EventRow.kind == EventKind.PICKUP_CHANGED.value, EventRow.order_id == self.order.id
        )
        return sum(row.data["what"] == what for row in rows)


@given(STEPS)
@settings(max_examples=settings().max_examples // 5)
def test_an_order_leaves_once_to_whom_it_may(workshop: Workshop, steps: list[tuple[str, int]]) -> None:
    story = Story(workshop)
    own = story.passes()[0].code
    for step, which in steps:
        left = story.told("reminder") if story.gone_to else None
        try:
            story.do(step, which)
        except CraftOpsError:
            continue
        finally:
            if left is not None:
                assert story.told("reminder") == left, "what has left is told of no more"
            assert story.told("reminder") <= 3 * story.readied
    row = story.row
    assert (row.state == "handed") is bool(story.gone_to)
    by_button = story.gone_to == UNNAMED
    assert row.given_to == ("" if by_button else story.gone_to)
    assert (row.proof == UNNAMED) is by_button
    assert row.handed_by == ("Sam" if story.gone_to else "")
    assert story.told("handed") == bool(story.gone_to and not by_button)
    assert (story.stage == Stage.COMPLETED.value) is bool(story.gone_to)
    completed = StageChangeRow.select().where(
        StageChangeRow.order == story.order.id, StageChangeRow.after == Stage.COMPLETED.value
    )
    assert completed.count() == bool(story.gone_to)
    assert story.passes()[0].code == own
    assert len({one.code for one in PickupPassRow.select()}) == PickupPassRow.select().count()
    assert [one for one in examine(workshop.shop, at=story.now) if "handed over" in one] == []
