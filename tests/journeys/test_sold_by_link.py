"""A newcomer in a shop that sells without a look: the page behind the mail's link tells the price, and sells at it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import pytest
from samples.pay_site import open_for_money

from craftops.domain.billing.pricing import PriceMode
from craftops.domain.people.access import Role
from craftops.domain.shop.profile import ShopProfile
from craftops.services.billing.settings import billing_settings, save_settings
from craftops.services.people import accounts
from craftops.store.database import utcnow
from craftops.store.models import InvoiceRow, OrderRow, QuoteRow
from craftops.testing import Browser, Workshop
from craftops.testing.workshop import cube_stl
from craftops.web.messages.mail import make_renderer

EMAIL = "grace@example.net"
OBLIGES = "Order with obligation to pay"


def shop_of(make: Callable[..., Workshop], who: str = "open") -> Workshop:
    made = make(f'[people]\nnew_customers = "{who}"\n')
    made.open(ShopProfile(name="Testwerk", timezone="Europe/Berlin"))
    open_for_money(made)
    prices(made, mode=PriceMode.INSTANT, instant_up_to=10_000_000)
    return made


@pytest.fixture
def shop(make_workshop: Callable[..., Workshop]) -> Workshop:
    return shop_of(make_workshop)


def prices(workshop: Workshop, **changed: object) -> None:
    known = billing_settings(workshop.shop)
    changed_prices = replace(known.prices, **changed)  # type: ignore[arg-type]
    save_settings(workshop.shop, replace(known, prices=changed_prices), actor=workshop.actor("olga"), at=utcnow())


def sent(workshop: Workshop, grace: Browser) -> str:
    """Grace's order is written and sent; the address behind the link of her mail."""
    grace.see("/first-order")
    dropped = grace.drop("bracket.stl", cube_stl()).json
    key = re.search(r'name="line" value="(\w+)"', dropped["html"])
    assert key
    workshop.run_due()
    form = {
        "line": key[1], f"file-{key[1]}": str(dropped["id"]), f"material-{key[1]}": "pla", f"colour-{key[1]}": "Black",
        f"finish-{key[1]}": "as_made", f"quantity-{key[1]}": "40", "delivery": "pickup", "name": "Grace Hopper",
        "email": EMAIL,
    }  # fmt: skip
    asked = grace.send("/first-order", {**form, "action": "price"}, on="/first-order")
    page = asked.get_data(as_text=True)
    assert OBLIGES not in page
    assert 'name="seen"' not in page
    assert grace.send("/first-order", {**form, "action": "submit"}, on="/first-order").status_code == 303
    workshop.run_due()
    draft = next(one for one in reversed(workshop.outbox) if one.kind == "confirm_order")
    found = re.search(r"/first-order/[\w-]{43}", make_renderer(workshop.app)(draft).text)
    assert found
    return found[0]


def seen_on(page: str) -> str:
    return page.split('name="seen" value="')[1].split('"')[0]


def test_grace_orders_at_the_price_that_the_link_shows(shop: Workshop) -> None:
    grace = shop.browser()
    link = sent(shop, grace)
    elsewhere = shop.browser()  # her mail program opens another browser
    page = elsewhere.see(link)
    assert OBLIGES in page
    assert "€" in page
    assert not OrderRow.select().exists()
    for _ in range(2):
        assert elsewhere.send(link, {"seen": seen_on(page)}, on=link).status_code == 303
    quote = QuoteRow.get()
    assert (quote.state, str(quote.gross), quote.decided_by) == ("accepted", seen_on(page), "Grace Hopper")
    assert InvoiceRow.select().count() == 1
    assert InvoiceRow.get().customer.email == EMAIL


def test_what_a_browser_makes_up_sells_nothing(shop: Workshop) -> None:
    link = sent(shop, grace := shop.browser())
    assert grace.send(link, {"seen": "1"}, on=link).status_code == 303
    assert OrderRow.select().count() == 1
    assert not QuoteRow.select().exists()
    assert "The price has changed meanwhile" in grace.see(f"/orders/{OrderRow.get().code}")


def test_a_price_that_changed_between_the_page_and_the_click_is_not_sold(shop: Workshop) -> None:
    link = sent(shop, grace := shop.browser())
    page = grace.see(link)
    prices(shop, margin=5_000)
    assert grace.send(link, {"seen": seen_on(page)}, on=link).status_code == 303
    assert OrderRow.select().count() == 1
    assert not InvoiceRow.select().exists()


@pytest.mark.parametrize("changed", [{"instant_up_to": 1}, {"mode": PriceMode.REVIEW}, {"mode": PriceMode.HIDDEN}],
                         ids=["above the limit", "looked at first", "no word of money"])  # fmt: skip
def test_where_the_shop_looks_first_the_click_sells_nothing(shop: Workshop, changed: dict[str, object]) -> None:
    prices(shop, **changed)
    link = sent(shop, grace := shop.browser())
    page = grace.see(link)
    assert "Place the order" in page
    assert OBLIGES not in page
    assert ("€" in page) == (changed.get("mode") is not PriceMode.HIDDEN)
    assert grace.send(link, {"seen": "100"}, on=link).status_code == 303
    assert not QuoteRow.select().exists()


def test_a_shop_that_decides_on_new_customers_sells_nothing_by_the_click(
    make_workshop: Callable[..., Workshop],
) -> None:
    shop = shop_of(make_workshop, "by_approval")
    link = sent(shop, grace := shop.browser())
    assert OBLIGES not in grace.see(link)
    grace.send(link, {"seen": "100"}, on=link)
    assert not OrderRow.select().exists()


def test_a_customer_who_wrote_without_signing_in_reads_their_own_price(shop: Workshop) -> None:
    accounts.create_account(
        email=EMAIL, name="Grace", role=Role.CUSTOMER, password="correct horse battery", at=utcnow()
    )
    link = sent(shop, shop.browser())
    assert OBLIGES not in shop.browser().see(link)
    grace = shop.browser()
    assert grace.sign_in(EMAIL).status_code == 303
    page = grace.see(link)
    assert OBLIGES in page
    grace.send(link, {"seen": seen_on(page)}, on=link)
    assert QuoteRow.get().state == "accepted"
