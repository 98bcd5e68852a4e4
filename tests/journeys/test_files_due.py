"""Files of orders that ended long ago: told, kept, asked about, deleted, and nothing behind anybody's back."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st

from craftops.domain.files.retention import NOTICE, due, kept_until, months_later
from craftops.domain.orders.order import Delivery
from craftops.domain.orders.workflow import Stage
from craftops.errors import AccessError, RuleError
from craftops.services.files import retention
from craftops.services.orders import ordering
from craftops.services.orders.ordering import LineDraft
from craftops.store.database import utcnow
from craftops.store.models import DesignFileRow, EventRow, InvoiceRow, NoticeRow, OrderRow, RetentionRow
from craftops.testing import Workshop
from craftops.web.messages.mail import make_renderer

moments = st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC))
KEEP = re.compile(r"https?://[^/]+(/keep-files/\S+)")


def end(order: OrderRow, at: datetime) -> OrderRow:
    OrderRow.update(stage=Stage.COMPLETED.value, stage_since=at).where(OrderRow.id == order.id).execute()
    found: OrderRow = OrderRow.get_by_id(order.id)
    return found


def old(workshop: Workshop) -> OrderRow:
    """An order of Ada's that ended 23 and a half months ago, with everything of then told."""
    order = workshop.place("ada")
    workshop.run_due()
    workshop.outbox.clear()
    return end(order, months_later(utcnow(), -24) + timedelta(days=15))


def look(workshop: Workshop) -> None:
    retention.tell_due(workshop.shop, at=utcnow())
    workshop.run_due()


def deleted(order: OrderRow) -> bool:
    return DesignFileRow.get_by_id(order.lines[0].file_id).deleted_at is not None


class TestCalendar:
    @given(moments, st.integers(1, 120))
    def test_months_are_calendar_months(self, at: datetime, months: int) -> None:
        later = months_later(at, months)
        assert (later.year * 12 + later.month) - (at.year * 12 + at.month) == months
        assert later.day == at.day or later.day < at.day
        assert later.time() == at.time()

    @given(moments, st.integers(0, 120), moments)
    def test_nobody_is_told_later_than_a_month_before(self, ended: datetime, months: int, at: datetime) -> None:
        day = due(ended, months, at=at)
        if not months:
            assert day is None
        elif day is None:
            assert at < months_later(ended, months) - NOTICE
        else:
            assert day >= at + NOTICE
            assert day >= months_later(ended, months)

    @given(moments, moments)
    def test_kept_is_a_year_at_least(self, day: datetime, at: datetime) -> None:
        assert kept_until(day, at=at) >= max(day, at) + timedelta(days=365)


