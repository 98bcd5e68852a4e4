"""Ada is in a hurry: what going first brings is read from today's queue, and sold only where it brings something."""

from __future__ import annotations

from dataclasses import replace

import pytest
from samples.pay_site import open_for_money

from craftops.domain.billing.pricing import PriceMode
from craftops.domain.orders.workflow import Stage
from craftops.services.billing import quote_drafts
from craftops.services.billing.settings import billing_settings, save_settings
from craftops.services.estimation import estimating, learning
from craftops.services.orders import ordering
from craftops.store.database import utcnow
from craftops.store.models import EventRow, OrderRow, QuoteRow, WindowMoveRow
from craftops.testing import Browser, Workshop

NOTHING_TO_GAIN = "A rush would bring nothing now"


@pytest.fixture
def shop(workshop: Workshop) -> Workshop:
    """A shop with one machine that asks a quarter more for a rush."""
    open_for_money(workshop)
    sell(workshop, rush=2500)
    workshop.machine("printer-1")
    return workshop


def sell(workshop: Workshop, rush: int, mode: PriceMode = PriceMode.REVIEW) -> None:
    known = billing_settings(workshop.shop)
    prices = replace(known.prices, rush=rush, mode=mode)
    save_settings(workshop.shop, replace(known, prices=prices), actor=workshop.actor("olga"), at=utcnow())


def queue(workshop: Workshop, count: int = 6, quantity: int = 20) -> list[OrderRow]:
    """Bob's accepted orders, days of work, that wait for the machine."""
    orders = [workshop.place("bob", quantity=quantity) for _ in range(count)]
    for order in orders:
        workshop.accept(order)
    return orders


def form(workshop: Workshop, **more: str) -> dict[str, str]:
    file = workshop.upload("ada")
    workshop.run_due()
    return {
        "line": "a", "file-a": str(file), "material-a": "pla", "colour-a": "Black", "finish-a": "as_made",
        "quantity-a": "40", "delivery": "pickup", "token": "t", **more,
    }  # fmt: skip


def price(ada: Browser, sent: dict[str, str]) -> str:
    answer = ada.send("/orders/new", {**sent, "action": "price"}, on="/orders/new", headers={"X-Fragment": "price"})
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def together(shown: str) -> int:
    """The sum that is said, in cents."""
    text = shown.split("<b>Together</b>")[1].split('class="num">')[1].split("<")[0]
    return int("".join(letter for letter in text if letter.isdigit()))


def middle(order: OrderRow) -> float:
    return float(OrderRow.get_by_id(order.id).window_middle.timestamp())


def test_ada_pays_a_quarter_more_and_comes_before_all_that_wait(shop: Workshop) -> None:
    waiting, ada = queue(shop), shop.browser("ada")
    sent = form(shop)
    shown = price(ada, sent)
    assert "Rush, 25 % more" in shown
    assert shown.count("Probably ready") == 2
    with_rush = price(ada, {**sent, "speed": "rush"})
    assert together(with_rush) == pytest.approx(together(shown) * 1.25, abs=40)  # each of 40 pieces is rounded
    before = [middle(order) for order in waiting]

    assert ada.send("/orders/new", {**sent, "speed": "rush"}, on="/orders/new").status_code == 303
    order = OrderRow.get(OrderRow.customer == shop.people["ada"].id)
    assert order.rush
    assert middle(order) < min(middle(one) for one in waiting)
    assert all(middle(one) >= was for one, was in zip(waiting, before, strict=True))
    assert max(middle(one) for one in waiting) > max(before)
    assert "goes before the orders that wait" in ada.see(f"/orders/{order.code}")
    assert "Rush</span>" in shop.browser("sam").see("/staff/board")
    as_rush, _ = quote_drafts.proposed(shop.shop, order)
    order.rush = False
    as_usual, _ = quote_drafts.proposed(shop.shop, order)
    assert as_rush.lines[0].unit == pytest.approx(as_usual.lines[0].unit * 1.25, abs=2)


def test_sold_at_once_it_is_sold_with_its_share(shop: Workshop) -> None:
    queue(shop)
    known = billing_settings(shop.shop)
    prices = replace(known.prices, mode=PriceMode.INSTANT, instant_up_to=10_000_000)
    save_settings(shop.shop, replace(known, prices=prices), actor=shop.actor("olga"), at=utcnow())
    ada, sent = shop.browser("ada"), {**form(shop), "speed": "rush"}
    seen = price(ada, sent).split('name="seen" value="')[1].split('"')[0]
    usual = price(ada, {**sent, "speed": "usual"}).split('name="seen" value="')[1].split('"')[0]
    assert int(seen) > int(usual)
    assert ada.send("/orders/new", {**sent, "seen": seen}, on="/orders/new").status_code == 303
    quote = QuoteRow.get()
    assert (quote.state, str(quote.gross)) == ("accepted", seen)
    # The usual price for a rush is no price of the shop.
    again = {**form(shop), "speed": "rush", "seen": usual, "token": "u"}
    ada.send("/orders/new", again, on="/orders/new")
    assert QuoteRow.select().count() == 1


