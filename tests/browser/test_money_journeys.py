"""Money from end to end in a real browser: several invoices at once, the bank's file, a refund, an order changed later."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from samples.seats import is_right

from craftops.bootstrap import open_shop
from craftops.config import load_config
from craftops.domain.billing.documents import DocumentKind, DocumentLine
from craftops.domain.billing.tax import Tax, TaxCategory
from craftops.domain.billing.totals import Rounding
from craftops.domain.people.access import SYSTEM
from craftops.services.billing import invoicing, printing
from craftops.services.billing.invoicing import Draft
from craftops.services.shop.context import Shop
from craftops.store.database import close_database, connected, unit_of_work, utcnow
from craftops.store.models import AccountRow, InvoiceRow, OrderRow

pytestmark = pytest.mark.browser
TAX = Tax(TaxCategory.STANDARD, 1900)


@contextmanager
def behind(told: dict[str, Any]) -> Iterator[Shop]:
    """The shop's own books, for what is there before a story begins."""
    shop = open_shop(load_config(data=Path(told["data"]), env={}))
    with connected():
        yield shop
    printing.dismiss_judge()
    close_database()


def bill(shop: Shop, who: str, title: str, gross: int, order: OrderRow | None = None) -> InvoiceRow:
    customer = AccountRow.select().where(AccountRow.email.startswith(who)).get()
    lines = (DocumentLine(title, 1, gross, TAX),)
    draft = Draft(DocumentKind.INVOICE, lines, Rounding.SUM_BY_NET_KEEP_GROSS, f"story:{title}")
    with unit_of_work() as uow:
        return invoicing.issue(shop, uow, draft, order=order, customer=customer, actor=SYSTEM, at=utcnow())


def pay_by_card(page: Page) -> None:
    page.wait_for_url(lambda url: "/c/pay/" in url, timeout=30_000)
    page.get_by_label("Card number").fill("4242 4242 4242 4242")
    page.get_by_role("button", name="Pay").first.click()
    page.wait_for_url("**/pay/back/stripe**", timeout=30_000)
    expect(page.locator("main")).to_contain_text("Paid. Thank you.", timeout=20_000)


def test_finance_pays_three_invoices_of_the_company_at_once(sit_down: Callable[..., Any], shop: Any) -> None:
    with behind(shop.told) as books:
        order = OrderRow.get(OrderRow.title == "Name plates, front desk")
        numbers = [bill(books, "anna", f"Plate {part}", 1_190 * part, order).number for part in (1, 2, 3)]
    ben, anna = sit_down("ben", width=390, scheme="dark"), sit_down("anna")
    hers = anna.go("/invoices")
    hers.evaluate("window.neverReloaded = true")
    page = ben.go("/invoices")
    is_right(ben)
    for line in page.locator("li", has=page.locator("[name=invoice]")).all():
        line.locator("[name=invoice]").set_checked(any(number in line.inner_text() for number in numbers))
    page.get_by_role("button", name=re.compile("Pay the chosen ones: Card")).click()
    pay_by_card(page)
    expect(page.locator("main")).to_contain_text("71.40")
    ben.complaints.clear()  # of the provider's own page
    is_right(ben)
    done = ben.go("/invoices").locator("section", has_text="Paid and credited")
    for number in numbers:
        expect(done).to_contain_text(number)
        expect(hers.locator("section", has_text="Paid and credited")).to_contain_text(number, timeout=20_000)
    assert hers.evaluate("window.neverReloaded"), "her list moves by itself"
    is_right(anna)


