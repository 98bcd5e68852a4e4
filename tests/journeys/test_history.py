"""Years later: every order is found again by what somebody remembers of it, and by nobody else."""

from __future__ import annotations

import csv
import io
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from samples.queries import asked

from craftops.domain.orders.history import HistoryPlace, HistoryQuestion, searchable, words_of
from craftops.domain.orders.order import Delivery
from craftops.domain.people.access import Role
from craftops.services.files import revising
from craftops.services.orders import ordering
from craftops.services.orders.ordering import LineDraft
from craftops.services.people import accounts, companies
from craftops.store.database import utcnow
from craftops.store.models import (
    AccountRow,
    CompanyMemberRow,
    DesignFileRow,
    InvoiceRow,
    OrderLineRow,
    OrderRow,
    OrderWordsRow,
)
from craftops.store.queries import history
from craftops.testing import Browser, Workshop
from craftops.testing.workshop import PASSWORD, cube_stl
from craftops.web.orders import present_history


def ended(
    workshop: Workshop, title: str, *, who: str = "ada", at: datetime | None = None, file: str = "bracket.stl",
    stage: str = "completed", company: int | None = None, **line: Any,
) -> OrderRow:  # fmt: skip
    """An order of long ago."""
    file_id = workshop.upload(who, file, cube_stl(20.0))
    workshop.run_due()
    draft = LineDraft(file_id, **{"quantity": 1, "material": "pla", "colour": "Black", "finish": "as_made", **line})
    order = ordering.place_order(
        workshop.shop, actor=workshop.actor(who), customer=workshop.people[who], lines=[draft],
        delivery=Delivery.PICKUP, at=at or utcnow(), title=title, company=company,
    )  # fmt: skip
    OrderRow.update(stage=stage, stage_since=at or utcnow()).where(OrderRow.id == order.id).execute()
    return OrderRow.get_by_id(order.id)


def billed(order: OrderRow, gross: int, kind: str = "invoice", currency: str = "EUR") -> None:
    number = f"R-{InvoiceRow.select().count() + 1}"
    InvoiceRow.create(
        order=order, customer=order.customer, kind=kind, number=number, document={}, currency=currency, net=gross,
        tax=0, gross=gross, reference="RF00", nonce="n", issued_at=utcnow(), issued_by="Sam", once=number,
    )  # fmt: skip
    OrderRow.update(money=OrderRow.money + 1).where(OrderRow.id == order.id).execute()


def titles(browser: Browser, query: str = "", path: str = "/history") -> list[str]:
    """What a search shows, in its order."""
    page = browser.see(f"{path}?{query}")
    return re.findall(r'<h2><a href="/orders/\w+">([^<]+)', page) or re.findall(r"data-card>([^<]+)", page)


def cells(browser: Browser, query: str = "", path: str = "/history.csv") -> list[dict[str, str]]:
    answer = browser.get(f"{path}?{query}")
    assert answer.mimetype == "text/csv"
    return list(csv.DictReader(io.StringIO(answer.get_data(as_text=True))))


def test_by_any_word_that_she_remembers(workshop: Workshop) -> None:
    feet = ended(workshop, "Feet for the cabinet", file="machine-foot_v2.stl", instructions="Gummi unten, für Fliesen")
    ended(workshop, "Lamp shade")
    ada, sam = workshop.browser("ada"), workshop.browser("sam")
    for words in (
        "cabinet", "CABINET feet", "cab", feet.code.lower(), "machine", "foot v2", "machine-foot_v2.stl", "fur", "für",
        "fliesen gummi", "unten,", "'cabinet'", '"cabinet"',
    ):  # fmt: skip
        assert titles(ada, f"q={words}") == ["Feet for the cabinet"], words
        assert titles(sam, f"q={words}", "/staff/history") == ["Feet for the cabinet"], words
    for words in ("cabinet lamp", "abinet", "zebra", "!!!", "*", "' OR 1=1 --", "cabinet NOT feet"):
        assert titles(ada, f"q={words}") == [], words
        assert titles(sam, f"q={words}", "/staff/history") == [], words
    assert "No order fits." in ada.see("/history?q=zebra")
    assert titles(ada) == ["Lamp shade", "Feet for the cabinet"]


