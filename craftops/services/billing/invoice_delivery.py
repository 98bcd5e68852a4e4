"""An issued invoice goes where a plugin takes it: to a buyer's portal, into Peppol, into a folder.

Its durable page and the mail that leads to it are there without any plugin. Delivery is work of its own after the
papers are made, tried again for three days; a kill between the plugin's yes and our note of it asks once more, under
the same key.
"""

from __future__ import annotations

from datetime import datetime

from craftops.domain.billing.money import Money
from craftops.errors import CraftOpsError, HeldBack, Unreachable
from craftops.sdk.invoices import InvoicePapers
from craftops.services.billing import printing
from craftops.services.shop.context import Shop
from craftops.store.database import unit_of_work
from craftops.store.documents import document_from_json
from craftops.store.models import InvoiceRow

HOOK = "deliver_invoice"


def wanted(shop: Shop) -> bool:
    """Whether any plugin delivers invoices."""
    return shop.plugins.asks(HOOK)


def deliver(shop: Shop, row: InvoiceRow, *, at: datetime) -> None:
    """Ask the plugins, unless it is delivered already; what they say stands on the invoice.

    Raises Unreachable when it is to be tried again; HeldBack in a restored copy of a shop.
    """
    if row.delivered_at is not None or not wanted(shop):
        return
    try:
        place = shop.plugins.carry_out(HOOK, invoice=_issued(shop, row, at))
    except HeldBack:
        raise
    except (Exception, SystemExit) as error:
        sentence = error.sentence if isinstance(error, CraftOpsError) else "The plugin that takes it there failed."
        _note(row, delivery_trouble=sentence[:300])
        raise Unreachable(sentence) from error
    if place is not None:
        _note(row, delivered_to=place, delivered_at=at, delivery_trouble="")
    elif row.delivery_trouble:
        _note(row, delivery_trouble="")


def _note(row: InvoiceRow, **values: object) -> None:
    with unit_of_work():
        InvoiceRow.update(**values).where(InvoiceRow.id == row.id).execute()


def _issued(shop: Shop, row: InvoiceRow, at: datetime) -> InvoicePapers:
    document = document_from_json(row.document)
    printing.print_invoice(shop, row, at=at)
    made: InvoiceRow = InvoiceRow.get_by_id(row.id)
    return InvoicePapers(
        key=f"invoice-{row.id}-{row.number}",
        number=row.number,
        kind=row.kind,
        issued_on=document.issued_on,
        buyer=document.buyer.name,
        buyer_email=row.customer.email,
        buyer_vat_id=document.buyer.vat_id,
        buyer_country=document.buyer.country,
        buyer_reference=document.buyer_reference,
        order_code=document.order_code,
        gross=Money(row.gross, row.currency),
        pdf=shop.files.path(made.pdf_sha).read_bytes(),
        xml=shop.files.path(made.xml_sha).read_bytes() if made.xml_sha else b"",
    )
