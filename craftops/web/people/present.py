"""Customers as pages show them."""

from __future__ import annotations

from flask import url_for

from craftops.store.models import AccountRow, OrderRow
from craftops.web.orders.present_floor import ENDED_VALUES
from craftops.web.people.views import CustomerLine


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
