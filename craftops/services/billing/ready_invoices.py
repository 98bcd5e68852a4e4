"""Invoices that nobody has to press a button for: the rest of a quote, once its order is made."""

from __future__ import annotations

import logging
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
from craftops.store.models import BillingSettingsRow, InvoiceRow, OrderRow, QuoteRow

log = logging.getLogger("craftops.billing")
MADE = (*sorted(READY), Stage.SHIPPED)
AT_ONCE = 50


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
    issued = []
    for row in waiting:
        try:
            with unit_of_work() as uow:
                made = invoicing.issue_rest(shop, uow, row, actor=SYSTEM, at=at)
        except CraftOpsError as error:
            log.warning("no invoice for %s: %s", row.order.code, error.sentence)
            continue
        if made is not None:
            issued.append(made.number)
    return issued
