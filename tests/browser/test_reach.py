"""On a home screen, and for who reads from right to left."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

pytestmark = [pytest.mark.browser]
SIT = Callable[..., Any]
TURN = "document.addEventListener('DOMContentLoaded', () => document.documentElement.dir = 'rtl')"
LOST = """() => {
    const scrolls = (one) => one && (["auto", "scroll", "hidden", "clip"].includes(getComputedStyle(one).overflowX) || scrolls(one.parentElement))
    return [...document.querySelectorAll('main :is(h1, h2, h3, p, a, button, label, dt, dd, td, th)')]
        .filter((one) => one.checkVisibility() && !one.closest('.sr, [hidden]') && !scrolls(one))
        .filter((one) => {
            const box = one.getBoundingClientRect()
            return box.width > 2 && (box.left < -1 || box.right > innerWidth + 1)
        })
        .map((one) => one.textContent.trim().slice(0, 40))
}"""
"""Text outside of the window that no part of the page scrolls, or cuts with three dots."""
CUSTOMERS = ("/", "/orders/new", "/history", "/invoices", "/account", "/pickup")
STAFF = (
    "/staff/", "/staff/board", "/staff/schedule", "/staff/orders", "/staff/machines", "/staff/messages", "/staff/money",
    "/staff/shipping", "/staff/customers", "/staff/history",
)  # fmt: skip


def test_the_shop_can_be_put_on_a_home_screen(sit_down: SIT) -> None:
    seat = sit_down("anna", width=390)
    page = seat.go("/")
    wire = seat.context.new_cdp_session(page)
    told = wire.send("Page.getAppManifest")
    assert told["errors"] == []
    assert told["url"] == f"{seat.base}/manifest.webmanifest"
    faults = [one["errorId"] for one in wire.send("Page.getInstallabilityErrors")["installabilityErrors"]]
    assert faults in ([], ["in-incognito"]), "a browser of tests keeps nothing"
    assert seat.complaints == []


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize(("who", "paths"), [("anna", CUSTOMERS), ("staff", STAFF)], ids=["customer", "staff"])
def test_from_right_to_left_nothing_leaves_the_page(
    sit_down: SIT, who: str, paths: tuple[str, ...], width: int
) -> None:
    seat = sit_down(who, width=width)
    seat.page.add_init_script(TURN)
    for path in paths:
        page = seat.go(path)
        assert page.evaluate("getComputedStyle(document.body).direction") == "rtl"
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, f"{path} is {wide} px wider than its window"
        lost = page.evaluate(LOST)
        assert lost == [], f"{path}: {lost}"
        assert seat.complaints == [], path


UNSEEN = """() => {
    const nav = document.querySelector('.top nav'), seen = nav.getBoundingClientRect()
    for (const name of ['A page', 'Another page']) {
        const one = nav.lastElementChild.cloneNode()
        one.textContent = name
        nav.append(one)
    }
    return [...nav.children].filter((one) => one.getBoundingClientRect().right > seen.right + 1).map((one) => one.textContent.trim())
}"""


@pytest.mark.parametrize("width", [961, 1280, 1700, 1920])
def test_every_place_of_the_menu_is_seen_where_nobody_swipes(sit_down: SIT, width: int) -> None:
    """With two more that plugins bring, and in the language with the longer words."""
    seat = sit_down("owner", width=width)
    seat.context.set_extra_http_headers({"Accept-Language": "de"})
    page = seat.go("/staff/")
    assert page.evaluate("document.documentElement.lang") == "de"
    assert "Einstellungen" in page.inner_text(".top nav")
    assert page.evaluate(UNSEEN) == []
