"""Sam types the number of a label from elsewhere: what is odd about it is said, and what he chose is kept."""

from __future__ import annotations

import pytest
from samples.parcel_desk import open_for_shipping, ready_to_ship

from craftops.services.shipping import packing
from craftops.store.database import utcnow
from craftops.store.models import LabelRow
from craftops.testing import Workshop


@pytest.mark.parametrize(
    ("number", "said"),
    [
        ("0998 0000 0200 33F", ""),
        ("09980000020033D", "A digit of this number is wrong, if it is one of DPD"),
        ("1Z5R89390357567127", "This looks like a number of UPS"),
        ("", ""),
    ],
)
def test_a_number_that_cannot_be_the_carriers_is_kept_and_doubted(workshop: Workshop, number: str, said: str) -> None:
    open_for_shipping(workshop)
    order = ready_to_ship(workshop)
    parcel = packing.pack_all(workshop.shop, order.code, actor=workshop.actor("sam"), at=utcnow())[0]
    sam, page = workshop.browser("sam"), f"/staff/orders/{order.code}/shipping"
    sent = sam.send(f"/staff/parcels/{parcel.id}/number", {"network": "post_office:dpd", "number": number}, on=page)
    assert sent.status_code == 303
    assert (LabelRow.get().typed or {})["number"] == "".join(number.split())
    seen = sam.see(page)
    assert ("is kept." in seen) == bool(said)
    assert said in seen
