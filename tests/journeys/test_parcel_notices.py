"""What customers are told of parcels by mail: another number is a mail of its own, trouble is told once and honestly."""

from __future__ import annotations

from datetime import timedelta

import orjson
import pytest
import time_machine
from samples.parcel_desk import fresh, open_for_shipping, rated_parcel, ready_to_ship

from craftops.domain.shipping.carriage import TrackingState
from craftops.services.messages.delivery import NoticeDraft
from craftops.services.shipping import handing_over, labels, rating, tracking
from craftops.store.database import utcnow
from craftops.store.models import NoticeRow, OrderRow, ParcelRow
from craftops.store.viewing import order_view, person_view
from craftops.testing import Workshop
from craftops.testing.paper_carrier import SIGNATURE, PaperCarrier
from craftops.web.messages.mail import make_renderer


@pytest.fixture
def carrier(workshop: Workshop) -> PaperCarrier:
    return open_for_shipping(workshop)


def labelled(workshop: Workshop, parcel: ParcelRow) -> ParcelRow:
    labels.order_label(workshop.shop, parcel.id, "paper", "standard", actor=workshop.actor("sam"), at=utcnow())
    workshop.run_due()
    return fresh(parcel)


def told(order: OrderRow, kind: str) -> int:
    return NoticeRow.select().where(NoticeRow.order_id == order.id, NoticeRow.kind == kind).count()


def mail_of(workshop: Workshop, order: OrderRow, kind: str) -> str:
    draft = NoticeDraft(kind, person_view(workshop.people["ada"]), order_view(OrderRow.get_by_id(order.id)), "k")
    return make_renderer(workshop.app)(draft).text


def heard(workshop: Workshop, carrier: PaperCarrier, parcel: ParcelRow, key: str) -> None:
    body = orjson.dumps({"id": key, "number": parcel.number})
    tracking.take(workshop.shop, carrier.name, body, {"x-signature": SIGNATURE}, at=utcnow())
    workshop.run_due()


def test_another_number_is_a_mail_of_its_own_and_names_the_one_that_counts(
    workshop: Workshop, carrier: PaperCarrier
) -> None:
    order = ready_to_ship(workshop)
    parcel = labelled(workshop, rated_parcel(workshop, order))
    assert told(order, "number_changed") == 0
    first = parcel.number
    labels.void(workshop.shop, parcel.labels.get().id, actor=workshop.actor("sam"), at=utcnow())
    workshop.run_due()
    assert first not in workshop.browser("ada").see(f"/orders/{order.code}")
    rating.ask(workshop.shop, [parcel.id], actor=workshop.actor("sam"), at=utcnow())
    workshop.run_due()
    second = labelled(workshop, fresh(parcel)).number
    assert second != first
    assert told(order, "number_changed") == 1
    mail = mail_of(workshop, order, "number_changed")
    assert second in mail
    assert first not in mail
    page = workshop.browser("ada").see(f"/orders/{order.code}")
    assert second in page
    assert first not in page


def test_what_is_held_up_is_told_once_and_is_a_to_do_until_it_goes_on(
    workshop: Workshop, carrier: PaperCarrier
) -> None:
    order = ready_to_ship(workshop)
    parcel = labelled(workshop, rated_parcel(workshop, order))
    sam, at = workshop.actor("sam"), utcnow()
    handing_over.hand_over(workshop.shop, [parcel.id], actor=sam, at=at)
    workshop.run_due()
    mail = mail_of(workshop, order, "shipped")
    assert f"Your parcel: {parcel.network} {parcel.number}\n{parcel.link}\n" in mail
    assert parcel.number not in mail_of(workshop, order, "ready")
    seen = []
    for hours, state in (
        (1, TrackingState.EXCEPTION), (2, TrackingState.EXCEPTION), (3, TrackingState.IN_TRANSIT),
        (4, TrackingState.DELIVERED),
    ):  # fmt: skip
        carrier.happens(parcel.number, state, at + timedelta(hours=hours), f"{state.value} {hours}")
        with time_machine.travel(at + timedelta(hours=hours, minutes=1), tick=False):
            heard(workshop, carrier, parcel, f"w{hours}")
            seen.append((told(order, "held_up"), order.code in workshop.browser("sam").see("/staff/todo/held_up")))
    assert seen == [(1, True), (1, True), (1, False), (1, False)]
    assert told(order, "delivered") == 1
    assert "We look after it" in mail_of(workshop, order, "held_up")
