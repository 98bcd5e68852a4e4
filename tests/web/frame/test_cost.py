"""What a page costs, counted: seconds belong to ``benchmarks/``, queries can be a law."""

from __future__ import annotations

import pytest
from peewee import ModelSelect, fn
from samples.queries import asked

from craftops.store.models import AccountRow, OrderRow
from craftops.store.models.selecting import RowSelect
from craftops.testing.workshop import Workshop


def test_an_order_page_needs_few_queries_at_every_stage(workshop: Workshop) -> None:
    workshop.machine("printer-1")
    order = workshop.place("ada", quantity=30)
    ada = workshop.browser("ada")
    said = asked(ada, f"/orders/{order.code}")
    assert 1 < len(said) <= 8, said
    workshop.accept(order)
    said = asked(ada, f"/orders/{order.code}")
    assert len(said) <= 8, said
    sam = workshop.browser("sam")
    said = asked(sam, f"/staff/orders/{order.code}")
    assert len(said) <= 8, said


LISTS = {
    "/": 8,
    "/orders/new": 8,
    "/history": 6,
    "/staff/orders": 6,
    "/staff/board": 6,
    "/staff/customers": 5,
    "/staff/": 12,
    "/staff/history": 5,
    "/staff/messages": 5,
    "/staff/machines": 5,
    "/staff/schedule": 8,
    "/staff/schedule/proposal": 8,
    "/staff/shipping": 8,
}
"""The queries that each may need, whatever is in it; from the second time on, for a page learns what finds nothing
(``store.together``)."""


@pytest.mark.parametrize("page", LISTS)
def test_a_list_asks_no_more_however_long_it_is(workshop: Workshop, page: str) -> None:
    """Three orders of two customers, then ten more at several stages with jobs on machines of their own."""
    workshop.machine("printer-1")
    first = [workshop.place("ada"), workshop.place("ada"), workshop.place("bob")]
    workshop.accept(first[0], "printer-1")
    workshop.accept(first[2])
    browser = workshop.browser("sam" if page.startswith("/staff") else "ada")
    few = asked(browser, page)
    for number in range(10):
        order = workshop.place("bob" if number % 3 == 0 else "ada", quantity=1 + number)
        if number % 2:
            workshop.machine(f"more-{number}")
            workshop.accept(order, f"more-{number}" if number % 4 == 1 else "")
    many = asked(browser, page)
    assert len(few) <= LISTS[page], few
    assert len(many) <= len(few), [query for query in many if many.count(query) > few.count(query)]


OF_AN_ORDER = {
    "/staff/orders/{}/shipping": ("sam", 8),
    "/staff/scan/{}": ("sam", 8),
    "/staff/messages/{}": ("sam", 8),
    "/staff/orders/{}/quote": ("sam", 8),
    "/orders/{}/reorder": ("ada", 8),
}


@pytest.mark.parametrize("page", OF_AN_ORDER)
def test_a_page_of_an_order_asks_no_more_however_much_the_shop_has(workshop: Workshop, page: str) -> None:
    who, most = OF_AN_ORDER[page]
    workshop.machine("printer-1")
    order = workshop.place("ada")
    if "quote" not in page:
        workshop.accept(order, "printer-1")
    browser = workshop.browser(who)
    few = asked(browser, page.format(order.code))
    assert len(few) <= most, few
    for number in range(6):
        workshop.machine(f"more-{number}")
        workshop.accept(workshop.place("ada", quantity=1 + number), f"more-{number}")
    many = asked(browser, page.format(order.code))
    assert len(many) <= len(few), [query for query in many if query not in few]
    assert len(set(many)) == len(many)


def test_a_row_is_written_as_one_text_and_reads_as_before(workshop: Workshop) -> None:
    """What ``RowSelect`` writes is what peewee itself would write."""
    workshop.place("ada")
    other = AccountRow.alias()
    for query in (
        OrderRow.select(),
        OrderRow.select(OrderRow, AccountRow).join(AccountRow),
        OrderRow.select(OrderRow.code, AccountRow, fn.COUNT(OrderRow.id))
        .join(AccountRow)
        .group_by(OrderRow.code, AccountRow.id),
        OrderRow.select(OrderRow, other).join(other, on=other.id == OrderRow.customer),
        OrderRow.select(AccountRow).join(AccountRow).where(OrderRow.id.in_(OrderRow.select())),
        AccountRow.select().where(AccountRow.id.in_(OrderRow.select(OrderRow.customer))),
    ):
        plain = query.clone()
        plain.__class__ = ModelSelect
        assert isinstance(query, RowSelect)
        assert query.sql() == plain.sql()
        assert len(list(query)) == len(list(plain))
