"""A parcel in a real browser: packed, labelled, handed over, followed until it is there, and the same ordered again."""

from __future__ import annotations

import re
import tomllib
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest
from playwright.sync_api import expect
from samples.axe_notes import axe_faults

pytestmark = pytest.mark.browser


def is_right(seat: Any) -> None:
    wide = seat.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0, f"{seat.page.url} is {wide} px wider than its window"
    faults = axe_faults(seat.page)
    assert faults == [], seat.page.url
    assert seat.complaints == []


def carrier_says(shop: Any, number: str, status: str) -> None:
    """The local EasyPost moves a parcel, and tells the shop by a signed webhook."""
    settings = tomllib.loads(Path(shop.told["data"], "shop.toml").read_text())["plugin"]["carrier_easypost"]
    body = orjson.dumps({"number": number, "status": status, "city": "BERLIN"})
    address = f"{settings['api_base']}/_local/move"
    told = urllib.request.Request(address, body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(told, timeout=10) as answer:
        assert answer.status == 200


def test_from_the_bench_to_the_door_and_again(sit_down: Callable[..., Any], shop: Any) -> None:
    sam, ben = sit_down("staff"), sit_down("ben", width=390, scheme="dark")
    desk = sam.go("/staff/shipping")
    is_right(sam)
    desk.get_by_role("link", name="Flange for the pump").click()
    desk.get_by_role("button", name="Pack it as proposed").click()
    desk.get_by_role("button", name="Ask for prices").click()
    expect(desk.get_by_role("button", name="Buy this label")).to_be_visible(timeout=20_000)
    is_right(sam)
    desk.get_by_label("DPD").check()
    desk.get_by_role("button", name="Buy this label").click()
    expect(desk.get_by_role("link", name="Print PDF")).to_be_visible(timeout=20_000)
    number = desk.locator("section .code").nth(1).inner_text()
    is_right(sam)

    page = ben.go("/")
    page.get_by_role("link", name="Flange for the pump").first.click()
    expect(page.locator("#delivery")).to_contain_text(number)
    expect(page.locator("#delivery")).to_contain_text("Label made")

    hand_over = sam.go("/staff/shipping/hand-over")
    hand_over.get_by_label("Scan or type the code of a parcel").fill(number)
    hand_over.keyboard.press("Enter")
    expect(hand_over.get_by_text("is handed over")).to_be_visible()
    is_right(sam)
    expect(page.locator("#delivery")).to_contain_text("Handed over", timeout=20_000)  # by itself

    carrier_says(shop, number, "in_transit")
    expect(page.locator("#delivery")).to_contain_text("On its way", timeout=20_000)
    carrier_says(shop, number, "delivered")
    expect(page.locator("#delivery")).to_contain_text("Delivered", timeout=20_000)
    expect(page.locator(".tracker")).to_contain_text("Delivered")
    is_right(ben)

    page.get_by_role("link", name="Order again").first.click()
    page.wait_for_url("**/reorder")
    page.get_by_role("button", name="Send the order").click()
    page.wait_for_url(re.compile(r"/orders/\w{6}$"))
    expect(page.locator("#delivery")).to_contain_text("Sonnenallee 88")


def test_a_parcel_to_another_customs_area(sit_down: Callable[..., Any]) -> None:
    sam = sit_down("staff")
    page = sam.go("/staff/shipping")
    page.get_by_role("link", name="Feet for a shelf").click()
    page.get_by_text("Change it").first.click()
    page.get_by_label("Street and number").fill("Langstrasse 120")
    page.get_by_label("Postcode").fill("8004")
    page.get_by_label("City").fill("Zürich")
    page.get_by_label("Country").select_option("CH")
    page.get_by_role("button", name="Keep it").click()
    expect(page.get_by_text("Switzerland").first).to_be_visible()
    page.get_by_role("button", name="Pack it as proposed").click()
    expect(page.get_by_text("to be filled in")).to_be_visible()
    page.get_by_role("button", name="Ask for prices").click()
    expect(page.get_by_text("leaves the customs area")).to_be_visible()  # a sentence, and nothing is asked
    page.get_by_label("Value, all of them, EUR").fill("38,50")
    page.get_by_label("Tariff number").fill("39")
    page.get_by_role("button", name="Keep the declaration").click()
    expect(page.get_by_text("Write six, eight or ten digits.")).to_be_visible()
    expect(page.get_by_label("Value, all of them, EUR")).to_have_value("38,50")
    assert all("422" in one for one in sam.complaints)  # the console tells of each answer that is none of 200
    sam.complaints.clear()
    is_right(sam)
    page.get_by_label("Tariff number").fill("392690")
    page.get_by_role("button", name="Keep the declaration").click()
    page.get_by_role("button", name="Ask for prices").click()
    page.get_by_role("button", name="Buy this label").click(timeout=20_000)
    expect(page.get_by_role("link", name="Customs form")).to_be_visible(timeout=20_000)
    is_right(sam)


def test_a_problem_is_told_on_a_telephone(sit_down: Callable[..., Any]) -> None:
    ben = sit_down("ben", width=390)
    page = ben.go("/")
    page.get_by_role("link", name="Knobs, a set").first.click()
    page.get_by_role("link", name="Something is wrong with it").click()
    is_right(ben)
    page.get_by_label("Tell us").fill("One knob has no thread.")
    page.get_by_text("Make it again").click()
    page.get_by_role("button", name="Send it").click()
    expect(page.locator("#problem")).to_contain_text("You told us of a problem")
    expect(page.locator("#messages")).to_contain_text("One knob has no thread.")
    is_right(ben)


def test_the_address_is_asked_only_where_something_is_sent(sit_down: Callable[..., Any]) -> None:
    anna = sit_down("anna", width=390)
    page = anna.go("/orders/new")
    expect(page.get_by_text("Where to?").first).to_be_hidden()
    page.get_by_text("Ship to me").click()
    expect(page.get_by_text("Where to?").first).to_be_visible()
    expect(page.get_by_label("Street and number")).to_be_hidden()
    page.get_by_text("Another address").first.click()
    expect(page.get_by_label("Street and number")).to_be_visible()
    is_right(anna)


@pytest.mark.parametrize("path", ["/staff/scan", "/staff/shipping/settings"])
def test_pages_of_the_floor_are_right_on_a_telephone(sit_down: Callable[..., Any], path: str) -> None:
    olga = sit_down("owner", width=390, scheme="dark")
    olga.go(path)
    is_right(olga)
