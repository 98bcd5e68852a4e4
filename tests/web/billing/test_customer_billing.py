"""To whom a customer's invoices go, as staff see and change it on the customer's pages."""

from __future__ import annotations

from craftops.testing import Workshop


def test_staff_see_and_keep_to_whom_the_invoices_of_a_customer_go(workshop: Workshop) -> None:
    sam, ada = workshop.browser("sam"), workshop.people["ada"]
    page = f"/staff/customers/{ada.id}/billing"
    assert f'href="/staff/customers/{ada.id}"' in sam.see(page)
    told = {
        "is_business": "1",
        "name": "Engines",
        "address": "Row 1",
        "postcode": "12345",
        "city": "Berlin",
        "country": "DE",
    }
    assert sam.send(page, told, on=page).status_code == 303
    assert 'value="Engines"' in sam.see(page)
