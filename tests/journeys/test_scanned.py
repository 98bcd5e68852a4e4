"""A sheet goes with the parts through the workshop: its codes move the order, take photos, find the bin."""

from __future__ import annotations

import io

import pypdfium2 as pdfium
import zxingcpp
from samples.counter import ready_for_pickup
from samples.pictures import jpeg

from craftops.domain.orders.workflow import Stage
from craftops.store.models import PickupRow, ProgressPhotoRow
from craftops.testing import Workshop


def codes_of(pdf: bytes) -> list[set[str]]:
    """What a scanner reads on each page."""
    return [
        {one.text for one in zxingcpp.read_barcodes(page.render(scale=4).to_pil())} for page in pdfium.PdfDocument(pdf)
    ]


def test_the_codes_of_sheet_and_label_lead_to_the_order(workshop: Workshop) -> None:
    order, sam = workshop.place("ada", quantity=3), workshop.browser("sam")
    page = f"http://localhost/staff/scan/{order.code}"
    (sheet,) = codes_of(sam.get(f"/staff/orders/{order.code}/traveller.pdf").data)
    assert sheet == {page, f"{page}#photos", f"{page}#bin"}
    (label,) = codes_of(sam.get(f"/staff/orders/{order.code}/part-labels.pdf").data)
    assert label == {page}


def test_a_scan_moves_the_stage_and_takes_it_back(workshop: Workshop) -> None:
    order, sam = workshop.place("ada"), workshop.browser("sam")
    page = f"/staff/scan/{order.code}"
    sam.see(page)
    assert workshop.stage(order) == Stage.RECEIVED.value  # looking changes nothing
    answer = sam.send(f"/staff/orders/{order.code}/move", {"to": "in_review", "back": page}, on=page)
    assert answer.headers["Location"].endswith(page)
    assert workshop.stage(order) == Stage.IN_REVIEW.value
    sam.send(f"/staff/orders/{order.code}/undo", {"back": page}, on=page)
    assert workshop.stage(order) == Stage.RECEIVED.value


def test_a_photo_from_the_telephone_comes_back_to_the_page(workshop: Workshop) -> None:
    order, sam = workshop.place("ada"), workshop.browser("sam")
    page = f"/staff/scan/{order.code}"
    sent = {"photo": (io.BytesIO(jpeg()), "phone.jpg"), "back": page}
    answer = sam.send(f"/staff/orders/{order.code}/photos", sent, on=page, content_type="multipart/form-data")
    assert answer.headers["Location"].endswith(f"{page}#photos")
    assert ProgressPhotoRow.select().count() == 1


def test_a_scanner_that_types_finds_the_order_in_whatever_it_read(workshop: Workshop) -> None:
    order, sam = workshop.place("ada"), workshop.browser("sam")
    for said in (order.code, order.code.lower(), f"http://shop.example/staff/scan/{order.code}#bin", f"{order.code}-2"):
        answer = sam.send("/staff/scan", {"code": said}, on="/staff/scan")
        assert answer.headers["Location"].endswith(f"/staff/scan/{order.code}"), said
    sam.send("/staff/scan", {"code": "ABCDEF"}, on="/staff/scan")
    assert "No order has this code" in sam.see("/staff/scan")


def test_what_is_ready_tells_its_bin(workshop: Workshop) -> None:
    order, sam = ready_for_pickup(workshop), workshop.browser("sam")
    sam.see("/staff/pickups")
    waits = PickupRow.get(PickupRow.order == order.id)
    sam.send(f"/staff/pickups/{waits.id}/bin", {"bin": "Shelf 4"}, on="/staff/pickups")
    assert "Shelf 4" in sam.see(f"/staff/scan/{order.code}")
