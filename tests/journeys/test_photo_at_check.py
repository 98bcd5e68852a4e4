"""A shop that wants a photo of finished parts: nothing becomes ready without one, and the page says why."""

from __future__ import annotations

import io

import pytest
from samples.pictures import jpeg

from craftops.domain.orders.workflow import Stage
from craftops.errors import IllegalMove
from craftops.services.files import photos
from craftops.services.orders import ordering
from craftops.store.database import utcnow
from craftops.store.models import JobRow, OperationRow, OrderRow
from craftops.testing import Workshop

RULES = {"keep_months": "24", "tracker_days": "60", "new_customers": "open"}


def made(workshop: Workshop, *, seen_before: bool = False) -> OrderRow:
    """An order at the quality check; ``seen_before``: with a photo of its making."""
    order = workshop.place("ada")
    if seen_before:
        keep_photo(workshop, order)
    workshop.run_due()
    sam = workshop.actor("sam")
    for to in (Stage.IN_REVIEW, Stage.QUEUED, Stage.IN_PRODUCTION):
        ordering.move(workshop.shop, order.code, to, actor=sam, at=utcnow())
    JobRow.update(state="done", copies_done=JobRow.copies).where(JobRow.order == order.id).execute()
    for one in list(OperationRow.select().where(OperationRow.order == order.id)):
        OperationRow.update(done_at=utcnow()).where(OperationRow.id == one.id).execute()
    ordering.move(workshop.shop, order.code, Stage.POST_PROCESSING, actor=sam, at=utcnow())
    fresh: OrderRow = OrderRow.get_by_id(order.id)
    if fresh.stage == Stage.POST_PROCESSING.value:
        ordering.move(workshop.shop, order.code, Stage.QUALITY_CHECK, actor=sam, at=utcnow())
    return fresh


def keep_photo(workshop: Workshop, order: OrderRow) -> None:
    photos.upload(workshop.shop, order.code, io.BytesIO(jpeg()), "Finished", actor=workshop.actor("sam"), at=utcnow())


def test_it_is_ready_once_there_is_a_photo(workshop: Workshop) -> None:
    workshop.machine("printer-1")
    olga, sam = workshop.browser("olga"), workshop.browser("sam")
    olga.send("/staff/settings/rules", {**RULES, "photo_at_check": "1"}, on="/staff/settings/rules")
    order = made(workshop)
    page = f"/staff/orders/{order.code}"
    assert "A photo of the finished parts is missing" in sam.see(page)
    with pytest.raises(IllegalMove, match="photo of the finished parts"):
        ordering.move(workshop.shop, order.code, Stage.READY_FOR_PICKUP, actor=workshop.actor("sam"), at=utcnow())
    keep_photo(workshop, order)
    assert "A photo of the finished parts is missing" not in sam.see(page)
    ordering.move(workshop.shop, order.code, Stage.READY_FOR_PICKUP, actor=workshop.actor("sam"), at=utcnow())
    ordering.undo_move(workshop.shop, order.code, actor=workshop.actor("sam"), at=utcnow())
    ordering.move(workshop.shop, order.code, Stage.READY_FOR_PICKUP, actor=workshop.actor("sam"), at=utcnow())
    assert workshop.stage(order) == "ready_for_pickup"


def test_a_photo_of_the_making_is_none_of_the_finished_parts(workshop: Workshop) -> None:
    workshop.machine("printer-1")
    olga = workshop.browser("olga")
    olga.send("/staff/settings/rules", {**RULES, "photo_at_check": "1"}, on="/staff/settings/rules")
    order = made(workshop, seen_before=True)
    with pytest.raises(IllegalMove):
        ordering.move(workshop.shop, order.code, Stage.READY_FOR_PICKUP, actor=workshop.actor("sam"), at=utcnow())


def test_most_shops_do_not_ask_for_one(workshop: Workshop) -> None:
    workshop.machine("printer-1")
    order = made(workshop)
    ordering.move(workshop.shop, order.code, Stage.READY_FOR_PICKUP, actor=workshop.actor("sam"), at=utcnow())
    assert workshop.stage(order) == "ready_for_pickup"
