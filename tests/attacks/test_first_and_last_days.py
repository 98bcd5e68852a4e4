"""The first and the last day that a calendar has, wherever a page takes a day, in shops east and west of Greenwich:
answered or refused, never an error of ours, and nothing that was taken breaks a page later."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from samples.parcel_desk import open_for_shipping, rated_parcel, ready_to_ship

from craftops.domain.hours.days import FIRST, LAST
from craftops.services.billing.settings import billing_settings, save_settings
from craftops.services.shipping import labels
from craftops.services.shop.profile import save_profile
from craftops.store.database import utcnow
from craftops.store.models import CollectionRow, MaintenanceRow, OrderRow, QuestionRow
from craftops.testing import Browser, Workshop

TEMPLATES = Path(__file__).parents[2] / "craftops" / "templates"
DATE_FIELD = re.compile(r'<input(?=[^>]*type="date(?:time-local)?")[^>]*\bname="(\w+)"')
EAST, WEST = "Pacific/Kiritimati", "Pacific/Pago_Pago"
ZONES = (EAST, pytest.param("Europe/Berlin", marks=pytest.mark.ci), WEST)
KEPT = (FIRST.isoformat(), LAST.isoformat())
DAYS = ("0001-01-01", *KEPT, "9999-12-31")
"""The ends of the calendar, and of the days that are kept."""
CLOCKS = ("T00:00", "T23:59", "T00:00+14:00", "T23:59-12:00")
SPANS = {
    ("since", "until"): (
        ("ada", "/invoices/statement"), ("ada", "/invoices/statement.pdf"),
        ("sam", "/staff/customers/{ada}/statement"), ("sam", "/staff/customers/{ada}/statement.pdf"),
        ("sam", "/staff/money/invoices.csv"), ("olga", "/staff/money/books"),
        ("olga", "/staff/money/books/journal.csv"), ("olga", "/staff/money/books/journal.hledger"),
        ("olga", "/staff/money/books/journal.beancount"), ("olga", "/staff/money/books/datev.csv"),
        ("olga", "/staff/money/books/audit.zip"),
        ("olga", "/staff/settings/audit"), ("olga", "/staff/settings/audit.csv"),
    ),
    ("from", "to"): (
        ("ada", "/history"), ("ada", "/history.csv"), ("sam", "/staff/history"), ("sam", "/staff/history.csv"),
    ),
    ("first", "last"): (
        ("olga", "/staff/reports/shop_reports/machine_hours"), ("olga", "/staff/reports/shop_reports/promises.csv"),
    ),
}  # fmt: skip
"""Names of the first and the last day -> who asks for a span of days, and where."""
ONE_DAY = (
    ("sam", "/staff/schedule?scale=day&first={day}"), ("sam", "/staff/schedule?scale=days&first={day}"),
    ("sam", "/staff/schedule?scale=week&first={day}"), ("olga", "/staff/settings/hours?day={day}"),
)  # fmt: skip
"""Who asks for one day, and where."""
LOOKED_AT = (
    ("ada", "/"), ("ada", "/orders/{code}"), ("ada", "/history"),
    ("sam", "/staff/"), ("sam", "/staff/orders/{code}"), ("sam", "/staff/schedule"), ("sam", "/staff/machines"),
    ("sam", "/staff/machines/printer-1"), ("sam", "/staff/shipping"), ("sam", "/staff/shipping/hand-over"),
    ("sam", "/staff/history"), ("sam", "/staff/customers/{ada}"), ("sam", "/staff/money/bank"),
    ("olga", "/staff/settings/hours"), ("olga", "/staff/settings/audit"),
)  # fmt: skip
"""Pages that show what was taken."""
FORMS = (
    ("sam", "/staff/orders/{code}/questions", "due", "{day}",
     {"kind": "choose", "text": "Which?", "choices": "Black\nClear", "token": "{day}"}),
    ("sam", "/staff/machines/printer-1/maintenance", "start", "{day}{clock}", {"reason": "Oil {day} {clock}"}),
    ("sam", "/staff/machines/printer-1/maintenance", "end", "{day}{clock}",
     {"start": "2026-01-01T10:00", "reason": "Oil {day} {clock}"}),
    ("sam", "/staff/shipping/fetch", "earliest", "{day}{clock}", {"carrier": "paper", "latest": "2999-01-01T10:00"}),
    ("sam", "/staff/shipping/fetch", "latest", "{day}{clock}", {"carrier": "paper", "earliest": "2026-01-01T10:00"}),
    ("olga", "/staff/settings/hours", "first", "{day}", {"do": "days", "last": "{day}", "how": "closed", "name": "x"}),
    ("olga", "/staff/settings/hours", "last", "{day}", {"do": "days", "first": "2026-12-24", "how": "closed"}),
    ("olga", "/staff/settings", "closed_on", "2026-12-24\n{day}",
     {"name": "Works", "timezone": "{zone}", "currency": "EUR", "brand": "#1f6feb"}),
    ("olga", "/staff/exchange/take", "text", "number,email,title,placed\n{day},ada@example.org,Old,{day}\n",
     {"kind": "orders"}),
    ("olga", "/staff/exchange/take", "text",
     "number,email,title,placed,finished\n{day}x,ada@example.org,Old,2020-01-01,{day}\n", {"kind": "orders"}),
)  # fmt: skip
"""Who sends a form, where, its field of a day, what is typed there, and the rest of it."""


@pytest.fixture(params=ZONES)
def shop(workshop: Workshop, request: pytest.FixtureRequest) -> Workshop:
    """A shop of this zone, with something on each page that knows days."""
    olga, at = workshop.actor("olga"), utcnow()
    profile = replace(workshop.shop.profile(), timezone=request.param, hours={"monday": ("09:00-00:00",)})
    save_profile(workshop.shop, profile, actor=olga, at=at)
    settings = billing_settings(workshop.shop)
    seller = replace(settings.seller, datev_adviser=29_098, datev_client=55_003)
    save_settings(workshop.shop, replace(settings, seller=seller), actor=olga, at=at)
    workshop.machine("printer-1")
    workshop.accept(workshop.place("ada"), "printer-1")
    open_for_shipping(workshop)
    parcel = rated_parcel(workshop, ready_to_ship(workshop))
    labels.order_label(workshop.shop, parcel.id, "paper", "standard", actor=workshop.actor("sam"), at=at)
    workshop.run_due()
    return workshop


def kept(shop: Workshop) -> int:
    """How much was written down of what forms have sent."""
    past = OrderRow.select().where(OrderRow.title == "Old")
    rows = (QuestionRow.select(), MaintenanceRow.select(), CollectionRow.select(), past)
    return len(shop.shop.profile().closed_on) + sum(one.count() for one in rows)


class DayWalk:
    """Who asks for what, and what was no answer."""

    def __init__(self, shop: Workshop) -> None:
        order, self.shop = shop.place("ada"), shop
        self.browsers: dict[str, Browser] = {who: shop.browser(who) for who in ("ada", "sam", "olga")}
        self.names = {"code": order.code, "ada": shop.people["ada"].id}
        self.broken: list[str] = []

    def ask(self, who: str, path: str, only: tuple[int, ...] = (200, 422), after: str = "") -> None:
        path = path.format(**self.names)
        status = self.browsers[who].get(path).status_code
        if status not in only:
            self.broken.append(f"{after}{who} asks for {path}: {status}")

    def send(self, who: str, path: str, form: dict[str, Any], on: str = "/staff/") -> None:
        path, before = path.format(**self.names), kept(self.shop)
        status = self.browsers[who].send(path, form, on=on).status_code
        told = f"{who} sends {form} to {path}: {status}"
        if status not in (303, 409, 422):
            self.broken.append(told)
        if kept(self.shop) != before:
            for reader, page in LOOKED_AT:
                self.ask(reader, page, (200,), f"{told}, then ")


@pytest.mark.parametrize("day", DAYS)
def test_no_address_breaks_on_it(shop: Workshop, day: str) -> None:
    walk = DayWalk(shop)
    for (first, last), places in SPANS.items():
        for since, until in ((day, ""), ("", day), (day, day), (DAYS[0], day), ("2026-01-01", day), (day, DAYS[-1])):
            for who, path in places:
                walk.ask(who, f"{path}?{first}={since}&{last}={until}")
    for who, path in ONE_DAY:
        walk.ask(who, path.replace("{day}", day))
    assert walk.broken == []


@pytest.mark.parametrize("day", DAYS)
def test_no_form_breaks_on_it_and_no_page_after_it(shop: Workshop, day: str) -> None:
    walk = DayWalk(shop)
    feed = walk.browsers["sam"]
    feed.send("/account/calendar", {"do": "make"}, on="/account/calendar")
    for who, path, name, typed, rest in FORMS:
        for clock in CLOCKS if "{clock}" in typed else CLOCKS[:1]:
            said = {"day": day, "clock": clock, "zone": shop.shop.profile().timezone}
            walk.send(who, path, {key: text.format(**said) for key, text in {**rest, name: typed}.items()})
    found = re.search(r"(/calendar/[\w-]+/craftops\.ics)", feed.see("/account/calendar"))
    assert found is not None
    walk.ask("sam", found[1], (200,))
    assert walk.broken == []
    assert kept(shop) >= 4 if day in KEPT else kept(shop) == 0


def test_every_field_of_a_day_is_walked_over() -> None:
    walked = {name for span in SPANS for name in span} | {"day"} | {name for _who, _path, name, *_rest in FORMS}
    found = {name for page in TEMPLATES.rglob("*.html") for name in DATE_FIELD.findall(page.read_text())}
    assert found
    assert found <= walked
