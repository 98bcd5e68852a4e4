"""Ada's order is ready: a code, somebody who is sent, the counter, and nobody else."""

from __future__ import annotations

import base64
import io
import json
import re
import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
import zxingcpp
from PIL import Image, ImageDraw
from samples.counter import ready_for_pickup
from samples.queries import asked

from craftops.domain.events import EventKind
from craftops.domain.orders.workflow import Stage
from craftops.domain.shipping.settings import ShippingSettings
from craftops.domain.shop.profile import ShopProfile
from craftops.errors import AccessError, IllegalMove, RuleError
from craftops.services.messages.delivery import NoticeDraft
from craftops.services.orders import ordering, sharing
from craftops.services.people import accounts, companies
from craftops.services.shipping import handing_out, pickup
from craftops.services.shipping.handing_out import HandOver
from craftops.services.shipping.settings import save_shipping
from craftops.services.shop import customer_data
from craftops.store.database import connected, utcnow
from craftops.store.models import (
    CompanyMemberRow,
    EventRow,
    InvoiceRow,
    NoticeRow,
    OrderRow,
    PickupPassRow,
    PickupRow,
    StageChangeRow,
    WorkRow,
)
from craftops.store.queries.files import is_blob_wanted
from craftops.store.viewing import order_view, person_view
from craftops.tasks import shipping as tasks
from craftops.testing import Workshop
from craftops.web.messages.mail import make_renderer

CODE = re.compile(r'class="big-code">([A-Z0-9]{3}) ([A-Z0-9]{3})<')
LINK = re.compile(r'value="https?://[^/"]+(/pickup/for/[^"]+)"')


def code_on(page: str) -> str:
    found = CODE.search(page)
    assert found is not None
    return found[1] + found[2]


def signed(ink: bool = True) -> str:
    sheet = Image.new("RGB", (800, 260), "white")
    if ink:
        ImageDraw.Draw(sheet).line([(50, 200), (300, 40), (700, 210)], "black", 5)
    out = io.BytesIO()
    sheet.save(out, "PNG", comment="who")
    return "data:image/png;base64," + base64.b64encode(out.getvalue()).decode()


def own_code(order: OrderRow) -> str:
    ticket = pickup.ticket_of(OrderRow.get_by_id(order.id), at=utcnow())
    assert ticket is not None
    return ticket.own.code


def events(order: OrderRow, what: str) -> int:
    rows = EventRow.select().where(EventRow.kind == EventKind.PICKUP_CHANGED.value, EventRow.order_id == order.id)
    return sum(row.data["what"] == what for row in rows)


