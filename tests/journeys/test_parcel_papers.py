"""What Sam prints for a parcel: the shop's own label, the slip, the customs form, the driver's list."""

from __future__ import annotations

import io
import re

import pikepdf
import pypdfium2 as pdfium
import pytest
import zxingcpp
from samples.parcel_desk import ZURICH, open_for_shipping, ready_to_ship

from craftops.domain.billing.money import Money
from craftops.domain.shipping.carriage import CustomsLine
from craftops.services.shipping import handing_over, labels, packing
from craftops.store.database import utcnow
from craftops.store.models import LabelRow, OrderRow, ParcelRow
from craftops.testing import Browser, Workshop
from craftops.testing.paper_carrier import PaperCarrier


@pytest.fixture
def carrier(workshop: Workshop) -> PaperCarrier:
    return open_for_shipping(workshop)


def typed(workshop: Workshop, order: OrderRow, number: str) -> ParcelRow:
    (parcel,) = packing.pack_all(workshop.shop, order.code, actor=workshop.actor("sam"), at=utcnow())
    labels.type_number(
        workshop.shop, parcel.id, "post_office", "dpd", number, actor=workshop.actor("sam"), at=utcnow()
    )  # fmt: skip
    workshop.run_due()
    return parcel


def pages_of(sam: Browser, path: str) -> list[str]:
    """The text of each page of a PDF."""
    answer = sam.get(path)
    assert answer.status_code == 200, path
    document = pdfium.PdfDocument(answer.data)
    return [page.get_textpage().get_text_bounded() for page in document]


def test_the_shop_draws_its_own_label_that_scans_back(workshop: Workshop, carrier: PaperCarrier) -> None:
    order, sam = ready_to_ship(workshop), workshop.browser("sam")
    parcel = typed(workshop, order, "01096102301842")
    label = LabelRow.get()
    kinds = {kind for kind, _sha in label.files}
    assert kinds == {"application/pdf", "image/png", "application/zpl"}
    page = pdfium.PdfDocument(sam.get(f"/staff/shipping/labels/{label.id}.pdf").data)[0].render(scale=3).to_pil()
    found = {one.text for one in zxingcpp.read_barcodes(page)}
    assert found == {f"{order.code}-1"}
    said = handing_over.scan(workshop.shop, found.pop(), actor=workshop.actor("sam"), at=utcnow())
    assert (said.parcel, said.good) == (parcel.id, True)


def test_all_labels_are_one_print(workshop: Workshop, carrier: PaperCarrier) -> None:
    orders = [ready_to_ship(workshop) for _ in range(3)]
    for number, order in enumerate(orders):
        typed(workshop, order, f"0109610230184{number}")
    sam = workshop.browser("sam")
    assert len(pages_of(sam, "/staff/shipping/labels.pdf")) == 3
    assert LabelRow.select().where(LabelRow.printed_at.is_null()).count() == 0
    (driver,) = pages_of(sam, "/staff/shipping/hand-over.pdf")
    assert all(f"{order.code}-1" in driver for order in orders)


def test_nothing_to_print_is_a_sentence(workshop: Workshop, carrier: PaperCarrier) -> None:
    answer = workshop.browser("sam").get("/staff/shipping/labels.pdf")
    assert answer.status_code == 409
    assert "no label to print" in answer.get_data(as_text=True)


def test_the_slip_tells_what_follows_and_no_price(workshop: Workshop, carrier: PaperCarrier) -> None:
    order, sam = ready_to_ship(workshop, quantity=5), workshop.browser("sam")
    page, line = f"/staff/orders/{order.code}/shipping", order.lines.get()
    sam.send(f"{page}/pack", {f"copies-{line.id}": "2", "box": "290,220,140", "weight_g": "150"}, on=page)
    text = " ".join(pages_of(sam, f"/staff/parcels/{ParcelRow.get().id}/slip.pdf"))
    assert line.title in text
    assert re.search(r"5\s+2\s+3", text), text  # ordered, here, follows
    assert "€" not in text


def test_the_customs_form_says_what_was_declared(workshop: Workshop, carrier: PaperCarrier) -> None:
    order, sam = ready_to_ship(workshop, to=ZURICH), workshop.browser("sam")
    (parcel,) = packing.pack_all(workshop.shop, order.code, actor=workshop.actor("sam"), at=utcnow())
    assert sam.get(f"/staff/parcels/{parcel.id}/customs.pdf").status_code == 409
    line = CustomsLine("Bracket of PLA", 1, Money(1250, "EUR"), 10, "392690", "DE")
    packing.declare(workshop.shop, parcel.id, [line], actor=workshop.actor("sam"), at=utcnow())
    answer = sam.get(f"/staff/parcels/{parcel.id}/customs.pdf")
    assert len(pikepdf.open(io.BytesIO(answer.data)).pages) >= 1
    text = " ".join(pages_of(sam, f"/staff/parcels/{parcel.id}/customs.pdf"))
    missing = [word for word in ("Bracket of PLA", "3926.90", "12.50") if word not in text]
    assert missing == [], text


def test_a_number_from_the_counter_is_added_later(workshop: Workshop, carrier: PaperCarrier) -> None:
    order, sam = ready_to_ship(workshop), workshop.browser("sam")
    typed(workshop, order, "")
    label, page = LabelRow.get(), f"/staff/orders/{order.code}/shipping"
    assert "once you have it" in sam.see(page)
    assert sam.send(f"/staff/shipping/labels/{label.id}/number", {"number": " 0123 99 "}, on=page).status_code == 303
    assert ParcelRow.get().number == "012399"
    assert ParcelRow.get().link == "https://dpd.example/012399?plz=10969"
    sam.send(f"/staff/shipping/labels/{label.id}/number", {"number": "1"}, on=page)
    assert "This label has its number" in sam.see(page)
    assert ParcelRow.get().number == "012399"
