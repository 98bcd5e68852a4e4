"""Papers of parcels and jobs: all that must stand on them stands there, and their codes lead where they should."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from samples.scanned import page_count, scanned_pdf, words_of

from craftops.domain.billing.money import Money
from craftops.domain.shipping.carriage import CustomsLine
from craftops.papers.brand import Brand
from craftops.papers.slips import (
    CustomsDeclaration,
    Manifest,
    ManifestLine,
    PackingSlip,
    SlipLine,
    customs_pdf,
    manifest_pdf,
    slip_pdf,
)
from craftops.papers.traveller import Traveller, TravellerCode, traveller_pdf
from craftops.papers.words_shipping import ENGLISH, GERMAN
from craftops.testing.invoices import SHOP

BRAND, DAY = Brand("#0f6e5a"), date(2026, 11, 28)
SLIP = PackingSlip(
    SHOP, ("Ada Lind", "Gontardstraße 7", "10178 Berlin"), "DE", "K7RCX3-2", "K7RCX3", 2, 3, 1240,
    (SlipLine("Vase, left half", ("PLA, white", "sanded"), 40, 12, 28), SlipLine("Spacers", (), 6, 6, 0)), DAY,
    "https://shop.example/d/K7RCX3-2", "DHL Paket", "00340434161094042557", "Thin walls.",
)  # fmt: skip
LINES = (
    CustomsLine("Brackets of plastic", 2, Money(2350, "EUR"), 300, "392690", "DE"),
    CustomsLine("Vase of PLA", 12, Money(14_400, "EUR"), 1800, "3926400090", "AT"),
)
CUSTOMS = CustomsDeclaration(
    SHOP, ("Zoé Blanc", "17 Rue Calbairac", "BOSTON, MA 02110", "USA"), "US", "K7RCX3-2", LINES, 2400, DAY,
    "RB123456785DE", Money(1899, "EUR"),
)  # fmt: skip
JOB = Traveller(
    "K7RCX3", "Line 2 of 5", "Vase, left half", 1200, (("Material", "PLA"), ("Colour", "Signalweiß RAL 9003")),
    ("Print", "Remove supports", "Sand"), "Thu 3 Dec – Fri 4 Dec",
    (TravellerCode("Next step", "https://shop.example/s/jobs/14/next?t=3fGh"), TravellerCode("Photos", "https://shop.example/s/jobs/14/photos"),
     TravellerCode("Bin B-14", "https://shop.example/s/bins/B-14")), DAY, "Good side up. No seam in front.", b"", "Testwerk", "en", "DE",
)  # fmt: skip


def picture(kind: str) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (80, 60), "#0f6e5a").save(out, kind)
    return out.getvalue()


def test_both_languages_say_the_same() -> None:
    assert set(ENGLISH) == set(GERMAN)
    for key, sentence in ENGLISH.items():
        assert sentence.count("{") == GERMAN[key].count("{"), key


def test_a_packing_slip_says_what_is_in_the_parcel_and_what_follows() -> None:
    pdf = slip_pdf(SLIP, BRAND)
    said = words_of(pdf)
    for wanted in (
        "Packing slip K7RCX3-2", "Ada Lind", "Parcel 2 of 3", "1.24 kg", "DHL Paket", "00340434161094042557", "Thin walls.",
        "Vase, left half PLA, white sanded 40 12 28", "Spacers 6 6 –", "28 Nov 2026",
    ):  # fmt: skip
        assert wanted in said, wanted
    assert "€" not in said
    assert scanned_pdf(pdf) == [("QRCode", SLIP.url)]
    assert pdf == slip_pdf(SLIP, BRAND)
    assert scanned_pdf(slip_pdf(replace(SLIP, url=""), BRAND)) == []
    assert "Packzettel" in words_of(slip_pdf(replace(SLIP, language="de"), BRAND))


@pytest.mark.parametrize("count", [1, 35, 120])
def test_a_hand_over_list_is_as_long_as_it_must_be(count: int) -> None:
    lines = tuple(
        ManifestLine(f"K7RCX{n}-1", f"Customer {n}", f"{10_000 + n} Berlin", f"0034043416109{n:07}", 250)
        for n in range(count)
    )
    pdf = manifest_pdf(
        Manifest(SHOP, "DHL Paket", datetime(2026, 11, 28, 23, 30, tzinfo=UTC), "Europe/Berlin", lines), BRAND
    )
    said = words_of(pdf)
    assert all(line.code in said and line.number in said and line.recipient in said for line in lines)
    assert f"{count} parcels handed over" in said
    assert "signature of the driver" in said
    assert "29 Nov 2026, 00:30" in said
    assert page_count(pdf) >= 1 + count // 40


def test_a_customs_declaration_says_what_customs_ask() -> None:
    pdf = customs_pdf(CUSTOMS, BRAND)
    said = words_of(pdf)
    for wanted in (
        "CN 23", "Werkstatt am Kanal GmbH", "Zoé Blanc", "BOSTON, MA 02110", "USA", "Brackets of plastic 2 3926.90 DE 300 g €23.50",
        "Vase of PLA 12 3926.40.00.90 AT 1.80 kg €144.00", "2.10 kg", "€167.50", "2.40 kg", "€18.99", "RB123456785DE",
        "[X] Sale of goods", "prohibited by postal or customs regulations",
    ):  # fmt: skip
        assert wanted in said, wanted
    assert "CN 22" in words_of(customs_pdf(replace(CUSTOMS, small=True), BRAND))


@pytest.mark.parametrize("lines", [(), (LINES[0], replace(LINES[1], value=Money(1, "USD")))])
def test_a_declaration_that_cannot_be_added_up_is_none(lines: tuple[CustomsLine, ...]) -> None:
    with pytest.raises(ValueError, match="currency"):
        customs_pdf(replace(CUSTOMS, lines=lines), BRAND)


@pytest.mark.parametrize("kind", ["", "PNG", "JPEG", "WEBP"])
def test_a_traveller_says_what_to_do_and_its_codes_lead_there(kind: str) -> None:
    job = replace(JOB, picture=picture(kind) if kind else b"")
    pdf = traveller_pdf(job)
    said = words_of(pdf)
    for wanted in (
        "K7RCX3", "Line 2 of 5", "Vase, left half", "1,200 pieces", "Signalweiß RAL 9003", "Remove supports", "Done by",
        "Thu 3 Dec – Fri 4 Dec", "Good side up. No seam in front.", "Bin B-14", "Testwerk",
    ):  # fmt: skip
        assert wanted in said, wanted
    assert ("No picture" in said) == (not kind)
    assert scanned_pdf(pdf) == sorted(("QRCode", one.url) for one in job.codes)
    assert page_count(pdf) == 1
    assert pdf == traveller_pdf(job)


@pytest.mark.parametrize("wrong", [b"GIF89a", b"\x89PNG\r\n\x1a\n" + b"\x00" * 40, b"<svg/>", b"\xff\xd8\xff"])
def test_a_picture_that_nobody_can_read_stops_no_job(wrong: bytes) -> None:
    assert "No picture" in words_of(traveller_pdf(replace(JOB, picture=wrong)))


@settings(max_examples=12, deadline=None)
@given(
    st.text(max_size=400),
    st.lists(st.text(min_size=1, max_size=200), max_size=40),
    st.sampled_from(["DE", "US", "CN", "SA"]),
)
def test_whatever_a_customer_wrote_the_sheet_is_made(text: str, operations: list[str], country: str) -> None:
    job = replace(JOB, instructions=text, title=text[:80], operations=tuple(operations), country=country)
    assert scanned_pdf(traveller_pdf(job)) == sorted(("QRCode", one.url) for one in job.codes)