class TestTicket:
    def test_ready_mail_has_the_code_a_proxy_fetches_it_and_it_is_handed_over(self, workshop: Workshop) -> None:
        order, ada, sam = ready_for_pickup(workshop), workshop.browser("ada"), workshop.browser("sam")
        workshop.run_due()
        page = ada.see(f"/orders/{order.code}")
        code = code_on(page)
        assert code != order.code
        assert "openstreetmap.org/search?query=" in page
        assert (
            ada.send(
                f"/orders/{order.code}/pickup/people", {"name": "Grace Hopper"}, on=f"/orders/{order.code}"
            ).status_code
            == 303
        )
        page = ada.see(f"/orders/{order.code}")
        link = LINK.search(page)
        assert link is not None
        stranger = workshop.browser()
        seen = stranger.see(link[1])
        proxys = code_on(seen)
        assert proxys not in (code, order.code)
        assert order.code not in seen
        assert "Ada" not in seen
        opened = sam.send("/staff/pickups", {"code": f"http://localhost/pickup/{proxys}"}, on="/staff/pickups")
        assert opened.status_code == 303
        counter = sam.see(opened.headers["Location"])
        assert "Grace Hopper, sent by the customer" in counter
        at = f"/staff/pickups/{PickupRow.get().id}"
        done = sam.send(at, {"given_to": "Grace Hopper", "shown": proxys}, on=at)
        assert done.status_code == 303
        assert workshop.stage(order) == Stage.COMPLETED.value
        row = PickupRow.get()
        assert (row.given_to, row.proof, row.handed_by) == ("Grace Hopper", "proxy", "Sam")
        assert "Handed to Grace Hopper" in ada.see(f"/orders/{order.code}")
        assert "Handed to <b>Grace Hopper</b>" in sam.see(f"/staff/orders/{order.code}")
        assert stranger.get(link[1]).status_code == 404

    def test_the_mail_brings_code_and_picture(self, workshop: Workshop) -> None:
        order = ready_for_pickup(workshop)
        render = make_renderer(workshop.app)
        mail = render(
            NoticeDraft("ready", person_view(workshop.people["ada"]), order_view(OrderRow.get_by_id(order.id)), "k")
        )
        code = own_code(order)
        spaced = f"{code[:3]} {code[3:]}"
        assert spaced in mail.text
        assert spaced in (mail.html or "")
        [picture] = [one for one in mail.pictures if one.cid == "pickup-code"]
        [read] = zxingcpp.read_barcodes(Image.open(io.BytesIO(picture.png)))
        assert read.text.endswith(f"/pickup/{code}")

    def test_a_code_shows_nothing_to_anybody_but_staff(self, workshop: Workshop) -> None:
        order = ready_for_pickup(workshop)
        code = own_code(order)
        for who in ("", "ada", "bob"):
            real, made_up = (workshop.browser(who).see(f"/pickup/{one}") for one in (code, "ABCDEF"))
            cut = re.compile(
                r'<meta name="csrf-token"[^>]+>|name="csrf_token" value="[^"]+"|nonce="[^"]+"|content="[^"]*"'
            )
            assert cut.sub("", real).replace(code, "ABCDEF") == cut.sub("", made_up)
            assert order.title not in real
        answer = workshop.browser("sam").get(f"/pickup/{code}")
        assert answer.headers["Location"].endswith(f"/staff/pickups?code={code}")

    def test_a_link_without_an_account_shows_it_to_its_customer_alone(self, workshop: Workshop) -> None:
        order, at = ready_for_pickup(workshop), utcnow()
        code = own_code(order)
        mails = sharing.token_for_mail(workshop.shop, order, workshop.people["ada"], at=at)
        assert code_on(workshop.browser().see(f"/t/{mails}")) == code
        passed_on = sharing.share(workshop.shop, order.code, "Bob", "", actor=workshop.actor("ada"), at=at)
        page = workshop.browser().see(f"/t/{sharing.token_of(workshop.shop, passed_on)}")
        assert order.title in page
        assert code not in page.replace(" ", "")

    def test_a_colleague_who_only_looks_sees_the_place_and_no_code(self, workshop: Workshop) -> None:
        company = companies.found(workshop.people["ada"], "Acme Drives", "DE136695976", at=utcnow())
        CompanyMemberRow.create(company=company, account=workshop.people["bob"], role="viewer", joined_at=utcnow())
        order = ready_for_pickup(workshop)
        OrderRow.update(company=company.id).where(OrderRow.id == order.id).execute()
        code = own_code(order)
        bob = workshop.browser("bob")
        page = bob.see(f"/orders/{order.code}")
        assert "Pick it up here" in page
        assert code not in page.replace(" ", "")
        refused = bob.send(f"/orders/{order.code}/pickup/people", {"name": "Bob"}, on=f"/orders/{order.code}")
        assert PickupPassRow.select().where(PickupPassRow.name != "").count() == 0, refused.status_code

    def test_it_is_the_customers_alone(self, workshop: Workshop) -> None:
        order = ready_for_pickup(workshop)
        bob = workshop.browser("bob")
        assert bob.get(f"/orders/{order.code}").status_code == 404
        assert bob.send(f"/orders/{order.code}/pickup/people", {"name": "Bob"}).status_code == 404
        with pytest.raises(AccessError):
            pickup.send_proxy(workshop.shop, order.code, "Bob", actor=workshop.actor("bob"), at=utcnow())
        nobody = workshop.browser()
        assert nobody.get("/staff/pickups").status_code in (303, 404)
        assert PickupPassRow.select().where(PickupPassRow.name != "").count() == 0

    def test_what_is_taken_back_opens_nothing(self, workshop: Workshop) -> None:
        order, ada = ready_for_pickup(workshop), workshop.browser("ada")
        here = f"/orders/{order.code}"
        ada.send(f"{here}/pickup/people", {"name": "Mallory"}, on=here)
        sent = PickupPassRow.get(PickupPassRow.name == "Mallory")
        link = LINK.search(ada.see(here))
        assert link is not None
        assert ada.send(f"{here}/pickup/people/{sent.id}/revoke", on=here).status_code == 303
        assert workshop.browser().get(link[1]).status_code == 404
        refused = workshop.browser("sam").send("/staff/pickups", {"code": sent.code}, on="/staff/pickups")
        assert refused.status_code == 422
        assert "has taken the code of Mallory back" in refused.get_data(as_text=True)
        with pytest.raises(RuleError):
            handing_out.hand_over(
                workshop.shop,
                sent.pickup_id,
                HandOver("Mallory", code=sent.code),
                actor=workshop.actor("sam"),
                at=utcnow(),
            )
        assert workshop.stage(order) == Stage.READY_FOR_PICKUP.value

    def test_before_it_is_ready_and_for_more_than_five_nobody_is_sent(self, workshop: Workshop) -> None:
        early = workshop.place("ada")
        ada = workshop.actor("ada")
        with pytest.raises(RuleError):
            pickup.send_proxy(workshop.shop, early.code, "Grace", actor=ada, at=utcnow())
        order = ready_for_pickup(workshop)
        for number in range(5):
            pickup.send_proxy(workshop.shop, order.code, f"Person {number}", actor=ada, at=utcnow())
        with pytest.raises(RuleError):
            pickup.send_proxy(workshop.shop, order.code, "One more", actor=ada, at=utcnow())


