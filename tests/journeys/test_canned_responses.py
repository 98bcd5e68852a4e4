"""Sam answers the same question for the hundredth time, in five seconds."""

from __future__ import annotations

import pytest

from craftops.store.models import CannedResponseRow, MessageRow, OrderRow
from craftops.testing import Workshop


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
