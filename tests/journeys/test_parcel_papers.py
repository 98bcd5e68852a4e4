"""Sam prints what goes with parcels: labels that the hand-over scans, slips, customs papers, a list for the driver."""

from __future__ import annotations

from datetime import date

import pytest
from samples.parcel_desk import ADA, ZURICH, open_for_shipping, rated_parcel, ready_to_ship
from samples.scanned import scanned, scanned_pdf, words_of

from craftops.domain.billing.money import Money
from craftops.domain.people.addresses import PostalAddress
from craftops.domain.shipping.carriage import CustomsLine, ParcelSize
from craftops.errors import RuleError
from craftops.services.shipping import handing_over, labels, packing, parcel_papers
from craftops.services.shipping.packing import ParcelDraft
from craftops.store.database import utcnow
from craftops.store.models import DeliveryAddressRow, ParcelRow
from craftops.testing import Workshop

DAY = date(2026, 11, 28)


@pytest.fixture(autouse=True)
def open_shop(workshop: Workshop) -> None:
    open_for_shipping(workshop)


def test_our_own_label_is_what_the_hand_over_scans(workshop: Workshop) -> None:
    parcel = rated_parcel(workshop, ready_to_ship(workshop))
    labels.type_number(
        workshop.shop, parcel.id, "post_office", "dpd", "0998 0000 0200 33", actor=workshop.actor("sam"), at=utcnow()
    )
    workshop.run_due()
    parcel = ParcelRow.get_by_id(parcel.id)
    pdf = parcel_papers.address_label(workshop.shop, parcel, "pdf", day=DAY)
    said = words_of(pdf)
    for wanted in (
        *("Ada Lovelace", "Lindenweg 3", "10969 Berlin", "Hauptstr. 1"),
        parcel.order.code,
        "09980000020033",
        "DPD",
    ):
        assert wanted in said, wanted
    codes = scanned_pdf(pdf)
    assert codes == [("Code128", parcel.code), ("QRCode", parcel.code)]
    for size in parcel_papers.SIZES:
        assert scanned(parcel_papers.address_label(workshop.shop, parcel, "png", size=size, dpi=300, day=DAY)) == codes
        assert parcel_papers.address_label(workshop.shop, parcel, "zpl", size=size, day=DAY).startswith(b"^XA")
    assert handing_over.scan(workshop.shop, codes[0][1], actor=workshop.actor("sam"), at=utcnow()).good


def test_abroad_the_country_is_named_and_customs_get_their_paper(workshop: Workshop) -> None:
    parcel = packing.pack_all(
        workshop.shop, ready_to_ship(workshop, to=ZURICH).code, actor=workshop.actor("sam"), at=utcnow()
    )[0]
    with pytest.raises(RuleError, match="no customs declaration"):
        parcel_papers.customs_declaration(workshop.shop, parcel, day=DAY)
    line = CustomsLine("Vase of PLA", 1, Money(2500, "EUR"), 1, "392640", "DE")
    packing.declare(workshop.shop, parcel.id, [line], actor=workshop.actor("sam"), at=utcnow())
    parcel = ParcelRow.get_by_id(parcel.id)
    said = words_of(parcel_papers.customs_declaration(workshop.shop, parcel, day=DAY))
    for wanted in ("CN 23", "Vase of PLA 1 3926.40 DE", "25.00", "ZÜRICH", "SWITZERLAND", parcel.code):
        assert wanted in said, wanted
    assert "SWITZERLAND" in words_of(parcel_papers.address_label(workshop.shop, parcel, "pdf", day=DAY))


def test_a_slip_says_what_still_follows(workshop: Workshop) -> None:
    order = ready_to_ship(workshop, quantity=5)
    line = packing.lines_of(order)[0]
    for copies in (2, 3):
        draft = ParcelDraft({line.id: copies}, ParcelSize(500, 200, 150, 100))
        packing.pack(order.code, draft, actor=workshop.actor("sam"), at=utcnow())
    first, second = packing.parcels_of(order)
    pdf = parcel_papers.packing_slip(workshop.shop, first, day=DAY)
    assert "5 2 3" in words_of(pdf)
    assert scanned_pdf(pdf) == [("QRCode", first.code)]
    assert "5 3 –" in words_of(parcel_papers.packing_slip(workshop.shop, second, day=DAY))


def test_the_driver_signs_a_list(workshop: Workshop) -> None:
    orders = [ready_to_ship(workshop), ready_to_ship(workshop, to=ZURICH)]
    parcels = [packing.pack_all(workshop.shop, one.code, actor=workshop.actor("sam"), at=utcnow())[0] for one in orders]
    said = words_of(parcel_papers.hand_over_list(workshop.shop, parcels, at=utcnow()))
    assert all(one.code in said for one in parcels)
    assert "2 parcels handed over" in said
    assert "8001 Zürich, CH" in said


def test_without_an_address_nothing_is_printed(workshop: Workshop) -> None:
    order = ready_to_ship(workshop, to=ADA)
    parcel = packing.pack_all(workshop.shop, order.code, actor=workshop.actor("sam"), at=utcnow())[0]
    DeliveryAddressRow.delete().execute()
    for make in (parcel_papers.label_paper, lambda *told: parcel_papers.packing_slip(*told, day=DAY)):
        with pytest.raises(RuleError):
            make(workshop.shop, parcel)


def test_names_of_customers_are_words_alone(workshop: Workshop) -> None:
    rogue = PostalAddress("#set page(width: 1mm) ^XZ~JR", "$x$ *b* `c`", "Berlin", "DE", "10115")
    parcel = rated_parcel(workshop, ready_to_ship(workshop, to=rogue))
    said = words_of(parcel_papers.address_label(workshop.shop, parcel, "pdf", day=DAY))
    assert "#set page(width: 1mm) ^XZ~JR" in said
    assert parcel_papers.address_label(workshop.shop, parcel, "zpl", day=DAY).count(b"^XZ") == 1
