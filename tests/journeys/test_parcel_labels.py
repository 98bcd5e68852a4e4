"""Sam packs, buys labels and hands parcels over, whatever the carrier does; each label is bought once."""

from __future__ import annotations

from datetime import timedelta

import orjson
import pytest
from samples.parcel_desk import ZURICH, fresh, open_for_shipping, rated_parcel, ready_to_ship

from craftops.domain.billing.money import Money
from craftops.domain.orders.workflow import Stage
from craftops.domain.shipping.carriage import CustomsLine, ParcelSize, TrackingState
from craftops.domain.shipping.parcels import LabelState, ParcelState
from craftops.errors import AccessError, RuleError, Unreachable
from craftops.sdk.carrier import CarrierWordRejected
from craftops.services.messages.conversation import MessageText
from craftops.services.orders import delivering
from craftops.services.shipping import closing, handing_over, labels, packing, rating, tracking
from craftops.services.shipping.packing import ParcelDraft
from craftops.store.database import utcnow
from craftops.store.models import LabelRow, OrderRow, ParcelRow, TrackingEventRow
from craftops.testing import Workshop
from craftops.testing.paper_carrier import SIGNATURE, PaperCarrier


@pytest.fixture
def carrier(workshop: Workshop) -> PaperCarrier:
    return open_for_shipping(workshop)


def order_label(workshop: Workshop, parcel: ParcelRow) -> LabelRow:
    return labels.order_label(
        workshop.shop, parcel.id, "paper", "standard", actor=workshop.actor("sam"), at=utcnow()
    )  # fmt: skip


def labelled(workshop: Workshop, order: OrderRow) -> ParcelRow:
    parcel = rated_parcel(workshop, order)
    order_label(workshop, parcel)
    workshop.run_due()
    return fresh(parcel)


def word(carrier: PaperCarrier, workshop: Workshop, parcel: ParcelRow, key: str) -> bool:
    body = orjson.dumps({"id": key, "number": parcel.number})
    return tracking.take(workshop.shop, carrier.name, body, {"x-signature": SIGNATURE}, at=utcnow())


class TestBuyingLabels:
    def test_number_and_link_attach_themselves(self, workshop: Workshop, carrier: PaperCarrier) -> None:
        parcel = labelled(workshop, ready_to_ship(workshop))
        assert (parcel.state, parcel.number) == (ParcelState.LABELLED.value, "PX0000000001")
        assert parcel.link == "https://paper.example/1"
        assert parcel.labels.get().price == 390 + parcel.weight_g // 100

    def test_a_lost_answer_is_found_and_not_bought_again(self, workshop: Workshop, carrier: PaperCarrier) -> None:
        parcel = rated_parcel(workshop, ready_to_ship(workshop))
        label = order_label(workshop, parcel)
        carrier.trouble = "lost"
        with pytest.raises(Unreachable):
            labels.carry_out(workshop.shop, label.id, at=utcnow(), again=False)
        assert LabelRow.get_by_id(label.id).state == LabelState.UNKNOWN.value
        with pytest.raises(RuleError, match="label"):
            order_label(workshop, parcel)
        labels.carry_out(workshop.shop, label.id, at=utcnow(), again=True)
        assert len(carrier.sold) == 1
        assert fresh(parcel).number == "PX0000000001"

    def test_what_was_never_sold_gives_the_claim_back(self, workshop: Workshop, carrier: PaperCarrier) -> None:
        parcel = rated_parcel(workshop, ready_to_ship(workshop))
        label = order_label(workshop, parcel)
        carrier.trouble = "refused"
        workshop.run_due()
        row = LabelRow.get_by_id(label.id)
        assert (row.state, row.alive, row.reason) == ("failed", None, "Paper Express does not go there.")
        order_label(workshop, parcel)
        workshop.run_due()
        assert fresh(parcel).state == ParcelState.LABELLED.value

    def test_a_carrier_out_of_reach_keeps_the_claim(self, workshop: Workshop, carrier: PaperCarrier) -> None:
        parcel = rated_parcel(workshop, ready_to_ship(workshop))
        label = order_label(workshop, parcel)
        carrier.trouble = "unreached"
        with pytest.raises(Unreachable):
            labels.carry_out(workshop.shop, label.id, at=utcnow(), again=False)
        assert LabelRow.get_by_id(label.id).state == LabelState.BUYING.value
        labels.carry_out(workshop.shop, label.id, at=utcnow(), again=True)
        assert len(carrier.sold) == 1

    def test_a_voided_label_lets_the_next_be_bought(self, workshop: Workshop, carrier: PaperCarrier) -> None:
        carrier.looks_at_voids = True
        parcel = labelled(workshop, ready_to_ship(workshop))
        first = parcel.labels.get()
        labels.void(workshop.shop, first.id, actor=workshop.actor("sam"), at=utcnow())
        rating.ask(workshop.shop, [parcel.id], actor=workshop.actor("sam"), at=utcnow())
        workshop.run_due()
        assert LabelRow.get_by_id(first.id).state == LabelState.VOID_ASKED.value
        order_label(workshop, parcel)
        workshop.run_due()
        assert fresh(parcel).number == "PX0000000002"
        carrier.voided[first.ref] = carrier.voided[first.ref].__class__.VOIDED
        labels.carry_out_void(workshop.shop, first.id, at=utcnow())
        assert LabelRow.get_by_id(first.id).state == LabelState.VOIDED.value
        assert fresh(parcel).number == "PX0000000002"

    def test_what_has_left_is_not_voided(self, workshop: Workshop, carrier: PaperCarrier) -> None:
        parcel = labelled(workshop, ready_to_ship(workshop))
        handing_over.hand_over(workshop.shop, [parcel.id], actor=workshop.actor("sam"), at=utcnow())
        with pytest.raises(RuleError, match="left"):
            labels.void(workshop.shop, parcel.labels.get().id, actor=workshop.actor("sam"), at=utcnow())

    def test_a_price_that_no_carrier_made_buys_nothing(self, workshop: Workshop, carrier: PaperCarrier) -> None:
        parcel = rated_parcel(workshop, ready_to_ship(workshop))
        for said in (("paper", "for-free"), ("nobody", "standard")):
            with pytest.raises(AccessError):
                labels.order_label(workshop.shop, parcel.id, *said, actor=workshop.actor("sam"), at=utcnow())
        with pytest.raises(AccessError):
            labels.order_label(workshop.shop, parcel.id, "paper", "standard", actor=workshop.actor("ada"), at=utcnow())
        assert not carrier.sold

    def test_a_typed_number_is_kept_and_linked(self, workshop: Workshop, carrier: PaperCarrier) -> None:
        order = ready_to_ship(workshop)
        (parcel,) = packing.pack_all(workshop.shop, order.code, actor=workshop.actor("sam"), at=utcnow())
        labels.type_number(
            workshop.shop, parcel.id, "post_office", "dpd", " 0123 4567 ", actor=workshop.actor("sam"), at=utcnow()
        )  # fmt: skip
        workshop.run_due()
        assert fresh(parcel).number == "01234567"
        assert fresh(parcel).link == "https://dpd.example/01234567?plz=10969"

    def test_the_same_batch_buys_once(self, workshop: Workshop, carrier: PaperCarrier) -> None:
        parcels = [rated_parcel(workshop, ready_to_ship(workshop)).id for _ in range(3)]
        for _again in range(2):
            labels.order_cheapest(workshop.shop, parcels, actor=workshop.actor("sam"), at=utcnow(), batch="monday")
        workshop.run_due()
        assert len(carrier.sold) == 3