class TestDue:
    def test_told_once_a_month_before_and_asked_before_anything_goes(self, workshop: Workshop) -> None:
        order, sam = old(workshop), workshop.browser("sam")
        for _time in range(3):
            look(workshop)
        assert [draft.kind for draft in workshop.outbox] == ["files_due"]
        mail = make_renderer(workshop.app)(workshop.outbox[0])
        assert "we delete the design files" in mail.text
        assert KEEP.search(mail.text)
        page = f"/staff/orders/{order.code}"
        assert "Keep a year more" in sam.see(page)
        assert "Delete them" not in sam.see(page)
        with pytest.raises(RuleError, match="not due yet"):
            retention.delete(workshop.shop, order.code, actor=workshop.actor("sam"), at=utcnow())
        day = RetentionRow.get().due_at
        assert day >= utcnow() + NOTICE - timedelta(minutes=1)
        with time_machine.travel(day + timedelta(minutes=1), tick=False):
            look(workshop)
            assert not deleted(order)
            sam = workshop.browser("sam")
            assert "was told on" in sam.see("/staff/todo/files_due")
            for _time in range(2):
                sam.send(f"{page}/files/delete", {}, on=page)
            assert deleted(order)
            assert "was told on" not in sam.see("/staff/todo/files_due")
            assert "The design files of this order were deleted." in workshop.browser("ada").see(
                f"/orders/{order.code}"
            )
            look(workshop)
        assert NoticeRow.select().where(NoticeRow.kind == "files_due").count() == 1
        assert InvoiceRow.select().count() == 0
        assert OrderRow.get_by_id(order.id).title

    def test_kept_by_one_click_of_the_mail_and_told_again_a_year_later(self, workshop: Workshop) -> None:
        order, anybody = old(workshop), workshop.browser()
        look(workshop)
        found = KEEP.search(make_renderer(workshop.app)(workshop.outbox[0]).text)
        assert found is not None
        first = RetentionRow.get().due_at
        assert "Keep them a year more" in anybody.see(found[1])
        assert RetentionRow.get().state == "told"
        for _time in range(2):
            assert anybody.send(found[1], {}, on=found[1]).status_code == 303
        assert "are kept until" in anybody.see(found[1])
        row = RetentionRow.get()
        assert (row.state, row.due_at) == ("kept", months_later(first, 12))
        with pytest.raises(RuleError, match="not due yet"):
            retention.delete(workshop.shop, order.code, actor=workshop.actor("sam"), at=first + timedelta(days=1))
        with time_machine.travel(row.due_at - NOTICE + timedelta(hours=1), tick=False):
            look(workshop)
            assert RetentionRow.get().state == "told"
            anybody = workshop.browser()
            anybody.send(found[1], {}, on=found[1])
            assert RetentionRow.get().state == "told"
        assert [draft.kind for draft in workshop.outbox] == ["files_due", "files_due"]

    def test_staff_keep_them_too(self, workshop: Workshop) -> None:
        order, sam = old(workshop), workshop.browser("sam")
        look(workshop)
        page = f"/staff/orders/{order.code}"
        for _time in range(2):
            sam.send(f"{page}/files/keep", {}, on=page)
        row = RetentionRow.get()
        assert (row.state, row.decided_by) == ("kept", "Sam")
        assert EventRow.select().where(EventRow.kind == "files_due").count() == 2

    def test_what_another_order_needs_stays(self, workshop: Workshop) -> None:
        order = old(workshop)
        draft = LineDraft(order.lines[0].file_id, 1, "pla", "Black", "as_made")
        again = ordering.place_order(
            workshop.shop, actor=workshop.actor("ada"), customer=workshop.people["ada"], lines=[draft],
            delivery=Delivery.PICKUP, at=utcnow(),
        )  # fmt: skip
        look(workshop)
        later = RetentionRow.get().due_at + timedelta(days=1)
        assert retention.delete(workshop.shop, order.code, actor=workshop.actor("sam"), at=later) == 0
        assert not deleted(order)
        end(again, utcnow())
        with time_machine.travel(months_later(utcnow(), 24), tick=False):
            look(workshop)
            last = RetentionRow.get(RetentionRow.order == again.id).due_at
            assert retention.delete(workshop.shop, again.code, actor=workshop.actor("sam"), at=last) == 1
        assert deleted(order)

    def test_a_shop_that_keeps_for_ever_tells_nobody(self, make_workshop: Callable[..., Workshop]) -> None:
        workshop = make_workshop("[files]\nkeep_months = 0\n")
        assert retention.months(workshop.shop) == 0
        assert retention.tell_due(workshop.shop, at=utcnow()) == 0

    def test_what_is_fresh_or_open_is_left_alone(self, workshop: Workshop) -> None:
        order = workshop.place("ada", at=months_later(utcnow(), -40))
        OrderRow.update(stage_since=months_later(utcnow(), -40)).where(OrderRow.id == order.id).execute()
        end(workshop.place("ada"), months_later(utcnow(), -20))
        assert retention.tell_due(workshop.shop, at=utcnow()) == 0

    def test_links_of_others_do_nothing(self, workshop: Workshop) -> None:
        old(workshop)
        look(workshop)
        assert workshop.browser().get("/keep-files/abcdefghijkl").status_code == 404
        for who in ("ada", "bob"):
            with pytest.raises(AccessError):
                retention.delete(workshop.shop, OrderRow.get().code, actor=workshop.actor(who), at=utcnow())
        assert RetentionRow.get().state == "told"
