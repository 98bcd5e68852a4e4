"""The history in a real browser: searched, narrowed, paged and taken along, on a phone as on a desk."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect
from samples.axe_notes import axe_faults

pytestmark = pytest.mark.browser
SIGHTS = [(1280, "light"), (390, "dark")]


def holds(seat: Any) -> None:
    wide = seat.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0, f"{seat.page.url} is {wide} px wider than its window"
    faults = axe_faults(seat.page)
    assert faults == [], seat.page.url
    assert seat.complaints == []


@pytest.mark.parametrize(("width", "scheme"), SIGHTS)
def test_a_customer_finds_what_was_made(sit_down: Callable[..., Any], width: int, scheme: str) -> None:
    anna = sit_down("anna", width=width, scheme=scheme)
    page = anna.go("/")
    page.get_by_role("navigation", name="Main").get_by_role("link", name="History").click()
    page.wait_for_url("**/history")
    expect(page.locator(".history-row", has_text="Spacers M8")).to_be_visible()
    holds(anna)
    page.get_by_label("Search your history").fill("foot")
    page.get_by_role("button", name="Search").click()
    expect(page.locator(".history-row")).to_have_count(1)
    expect(page.locator(".history-row h2")).to_have_text("Feet for the balcony rack")
    with page.expect_download() as taken:
        page.get_by_role("link", name="Download as CSV").click()
    assert Path(taken.value.path()).read_text().count("\n") == 2
    page.get_by_text("Material, date, money").click()
    page.get_by_label("Material").select_option("aluminium")
    page.get_by_role("button", name="Search").click()
    expect(page.locator("main")).to_contain_text("No order fits.")
    holds(anna)
    page.get_by_role("link", name="Show all").click()
    page.get_by_role("link", name="Spacers M8", exact=True).click()
    expect(page.locator("#record")).to_be_visible()
    holds(anna)


@pytest.mark.parametrize(("width", "scheme"), SIGHTS)
def test_the_floor_finds_it_by_its_customer(sit_down: Callable[..., Any], width: int, scheme: str) -> None:
    staff = sit_down("staff", width=width, scheme=scheme)
    page = staff.go("/staff/history?customer=ben")
    expect(page.locator("tbody")).not_to_contain_text("Anna")
    expect(page.locator("tbody")).to_contain_text("Vases for the shop window")
    holds(staff)
    page.get_by_label("Customer").fill("anna")
    page.get_by_label("Which orders").select_option("cancelled")
    page.get_by_role("button", name="Search", exact=True).click()
    expect(page.locator("tbody")).to_contain_text("Door plates")
    expect(page.locator("tbody")).not_to_contain_text("Ben")
