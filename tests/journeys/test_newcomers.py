"""Somebody without an account drops a file, writes an address last, and is a customer by one click; or the shop decides."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st

from craftops.domain.people.companies import check_names
from craftops.domain.people.newcomers import LIFE, FirstOrderState, NewCustomers, after_click, is_over
from craftops.domain.shop.profile import ShopProfile
from craftops.errors import AccessError, IntakeError
from craftops.processes.doctor import examine
from craftops.services.messages.delivery import NoticeDraft
from craftops.services.orders import first_orders, welcoming
from craftops.services.people import accounts
from craftops.store import work
from craftops.store.database import unit_of_work, utcnow
from craftops.store.models import AccountRow, DesignFileRow, FirstOrderRow, OrderRow, SessionRow, UploadRow, WorkRow
from craftops.testing import Browser, Workshop
from craftops.testing.tus import TusClient
from craftops.testing.workshop import cube_stl
from craftops.web.messages.mail import make_renderer

EMAIL = "grace@example.net"
Shops = Callable[..., Workshop]


@pytest.fixture
def open_shop(make_workshop: Shops) -> Workshop:
    return shop_of(make_workshop, "open")


def shop_of(make: Shops, who: str, more: str = "") -> Workshop:
    made = make(f'[people]\nnew_customers = "{who}"\n{more}')
    made.open(ShopProfile(name="Testwerk", timezone="Europe/Berlin"))
    return made


@dataclass
class Newcomer:
    """Somebody with a browser and a mailbox; counts what they do."""

    shop: Workshop
    browser: Browser
    email: str = EMAIL
    steps: int = 0

    def drop(self, name: str = "bracket.stl", content: bytes | None = None) -> tuple[str, str]:
        self.steps += 1
        self.browser.see("/first-order")
        answer = self.browser.drop(name, cube_stl() if content is None else content)
        assert answer.status_code == 200, answer.get_data(as_text=True)
        line = re.search(r'name="line" value="(\w+)"', answer.json["html"])
        assert line
        return line[1], str(answer.json["id"])

    def form(self, key: str, file_id: str, **more: str) -> dict[str, str]:
        self.steps += 5  # material, colour, name, e-mail, the button
        return {
            "line": key, f"file-{key}": file_id, f"material-{key}": "pla", f"colour-{key}": "Black",
            f"finish-{key}": "as_made", f"quantity-{key}": "2", "delivery": "pickup", "name": "Grace Hopper",
            "email": self.email, "action": "submit", **more,
        }  # fmt: skip

    def send(self, **more: str) -> None:
        key, file_id = self.drop()
        answer = self.browser.send("/first-order", self.form(key, file_id, **more), on="/first-order")
        assert answer.status_code == 303
        assert answer.headers["Location"] == "/first-order/sent"
        assert "Look into your mail" in self.browser.see("/first-order/sent")

    def mail(self) -> NoticeDraft:
        self.shop.run_due()
        return next(draft for draft in reversed(self.shop.outbox) if draft.kind == "confirm_order")

    def link(self) -> str:
        draft = self.mail()
        assert draft.account.email == self.email
        found = re.search(r"/first-order/[\w-]{43}", make_renderer(self.shop.app)(draft).text)
        assert found
        return found[0]


def newcomer(shop: Workshop, email: str = EMAIL) -> Newcomer:
    return Newcomer(shop, Browser(shop.app.test_client()), email)


def test_grace_orders_within_two_minutes(open_shop: Workshop) -> None:
    began = utcnow()
    grace = newcomer(open_shop)
    assert "Start without an account" in grace.browser.see("/sign-in")
    with time_machine.travel(began, tick=True):
        key, file_id = grace.drop()
        open_shop.run_due()
        assert "Looks good" in grace.browser.see(f"/files/{file_id}/card")
        assert "bracket.stl" in grace.browser.see("/first-order")  # a reload loses nothing
        assert grace.browser.send("/first-order", grace.form(key, file_id), on="/first-order").status_code == 303
        link = grace.link()
        scanner = Browser(open_shop.app.test_client())
        for _ in range(3):
            assert "Place the order" in scanner.see(link)
        assert OrderRow.select().count() == 0
        assert AccountRow.get_or_none(AccountRow.email == EMAIL) is None
        answer = grace.browser.send(link, on=link)
        grace.steps += 2  # the link, the button
        assert (
            utcnow() - began
        ).total_seconds() + 10 * grace.steps < 120  # ten seconds for each thing that a person does
    order = OrderRow.get()
    assert answer.headers["Location"] == f"/orders/{order.code}"
    assert order.title in grace.browser.see(f"/orders/{order.code}")
    assert (order.customer.email, order.customer.name, order.lines[0].quantity) == (EMAIL, "Grace Hopper", 2)
    assert order.lines[0].file.owner_id == order.customer_id
    assert AccountRow.select().where(AccountRow.role == "visitor").count() == 0
    again = grace.browser.send(link, on=link)
    assert again.status_code == 303
    assert OrderRow.select().count() == 1
    assert "Your order is placed" in scanner.see(link)
    assert SessionRow.select().count() == 1
    open_shop.run_due()
    assert examine(open_shop.shop, at=utcnow()) == []


def test_without_a_script_the_file_goes_with_the_form(open_shop: Workshop) -> None:
    grace = newcomer(open_shop)
    grace.browser.see("/first-order")
    form = {**grace.form("k1", ""), "upload-k1": (io.BytesIO(cube_stl()), "bracket.stl"), "email": "nonsense"}
    page = grace.browser.send("/first-order", form, on="/first-order", content_type="multipart/form-data")
    assert page.status_code == 422
    text = page.get_data(as_text=True)
    assert "bracket.stl" in text
    assert 'value="nonsense"' in text
    assert "Write an e-mail address" in text
    found = re.search(r'name="file-(\w+)" value="(\d+)"', text)
    assert found
    assert grace.browser.send("/first-order", grace.form(*found.groups()), on="/first-order").status_code == 303
    assert FirstOrderRow.get().state == "asked"


def test_a_customers_address_gives_the_same_answer_and_waits_for_them(open_shop: Workshop) -> None:
    mallory = newcomer(open_shop, "ada@example.org")
    mallory.send()
    link = mallory.link()
    answer = mallory.browser.send(link, on=link)
    assert answer.status_code == 404
    assert OrderRow.select().count() == 0
    bob = open_shop.browser("bob")
    assert bob.send(link, on="/").status_code == 404
    ada = open_shop.browser("ada")
    assert "Waits for your word" in ada.see("/")
    assert "Place the order" in ada.see(link)
    ada.send(link, on=link)
    assert OrderRow.get().customer_id == open_shop.people["ada"].id
    assert "Waits for your word" not in ada.see("/")


def test_people_of_the_shop_get_no_mail_and_strangers_learn_nothing(open_shop: Workshop) -> None:
    newcomer(open_shop, "sam@example.org").send()
    open_shop.run_due()
    assert [draft.kind for draft in open_shop.outbox] == []


def test_the_shop_looks_at_new_customers_first(make_workshop: Shops) -> None:
    shop = shop_of(make_workshop, "by_approval")
    grace = newcomer(shop)
    grace.send(title="Feet")
    link = grace.link()
    assert "We look at new customers first" in grace.browser.see(link)
    page = grace.browser.send(link, on=link, follow_redirects=True).get_data(as_text=True)
    assert "We look at it" in page
    assert OrderRow.select().count() == 0
    sam = shop.browser("sam")
    assert "New customers who ask" in sam.see("/staff/")
    row = FirstOrderRow.get()
    seen = sam.see(f"/staff/newcomers/{row.id}")
    assert EMAIL in seen
    assert "bracket.stl" in seen
    with time_machine.travel(utcnow() + timedelta(days=9), tick=False):
        welcoming.tidy(at=utcnow())
        sam = shop.browser("sam")
        answer = sam.send(f"/staff/newcomers/{row.id}/approve", on="/staff/")
    order = OrderRow.get()
    assert answer.headers["Location"] == f"/staff/orders/{order.code}"
    shop.run_due()
    assert [draft.account.email for draft in shop.outbox if draft.kind == "received"] == [EMAIL]
    assert "Your order is placed" in grace.browser.see(link)
    assert sam.get(f"/staff/newcomers/{row.id}").status_code in (303, 403, 404)


def test_the_shop_declines_and_forgets(make_workshop: Shops) -> None:
    shop = shop_of(make_workshop, "by_approval")
    grace = newcomer(shop)
    grace.send()
    link = grace.link()
    grace.browser.send(link, on=link)
    row = FirstOrderRow.get()
    sam = shop.browser("sam")
    sam.send(f"/staff/newcomers/{row.id}/decline", {"why": "We only cut wood."}, on="/staff/")
    shop.run_due()
    draft = next(one for one in shop.outbox if one.kind == "order_declined")
    assert "We only cut wood." in make_renderer(shop.app)(draft).text
    assert (DesignFileRow.select().count(), AccountRow.get_or_none(AccountRow.email == EMAIL)) == (0, None)
    assert "We cannot make it" in grace.browser.see(link)
    with time_machine.travel(utcnow() + timedelta(minutes=11), tick=False):
        shop.run_due()
    assert examine(shop.shop, at=utcnow()) == []


def test_by_invitation_nobody_drops_anything(make_workshop: Shops) -> None:
    shop = shop_of(make_workshop, "invitation")
    visitor = Browser(shop.app.test_client())
    assert visitor.get("/first-order").status_code == 403
    assert "Start without an account" not in visitor.see("/sign-in")
    assert TusClient(visitor.client).announce(84).status_code == 404
    assert AccountRow.select().where(AccountRow.role == "visitor").count() == 0


def test_files_of_a_first_order_are_nobody_elses(open_shop: Workshop) -> None:
    grace, eve = newcomer(open_shop), newcomer(open_shop)
    _key, mine = grace.drop()
    tus = TusClient(grace.browser.client)
    upload = tus.begin(84, "other.stl")
    eve.drop("eve.stl")
    open_shop.run_due()
    nobody = Browser(open_shop.app.test_client())
    bob = open_shop.browser("bob")
    for path in (f"/files/{mine}/card", f"/files/{mine}/picture", f"/files/{mine}/view", f"{upload}/line"):
        assert eve.browser.get(path).status_code == 404, path
        assert bob.get(path).status_code == 404, path
        assert nobody.get(path).status_code in (303, 404), path
    assert TusClient(eve.browser.client).ask("HEAD", upload).status_code == 404
    assert TusClient(eve.browser.client).piece(upload, 0, b"x").status_code == 404
    theft = {**eve.form("k", mine), "email": "eve@example.net"}
    page = eve.browser.send("/first-order", theft, on="/first-order")
    assert page.status_code == 422
    assert "not here any more" in page.get_data(as_text=True)
    for path in ("/", "/account", "/orders/new", f"/files/{mine}/download", "/live?page=files"):
        assert grace.browser.get(path).status_code in (303, 404), path
    forged = grace.browser.client.post("/first-order", data={**grace.form("k", mine)})
    assert forged.status_code == 400


def test_what_was_put_together_comes_along_when_somebody_signs_in(open_shop: Workshop) -> None:
    ada = newcomer(open_shop, "ada@example.org")
    _key, file_id = ada.drop()
    answer = ada.browser.send(
        "/sign-in",
        {"email": "ada@example.org", "password": "correct horse battery", "next": "/orders/new"}, on="/sign-in",
    )  # fmt: skip
    assert answer.headers["Location"] == "/orders/new"
    assert "bracket.stl" in ada.browser.see("/orders/new")
    assert DesignFileRow.get_by_id(int(file_id)).owner_id == open_shop.people["ada"].id
    assert (FirstOrderRow.select().count(), AccountRow.select().where(AccountRow.role == "visitor").count()) == (0, 0)


def test_what_nobody_goes_on_with_is_forgotten_after_a_day(open_shop: Workshop) -> None:
    left, asked = newcomer(open_shop), newcomer(open_shop, "late@example.net")
    left.drop()
    TusClient(left.browser.client).begin(84, "never.stl")
    asked.send()
    link = asked.link()
    with time_machine.travel(utcnow() + LIFE + timedelta(minutes=10), tick=False):
        assert asked.browser.get(link).status_code == 410
        assert asked.browser.send(link, on="/sign-in").status_code == 404
        assert welcoming.tidy(at=utcnow()) == 2
        assert [table.select().count() for table in (FirstOrderRow, DesignFileRow, UploadRow)] == [0, 0, 0]
        assert AccountRow.select().where(AccountRow.role == "visitor").count() == 0
    with time_machine.travel(utcnow() + LIFE + timedelta(minutes=30), tick=False):
        open_shop.run_due()
    assert examine(open_shop.shop, at=utcnow()) == []


def test_strangers_share_a_small_room(make_workshop: Shops) -> None:
    shop = shop_of(make_workshop, "open", "[files]\nstrangers_mb = 1\n")
    grace = newcomer(shop)
    grace.browser.see("/first-order")
    half = TusClient(grace.browser.client)
    assert half.announce(400_000).status_code == 201
    assert half.announce(200_000).status_code == 422
    hugo = newcomer(shop)
    hugo.browser.see("/first-order")
    assert TusClient(hugo.browser.client).announce(450_000).status_code == 201
    ivy = newcomer(shop)
    ivy.browser.see("/first-order")
    full = TusClient(ivy.browser.client).announce(200_000)
    assert full.status_code == 422
    assert "no room" in full.get_data(as_text=True)
    assert shop.sender("ada").announce(5_000_000).status_code == 201


def test_files_of_strangers_delay_no_customers(open_shop: Workshop) -> None:
    for n in range(3):
        newcomer(open_shop).drop(f"part-{n}.stl")
    open_shop.upload("ada")
    now = utcnow()
    first = [one.payload["file"] for one in work.claim(now) if one.kind == "analyse"]
    owners = [DesignFileRow.get_by_id(one).owner.role for one in first]
    assert owners == ["customer", "visitor"]  # hers before theirs, and of theirs one
    open_shop.upload("bob", "second.stl")
    later = [DesignFileRow.get_by_id(one.payload["file"]).owner.role for one in work.claim(now + timedelta(seconds=1))]
    assert later == ["customer"]
    with unit_of_work():
        WorkRow.update(lease_until=None).execute()
    open_shop.run_due()
    assert {row.verdict for row in DesignFileRow.select()} == {"accepted"}


def test_so_many_tries_are_no_newcomers(open_shop: Workshop) -> None:
    for n in range(first_orders.MOST_VISITORS):
        first_orders.visitor_of(open_shop.shop, f"secret-{n}", make=True, address="127.0.0.1", at=utcnow())
    late = newcomer(open_shop)
    late.browser.see("/first-order")
    assert TusClient(late.browser.client).announce(84).status_code == 429


def test_one_mailbox_is_not_flooded_and_the_answer_stays_the_same(open_shop: Workshop) -> None:
    for _ in range(5):
        newcomer(open_shop, "ada@example.org").send()
    open_shop.run_due()
    assert len([draft for draft in open_shop.outbox if draft.kind == "confirm_order"]) == first_orders.MOST_MAILS


@pytest.mark.parametrize(
    "name", ["Win at https://evil.example", "www.evil.example", "evil.example/prize", "a@b.example"]
)
def test_our_mails_advertise_nothing(open_shop: Workshop, name: str) -> None:
    eve = newcomer(open_shop, "victim@example.net")
    key, file_id = eve.drop()
    answer = eve.browser.send("/first-order", eve.form(key, file_id, name=name), on="/first-order")
    assert answer.status_code == 422
    assert "without an address" in answer.get_data(as_text=True)
    with pytest.raises(IntakeError):
        check_names(name, "")
    assert [check_names(one, "")[0] for one in ("Smith & Co. KG", "A.B.C. GmbH/Nord")] == [
        "Smith & Co. KG",
        "A.B.C. GmbH/Nord",
    ]


def test_nobody_signs_in_as_a_visitor(open_shop: Workshop) -> None:
    newcomer(open_shop).drop()
    visitor = AccountRow.get(AccountRow.role == "visitor")
    accounts.ask_link(visitor.email, next_path="", at=utcnow())
    open_shop.run_due()
    assert open_shop.outbox == []
    token = accounts.start_session(visitor, agent="", at=utcnow())
    assert accounts.account_of_session(token, at=utcnow()) is None
    with pytest.raises(AccessError):
        first_orders.find("x" * 43, at=utcnow())
    assert "invalid" not in open_shop.browser("sam").see("/staff/customers")


@given(st.sampled_from(NewCustomers), st.booleans(), st.sampled_from(FirstOrderState), st.integers(0, 100))
def test_nobody_becomes_a_customer_against_the_shops_word(
    policy: NewCustomers, known: bool, state: FirstOrderState, hours: int
) -> None:
    after = after_click(policy, known=known)
    assert (after is FirstOrderState.PLACED) == (known or policy is NewCustomers.OPEN)
    now = utcnow()
    over = is_over(state, now - timedelta(hours=hours), now)
    assert not over or state is not FirstOrderState.WAITING
    assert over or hours < 24 or state in (FirstOrderState.WAITING, FirstOrderState.PLACED, FirstOrderState.DECLINED)
