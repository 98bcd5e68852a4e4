"""What mails about money say, and which events are worth one."""

from __future__ import annotations

from craftops.domain.billing.payments import PaymentStatus
from craftops.domain.billing.quotes import QuoteState
from craftops.domain.events import Event, EventKind
from craftops.services.billing.paying import left_on
from craftops.store.queries import billing_pages
from craftops.store.views.billing import InvoiceView
from craftops.store.views.orders import OrderView
from craftops.web.billing import links
from craftops.web.billing.present_papers import KINDS
from craftops.web.frame.capability import NoticeText
from craftops.web.frame.language.translation import gettext as _
from craftops.web.frame.request_context import current_shop

QUOTE, INVOICE, OVERDUE, RECEIPT = "quote", "invoice", "overdue", "receipt"


def _open_invoice(order: OrderView) -> InvoiceView | None:
    """The invoice that a mail is about: the newest that is open, else the newest."""
    newest = billing_pages.newest_invoices(order.id, 20)
    return next((one for one in newest if left_on(one) > 0), newest[0] if newest else None)


def _quote_link(order: OrderView) -> str:
    row = billing_pages.newest_quote(order.id)
    return links.quote_url(current_shop(), row, external=True) if row is not None and row.document else ""


def _invoice_link(order: OrderView) -> str:
    row = _open_invoice(order)
    return links.invoice_url(current_shop(), row, external=True) if row is not None else ""


def _invoice_lead(order: OrderView | None) -> str:
    row = _open_invoice(order) if order is not None else None
    if row is None:
        return _("There is a new invoice for your order.")
    return _("%(kind)s %(number)s is ready. Its page stays for good: pay there, and find your receipt.",
             kind=KINDS[row.kind], number=row.number)  # fmt: skip


NOTICES = {
    QUOTE: NoticeText(
        lambda title: _("Your quote: %(title)s", title=title),
        lambda _order: _("Your quote is ready. We begin as soon as you accept it."),
        lambda order: (_("Read the quote"), _quote_link(order)),
    ),
    INVOICE: NoticeText(
        lambda title: _("Invoice: %(title)s", title=title),
        _invoice_lead,
        lambda order: (_("See the invoice"), _invoice_link(order)),
    ),
    OVERDUE: NoticeText(
        lambda title: _("Still to pay: %(title)s", title=title),
        lambda _order: _("An invoice is past its day. If your payment is on its way already, all is well."),
        lambda order: (_("See the invoice"), _invoice_link(order)),
    ),
    RECEIPT: NoticeText(
        lambda title: _("Payment received: %(title)s", title=title),
        lambda _order: _("Your payment is here. Thank you."),
        lambda order: (_("See the receipt"), _invoice_link(order)),
    ),
}


def notice_of(event: Event) -> str:
    """The kind of notice that an event of money is worth; empty for none."""
    state = event.data.get("state")
    if event.kind is EventKind.QUOTE_CHANGED and state == QuoteState.SENT.value:
        return QUOTE
    if event.kind is EventKind.INVOICE_OVERDUE:
        return OVERDUE
    if event.kind is EventKind.INVOICE_ISSUED:
        return INVOICE
    if (
        event.kind is EventKind.PAYMENT_CHANGED
        and state == PaymentStatus.SUCCEEDED.value
        and "refund" not in event.data
    ):
        return RECEIPT if "dispute" not in event.data else ""
    return ""