def test_a_new_version_brings_its_name(workshop: Workshop) -> None:
    order = ended(workshop, "Gear", stage="received")
    newer = DesignFileRow.get_by_id(workshop.upload("ada", "cogwheel.stl", cube_stl(31.0)))
    workshop.run_due()
    revising.propose(workshop.shop, order.code, order.lines[0].id, newer, actor=workshop.actor("ada"), at=utcnow())
    OrderRow.update(stage="completed").execute()
    assert titles(workshop.browser("ada"), "q=cogwheel") == ["Gear"]


def test_by_material_also_one_that_is_gone(workshop: Workshop) -> None:
    ended(workshop, "Clips", material="petg")
    gone = ended(workshop, "Rack feet")
    OrderLineRow.update(material="asa").where(OrderLineRow.order == gone.id).execute()
    for who, path in (("ada", "/history"), ("sam", "/staff/history")):
        browser = workshop.browser(who)
        page = browser.see(path)
        assert "asa (no more)" in page
        assert "(no more)" not in page.replace("asa (no more)", "")
        assert titles(browser, "material=petg", path) == ["Clips"]
        assert titles(browser, "material=asa", path) == ["Rack feet"]
        assert titles(browser, "material=nothing", path) == []


def test_by_the_day_that_it_ended_in_the_shops_zone(workshop: Workshop) -> None:
    zone = workshop.shop.profile().zone
    for day, hour in ((1, 0), (1, 23), (2, 0)):
        at = datetime(2024, 7, day, hour, 30, tzinfo=zone).astimezone(UTC)
        ended(workshop, f"{day}. at {hour}", at=at)
    ada = workshop.browser("ada")
    assert titles(ada, "from=2024-07-01&to=2024-07-01") == ["1. at 23", "1. at 0"]
    assert titles(ada, "from=2024-07-02") == ["2. at 0"]
    assert titles(ada, "to=2024-06-30") == []
    assert "1 Jul 2024" in ada.see("/history")
    assert titles(ada, "from=0001-01-01&to=9999-12-31") == ["2. at 0", "1. at 23", "1. at 0"]


def test_by_what_it_came_to(workshop: Workshop) -> None:
    cheap, dear, credited = (ended(workshop, title) for title in ("Cheap", "Dear", "Credited"))
    ended(workshop, "Free")
    billed(cheap, 1_000)
    billed(dear, 40_000, "deposit")
    billed(dear, 60_000)
    billed(credited, 5_000)
    billed(credited, 2_000, "credit")
    ada = workshop.browser("ada")
    assert titles(ada, "least=30") == ["Credited", "Dear"]
    assert titles(ada, "least=10&most=30") == ["Credited", "Cheap"]
    assert titles(ada, "most=10,00") == ["Cheap"]
    assert "€1,000.00" in ada.see("/history")
    assert "€30.00" in ada.see("/history")


@pytest.mark.parametrize("faulty", ["from=2026-02-30", "to=soon", "least=abc", "most=-4", "least=1e9", "from=²"])
def test_what_cannot_be_understood_is_told_and_kept(workshop: Workshop, faulty: str) -> None:
    ended(workshop, "Clips")
    for who, path in (("ada", "/history"), ("sam", "/staff/history")):
        answer = workshop.browser(who).get(f"{path}?q=clips&{faulty}")
        assert answer.status_code == 422
        page = answer.get_data(as_text=True)
        assert "Part of the search cannot be understood." in page
        assert 'value="clips"' in page
        assert f'id="{faulty.split("=")[0]}-error"' in page
        assert workshop.browser(who).get(f"{path}.csv?{faulty}").get_data(as_text=True).count("\n") == 1


def test_which_orders(workshop: Workshop) -> None:
    for title, stage in (("Made", "completed"), ("Called off", "cancelled"), ("On its way", "in_production")):
        ended(workshop, title, stage=stage)
    ada = workshop.browser("ada")
    assert titles(ada) == ["Called off", "Made"]
    assert titles(ada, "stage=completed") == ["Made"]
    assert titles(ada, "stage=cancelled") == ["Called off"]
    assert titles(ada, "stage=open") == ["On its way"]
    assert titles(ada, "stage=nonsense") == ["Called off", "Made"]


