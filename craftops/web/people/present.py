"""Customers as pages show them."""

from __future__ import annotations

from collections.abc import Iterable

from flask import url_for

from craftops.store.queries import orders, people
from craftops.store.views.people import PersonView
from craftops.web.frame.language.translation import gettext as _
from craftops.web.people.views import CustomerLine


def mail_trouble(address: str) -> str:
    """What is wrong with an address, as a sentence; empty while mails arrive."""
    found = people.mail_trouble(address)
    if found is None:
        return ""
    kind, said = found
    words = {
        "soft": _("Mails to this address came back, but it may work again."),
        "hard": _("Mails to this address come back for good, so we send none."),
        "complaint": _("Its reader has marked our mails as spam, so we send none."),
    }
    return f"{words[kind]} {said}".strip()


def customer_rows(accounts: Iterable[PersonView]) -> tuple[CustomerLine, ...]:
    """Customers as lines of a list. One query."""
    found = list(accounts)
    numbers = orders.numbers_of_customers(account.id for account in found)
    return tuple(_customer_row(account, *numbers.get(account.id, (0, 0))) for account in found)


def _customer_row(account: PersonView, count: int, active: int) -> CustomerLine:
    return CustomerLine(
        id=account.id,
        name=account.name,
        email=account.email,
        url=url_for("staff.customer", account_id=account.id),
        orders=count,
        active=active,
        since=account.created_at,
    )
