"""The schedule in a calendar program: a secret address, what it shows, and when it ends."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

import icalendar
from hypothesis import given
from hypothesis import strategies as st

from craftops.domain.people.access import Role
from craftops.domain.schedule.feed import FeedEvent, days_in_rows, in_steps
from craftops.domain.shop.profile import ShopProfile
from craftops.services.people import accounts
from craftops.services.schedule import capabilities
from craftops.services.shop.profile import save_profile
from craftops.store.database import utcnow
from craftops.store.models import AccountRow, CalendarFeedRow, OperationRow, OrderRow, PickupRow
from craftops.testing import Workshop
from craftops.testing.workshop import Browser
from craftops.web.schedule.ical import calendar_file

PLACE = "/account/calendar"


def address(person: Browser) -> str:
    person.send(PLACE, {"do": "make"}, on=PLACE)
    found = re.search(r"(/calendar/[\w-]+/craftops\.ics)", person.see(PLACE))
    assert found is not None
    return found[1]


def events(workshop: Workshop, path: str) -> dict[str, Any]:
    answer = workshop.browser().get(path)
    assert answer.status_code == 200
    assert answer.content_type == "text/calendar; charset=utf-8"
    found = icalendar.Calendar.from_ical(answer.data)
    assert not found.errors
    assert not any(one.errors for one in found.events)
    for one in found.events:
        assert {"UID", "DTSTAMP", "DTSTART", "DTEND", "SUMMARY"} <= set(one)
        assert one.start < one.end
    names = [str(one["UID"]) for one in found.events]
    assert len(names) == len(set(names))
    return {name.split("@")[0]: one for name, one in zip(names, found.events, strict=True)}


def test_staff_see_the_shops_schedule_in_their_calendar(workshop: Workshop) -> None:
    sam = workshop.browser("sam")
    workshop.machine("printer-1")
    order = workshop.place("ada", finish="sanded")
    job = workshop.accept(order, "printer-1")
    capabilities.add_block(
        workshop.shop, "printer-1", start=utcnow() + timedelta(days=9), end=utcnow() + timedelta(days=10), reason="oil",
        actor=workshop.actor("sam"), at=utcnow(),
    )  # fmt: skip
    ready = workshop.place("bob")
    PickupRow.create(order=ready.id, since=utcnow(), bin="A3")
    day = date.today() + timedelta(days=20)
    closed = (day.isoformat(), (day + timedelta(days=1)).isoformat())
    save_profile(
        workshop.shop, ShopProfile(name="Testwerk", closed_on=closed), actor=workshop.actor("olga"), at=utcnow(),
        set_up=True,
    )  # fmt: skip
    path = address(sam)
    seen = events(workshop, path)
    run = seen[f"job-{job.code}"]
    assert order.code in run["SUMMARY"]
    assert "Printer-1" in run["SUMMARY"]
    assert run.start.utcoffset() == timedelta(0)
    hands = OperationRow.get(OperationRow.order == order.id)
    assert seen[f"hands-{order.code}-{hands.id}"].start >= run.end - timedelta(minutes=5)
    assert "A3" in seen[f"pickup-{ready.code}"]["DESCRIPTION"]
    assert "oil" in seen["rest-1"]["SUMMARY"]
    shut = seen[f"closed-{day}"]
    assert (shut.start, shut.end) == (day, day + timedelta(days=2)), "days in a row are one"
    text = workshop.browser().get(path).get_data(as_text=True)
    assert "Ada" not in text
    assert "ada@" not in text
    assert f"/staff/orders/{order.code}" in text


def test_nothing_new_is_not_sent_again(workshop: Workshop) -> None:
    ada, anybody = workshop.browser("ada"), workshop.browser()
    order = workshop.place("ada")
    path = address(ada)
    first = anybody.get(path)
    same = anybody.get(path, headers={"If-None-Match": first.headers["ETag"]})
    assert (same.status_code, same.data) == (304, b"")
    OrderRow.update(window_end=utcnow() + timedelta(days=40)).where(OrderRow.id == order.id).execute()
    other = anybody.get(path, headers={"If-None-Match": first.headers["ETag"]})
    assert other.status_code == 200
    assert other.headers["Cache-Control"] == "private, no-cache"


def test_a_customer_sees_when_their_own_orders_are_expected(workshop: Workshop) -> None:
    mine, theirs = workshop.place("ada"), workshop.place("bob")
    gone = workshop.place("ada")
    OrderRow.update(stage="cancelled").where(OrderRow.id == gone.id).execute()
    seen = events(workshop, address(workshop.browser("ada")))
    assert set(seen) == {f"order-{mine.code}"}
    row = OrderRow.get_by_id(mine.id)
    assert seen[f"order-{mine.code}"].start <= row.window_start < row.window_end <= seen[f"order-{mine.code}"].end
    assert seen[f"order-{mine.code}"]["STATUS"] == "TENTATIVE"
    assert theirs.code not in str(seen)


def test_an_address_is_shown_once_and_ends(workshop: Workshop) -> None:
    sam, anybody = workshop.browser("sam"), workshop.browser()
    first = address(sam)
    token = first.split("/")[2]
    assert token not in sam.see(PLACE)
    assert token not in str(list(CalendarFeedRow.select().dicts())), "kept as a hash"
    second = address(sam)
    assert anybody.get(first).status_code == 404, "another one ends the one before"
    assert anybody.get(second).status_code == 200
    assert "Last read" in sam.see(PLACE)
    sam.send(PLACE, {"do": "end"}, on=PLACE)
    assert anybody.get(second).status_code == 404
    third = address(sam)
    accounts_row = AccountRow.get(AccountRow.email == "sam@example.org")
    AccountRow.update(role=Role.CUSTOMER.value).where(AccountRow.id == accounts_row.id).execute()
    assert anybody.get(third).status_code == 404, "who works here no more sees no schedule"
    AccountRow.update(role=Role.STAFF.value, disabled=True).where(AccountRow.id == accounts_row.id).execute()
    assert anybody.get(third).status_code == 404
    assert accounts.actor_of(accounts_row).is_staff


def test_addresses_cannot_be_tried_without_end(workshop: Workshop) -> None:
    anybody = workshop.browser()
    statuses = {anybody.get(f"/calendar/{number:043d}/craftops.ics").status_code for number in range(70)}
    assert statuses == {404, 429}


@given(st.datetimes(min_value=datetime(2000, 1, 1), max_value=datetime(2100, 1, 1)))
def test_steps_hold_what_they_are_made_of(naive: datetime) -> None:
    at = naive.replace(tzinfo=UTC)
    assert in_steps(at) <= at <= in_steps(at, up=True)
    assert in_steps(at, up=True) - in_steps(at) <= timedelta(minutes=5, seconds=1)
    assert in_steps(in_steps(at)) == in_steps(at)


@given(st.lists(st.dates(min_value=date(2026, 1, 1), max_value=date(2026, 3, 1))))
def test_days_in_rows_are_the_days(days: list[date]) -> None:
    spans = days_in_rows(days)
    held = [first + timedelta(days=n) for first, after in spans for n in range((after - first).days)]
    assert held == sorted(set(days))
    assert all(one[1] < other[0] for one, other in pairwise(spans))


@given(st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=120))
def test_any_title_comes_back_as_it_was_and_breaks_no_line(title: str) -> None:
    at = datetime(2026, 11, 28, 12, tzinfo=UTC)
    one = FeedEvent("job-1", title, at, at + timedelta(hours=1), at, words=title)
    body = calendar_file("Shop", "shop.example", [one])
    assert all(len(line) <= 75 for line in body.split(b"\r\n"))
    found = icalendar.Calendar.from_ical(body)
    assert len(found.events) == 1
    assert str(found.events[0]["SUMMARY"]) == title
