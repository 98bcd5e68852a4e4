"""An order that leaves the counter by the button of its stage, not by the page of the hand-over."""

from __future__ import annotations

import pytest
from samples.counter import ready_for_pickup

from craftops.domain.orders.workflow import Stage
from craftops.domain.shipping.settings import ShippingSettings
from craftops.errors import IllegalMove
from craftops.processes.doctor import examine
from craftops.services.orders import ordering
from craftops.services.shipping import pickup
from craftops.services.shipping.settings import save_shipping
from craftops.store.database import utcnow
from craftops.store.models import InvoiceRow, NoticeRow, OrderRow, PickupRow
from craftops.testing import Workshop


def owe(workshop: Workshop, order: OrderRow) -> None:
    InvoiceRow.create(
        order=order.id, customer=workshop.people["ada"].id, kind="invoice", number="R-1", document={}, currency="EUR",
        net=1000, tax=190, gross=1190, settled=0, reference="RF1", nonce="n", issued_at=utcnow(), issued_by="Olga",
        once="k",
    )  # fmt: skip


@pytest.mark.parametrize("laid", [True, False])
def test_the_button_writes_down_who_gave_it_away_and_that_nobody_was_named(workshop: Workshop, *, laid: bool) -> None:
    order, sam, ada = ready_for_pickup(workshop), workshop.browser("sam"), workshop.browser("ada")
    if laid:
        pickup.lay_ready(utcnow())
    page = f"/staff/orders/{order.code}"
    assert sam.send(f"{page}/move", {"to": "completed"}, on=page).status_code == 303
    row = PickupRow.get(PickupRow.order == order.id)
    assert (row.state, row.handed_by, row.given_to, row.proof) == ("handed", "Sam", "", "unnamed")
    assert row.handed_at is not None
    assert "Handed over by Sam" in sam.see(page)
    assert "Who took it was not written down." in sam.see(page)
    assert "was not written down" in sam.see(f"/staff/pickups/{row.id}")
    assert "Handed over <time" in ada.see(f"/orders/{order.code}")
    later = sam.send(f"/staff/pickups/{row.id}", {"given_to": "Grace"}, on=f"/staff/pickups/{row.id}")
    assert "It was handed over already." in sam.see(later.headers["Location"])
    assert PickupRow.get_by_id(row.id).given_to == ""
    assert [one for one in examine(workshop.shop, at=utcnow()) if "handed over" in one] == []


def test_mails_that_it_waits_are_not_sent_any_more(workshop: Workshop) -> None:
    order = ready_for_pickup(workshop)
    NoticeRow.update(state="waiting").where(NoticeRow.order_id == order.id, NoticeRow.kind == "ready").execute()
    ordering.move(workshop.shop, order.code, Stage.COMPLETED, actor=workshop.actor("sam"), at=utcnow())
    waiting = NoticeRow.select().where(
        NoticeRow.order_id == order.id, NoticeRow.kind == "ready", NoticeRow.state == "waiting"
    )
    assert not waiting.exists()


def test_where_the_shop_keeps_what_is_unpaid_the_button_keeps_it_too(workshop: Workshop) -> None:
    order, sam, olga = ready_for_pickup(workshop), workshop.actor("sam"), workshop.actor("olga")
    owe(workshop, order)
    save_shipping(workshop.shop, ShippingSettings(pickup_unpaid="hold"), actor=olga, at=utcnow())
    with pytest.raises(IllegalMove, match="Something is still to be paid"):
        ordering.move(workshop.shop, order.code, Stage.COMPLETED, actor=sam, at=utcnow())
    assert "Something is still to be paid. Take the payment first." in workshop.browser("sam").see(
        f"/staff/orders/{order.code}"
    )
    assert workshop.stage(order) == Stage.READY_FOR_PICKUP.value
    save_shipping(workshop.shop, ShippingSettings(pickup_unpaid="warn"), actor=olga, at=utcnow())
    ordering.move(workshop.shop, order.code, Stage.COMPLETED, actor=sam, at=utcnow())
    assert PickupRow.get(PickupRow.order == order.id).proof == "unnamed"


def test_an_order_that_is_shipped_has_no_pickup(workshop: Workshop) -> None:
    order = ready_for_pickup(workshop)
    OrderRow.update(stage=Stage.SHIPPED.value, delivery="shipping").where(OrderRow.id == order.id).execute()
    ordering.move(workshop.shop, order.code, Stage.COMPLETED, actor=workshop.actor("sam"), at=utcnow())
    assert not PickupRow.select().where(PickupRow.order == order.id, PickupRow.state == "handed").exists()
