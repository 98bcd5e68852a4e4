"""Clara's lamp shade waits: her ticket and the counter on every screen, then a neighbour signs for it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect
from samples.axe_notes import axe_faults

pytestmark = [pytest.mark.browser, pytest.mark.long]
LOOKS = [(1280, "light"), (390, "light"), (1280, "dark"), (390, "dark")]
SIT = Callable[..., Any]
TITLE = "Lamp shade, second try"


def is_fit(seat: Any, path: str) -> None:
    page = seat.go(path)
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0, path
    assert axe_faults(page) == [], path
    assert seat.complaints == [], path


def test_from_the_ticket_to_a_signature(sit_down: SIT) -> None:
    clara = sit_down("clara")
    clara.go("/")
    order = str(clara.page.locator(".order-card h3 a", has_text=TITLE).first.get_attribute("href"))
    clara.go(order)
    own = clara.page.locator(".big-code").inner_text().replace(" ", "")
    ticket = clara.page.get_by_role("textbox", name="The link for Jonas Weber").input_value().removeprefix(clara.base)
    counter = ""
    for width, scheme in LOOKS:
        is_fit(sit_down("clara", width=width, scheme=scheme), order)
        neighbour = sit_down(width=width, scheme=scheme)
        is_fit(neighbour, ticket)
        is_fit(neighbour, f"/pickup/{own}")
        sam = sit_down("staff", width=width, scheme=scheme)
        is_fit(sam, "/staff/pickups")
        counter = str(sam.page.locator(".pickup-line", has_text=TITLE).first.get_attribute("href"))
        is_fit(sam, counter)
    neighbour = sit_down(width=390)
    proxys = neighbour.go(ticket).locator(".big-code").inner_text()
    assert proxys.replace(" ", "") != own

    # A scanner types the code and presses Enter; the neighbour draws a line.
    sam = sit_down("staff")
    page = sam.go("/staff/pickups")
    page.keyboard.type(proxys)
    page.keyboard.press("Enter")
    expect(page.get_by_text("Jonas Weber, sent by the customer")).to_be_visible()
    expect(page.get_by_label("Name of whoever takes it")).to_have_value("Jonas Weber")
    sheet = page.locator("canvas")
    sheet.scroll_into_view_if_needed()
    edge = sheet.bounding_box()
    page.mouse.move(edge["x"] + 40, edge["y"] + 60)
    page.mouse.down()
    page.mouse.move(edge["x"] + 200, edge["y"] + 20, steps=5)
    page.mouse.up()
    page.get_by_role("button", name="It is handed over").click()
    expect(page.get_by_text(re.compile(f"{TITLE} is handed over to Jonas Weber"))).to_be_visible()
    page = sam.go(counter)
    shown = page.get_by_alt_text("Signature of Jonas Weber")
    expect(shown).to_be_visible()
    assert shown.evaluate("one => one.naturalWidth") > 0
    expect(clara.page.get_by_text("Handed to Jonas Weber")).to_be_visible(timeout=10_000)
    assert sam.complaints == []
    assert neighbour.go(ticket).get_by_text("There is nothing here").count() == 1
