"""Invoices that nobody has to press a button for: the rest of a quote, once its order is made."""

from __future__ import annotations

import logging
import time
from datetime import datetime

from craftops.domain.billing.quotes import QuoteState
from craftops.domain.billing.settings import InvoiceMoment
from craftops.domain.orders.workflow import READY, Stage
from craftops.domain.people.access import SYSTEM
from craftops.errors import CraftOpsError
from craftops.services.billing import invoicing
from craftops.services.billing.settings import billing_settings
from craftops.services.shop.context import Shop
from craftops.store.database import unit_of_work
from craftops.store.models import BillingSettingsRow, InvoiceRow, OrderRow, QuoteRow, database

log = logging.getLogger("craftops.billing")
MADE = (*sorted(READY), Stage.SHIPPED)
AT_ONCE = 50
TOGETHER, TOGETHER_S = 16, 0.05
"""How many are one transaction, and after how many seconds it has enough of them."""


def invoice_what_is_ready(shop: Shop, *, at: datetime) -> list[str]:
    """Issue what accepted quotes of orders that are made still lack, where the shop invoices then; their numbers.

    Only of orders that came so far since the settings last changed, so that switching it on sends nobody a bill for the
    past. What cannot be issued (the shop's tax number is missing) is left to the button, and logged.
    """
    settings = billing_settings(shop)
    if settings.seller.invoice_at is not InvoiceMoment.READY or not settings.version:
        return []
    changed = BillingSettingsRow.get_by_id(settings.version).at
    mine = (OrderRow.stage.in_([one.value for one in MADE])) & (OrderRow.stage_since > changed)
    query = QuoteRow.select(QuoteRow, OrderRow).join(OrderRow).where(QuoteRow.state == QuoteState.ACCEPTED.value, mine)
    newest = {row.order_id: row for row in query.order_by(QuoteRow.version)}
    once = {invoicing.rest_of(row.id): row for row in newest.values()}
    known = {row.once for row in InvoiceRow.select(InvoiceRow.once).where(InvoiceRow.once.in_(list(once)))}
    waiting = [row for key, row in once.items() if key not in known][:AT_ONCE]
    issued: list[str] = []
    while waiting:
        issued += _issue_some(shop, waiting, at)
    return issued


def _issue_some(shop: Shop, waiting: list[QuoteRow], at: datetime) -> list[str]:
    """Issue the first of those who wait, and take them off; their numbers.

    Several are one transaction, for which the disk is waited for once; never for so long that others feel it. One that
    cannot be issued gives its number back and takes nobody with it.
    """
    made: list[InvoiceRow] = []
    until = time.monotonic() + TOGETHER_S
    with unit_of_work() as uow:
        for row in waiting[:TOGETHER]:
            waiting.remove(row)
            try:
                with database.atomic():
                    found = invoicing.issue_rest(shop, uow, row, actor=SYSTEM, at=at, printed_with_others=True)
            except CraftOpsError as error:
                log.warning("no invoice for %s: %s", row.order.code, error.sentence)
            except (ArithmeticError, LookupError, TypeError, ValueError):  # a fault of ours keeps nobody else's back
                log.exception("no invoice for %s", row.order.code)
            else:
                made += [found] if found is not None else []
            if time.monotonic() > until:
                break
        invoicing.print_together(uow, [row.id for row in made], at=at)
    return [row.number for row in made]
