"""Whatever people, carriers, webhooks and kills do in whichever order: each label is bought once, no parcel turns back.

One order of four copies. It is packed, taken apart, rated, bought, voided, handed over; answers are lost, the worker dies
right after the carrier has sold, words come late, doubled, backwards or forged. After each step what has left has not
come back; in the end everything settles, and our labels are those that the carrier has sold.
"""

from __future__ import annotations

import contextlib
from datetime import datetime, timedelta

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from samples.parcel_desk import open_for_shipping, ready_to_ship

from craftops.domain.orders.workflow import Stage
from craftops.domain.shipping.carriage import ParcelSize, TrackingState
from craftops.domain.shipping.parcels import IN_THE_SHOP, LabelState, ParcelState
from craftops.errors import CraftOpsError
from craftops.sdk.carrier import CarrierWordRejected
from craftops.services.shipping import handing_over, labels, packing, rating, tracking
from craftops.services.shipping.packing import ParcelDraft
from craftops.store.database import connected, utcnow
from craftops.store.models import LabelRow, OrderRow, ParcelRow, TrackingEventRow
from craftops.testing import Workshop
from craftops.testing.paper_carrier import SIGNATURE, PaperCarrier

COPIES = 4
STATES = tuple(TrackingState)
ACTS = (
    "pack", "pack", "unpack", "rate", "rate", "buy", "buy", "buy", "work", "work", "killed", "lost", "unreached",
    "refused", "void", "hand_over", "hand_over", "happen", "happen", "word", "word", "forge",
)  # fmt: skip
STEPS = st.lists(st.tuples(st.sampled_from(ACTS), st.integers(0, 3), st.integers(0, 8)), min_size=6, max_size=40)


