"""The invoices of an order, as JSON."""

from __future__ import annotations

from datetime import datetime

from flask import Response
from flask_openapi3 import APIBlueprint
from pydantic import BaseModel, Field

from craftops.domain.billing.documents import DocumentKind
from craftops.domain.people.access import Scope
from craftops.domain.people.companies import CompanyAction
from craftops.errors import AccessError
from craftops.store.queries import billing_pages, scoped
from craftops.web.billing.links import invoice_url
from craftops.web.frame.api_common import answer, shown_as, token_actor
from craftops.web.frame.request_context import current_shop
from craftops.web.orders.api import CodePath

INVOICE = {
    "number": "R-2026-0041",
    "kind": "invoice",
    "currency": "EUR",
    "net": 10000,
    "tax": 1900,
    "gross": 11900,
    "settled": 0,
    "issued_at": "2026-11-28T12:00:00Z",
    "due_at": "2026-12-12T12:00:00Z",
    "link": "https://shop.example/pay/41-abcdefghijklmnopqrstuvwxyz234567",
}


def add_to(api: APIBlueprint) -> None:
    """Register the routes."""
    api.get("/orders/<code>/invoices", summary="The invoices of an order", responses={200: InvoicesOut})(list_invoices)


def list_invoices(path: CodePath) -> Response:
    """`link` is the page on which an invoice is read and paid, without signing in. Scope: invoices:read."""
    actor = token_actor(Scope.INVOICES_READ)
    order = scoped.order_view(actor, path.code)
    if CompanyAction.PAY not in scoped.actions(actor, order):
        raise AccessError
    return answer(
        InvoicesOut(
            invoices=[
                InvoiceOut(
                    number=row.number,
                    kind=DocumentKind(row.kind),
                    currency=row.currency,
                    net=row.net,
                    tax=row.tax,
                    gross=row.gross,
                    settled=row.settled,
                    issued_at=row.issued_at,
                    due_at=row.due_at,
                    link=invoice_url(current_shop(), row, external=True),
                )
                for row in billing_pages.invoices_of_order(order.id)
            ]
        )
    )


class InvoiceOut(BaseModel):
    model_config = shown_as(INVOICE)
    number: str
    kind: DocumentKind
    currency: str = Field(description="ISO 4217")
    net: int = Field(description="In minor units of the currency, as are all amounts")
    tax: int
    gross: int
    settled: int = Field(description="What payments and credit notes have covered")
    issued_at: datetime
    due_at: datetime | None
    link: str = Field(description="Opens without signing in: keep it as you keep the invoice")


class InvoicesOut(BaseModel):
    model_config = shown_as({"invoices": [INVOICE]})
    invoices: list[InvoiceOut]