class TestCounter:
    def test_without_a_name_or_signature_nothing_leaves_and_nothing_is_lost(self, workshop: Workshop) -> None:
        order, sam = ready_for_pickup(workshop), workshop.browser("sam")
        pickup.lay_ready(utcnow())
        at = f"/staff/pickups/{PickupRow.get().id}"
        for sheet in ("", signed(ink=False)):
            answer = sam.send(at, {"given_to": " ", "signature": sheet}, on=at)
            assert answer.status_code == 422
            assert "Write who takes it, or let them sign." in answer.get_data(as_text=True)
        broken = sam.send(at, {"given_to": "Ada", "signature": "data:image/png;base64,AAAA"}, on=at)
        assert broken.status_code == 422
        assert 'value="Ada"' in broken.get_data(as_text=True)
        assert workshop.stage(order) == Stage.READY_FOR_PICKUP.value

    def test_a_signature_is_drawn_again_and_for_staff_alone(self, workshop: Workshop) -> None:
        ready_for_pickup(workshop)
        pickup.lay_ready(utcnow())
        row = PickupRow.get()
        at, sam = f"/staff/pickups/{row.id}", workshop.browser("sam")
        assert sam.send(at, {"signature": signed()}, on=at).status_code == 303
        assert PickupRow.get().given_to == "Ada", "whoever ordered it, where nobody else is named"
        picture = sam.get(f"{at}/signature.jpg")
        assert picture.mimetype == "image/jpeg"
        assert picture.data.startswith(b"\xff\xd8")
        assert b"who" not in picture.data
        assert workshop.browser("ada").get(f"{at}/signature.jpg").status_code == 404

    def test_scanned_twice_it_is_handed_over_once(self, workshop: Workshop) -> None:
        order, sam = ready_for_pickup(workshop), workshop.browser("sam")
        code = own_code(order)
        at = f"/staff/pickups/{PickupRow.get().id}"
        sam.send(at, {"given_to": "Ada", "shown": code}, on=at)
        again = sam.send(at, {"given_to": "Eve", "shown": code}, on="/staff/pickups")
        assert again.headers["Location"].endswith(at)
        assert "Handed to <b>Ada</b>" in sam.see(f"/pickup/{code}")
        assert PickupRow.get().given_to == "Ada"
        assert events(order, "handed") == 1
        completed = StageChangeRow.select().where(
            StageChangeRow.order == order.id, StageChangeRow.after == Stage.COMPLETED.value
        )
        assert completed.count() == 1

    def test_two_people_at_once_hand_it_over_once(self, make_workshop: Callable[..., Workshop]) -> None:
        workshop = make_workshop()
        workshop.open(ShopProfile())
        order = ready_for_pickup(workshop)
        pickup.lay_ready(utcnow())
        row = PickupRow.get()
        actors = (workshop.actor("sam"), workshop.actor("olga"))
        start, said = threading.Barrier(2), []

        def give(index: int) -> None:
            with connected():
                start.wait(10)
                said.append(
                    handing_out.hand_over(
                        workshop.shop, row.id, HandOver(f"Person {index}"), actor=actors[index], at=utcnow()
                    )
                )

        threads = [threading.Thread(target=give, args=(index,)) for index in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(said) == [False, True]
        assert events(order, "handed") == 1

    def test_what_is_unpaid_is_said_and_keeps_it_where_the_shop_wants_that(self, workshop: Workshop) -> None:
        order, sam = ready_for_pickup(workshop), workshop.browser("sam")
        pickup.lay_ready(utcnow())
        at = f"/staff/pickups/{PickupRow.get().id}"
        InvoiceRow.create(
            order=order.id, customer=order.customer_id, kind="invoice", number="R-1", currency="EUR", net=1250, tax=0,
            gross=1250, settled=250, document={}, reference="R1", nonce="n", once="o", issued_at=utcnow(),
            due_at=utcnow(), issued_by="Sam",
        )  # fmt: skip
        assert "€10.00" in sam.see(at)
        olga = workshop.actor("olga")
        save_shipping(workshop.shop, ShippingSettings(pickup_unpaid="hold"), actor=olga, at=utcnow())
        assert "Take the payment first" in sam.see(at)
        assert sam.send(at, {"given_to": "Ada"}, on="/staff/pickups").status_code == 409
        save_shipping(workshop.shop, ShippingSettings(pickup_unpaid="warn"), actor=olga, at=utcnow())
        assert sam.send(at, {"given_to": "Ada"}, on=at).status_code == 303

    def test_the_place_is_kept_and_listed_and_the_orders_number_opens_it_too(self, workshop: Workshop) -> None:
        order, sam = ready_for_pickup(workshop), workshop.browser("sam")
        opened = sam.send("/staff/pickups", {"code": order.code.lower()}, on="/staff/pickups")
        counter = sam.see(opened.headers["Location"])
        assert "No code was shown" in counter
        at = opened.headers["Location"]
        sam.send(f"{at}/bin", {"bin": "Shelf 3"}, on=at)
        assert "Shelf 3" in sam.see("/staff/pickups")
        assert sam.send(f"{at}/bin", {"bin": "x" * 70}, on=at).status_code == 422

    def test_codes_cannot_be_guessed_at_the_counter(self, workshop: Workshop) -> None:
        code = own_code(ready_for_pickup(workshop))
        sam = workshop.browser("sam")
        answers = [
            sam.send("/staff/pickups", {"code": f"ABC{n:03}".replace("0", "X")}, on="/staff/").status_code
            for n in range(32)
        ]
        assert set(answers[:30]) == {422}
        assert answers[30:] == [303, 303]
        assert "too often" in sam.see("/staff/pickups")
        right = sam.send("/staff/pickups", {"code": code}, on="/staff/")
        assert "/staff/pickups/" not in right.headers["Location"], "not even a right one is looked at now"

    def test_the_list_asks_the_same_for_one_and_for_six(self, workshop: Workshop) -> None:
        sam = workshop.browser("sam")
        ready_for_pickup(workshop)
        one = asked(sam, "/staff/pickups")
        for _ in range(5):
            ready_for_pickup(workshop)
        assert len(asked(sam, "/staff/pickups")) == len(one)

    def test_what_was_handed_over_is_not_undone(self, workshop: Workshop) -> None:
        order = ready_for_pickup(workshop)
        pickup.lay_ready(utcnow())
        sam = workshop.actor("sam")
        handing_out.hand_over(workshop.shop, PickupRow.get().id, HandOver("Ada"), actor=sam, at=utcnow())
        with pytest.raises(IllegalMove):
            ordering.undo_move(workshop.shop, order.code, actor=sam, at=utcnow())


class TestReminders:
    def test_each_comes_once_and_none_after_it_has_left(self, workshop: Workshop) -> None:
        now = utcnow()
        order = ready_for_pickup(workshop, at=now)
        for days, told in ((2.9, 0), (3, 1), (3.1, 1), (7, 2), (8, 2), (14.5, 3), (90, 3)):
            for _twice in range(2):
                tasks.every_minute(workshop.shop, now + timedelta(days=days))
            assert events(order, "reminder") == told
        workshop.run_due()
        reminders = NoticeRow.select().where(NoticeRow.kind == "pickup_reminder")
        assert reminders.count() == 3
        sam = workshop.actor("sam")
        handing_out.hand_over(workshop.shop, PickupRow.get().id, HandOver("Ada"), actor=sam, at=utcnow())
        assert {row.state for row in reminders} <= {"dropped", "sent"}

    def test_a_server_that_slept_for_a_month_reminds_once(self, workshop: Workshop) -> None:
        now = utcnow()
        order = ready_for_pickup(workshop, at=now - timedelta(days=30))
        tasks.every_minute(workshop.shop, now)
        tasks.every_minute(workshop.shop, now + timedelta(days=1))
        assert events(order, "reminder") == 1
        assert order.title in workshop.browser("sam").see("/staff/todo/pickups")

    def test_ready_again_begins_anew_with_the_same_code(self, workshop: Workshop) -> None:
        now, sam = utcnow(), workshop.actor("sam")
        order = ready_for_pickup(workshop, at=now - timedelta(days=10))
        tasks.every_minute(workshop.shop, now)
        code = own_code(order)
        ordering.move(workshop.shop, order.code, Stage.QUALITY_CHECK, actor=sam, at=now)
        tasks.every_minute(workshop.shop, now + timedelta(days=5))
        ordering.move(workshop.shop, order.code, Stage.READY_FOR_PICKUP, actor=sam, at=now)
        tasks.every_minute(workshop.shop, now + timedelta(days=2))
        assert events(order, "reminder") == 1
        assert own_code(order) == code
        assert PickupRow.get().reminded == 0


def test_what_is_known_of_who_fetched_it_is_given_out_and_forgotten(workshop: Workshop) -> None:
    order = ready_for_pickup(workshop)
    ada, sam = workshop.people["ada"], workshop.actor("sam")
    pickup.send_proxy(workshop.shop, order.code, "Grace", actor=workshop.actor("ada"), at=utcnow())
    handing_out.hand_over(workshop.shop, PickupRow.get().id, HandOver("Grace", signed()), actor=sam, at=utcnow())
    told = customer_data.export(ada)["orders"][0]["pickup"]
    assert told == [{"given_to": "Grace", "at": told[0]["at"], "sent": ["Grace"]}]
    sha256 = PickupRow.get().signature_sha
    customer_data.erase(workshop.shop, ada, actor=accounts.actor_of(ada), at=utcnow() - timedelta(hours=1))
    assert not is_blob_wanted(sha256)
    assert PickupRow.get().given_to == "Former customer"
    assert "Grace" not in [row.name for row in PickupPassRow.select()]
    forgotten = [row.payload["sha256"] for row in WorkRow.select().where(WorkRow.kind == "forget_blob")]
    assert sha256 in forgotten


def test_search_engines_and_maps_read_the_hours(workshop: Workshop) -> None:
    page = workshop.browser().see("/pickup")
    found = re.search(r'<script type="application/ld\+json">(.+?)</script>', page)
    assert found is not None
    data = json.loads(found[1])
    assert data["@type"] == "LocalBusiness"
    assert data["name"] == workshop.shop.profile().name
    assert {one["@type"] for one in data["openingHoursSpecification"]} == {"OpeningHoursSpecification"}