class TestPackingParcels:
    def test_nothing_is_packed_twice(self, workshop: Workshop, carrier: PaperCarrier) -> None:
        order = ready_to_ship(workshop, quantity=10)
        first = packing.pack_all(workshop.shop, order.code, actor=workshop.actor("sam"), at=utcnow())
        assert packing.pack_all(workshop.shop, order.code, actor=workshop.actor("sam"), at=utcnow()) == []
        assert sum(packing.contents_of(row)[order.lines.get().id] for row in first) == 10

    def test_split_shipments_ship_the_order_with_the_last(self, workshop: Workshop, carrier: PaperCarrier) -> None:
        order, sam = ready_to_ship(workshop, quantity=10), workshop.actor("sam")
        line = order.lines.get().id
        size = ParcelSize(400, 200, 150, 100)
        two = [packing.pack(order.code, ParcelDraft({line: 5}, size), actor=sam, at=utcnow()) for _ in range(2)]
        with pytest.raises(RuleError, match="left to pack"):
            packing.pack(order.code, ParcelDraft({line: 1}, size), actor=sam, at=utcnow())
        rating.ask(workshop.shop, [row.id for row in two], actor=sam, at=utcnow())
        workshop.run_due()
        for row in two:
            order_label(workshop, row)
        workshop.run_due()
        handing_over.hand_over(workshop.shop, [two[0].id], actor=sam, at=utcnow())
        assert workshop.stage(order) == Stage.READY_TO_SHIP.value
        assert handing_over.scan(workshop.shop, fresh(two[1]).number, actor=sam, at=utcnow()).good
        assert workshop.stage(order) == Stage.SHIPPED.value

    def test_a_parcel_abroad_waits_for_its_declaration(self, workshop: Workshop, carrier: PaperCarrier) -> None:
        order, sam = ready_to_ship(workshop, to=ZURICH), workshop.actor("sam")
        (parcel,) = packing.pack_all(workshop.shop, order.code, actor=sam, at=utcnow())
        with pytest.raises(RuleError, match="customs"):
            rating.ask(workshop.shop, [parcel.id], actor=sam, at=utcnow())
        line = CustomsLine("Bracket of PLA", 1, Money(1250, "EUR"), 10, "392690", "DE")
        packing.declare(workshop.shop, parcel.id, [line], actor=sam, at=utcnow())
        rating.ask(workshop.shop, [parcel.id], actor=sam, at=utcnow())
        workshop.run_due()
        assert carrier.asked[-1].customs == (line,)

    def test_an_address_with_a_label_on_it_stays(self, workshop: Workshop, carrier: PaperCarrier) -> None:
        order = ready_to_ship(workshop)
        labelled(workshop, order)
        with pytest.raises(RuleError, match="label"):
            delivering.change_address(order.code, ZURICH, actor=workshop.actor("ada"), at=utcnow())