@pytest.mark.parametrize("why", ["nobody waits", "the shop sells none", "the shop says nothing of money"])
def test_where_it_brings_nothing_or_is_not_sold_there_is_none(shop: Workshop, why: str) -> None:
    if why != "nobody waits":
        queue(shop)
    if why == "the shop sells none":
        sell(shop, rush=0)
    if why == "the shop says nothing of money":
        sell(shop, rush=2500, mode=PriceMode.HIDDEN)
    ada, sent = shop.browser("ada"), form(shop)
    shown = price(ada, sent)
    assert "Rush" not in shown
    assert shown.count("Probably ready") == 1
    answer = ada.send("/orders/new", {**sent, "speed": "rush", "title-a": "kept"}, on="/orders/new")
    assert answer.status_code == 422
    assert NOTHING_TO_GAIN in answer.get_data(as_text=True)
    assert 'value="40"' in answer.get_data(as_text=True)
    assert not OrderRow.select().where(OrderRow.customer == shop.people["ada"].id).exists()
    assert ada.send("/orders/new", sent, on="/orders/new").status_code == 303


def test_ordered_again_it_may_be_a_rush_too(shop: Workshop) -> None:
    past, ada = shop.place("ada"), shop.browser("ada")
    queue(shop)
    page = ada.see(f"/orders/{past.code}/reorder")
    assert "Rush, 25 % more" in page
    line = past.lines[0].id
    sent = {
        f"want-{line}": "1", f"material-{line}": "pla", f"colour-{line}": "Black", f"finish-{line}": "as_made",
        f"quantity-{line}": "1", "delivery": "pickup", "speed": "rush",
    }  # fmt: skip
    answer = ada.send(f"/orders/{past.code}/reorder", sent, on=f"/orders/{past.code}/reorder")
    assert answer.status_code == 303
    placed = OrderRow.select().where(OrderRow.customer == past.customer_id).order_by(OrderRow.id)
    assert [one.rush for one in placed] == [False, True]


def test_staff_let_an_order_go_first_and_take_it_back(shop: Workshop) -> None:
    waiting = queue(shop)
    last, sam = waiting[-1], shop.browser("sam")
    behind = middle(last)
    path = f"/staff/orders/{last.code}"
    assert "Let it go first" in sam.see(path)
    for _ in range(2):
        assert sam.send(f"{path}/rush", {"rush": "1"}, on=path).status_code == 303
    assert middle(last) < behind
    assert middle(last) < middle(waiting[0])
    moved = EventRow.select().where(EventRow.order_id == last.id, EventRow.kind == "order_changed").count()
    assert moved == 1
    assert WindowMoveRow.select().where(WindowMoveRow.order == waiting[0].id).exists()
    assert sam.send(f"{path}/rush", {"rush": "0"}, on=path).status_code == 303
    assert middle(last) > middle(waiting[0])
    assert shop.browser("bob").send(f"{path}/rush", {"rush": "1"}, on="/").status_code == 404
    assert not OrderRow.get_by_id(last.id).rush


def test_what_is_finished_goes_nowhere(shop: Workshop) -> None:
    order, sam = shop.place("bob"), shop.browser("sam")
    ordering.move(shop.shop, order.code, Stage.CANCELLED, actor=shop.actor("sam"), at=utcnow())
    path = f"/staff/orders/{order.code}"
    assert "Let it go first" not in sam.see(path)
    assert sam.send(f"{path}/rush", {"rush": "1"}, on=path).status_code in (303, 409, 422)
    assert not OrderRow.get_by_id(order.id).rush


def test_the_queue_is_in_that_order(shop: Workshop) -> None:
    first = [shop.place("bob") for _ in range(3)]
    shop.accept(first[1])
    ordering.set_rush(shop.shop, first[2].code, rush=True, actor=shop.actor("sam"), at=utcnow())
    found = estimating.waiting(shop.shop, learning.usuals(), utcnow(), shop.shop.profile().calendar)
    assert [one.job.order_id for one in found] == [first[2].id, first[1].id, first[0].id]
