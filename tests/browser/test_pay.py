"""Money in a real browser: the price while ordering, a quote accepted, a deposit paid, the shop that sees it at once."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect
from samples.seats import is_right

from craftops.testing.workshop import cube_stl

pytestmark = pytest.mark.browser


def test_a_deposit_is_paid_by_card_and_the_order_goes_on(sit_down: Callable[..., Any]) -> None:
    clara, owner = sit_down("clara", width=390, scheme="dark"), sit_down("owner")
    desk = owner.go("/staff/money")
    desk.evaluate("window.neverReloaded = true")
    page = clara.go("/invoices")
    is_right(clara)
    page.locator("li", has_text="Gear, spare part").get_by_role("link", name="Open").click()
    page.wait_for_url("**/pay/**")
    is_right(clara)
    number = page.locator("h1").inner_text().split()[-1]
    expect(desk.locator("main")).to_contain_text(number)
    colleague = sit_down("", width=390)
    watched = colleague.go(urlsplit(page.url).path)
    watched.evaluate("window.neverReloaded = true")
    expect(watched.locator("main")).not_to_contain_text("This is paid")
    page.get_by_role("button", name="Card").click()
    page.wait_for_url(lambda url: "/c/pay/" in url, timeout=30_000)
    page.get_by_label("Card number").fill("4242 4242 4242 4242")
    page.get_by_role("button", name="Pay").first.click()
    page.wait_for_url("**/pay/back/stripe**", timeout=30_000)
    expect(page.locator("main")).to_contain_text("Paid. Thank you.", timeout=20_000)
    clara.complaints.clear()  # of the provider's own page
    is_right(clara)
    page.get_by_role("link", name="To the invoice").click()
    expect(page.locator("main")).to_contain_text("This is paid. Thank you.")
    expect(page.locator("main")).to_contain_text("Visa")
    expect(watched.locator("main")).to_contain_text("This is paid. Thank you.", timeout=20_000)
    assert watched.evaluate("window.neverReloaded"), "the open page moves by itself"
    is_right(colleague)
    with page.expect_download() as taken:
        page.get_by_role("link", name=re.compile("receipt .*PDF")).click()
    assert Path(taken.value.path()).read_bytes().startswith(b"%PDF-")
    expect(desk.locator("tbody")).not_to_contain_text(number, timeout=20_000)
    assert desk.evaluate("window.neverReloaded")
    page.locator("main .head a").first.click()
    page.wait_for_url("**/orders/*")
    expect(page.locator("main")).not_to_contain_text("We begin when the deposit is here")


def test_the_price_stands_beside_the_order_while_it_is_written(sit_down: Callable[..., Any], tmp_path: Path) -> None:
    ben = sit_down("ben")
    page = ben.go("/orders/new")
    part = tmp_path / "priced.stl"
    part.write_bytes(cube_stl(30.0))
    page.locator("#pick").set_input_files(part)
    line = page.locator("#lines section", has_text="priced.stl")
    expect(line).to_contain_text("Looks good", timeout=20_000)
    line.get_by_label("Material").select_option("pla")
    total = page.locator("#order-price .total")
    expect(total).to_contain_text("€", timeout=20_000)
    one = total.inner_text()
    line.get_by_label("Quantity").fill("7")
    expect(total).not_to_have_text(one, timeout=20_000)
    is_right(ben)


def test_a_quote_is_written_sent_and_accepted(sit_down: Callable[..., Any]) -> None:
    staff, anybody = sit_down("staff"), sit_down("", width=390)
    home = staff.go("/staff/")
    home.get_by_role("link", name="Pulleys for a loom").first.click()
    home.wait_for_url("**/staff/orders/*")
    code = home.url.rsplit("/", 1)[-1].split("?")[0]
    desk = staff.go(f"/staff/orders/{code}/quote")
    is_right(staff)
    if not desk.locator("[name^=unit-]").first.input_value():
        desk.locator("[name^=unit-]").first.fill("12.50")
    desk.get_by_role("button", name="Send it").click()
    desk.wait_for_url(f"**/staff/orders/{code}")
    expect(desk.locator("#money")).to_contain_text("sent")
    desk.locator("#money").get_by_role("link", name=re.compile("Quote")).first.click()
    is_right(staff)
    address = desk.locator("a.whole").inner_text()
    page = anybody.page
    page.goto(address)
    is_right(anybody)
    page.get_by_label("Street and number").fill("Lindenweg 3")
    page.get_by_label("City").fill("Berlin")
    page.get_by_label("Your name").fill("Nora Winter")
    page.get_by_role("button", name="obligation to pay").click()
    expect(page.locator("main")).to_contain_text("Accepted")
    is_right(anybody)


@pytest.mark.parametrize("path", ["/staff/money?show=all", "/staff/money/settings", "/staff/money/bank"])
def test_the_owners_pages_of_money_hold_at_both_widths(sit_down: Callable[..., Any], path: str) -> None:
    for width, scheme in ((1280, "light"), (390, "dark")):
        owner = sit_down("owner", width=width, scheme=scheme)
        owner.go(path)
        is_right(owner)
