"""What is kept of an order that has ended: on which machine and when, checked when, every version, what was agreed."""

from __future__ import annotations

import re
from datetime import timedelta

from samples.pay_site import open_for_money

from craftops.domain.orders.workflow import Stage
from craftops.services.billing import quote_drafts, quoting
from craftops.services.files import revising
from craftops.services.orders import ordering
from craftops.services.production import operations
from craftops.store.database import utcnow
from craftops.store.models import DesignFileRow, JobRow, OperationRow, OrderLineRow, OrderRow
from craftops.testing import Workshop
from craftops.testing.workshop import cube_stl


def lived_through(workshop: Workshop) -> OrderRow:
    """An order with two versions and a quote, made on the printer, checked, handed over."""
    workshop.machine("printer-1")
    order = workshop.place("ada", quantity=4)
    sam, ada, now = workshop.actor("sam"), workshop.actor("ada"), utcnow()
    wider = DesignFileRow.get_by_id(workshop.upload("ada", "wider.stl", cube_stl(33.0)))
    workshop.run_due()
    revising.propose(workshop.shop, order.code, order.lines[0].id, wider, actor=ada, at=now)
    ordering.move(workshop.shop, order.code, Stage.IN_REVIEW, actor=sam, at=now)
    draft, _prices = quote_drafts.proposed(workshop.shop, OrderRow.get_by_id(order.id))
    row = quoting.save_draft(workshop.shop, order.code, draft, actor=sam, at=now)
    quoting.send(workshop.shop, order.code, row.version, actor=sam, at=now)
    quoting.accept(workshop.shop, order.code, row.version, name="Ada", via="link", actor=ada, at=now)
    ordering.release(workshop.shop, order.code, actor=sam, at=now)
    ordering.move(workshop.shop, order.code, Stage.QUEUED, actor=sam, at=now)
    began = now - timedelta(hours=5)
    JobRow.update(
        state="done", machine=workshop.machine_row("printer-1"), started_at=began, copies_done=4,
        finished_at=began + timedelta(hours=3, minutes=30), interrupted_s=1800.0,
    ).execute()  # fmt: skip
    for stage in (Stage.IN_PRODUCTION, Stage.POST_PROCESSING):
        ordering.move(workshop.shop, order.code, stage, actor=sam, at=now)
    for one in OperationRow.select():
        operations.tick_operation(workshop.shop, one.id, done=True, actor=sam, at=now)
    for stage in (Stage.QUALITY_CHECK, Stage.READY_FOR_PICKUP, Stage.COMPLETED):
        if workshop.stage(order) != stage.value:
            ordering.move(workshop.shop, order.code, stage, actor=sam, at=now)
    return OrderRow.get_by_id(order.id)


def test_it_stands_on_the_page_of_an_order_that_has_ended(workshop: Workshop) -> None:
    open_for_money(workshop)
    order = lived_through(workshop)
    for who, path in (("ada", f"/orders/{order.code}"), ("sam", f"/staff/orders/{order.code}")):
        page = workshop.browser(who).see(path).split('id="record"')[1].split("</section>")[0]
        assert "<b>Printer-1</b>: 4 copies of bracket, 3 h" in page
        assert "By hand: Remove supports" in page
        assert "Passed the quality check" in page
        assert page.index("wider.stl") < page.index("bracket.stl")
        assert "version 2, made" in page
        assert "version 1" in page
        urls = re.findall(r'href="(/files/\d+/download)"', page)
        assert len(urls) == 2
        for url in urls:
            assert workshop.browser(who).get(url).status_code == 200
        assert re.search(r"4 × bracket</span><span class=\"num\">€[\d.]+", page)
        assert "Together, with tax" in page
    assert workshop.browser("bob").get(urls[0]).status_code == 404


def test_an_order_that_goes_on_has_none_yet(workshop: Workshop) -> None:
    order = workshop.place("ada")
    assert 'id="record"' not in workshop.browser("ada").see(f"/orders/{order.code}")


def test_what_is_not_kept_any_more_is_said(workshop: Workshop) -> None:
    order = workshop.place("ada")
    OrderRow.update(stage=Stage.COMPLETED.value).execute()
    (line,) = order.lines
    workshop.shop.files.path(line.file.blob_id).unlink()
    page = workshop.browser("ada").see(f"/orders/{order.code}").split('id="record"')[1]
    assert "(not kept any more)" in page
    OrderLineRow.update(file=None).execute()
    assert "bracket: not kept any more" in workshop.browser("ada").see(f"/orders/{order.code}")