def test_before_anything_is_finished(workshop: Workshop) -> None:
    assert "Nothing is finished yet." in workshop.browser("ada").see("/history")
    assert "No order has ended yet." in workshop.browser("sam").see("/staff/history")


def test_page_by_page_nothing_is_missed_or_shown_twice(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(present_history, "PER_PAGE", 3)
    same = utcnow() - timedelta(days=3)  # many that ended at one moment, as after an import
    wanted = [ended(workshop, f"Part {n}", at=same if n % 4 else None).title for n in range(11)]
    for who, path in (("ada", "/history"), ("sam", "/staff/history")):
        browser, address, seen = workshop.browser(who), f"{path}?q=part", []
        for _ in range(9):
            page = browser.see(address)
            seen += [one for one in titles(browser, address.partition("?")[2], path) if one in wanted]
            older = re.search(r'href="([^"]+)">Older', page)
            if older is None:
                break
            address = older[1].replace("&amp;", "&")
            ended(workshop, "Part of now")  # what ends meanwhile moves nothing
        assert sorted(seen) == sorted(wanted)
        assert "Newest" in page


@pytest.mark.parametrize("place", ["x", "1-", "-1", "1-2-3", "9" * 40 + "-1", "1e5-1", "²-1"])
def test_a_page_that_nobody_wrote_is_the_first(workshop: Workshop, place: str) -> None:
    ended(workshop, "Clips")
    assert titles(workshop.browser("ada"), f"after={place}") == ["Clips"]


def test_the_spreadsheet_is_what_the_filter_shows(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(present_history, "PER_PAGE", 2)
    for n in range(5):
        billed(ended(workshop, f"=cmd|'/c calc'!A{n}", quantity=n + 1), 100 * n + 99)
    ended(workshop, "Vase", material="petg")
    ada = workshop.browser("ada")
    found = cells(ada, "material=pla")
    assert [row["title"] for row in found] == [f"'=cmd|'/c calc'!A{n}" for n in (4, 3, 2, 1, 0)]
    assert found[0] | {"code": "", "placed_at": "", "ended_at": ""} == {
        "code": "", "title": "'=cmd|'/c calc'!A4", "stage": "completed", "placed_at": "", "ended_at": "",
        "delivery": "pickup", "parts": "5 × bracket", "materials": "pla", "files": "bracket.stl", "total": "4.99",
        "currency": "EUR",
    }  # fmt: skip
    assert [row["title"] for row in cells(ada, "q=vase")] == ["Vase"]
    assert {row["email"] for row in cells(workshop.browser("sam"), path="/staff/history.csv")} == {"ada@example.org"}
    orders = list(history.all_pages(workshop.actor("ada"), HistoryQuestion(), at_once=2))
    assert len({one.code for one in orders}) == len(orders) == 6


def test_staff_look_for_a_customer(workshop: Workshop) -> None:
    ended(workshop, "Hers")
    ended(workshop, "His", who="bob")
    sam = workshop.browser("sam")
    assert titles(sam, path="/staff/history") == ["His", "Hers"]
    assert titles(sam, "customer=BOB", "/staff/history") == ["His"]
    assert titles(sam, "customer=ada@example", "/staff/history") == ["Hers"]
    for none in ("%", "_", "b%b", "!"):
        assert titles(sam, f"customer={none.replace('%', '%25')}", "/staff/history") == []
    assert titles(workshop.browser("ada"), "customer=bob") == ["Hers"]  # nothing of it reaches a customer's search


def test_nobody_else_finds_it(workshop: Workshop) -> None:
    ended(workshop, "Secret prototype", file="secret.stl", material="petg")
    bob = workshop.browser("bob")
    for query in ("", "q=secret", "q=prototype", "material=petg", "stage=completed", "least=0"):
        assert titles(bob, query) == []
        assert cells(bob, query) == []
    assert workshop.browser("sam").get("/history").status_code == 403
    assert workshop.browser("bob").get("/staff/history").status_code == 404
    assert workshop.browser().get("/history").status_code == 303


def test_a_company_finds_its_own_and_money_by_role(workshop: Workshop) -> None:
    acme = companies.found(workshop.people["ada"], "Acme Drives", "", at=utcnow())
    for role in ("buyer", "viewer", "finance"):
        workshop.people[role] = accounts.create_account(
            email=f"{role}@example.org", name=role.title(), role=Role.CUSTOMER, password=PASSWORD, at=utcnow()
        )
        CompanyMemberRow.create(company=acme, account=workshop.people[role], role=role, joined_at=utcnow())
    private = ended(workshop, "Private")
    ours = ended(workshop, "Ours", who="buyer", company=acme.id)
    for order in (private, ours):
        billed(order, 7_700)
    assert titles(workshop.browser("ada")) == ["Ours", "Private"]
    for who, money, again in (("finance", True, False), ("viewer", False, False), ("buyer", True, True)):
        browser = workshop.browser(who)
        assert titles(browser) == ["Ours"]
        page = browser.see("/history")
        assert ("€77.00" in page) is money
        assert ("Order again" in page) is again
        assert [row["total"] for row in cells(browser)] == (["77.00"] if money else [""])
        assert titles(browser, "least=1") == (["Ours"] if money else [])
    CompanyMemberRow.update(state="left").where(CompanyMemberRow.account == workshop.people["viewer"].id).execute()
    assert titles(workshop.browser("viewer")) == []


def test_its_cost_does_not_grow_with_its_rows(workshop: Workshop) -> None:
    ended(workshop, "One")
    ada, sam = workshop.browser("ada"), workshop.browser("sam")
    few = [len(asked(ada, "/history")), len(asked(sam, "/staff/history"))]
    for n in range(6):
        ended(workshop, f"More {n}")
    assert [len(asked(ada, "/history")), len(asked(sam, "/staff/history"))] == few
    assert max(few) <= 6


def test_words_go_with_their_order(workshop: Workshop) -> None:
    order = ended(workshop, "Clips")
    assert OrderWordsRow.select().count() == 1
    OrderLineRow.delete().execute()
    OrderRow.delete().where(OrderRow.id == order.id).execute()
    assert OrderWordsRow.select().count() == 0
    assert titles(workshop.browser("sam"), "q=clips", "/staff/history") == []


@given(st.text(max_size=40), st.text(max_size=40))
def test_every_word_of_a_text_finds_it(text: str, other: str) -> None:
    body = searchable([text, other]).split()
    assert set(words_of(text)) | set(words_of(other)) == set(body)
    assert words_of(" ".join(body)) == body
    assert all(word.isalnum() for word in body)


@given(st.datetimes(datetime(1971, 1, 1), datetime(2200, 1, 1)), st.integers(0, 10**14))
def test_a_place_is_read_as_it_was_written(at: datetime, order_id: int) -> None:
    place = HistoryPlace(at.replace(tzinfo=UTC), order_id)
    assert HistoryPlace.read(str(place)) == place


def test_a_row_is_written_anew_when_something_of_it_changes_and_for_each_reader(workshop: Workshop) -> None:
    ada, sam = workshop.browser("ada"), workshop.browser("sam")
    order = workshop.place("ada")
    OrderRow.update(stage="completed", title="First <name>").where(OrderRow.id == order.id).execute()
    assert "First &lt;name&gt;" in ada.see("/history")
    assert "Order again" in ada.see("/history")
    OrderRow.update(title="Second name").where(OrderRow.id == order.id).execute()
    assert "Second name" in ada.see("/history")
    assert "First" not in ada.see("/history")
    assert "Second name" in sam.see("/staff/history")
    assert "Order again" not in sam.see("/staff/history")
    AccountRow.update(language="de").where(AccountRow.id == workshop.people["ada"].id).execute()
    assert "Erneut bestellen" in ada.see("/history")
    OrderRow.update(stage="cancelled").where(OrderRow.id == order.id).execute()
    assert "</svg>Storniert" in ada.see("/history")
