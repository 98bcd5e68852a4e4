"""Ada reads the price while she writes her order; what she orders at is reckoned anew, whatever her browser sends."""

from __future__ import annotations

from dataclasses import replace

import pytest
from samples.pay_site import PaySite, open_for_money

from craftops.domain.billing.pricing import PriceMode
from craftops.services.billing.settings import billing_settings, save_settings
from craftops.store.database import utcnow
from craftops.store.models import InvoiceRow, OrderRow, QuoteRow
from craftops.testing import Browser, Workshop


@pytest.fixture
def site(workshop: Workshop) -> PaySite:
    return open_for_money(workshop)


def mode(workshop: Workshop, kind: PriceMode, limit: int = 0) -> None:
    known = billing_settings(workshop.shop)
    prices = replace(known.prices, mode=kind, instant_up_to=limit)
    save_settings(workshop.shop, replace(known, prices=prices), actor=workshop.actor("olga"), at=utcnow())


def form(workshop: Workshop, quantity: str = "4", **more: str) -> dict[str, str]:
    file = workshop.upload("ada")
    workshop.run_due()
    return {
        "line": "a", "file-a": str(file), "material-a": "pla", "colour-a": "Black", "finish-a": "as_made",
        "quantity-a": quantity, "delivery": "pickup", "token": "t", **more,
    }  # fmt: skip


def price(ada: Browser, sent: dict[str, str]) -> str:
    answer = ada.send("/orders/new", {**sent, "action": "price"}, on="/orders/new", headers={"X-Fragment": "price"})
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def test_the_price_stands_beside_the_button(workshop: Workshop, site: PaySite) -> None:
    ada, sent = workshop.browser("ada"), form(workshop)
    shown = price(ada, sent)
    assert "<html" not in shown
    assert "€" in shown
    assert "with 19 % VAT" in shown
    assert "We confirm it by a quote" in shown
    assert "Machine time" not in shown
    for broken in ("0", "-1", "1e9", "²", "9" * 30, ""):
        assert "Together" not in price(ada, {**sent, "quantity-a": broken})
    assert "Together" not in price(workshop.browser("bob"), sent)


def test_a_shop_may_say_nothing_of_money(workshop: Workshop, site: PaySite) -> None:
    ada, sent = workshop.browser("ada"), form(workshop)
    mode(workshop, PriceMode.HIDDEN)
    assert "€" not in price(ada, sent)
    mode(workshop, PriceMode.MANUAL)
    assert "a quote first" in price(ada, sent)


def test_sold_at_once_at_the_price_that_she_saw(workshop: Workshop, site: PaySite) -> None:
    mode(workshop, PriceMode.INSTANT, 10_000_000)
    ada, sent = workshop.browser("ada"), form(workshop)
    shown = price(ada, sent)
    assert "Order with obligation to pay" in shown
    seen = shown.split('name="seen" value="')[1].split('"')[0]
    for _ in range(2):
        assert ada.send("/orders/new", {**sent, "seen": seen}, on="/orders/new").status_code == 303
    quote = QuoteRow.get()
    assert (quote.state, str(quote.gross), quote.decided_via) == ("accepted", seen, "order")
    assert InvoiceRow.get().gross == quote.deposit


@pytest.mark.parametrize("seen", ["1", "0", "99999999999", "-5", "x"])
def test_a_price_that_the_browser_made_up_sells_nothing(workshop: Workshop, site: PaySite, seen: str) -> None:
    mode(workshop, PriceMode.INSTANT, 10_000_000)
    ada, sent = workshop.browser("ada"), form(workshop)
    assert ada.send("/orders/new", {**sent, "seen": seen}, on="/orders/new").status_code == 303
    assert OrderRow.select().count() == 1
    assert not QuoteRow.select().exists()


def test_above_the_limit_the_shop_looks_first(workshop: Workshop, site: PaySite) -> None:
    mode(workshop, PriceMode.INSTANT, 1)
    ada, sent = workshop.browser("ada"), form(workshop)
    assert "We confirm it by a quote" in price(ada, sent)
