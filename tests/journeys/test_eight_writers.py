"""Eight who write at once: numbers without a gap, one invoice for one reason, nothing credited or booked beyond its sum."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from samples.at_once import at_once
from samples.pay_site import open_for_money

from craftops.domain.billing.documents import DocumentKind, DocumentLine
from craftops.domain.billing.tax import Tax, TaxCategory
from craftops.domain.billing.totals import Rounding
from craftops.errors import RuleError
from craftops.services.billing import invoicing, paying
from craftops.services.billing.invoicing import Draft
from craftops.store.database import unit_of_work, utcnow
from craftops.store.models import InvoiceRow, PaymentRow
from craftops.testing import Workshop

TAX = Tax(TaxCategory.STANDARD, 1900)
WRITERS = 8


def issue(workshop: Workshop, once: str, *, fails: bool = False) -> InvoiceRow:
    lines = (DocumentLine("Bracket", 1, 10_000, TAX),)
    draft = Draft(DocumentKind.INVOICE, lines, Rounding.SUM_BY_NET_KEEP_GROSS, once)
    with unit_of_work() as uow:
        row = invoicing.issue(
            workshop.shop, uow, draft, order=None, customer=workshop.people["ada"], actor=workshop.actor("sam"),
            at=utcnow(),
        )  # fmt: skip
        if fails:
            raise RuleError("The last look says no, and the number goes back.")
    return row


@pytest.fixture
def money(workshop: Workshop) -> Workshop:
    open_for_money(workshop)
    return workshop


def test_numbers_have_no_gap_though_some_give_theirs_back(money: Workshop) -> None:
    def write(writer: int) -> Callable[[], None]:
        def work() -> None:
            for number in range(3):
                issue(money, f"{writer}-{number}")
            issue(money, f"{writer}-never", fails=True)

        return work

    at_once([write(one) for one in range(WRITERS)])
    numbers = sorted(int(row.number[-4:]) for row in InvoiceRow.select())
    assert numbers == list(range(1, 3 * WRITERS + 1))


def test_eight_clicks_are_one_invoice(money: Workshop) -> None:
    at_once([lambda: issue(money, "the same")] * WRITERS)
    issue(money, "another")
    assert sorted(int(row.number[-4:]) for row in InvoiceRow.select()) == [1, 2]


def test_eight_of_staff_neither_credit_nor_book_more_than_there_is(money: Workshop) -> None:
    row, sam = issue(money, "a"), money.actor("sam")

    def credit(number: int) -> Callable[[], object]:
        return lambda: invoicing.credit(money.shop, row, 3_000, "scratched", once=f"c{number}", actor=sam, at=utcnow())

    at_once([credit(number) for number in range(WRITERS)])
    notes = [one.gross for one in InvoiceRow.select().where(InvoiceRow.credits == row.id)]
    assert notes == [3_000, 3_000, 3_000]

    def book(number: int) -> Callable[[], object]:
        return lambda: paying.book(
            money.shop, [row], "account", "", amount=1_000, note="", once=f"b{number}", actor=sam, at=utcnow()
        )

    at_once([book(number) for number in range(WRITERS)])
    at_once([book(0)] * WRITERS)
    left = InvoiceRow.get_by_id(row.id)
    assert left.settled == left.gross
    assert sum(one.received for one in PaymentRow.select()) - sum(one.surplus for one in PaymentRow.select()) == 1_000