class DeskStory:
    def __init__(self, workshop: Workshop, carrier: PaperCarrier) -> None:
        self.workshop, self.carrier, self.at = workshop, carrier, utcnow()
        self.sam = workshop.actor("sam")
        carrier.sold.clear()
        carrier.voided.clear()
        carrier.told.clear()
        carrier.trouble = ""
        self.order = ready_to_ship(workshop, quantity=COPIES, at=self.at)
        self.line = self.order.lines.get().id
        self.left: set[int] = set()
        self.begun: set[int] = set()
        """Labels whose work a worker has had in hand: it counts its attempts."""

    def parcels(self) -> list[ParcelRow]:
        return packing.parcels_of(self.order)

    def one(self, number: int) -> ParcelRow:
        rows = self.parcels()
        if not rows:
            raise CraftOpsError("There is no parcel.")
        return rows[number % len(rows)]

    def open_labels(self) -> list[LabelRow]:
        states = [LabelState.BUYING.value, LabelState.UNKNOWN.value]
        mine = LabelRow.parcel.in_([row.id for row in self.parcels()])
        return list(LabelRow.select().where(mine, LabelRow.state.in_(states)))

    def step(self, what: str, number: int, more: int) -> None:
        self.at += timedelta(minutes=7)
        with contextlib.suppress(CraftOpsError, CarrierWordRejected):  # a sentence for a person; the laws come below
            getattr(self, what)(number, more)
        self.never_turns_back()

    def never_turns_back(self) -> None:
        gone = {row.id for row in self.parcels() if ParcelState(row.state) not in IN_THE_SHOP}
        assert self.left <= gone
        self.left = gone

    def pack(self, number: int, _more: int) -> None:
        size = ParcelSize(300, 190, 140, 95)
        draft = ParcelDraft({self.line: 1 + number % 2}, size)
        packing.pack(self.order.code, draft, actor=self.sam, at=self.at)

    def unpack(self, number: int, _more: int) -> None:
        packing.unpack(self.one(number).id, actor=self.sam, at=self.at)

    def rate(self, number: int, _more: int) -> None:
        row = self.one(number)
        rating.ask(self.workshop.shop, [row.id], actor=self.sam, at=self.at)
        rating.carry_out(self.workshop.shop, row.id, at=self.at)

    def buy(self, number: int, more: int) -> None:
        service = "standard" if more % 2 else "express"
        labels.order_label(self.workshop.shop, self.one(number).id, "paper", service, actor=self.sam, at=self.at)

    def work(self, _number: int, more: int) -> None:
        for label in self.open_labels():
            again = label.id in self.begun or more > 4
            self.begun.add(label.id)
            with contextlib.suppress(CraftOpsError):
                labels.carry_out(self.workshop.shop, label.id, at=self.at, again=again)

    def killed(self, _number: int, _more: int) -> None:
        """The carrier sells, and the worker dies before it has written that down."""
        for label in self.open_labels():
            request = labels.request_of(self.workshop.shop, label)
            if request is not None:
                self.begun.add(label.id)
                self.carrier.buy(request)

    def lost(self, _number: int, _more: int) -> None:
        self.carrier.trouble = "lost"

    def unreached(self, _number: int, _more: int) -> None:
        self.carrier.trouble = "unreached"

    def refused(self, _number: int, _more: int) -> None:
        self.carrier.trouble = "refused"

    def void(self, number: int, _more: int) -> None:
        label = packing.alive_label(self.one(number))
        if label is not None:
            labels.void(self.workshop.shop, label.id, actor=self.sam, at=self.at)
            labels.carry_out_void(self.workshop.shop, label.id, at=self.at)

    def hand_over(self, number: int, _more: int) -> None:
        handing_over.hand_over(self.workshop.shop, [self.one(number).id], actor=self.sam, at=self.at)

    def happen(self, number: int, more: int) -> None:
        if found := self.one(number).number:
            self.carrier.happens(found, STATES[more % len(STATES)], self.at - timedelta(hours=more))

    def word(self, number: int, more: int) -> None:
        row = self.one(number)
        body = orjson.dumps({"id": f"{row.id}-{more}", "number": row.number})
        tracking.take(self.workshop.shop, "paper", body, {"x-signature": SIGNATURE}, at=self.at)
        told = self.carrier.told.get(row.number)
        if told is not None:
            tracking.apply(self.workshop.shop, row.id, told, number=row.number, at=self.at)

    def forge(self, number: int, _more: int) -> None:
        body = orjson.dumps({"id": "forged", "number": self.one(number).number})
        tracking.take(self.workshop.shop, "paper", body, {"x-signature": "forged"}, at=self.at)

    def settle(self) -> None:
        """The carrier is well again, and all that was begun is ended."""
        self.carrier.trouble = ""
        for label in self.open_labels():
            with contextlib.suppress(CraftOpsError):
                labels.carry_out(self.workshop.shop, label.id, at=self.at, again=True)
        self.never_turns_back()

    def is_right(self) -> None:
        parcels = self.parcels()
        mine = list(LabelRow.select().where(LabelRow.parcel.in_([row.id for row in parcels])))
        sold = {row.intent for row in mine if row.ref}
        assert set(self.carrier.sold) == sold  # nothing was bought that our books do not know, and nothing twice
        assert sum(copies for row in parcels for copies in packing.contents_of(row).values()) <= COPIES
        for row in parcels:
            alive = [one for one in mine if one.parcel_id == row.id and one.alive]
            assert len(alive) <= 1
            assert (row.state != ParcelState.PACKED.value) == bool(alive)
            if alive:
                assert row.number == alive[0].number
        gone = sum(
            copies
            for row in parcels
            if ParcelState(row.state) not in IN_THE_SHOP
            for copies in packing.contents_of(row).values()
        )
        stage = OrderRow.get_by_id(self.order.id).stage
        assert (stage == Stage.SHIPPED.value) == (gone == COPIES)
        words = TrackingEventRow.select().where(TrackingEventRow.parcel.in_([row.id for row in parcels]))
        keys = [(one.parcel_id, one.at, one.state) for one in words]
        assert len(keys) == len(set(keys))


@pytest.fixture
def carrier(workshop: Workshop) -> PaperCarrier:
    return open_for_shipping(workshop)


@settings(
    max_examples=25, deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)  # fmt: skip
@given(steps=STEPS)
def test_each_label_is_bought_once_and_no_parcel_turns_back(
    workshop: Workshop, carrier: PaperCarrier, steps: list[tuple[str, int, int]]
) -> None:
    with connected():
        story = DeskStory(workshop, carrier)
        for what, number, more in steps:
            story.step(what, number, more)
        story.settle()
        story.is_right()


def test_a_worker_that_dies_after_the_sale(workshop: Workshop, carrier: PaperCarrier) -> None:
    with connected():
        story = DeskStory(workshop, carrier)
        for what in ("pack", "rate", "buy", "killed", "killed", "work", "void", "rate", "buy", "killed"):
            story.step(what, 1, 5)
        story.settle()
        story.is_right()
        assert len(carrier.sold) == 2
        assert isinstance(story.at, datetime)