def test_a_transfer_finds_its_invoice_and_a_guess_is_confirmed(
    sit_down: Callable[..., Any], shop: Any, tmp_path: Path
) -> None:
    with behind(shop.told) as books:
        row = bill(books, "clara", "Paid by transfer", 4_760)
    clara, owner = sit_down("clara", width=390), sit_down("owner", scheme="dark")
    hers = clara.go("/invoices")
    hers.locator("li", has_text=row.number).get_by_role("link", name="Open").click()
    hers.wait_for_url("**/pay/**")
    hers.evaluate("window.neverReloaded = true")
    expect(hers.locator("main")).to_contain_text("DE89 3704 0044 0532 0130 00")
    is_right(clara)
    desk = owner.go("/staff/money/bank")
    is_right(owner)
    guess = desk.locator("article", has_text="My invoice of last month")
    guess.get_by_role("button", name=re.compile("Book:")).first.click()
    expect(desk.locator("article", has_text="My invoice of last month")).to_have_count(0)
    expect(desk.locator("article", has_text="M. Sommer")).to_be_visible()
    file = tmp_path / "umsatz.csv"
    day = f"{utcnow():%d.%m.%Y}"
    file.write_text(
        "Buchungstag;Valutadatum;Beguenstigter/Zahlungspflichtiger;Verwendungszweck;IBAN;Betrag;Waehrung\n"
        f"{day};{day};Clara Hoffmann;{row.reference};DE02120300000000202051;47,60;EUR\n"
    )
    for said in ("1 booked", "1 known already"):
        desk.locator("#statement").set_input_files(file)
        desk.get_by_role("button", name="Read it").click()
        expect(desk.locator("body")).to_contain_text(said)
    expect(hers.locator("main")).to_contain_text("This is paid. Thank you.", timeout=20_000)
    assert hers.evaluate("window.neverReloaded"), "the open page moves by itself"
    is_right(clara)


def test_a_balance_is_paid_its_receipt_read_and_a_part_sent_back(sit_down: Callable[..., Any], shop: Any) -> None:
    with behind(shop.told) as books:
        row = bill(books, "clara", "The balance", 11_900)
    clara, owner = sit_down("clara"), sit_down("owner")
    page = clara.go("/invoices")
    page.locator("li", has_text=row.number).get_by_role("link", name="Open").click()
    page.wait_for_url("**/pay/**")
    page.get_by_role("button", name="Card").click()
    pay_by_card(page)
    page.get_by_role("link", name="To the invoice").click()
    with page.expect_download() as taken:
        page.get_by_role("link", name=re.compile("receipt .*PDF")).click()
    receipt = Path(taken.value.path()).read_bytes()
    with page.expect_download() as again:
        page.get_by_role("link", name=re.compile("receipt .*PDF")).click()
    assert receipt.startswith(b"%PDF-")
    assert Path(again.value.path()).read_bytes() == receipt, "the same bytes at every download"
    desk = owner.go(f"/staff/money/invoices/{row.number}")
    is_right(owner)
    desk.get_by_text("Send money back").click()
    desk.locator("[id^=refund-]").fill("20.00")
    desk.get_by_role("button", name="Send it back").click()
    expect(page.locator("main")).to_contain_text("20.00", timeout=30_000)
    expect(page.locator("main")).not_to_contain_text("This is paid", timeout=30_000)


def test_an_order_is_changed_after_it_was_accepted(sit_down: Callable[..., Any]) -> None:
    owner, ben = sit_down("owner"), sit_down("anna", width=390)
    page = ben.go("/")
    page.get_by_role("link", name="Feet for the scanner").first.click()
    page.wait_for_url("**/orders/*")
    code = page.url.rsplit("/", 1)[-1].split("?")[0]
    for price, version in (("", 1), ("31.00", 2)):
        if price:
            desk = owner.go(f"/staff/orders/{code}/quote")
            desk.locator("[name^=unit-]").first.fill(price)
            is_right(owner)
            desk.get_by_role("button", name="Send it").click()
            desk.wait_for_url(f"**/staff/orders/{code}")
            expect(desk.locator("#money")).to_contain_text("sent")
        page = ben.go(f"/orders/{code}")
        page.locator(".money-card a.button").first.click()
        page.wait_for_url("**/quote/**")
        expect(page.locator("main")).to_contain_text(f"{code}-{version}" if version > 1 else "Accept it")
        is_right(ben)
        page.get_by_role("button", name=re.compile("Accept|obligation to pay")).first.click()
        expect(page.locator("main")).to_contain_text("Accepted")
    desk = owner.go(f"/staff/orders/{code}")
    expect(desk.locator("#money")).to_contain_text("147.56")
