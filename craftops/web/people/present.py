"""Customers as pages show them."""

from __future__ import annotations

from collections.abc import Iterable

from flask import url_for
from flask_babel import gettext as _

from craftops.store.models import AccountRow, MailTroubleRow
from craftops.store.queries import orders
from craftops.web.people.views import CustomerLine


def mail_trouble(address: str) -> str:
    """What is wrong with an address, as a sentence; empty while mails arrive."""
    row = MailTroubleRow.get_or_none(MailTroubleRow.address == address)
    if row is None:
        return ""
    words = {
        "soft": _("Mails to this address came back, but it may work again."),
        "hard": _("Mails to this address come back for good, so we send none."),
        "complaint": _("Its reader has marked our mails as spam, so we send none."),
    }
    return f"{words[row.kind]} {row.said}".strip()


def customer_rows(accounts: Iterable[AccountRow]) -> tuple[CustomerLine, ...]:
    """Customers as lines of a list. One query."""
    found = list(accounts)
    numbers = orders.numbers_of_customers(account.id for account in found)
    return tuple(_customer_row(account, *numbers.get(account.id, (0, 0))) for account in found)


def _customer_row(account: AccountRow, count: int, active: int) -> CustomerLine:
    return CustomerLine(
        id=account.id,
        name=account.name,
        email=account.email,
        url=url_for("staff.customer", account_id=account.id),
        orders=count,
        active=active,
        since=account.created_at,
    )
