"""Work on money: what providers told is looked at, ways to pay are closed, money is sent back."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime

from craftops.errors import AccessError, OutsideError, Unreachable
from craftops.sdk.payment import OnlineProvider
from craftops.services.billing import (
    invoice_delivery,
    invoicing,
    paying,
    printing,
    provider_events,
    quoting,
    ready_invoices,
    refunding,
)
from craftops.services.shop.context import Shop
from craftops.store.database import unit_of_work
from craftops.store.models import InvoiceRow, PaymentRow, QuoteRow
from craftops.store.work import Work
from craftops.tasks.worker import Desk, Handler

log = logging.getLogger("craftops.billing")


def _provider_event(desk: Desk, work: Work) -> None:
    try:
        provider_events.act(desk.shop, work.payload["event"], at=desk.at)
    except (OutsideError, AccessError) as error:
        raise Unreachable(error.sentence) from error


def _close_payment(desk: Desk, work: Work) -> None:
    row = PaymentRow.get_or_none(PaymentRow.id == work.payload["payment"])
    if row is None:
        return
    try:
        paying.close(desk.shop, row, at=desk.at)
    except (OutsideError, AccessError) as error:
        raise Unreachable(error.sentence) from error


def _refund(desk: Desk, work: Work) -> None:
    refunding.carry_out(desk.shop, work.payload["refund"], at=desk.at)


def _sweep(desk: Desk, _work: Work) -> None:
    provider_events.sweep(desk.shop, at=desk.at)


def _reconcile(desk: Desk, _work: Work) -> None:
    try:
        provider_events.reconcile(desk.shop, at=desk.at)
    except OutsideError as error:
        raise Unreachable(error.sentence) from error


def every_minute(shop: Shop, at: datetime) -> None:
    """Quotes run out, unpaid invoices are told of, and providers are asked about what nobody told."""
    quoting.expire(shop, at=at)
    ready_invoices.invoice_what_is_ready(shop, at=at)
    invoicing.remind(shop, at=at)
    if not any(isinstance(one, OnlineProvider) for one in shop.plugins.payment_providers.values()):
        return
    with unit_of_work() as uow:
        uow.enqueue("sweep_payments", {}, at=at, dedupe=f"sweep-payments:{at:%Y%m%d%H}{at.minute // 3}")
        uow.enqueue("reconcile_payments", {}, at=at, dedupe=f"reconcile-payments:{at:%Y%m%d}")


def _print_invoice(desk: Desk, work: Work) -> None:
    if row := InvoiceRow.get_or_none(InvoiceRow.id == work.payload["invoice"]):
        printing.print_invoice(desk.shop, row, at=desk.at)
        _have_delivered(desk, [row.id])


def _print_invoices(desk: Desk, work: Work) -> None:
    ids = work.payload["invoices"]
    try:
        printing.print_invoices(desk.shop, InvoiceRow.select().where(InvoiceRow.id.in_(ids)), at=desk.at)
    except Exception:
        log.exception("papers of several invoices failed; each is made by itself")
        with unit_of_work() as uow:
            for one in ids:
                uow.enqueue("print_invoice", {"invoice": one}, at=desk.at, dedupe=f"print-invoice:{one}")
    else:
        _have_delivered(desk, ids)


def _have_delivered(desk: Desk, ids: Sequence[int]) -> None:
    if invoice_delivery.wanted(desk.shop):
        with unit_of_work() as uow:
            for one in ids:
                uow.enqueue("deliver_invoice", {"invoice": one}, at=desk.at, dedupe=f"deliver-invoice:{one}")


def _deliver_invoice(desk: Desk, work: Work) -> None:
    if row := InvoiceRow.get_or_none(InvoiceRow.id == work.payload["invoice"]):
        invoice_delivery.deliver(desk.shop, row, at=desk.at)


def _print_quote(desk: Desk, work: Work) -> None:
    if row := QuoteRow.get_or_none(QuoteRow.id == work.payload["quote"]):
        printing.print_quote(desk.shop, row, at=desk.at)


def _print_receipt(desk: Desk, work: Work) -> None:
    if row := PaymentRow.get_or_none(PaymentRow.id == work.payload["payment"]):
        printing.print_receipt(desk.shop, row, at=desk.at)


WORK: dict[str, Handler] = {
    "print_invoice": _print_invoice,
    "print_invoices": _print_invoices,
    "deliver_invoice": _deliver_invoice,
    "print_quote": _print_quote,
    "print_receipt": _print_receipt,
    "provider_event": _provider_event,
    "close_payment": _close_payment,
    "refund": _refund,
    "sweep_payments": _sweep,
    "reconcile_payments": _reconcile,
}
