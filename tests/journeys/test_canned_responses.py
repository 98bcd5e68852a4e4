"""Sam answers the same question for the hundredth time, in five seconds."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from craftops.domain.messages.canned import VARIABLES, CannedResponse
from craftops.domain.messages.canned_texts import SHIPPED
from craftops.domain.shop.profile import ShopProfile
from craftops.store.database import utcnow
from craftops.store.models import AccountRow, CannedResponseRow, InvoiceRow, MessageRow, OrderRow
from craftops.store.viewing import order_view
from craftops.testing import Workshop
from craftops.web.frame.request_context import RequestContext
from craftops.web.messages import present_canned


@pytest.fixture
def order(workshop: Workshop) -> OrderRow:
    return workshop.place("ada")


def test_when_will_it_be_ready_is_answered_with_the_live_window(workshop: Workshop, order: OrderRow) -> None:
    sam = workshop.browser("sam")
    page = f"/staff/messages/{order.code}"
    assert "When will it be ready?" in sam.see(page)
    told = sam.get(f"/staff/orders/{order.code}/messages/canned?canned=when-en").get_json()
    assert told["missing"] == []
    assert "Hello Ada" in told["text"]
    assert f"{workshop.shop.config.base_url}/orders/{order.code}" in told["text"]
    sam.send(f"/staff/orders/{order.code}/messages/canned", {"canned": "when-en", "back": page}, on=page)
    assert "Hello Ada" in sam.see(page)
    sam.send(f"/staff/orders/{order.code}/messages", {"text": told["text"], "token": "1"}, on=page)
    assert MessageRow.get().body == told["text"].strip()


def test_what_is_not_filled_in_is_not_sent(workshop: Workshop, order: OrderRow) -> None:
    sam = workshop.browser("sam")
    page = f"/staff/orders/{order.code}"
    form = {"text": "You still owe {balance_due}.", "token": "1"}
    answer = sam.send(f"{page}/messages", form, on=page, follow_redirects=True).get_data(as_text=True)
    assert "{balance_due} is not filled in yet." in answer
    assert MessageRow.select().count() == 0
    assert ">You still owe {balance_due}.</textarea>" in answer
    ada = workshop.browser("ada")  # a customer may write what they like
    ada.send(f"/orders/{order.code}/messages", {"text": "What is {name}?", "token": "2"}, on=f"/orders/{order.code}")
    assert MessageRow.get().body == "What is {name}?"


def test_an_answer_is_changed_removed_and_brought_back(workshop: Workshop) -> None:
    sam = workshop.browser("sam")
    kept = "/staff/messages/canned"
    form = {"title": "Soon", "body": "Hello {name}, soon.", "language": "en"}
    sam.send(f"{kept}/when-en", form, on=kept)
    page = sam.see(kept)
    assert "Hello {name}, soon." in page
    assert "When will it be ready?" not in page
    row = CannedResponseRow.get()
    sam.send(f"{kept}/{row.id}/remove", on=kept)
    assert "Hello {name}, soon." not in sam.see(kept)
    sam.send(f"{kept}/restore", {"row": row.id}, on=kept)
    assert "Hello {name}, soon." in sam.see(kept)
    sam.send(f"{kept}/thanks-de/remove", on=kept)
    assert "Vielen Dank" not in sam.see(kept)
    answer = sam.send(f"{kept}/new", {"title": "x", "body": "{nobody}"}, on=kept)
    assert answer.status_code == 422
    assert "There is no {nobody}." in answer.get_data(as_text=True)


@pytest.fixture
def told(make_workshop: Callable[..., Workshop]) -> Iterator[tuple[RequestContext, OrderRow]]:
    """A shop that has said everything about itself, and an order of which half is paid."""
    workshop = make_workshop('[server]\nbase_url = "https://shop.example"\n')
    hours = {"monday": ("09:00-17:00",)}
    workshop.open(ShopProfile(name="Werk Süd", address=("Ring 1", "10115 Berlin"), phone="030 1", hours=hours))
    order = workshop.place("ada")
    now = utcnow()
    for number, (gross, settled, kind) in enumerate(
        ((10_000, 4_050, "invoice"), (500, 500, "invoice"), (700, 0, "credit"))
    ):
        InvoiceRow.create(
            order=order.id, customer=order.customer_id, kind=kind, number=f"R-{number}", document={}, currency="EUR",
            net=gross, tax=0, gross=gross, settled=settled, reference=f"RF{number}", nonce="n", issued_at=now,
            issued_by="Sam", once=str(number),
        )  # fmt: skip
    with workshop.app.test_request_context(base_url="https://shop.example/"):
        yield RequestContext(workshop.shop, workshop.shop.profile(), now), order


def one_of_each(language: str) -> CannedResponse:
    return CannedResponse(0, "", "x", "\n".join(f"{name}={{{name}}}" for name in VARIABLES), language)


def test_every_variable_has_its_value_in_the_language_of_the_answer(told: tuple[RequestContext, OrderRow]) -> None:
    sight, order = told
    for language, said in (("en", ("€59.50", "Received", "Mon")), ("de", ("59,50\xa0€", "Eingegangen", "Mo"))):
        filled = present_canned.filled(one_of_each(language), order_view(order), sight)
        assert filled.missing == ()
        values = dict(line.split("=", 1) for line in filled.text.splitlines() if "=" in line)
        assert values["balance_due"] == said[0]
        assert values["stage"] == said[1]
        assert values["pickup_hours"].startswith(said[2])
        assert values["tracker_link"] == f"https://shop.example/orders/{order.code}"


def test_all_that_come_with_craftops_can_be_sent_in_both_languages(told: tuple[RequestContext, OrderRow]) -> None:
    sight, order = told
    assert {one.language for one in SHIPPED} == {"en", "de"}
    for one in SHIPPED:
        assert present_canned.filled(one, order_view(order), sight).missing == (), one.key


def test_who_has_no_password_gets_a_link_that_asks_for_none(told: tuple[RequestContext, OrderRow]) -> None:
    sight, order = told
    AccountRow.update(password_hash="").where(AccountRow.id == order.customer_id).execute()
    text = present_canned.filled(one_of_each("de"), order_view(OrderRow.get_by_id(order.id)), sight).text
    assert "tracker_link=https://shop.example/t/" in text