class TestFollowingParcels:
    def test_words_come_late_doubled_and_backwards(self, workshop: Workshop, carrier: PaperCarrier) -> None:
        order = ready_to_ship(workshop)
        parcel, at = labelled(workshop, order), utcnow()
        carrier.happens(parcel.number, TrackingState.DELIVERED, at + timedelta(hours=30), "Delivered", "Berlin")
        assert word(carrier, workshop, parcel, "w2")
        assert not word(carrier, workshop, parcel, "w2")
        workshop.run_due()
        assert fresh(parcel).state == ParcelState.DELIVERED.value
        assert workshop.stage(order) == Stage.SHIPPED.value
        carrier.happens(parcel.number, TrackingState.IN_TRANSIT, at + timedelta(hours=3), "In transit", "Leipzig")
        word(carrier, workshop, parcel, "w1")
        workshop.run_due()
        assert fresh(parcel).state == ParcelState.DELIVERED.value
        texts = [row.text for row in TrackingEventRow.select().order_by(TrackingEventRow.at)]
        assert texts == ["In transit", "Delivered"]

    def test_a_forged_word_changes_nothing(self, workshop: Workshop, carrier: PaperCarrier) -> None:
        parcel = labelled(workshop, ready_to_ship(workshop))
        carrier.happens(parcel.number, TrackingState.DELIVERED, utcnow())
        with pytest.raises(CarrierWordRejected):
            tracking.take(workshop.shop, "paper", b"{}", {"x-signature": "forged"}, at=utcnow())
        workshop.run_due()
        assert fresh(parcel).state == ParcelState.LABELLED.value

    def test_a_carrier_is_asked_in_turn(self, workshop: Workshop, carrier: PaperCarrier) -> None:
        parcel = labelled(workshop, ready_to_ship(workshop))
        handing_over.hand_over(workshop.shop, [parcel.id], actor=workshop.actor("sam"), at=utcnow())
        carrier.happens(parcel.number, TrackingState.EXCEPTION, utcnow(), "Held by customs")
        ParcelRow.update(ask_at=utcnow()).execute()
        tracking.poll(at=utcnow())
        workshop.run_due()
        assert (fresh(parcel).state, fresh(parcel).told) == (ParcelState.HELD_UP.value, "Held by customs")

    def test_words_about_a_voided_number_move_nothing(self, workshop: Workshop, carrier: PaperCarrier) -> None:
        parcel = labelled(workshop, ready_to_ship(workshop))
        old = parcel.number
        labels.void(workshop.shop, parcel.labels.get().id, actor=workshop.actor("sam"), at=utcnow())
        carrier.happens(old, TrackingState.DELIVERED, utcnow())
        word(carrier, workshop, parcel, "late")
        workshop.run_due()
        assert fresh(parcel).state == ParcelState.PACKED.value


class TestClosingOrders:
    def delivered(self, workshop: Workshop, carrier: PaperCarrier) -> OrderRow:
        order = ready_to_ship(workshop)
        parcel = labelled(workshop, order)
        carrier.happens(parcel.number, TrackingState.DELIVERED, utcnow() + timedelta(seconds=1))
        word(carrier, workshop, parcel, "there")
        workshop.run_due()
        return order

    def test_delivered_closes_after_three_days(self, workshop: Workshop, carrier: PaperCarrier) -> None:
        order = self.delivered(workshop, carrier)
        assert closing.close_delivered(workshop.shop, at=utcnow() + timedelta(days=2)) == []
        assert closing.close_delivered(workshop.shop, at=utcnow() + timedelta(days=3, minutes=1)) == [order.code]
        assert workshop.stage(order) == Stage.COMPLETED.value

    def test_a_problem_keeps_it_open(self, workshop: Workshop, carrier: PaperCarrier) -> None:
        order, ada = self.delivered(workshop, carrier), workshop.actor("ada")
        made = closing.report(
            workshop.shop, order.code, "remake", MessageText("A corner is broken.", token="t1"), actor=ada, at=utcnow()
        )
        with pytest.raises(AccessError):
            closing.report(
                workshop.shop, order.code, "remake", MessageText("Mine!"), actor=workshop.actor("bob"), at=utcnow()
            )
        later = utcnow() + timedelta(days=9)
        assert closing.close_delivered(workshop.shop, at=later) == []
        closing.settle(made.id, "Made again.", actor=workshop.actor("sam"), at=utcnow())
        assert closing.close_delivered(workshop.shop, at=later) == [order.code]
