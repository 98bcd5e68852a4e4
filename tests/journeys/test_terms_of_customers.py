"""A buyer's own order number stands on quotes and invoices, and a customer pays when it was agreed with them."""

from __future__ import annotations

import pytest
from samples.pay_site import open_for_money

from craftops.domain.orders.workflow import Stage
from craftops.services.billing import quoting
from craftops.services.orders import ordering
from craftops.services.people import companies
from craftops.store.database import utcnow
from craftops.store.models import InvoiceRow, OrderRow, QuoteRow
from craftops.testing import Workshop


@pytest.fixture
def order(workshop: Workshop) -> OrderRow:
    open_for_money(workshop)
    made = workshop.place("ada", quantity=10)
    workshop.run_due()
    ordering.move(workshop.shop, made.code, Stage.IN_REVIEW, actor=workshop.actor("sam"), at=utcnow())
    return made


def bought(workshop: Workshop, order: OrderRow) -> InvoiceRow:
    """Quote, acceptance, and the first invoice."""
    sam = workshop.actor("sam")
    draft, _price = quoting.proposed(workshop.shop, OrderRow.get_by_id(order.id))
    row = quoting.save_draft(workshop.shop, order.code, draft, actor=sam, at=utcnow())
    quoting.send(workshop.shop, order.code, row.version, actor=sam, at=utcnow())
    page = f"/staff/orders/{order.code}"
    workshop.browser("sam").send(f"{page}/quotes/{row.version}/accept", {"reason": "By telephone"}, on=page)
    found: InvoiceRow = InvoiceRow.get()
    return found


def test_staff_write_the_number_down_and_papers_carry_it(workshop: Workshop, order: OrderRow) -> None:
    sam, page = workshop.browser("sam"), f"/staff/orders/{order.code}"
    assert sam.send(f"{page}/po-number", {"po_number": " PO  4711/26 "}, on=page).status_code == 303
    assert "PO 4711/26" in sam.see(page)
    sam.send(f"{page}/po-number", {"po_number": "x" * 61}, on=page)
    assert OrderRow.get_by_id(order.id).po_number == "PO 4711/26"
    invoice = bought(workshop, order)
    assert invoice.document["buyer_reference"] == "PO 4711/26"
    assert QuoteRow.get().document["buyer_reference"] == "PO 4711/26"


def test_days_to_pay_are_agreed_with_one_customer(workshop: Workshop, order: OrderRow) -> None:
    ada, sam = workshop.people["ada"].id, workshop.browser("sam")
    page = f"/staff/customers/{ada}"
    assert sam.send(f"{page}/terms", {"net_days": "45"}, on=page).status_code == 303
    assert 'value="45"' in sam.see(page)
    sam.send(f"{page}/terms", {"net_days": "9999"}, on=page)
    assert 'value="45"' in sam.see(page)
    invoice = bought(workshop, order)
    assert (invoice.due_at - invoice.issued_at).days == 45
    sam.send(f"{page}/terms", {"net_days": ""}, on=page)
    assert 'value="45"' not in sam.see(page)


def test_who_buys_for_a_company_is_asked_for_its_number(workshop: Workshop) -> None:
    ada, bob = workshop.browser("ada"), workshop.browser("bob")
    assert 'name="po_number"' not in bob.see("/orders/new")
    companies.found(workshop.people["ada"], "Acme Drives", "", at=utcnow())
    assert 'name="po_number"' in ada.see("/orders/new")
