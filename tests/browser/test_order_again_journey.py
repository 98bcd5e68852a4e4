"""The same again in a real browser: few clicks, in seconds, on a phone as on a desk, with and without a script."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, expect
from samples.axe_notes import axe_faults

pytestmark = pytest.mark.browser

MOST_CLICKS, MOST_SECONDS = 4, 20.0


class Hand:
    """Somebody's hand, counted."""

    def __init__(self) -> None:
        self.clicks, self.began = 0, time.monotonic()

    def click(self, what: Locator) -> None:
        self.clicks += 1
        what.click()

    def is_quick(self) -> None:
        assert self.clicks <= MOST_CLICKS
        assert time.monotonic() - self.began < MOST_SECONDS


def is_right(seat: Any) -> None:
    wide = seat.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0, f"{seat.page.url} is {wide} px wider than its window"
    faults = axe_faults(seat.page)
    assert faults == [], seat.page.url
    assert seat.complaints == []


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_from_the_list_of_orders(sit_down: Callable[..., Any], width: int, scheme: str) -> None:
    anna = sit_down("anna", width=width, scheme=scheme)
    page = anna.go("/")
    hand = Hand()
    hand.click(page.get_by_role("link", name="Order again: Spacers M8"))
    page.wait_for_url("**/reorder")
    expect(page.locator("main")).to_contain_text(re.compile(r"Last time it was €[\d.]+: the same now"))
    hand.click(page.get_by_role("button", name="Send the order"))
    page.wait_for_url(re.compile(r"/orders/\w{6}$"))
    hand.is_quick()
    expect(page.locator("main")).to_contain_text("Ordered again, as")
    expect(page.locator("h1")).to_have_text("Spacers M8")
    is_right(anna)


@pytest.mark.parametrize("start", ["history", "order", "mail"])
def test_from_wherever_it_is_read(sit_down: Callable[..., Any], start: str) -> None:
    anna = sit_down("anna")
    page = anna.go("/history")
    again = page.get_by_role("link", name="Order again: Spacers M8").first
    address = again.get_attribute("href")
    assert address
    if start == "order":
        page = anna.go(address.removesuffix("/reorder"))
        again = page.get_by_role("link", name="Order again", exact=True)
    hand = Hand()
    if start == "mail":  # its link leads straight there
        page = anna.go(address)
    else:
        hand.click(again)
    page.wait_for_url("**/reorder")
    hand.click(page.get_by_role("button", name="Send the order"))
    page.wait_for_url(re.compile(r"/orders/\w{6}$"))
    hand.is_quick()
    expect(page.locator("main")).to_contain_text("Ordered again, as")


def test_of_a_material_that_is_gone_one_click_more(sit_down: Callable[..., Any]) -> None:
    anna = sit_down("anna", width=390)
    page = anna.go("/")
    hand = Hand()
    hand.click(page.get_by_role("link", name="Order again: Feet for the balcony rack"))
    page.wait_for_url("**/reorder")
    expect(page.locator("main")).to_contain_text("We do not offer asa any more.")
    expect(page.get_by_label("Material")).to_be_hidden()
    is_right(anna)
    hand.click(page.get_by_text("PETG, Black, Sanded"))
    hand.click(page.get_by_role("button", name="Send the order"))
    page.wait_for_url(re.compile(r"/orders/\w{6}$"))
    hand.is_quick()
    expect(page.locator("main")).to_contain_text("6 × PETG, Black, Sanded")
    page.go_back()
    page.get_by_text("Something else").click()
    expect(page.get_by_label("Material")).to_be_visible()
    page.get_by_label("Material").select_option("plywood")
    expect(page.get_by_label("Colour")).to_have_value("Natural")
    page.get_by_label("Order this").uncheck()
    expect(page.get_by_label("Quantity")).to_be_hidden()


def test_without_a_script(sit_down: Callable[..., Any]) -> None:
    ben = sit_down("ben", script=False)
    page = ben.go("/")
    page.get_by_role("link", name="Order again: Vases for the shop window").click()
    page.get_by_label("Quantity").fill("3")
    page.get_by_role("button", name="Show the price").click()
    expect(page.get_by_label("Quantity")).to_have_value("3")
    page.get_by_role("button", name="Send the order").click()
    expect(page.locator("main")).to_contain_text("3 × PLA, White, As made")
