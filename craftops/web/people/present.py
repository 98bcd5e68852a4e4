"""Customers as pages show them."""

from __future__ import annotations

from flask import url_for
from flask_babel import gettext as _

from craftops.store.models import AccountRow, MailTroubleRow, OrderRow
from craftops.web.orders.present_floor import ENDED_VALUES
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


def customer_row(account: AccountRow) -> CustomerLine:
    orders = OrderRow.select().where(OrderRow.customer == account.id)
    return CustomerLine(
        id=account.id,
        name=account.name,
        email=account.email,
        url=url_for("staff.customer", account_id=account.id),
        orders=orders.count(),
        active=orders.where(OrderRow.stage.not_in(ENDED_VALUES)).count(),
        since=account.created_at,
    )
