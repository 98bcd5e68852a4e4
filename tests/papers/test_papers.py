"""Papers: what a reader of PDF finds in them, whoever wrote the reader and whatever a stranger wrote into the document."""

from __future__ import annotations

import io
import os
import socket
import subprocess
import sys
import threading
from dataclasses import replace
from datetime import UTC, date, datetime
from random import Random

import pikepdf
import pypdfium2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from pypdf import PdfReader

from craftops.domain.billing.account_statements import AccountEntry, AccountStatement
from craftops.domain.billing.documents import (
    BankAccount,
    Document,
    DocumentKind,
    DocumentLine,
    Party,
    Receipt,
    Reference,
)
from craftops.domain.billing.money import Money
from craftops.domain.billing.tax import Tax, TaxCategory
from craftops.domain.billing.totals import Rounding
from craftops.papers import fonts
from craftops.papers.brand import Brand
from craftops.papers.rendering import RenderedPaper, render
from craftops.papers.words import CATALOGUES, Words
from craftops.papers.xmp import with_invoice_mark
from craftops.testing.invoices import BANK, BUYERS, SHOP, made_up_invoice

NINETEEN = Tax(TaxCategory.STANDARD, 1900)
BRAND = Brand("#0f6e5a")
KINDS = (DocumentKind.QUOTE, DocumentKind.INVOICE, DocumentKind.DEPOSIT, DocumentKind.CREDIT)
TITLES = {
    "en": ("Quote", "Invoice", "Deposit invoice", "Credit note"),
    "de": ("Angebot", "Rechnung", "Anzahlungsrechnung", "Rechnungskorrektur"),
}


def invoice(*lines: DocumentLine, **changes: object) -> Document:
    one = Document(
        kind=DocumentKind.INVOICE,
        number="RE-2026-0007",
        issued_on=date(2026, 3, 4),
        seller=SHOP,
        buyer=BUYERS[0],
        lines=lines or (DocumentLine("Bracket", 3, 1250, NINETEEN, "PETG, black"),),
        currency="EUR",
        rounding=Rounding.SUM_BY_NET,
        due_on=date(2026, 3, 18),
        delivered_on=date(2026, 3, 3),
        bank=BANK,
        pay_url="https://shop.example/pay/3fGh",
    )
    return replace(one, **changes)  # type: ignore[arg-type]


def receipt(**changes: object) -> Receipt:
    one = Receipt(
        "ZB-2026-9", date(2026, 3, 5), datetime(2026, 3, 5, 9, 12, tzinfo=UTC), SHOP, BUYERS[0], Money(4463, "EUR"),
        "Visa •••• 4242", "ch_1", (("RE-2026-0007", 4463),), "de", "Europe/Berlin",
    )  # fmt: skip
    return replace(one, **changes)  # type: ignore[arg-type]


def pages(paper: RenderedPaper) -> list[str]:
    file = pypdfium2.PdfDocument(paper.pdf)
    try:
        return [page.get_textpage().get_text_bounded().replace("\r\n", "\n").replace("\xa0", " ") for page in file]
    finally:
        file.close()


def words(paper: RenderedPaper) -> str:
    return "\n".join(pages(paper))


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("place", range(4))
def test_each_paper_is_named_in_its_language(language: str, place: int) -> None:
    document = invoice(kind=KINDS[place], language=language, preceding=(Reference("RE-1", date(2026, 1, 2)),))
    assert f"{TITLES[language][place]} RE-2026-0007" in words(render(document, BRAND))


def test_an_invoice_says_all_that_it_must() -> None:
    said = words(render(invoice(language="de", buyer=BUYERS[1], paid=1000, payment_reference="RF18 5390"), BRAND))
    for wanted in (
        "Werkstatt am Kanal GmbH · Uferstraße 12 · 10999 Berlin", "70565 Stuttgart", "04.03.2026", "03.03.2026",
        "Bracket", "PETG, black", "37,50", "USt. 19 % auf 37,50 €", "7,13 €", "44,63 €", "−10,00 €", "34,63 €",
        "bis 18.03.2026", "DE89 3704 0044 0532 0130 00", "RF18 5390", "USt-IdNr. DE123456789", "HRB 12345",
        "Seite 1 von 1", "https://shop.example/pay/3fGh",
    ):  # fmt: skip
        assert wanted in said, wanted


def test_a_consumers_prices_hold_their_tax() -> None:
    lines = (DocumentLine("Panel", 1, 10_000, NINETEEN),) * 5
    said = words(render(invoice(*lines, rounding=Rounding.SUM_BY_NET_KEEP_GROSS), BRAND))
    assert "€500.00" in said
    assert "including VAT 19% on €420.17" in said
    assert "€79.83" in said
    assert "84.03" not in said


def test_three_foreign_readers_find_the_xml_and_its_mark() -> None:
    paper = render(invoice(), BRAND)
    assert paper.xml.startswith(b"<?xml")
    reader = PdfReader(io.BytesIO(paper.pdf))
    assert reader.attachments["factur-x.xml"] == [paper.xml]
    file = pypdfium2.PdfDocument(paper.pdf)
    assert [bytes(file.get_attachment(n).get_data()) for n in range(file.count_attachments())] == [paper.xml]
    file.close()
    with pikepdf.open(io.BytesIO(paper.pdf)) as pdf:
        assert pdf.attachments["factur-x.xml"].get_file().read_bytes() == paper.xml
        assert [str(one.AFRelationship) for one in pdf.Root.AF] == ["/Alternative"]
        with pdf.open_metadata() as xmp:
            assert xmp["{urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#}ConformanceLevel"] == "EN 16931"
            assert xmp["{urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#}DocumentFileName"] == "factur-x.xml"
            assert xmp["{urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#}DocumentType"] == "INVOICE"
            assert (xmp["pdfaid:part"], xmp["pdfaid:conformance"]) == ("3", "A")
        assert pdf.Root.Lang == "en-GB"
        assert pdf.check_pdf_syntax() == []
        raw = pdf.Root.Metadata.read_bytes()
        assert raw.count(b"<pdfaExtension:schemas>") == 1  # a property of XMP stands once
        assert raw.count(b"<pdfaSchema:prefix>fx<") == 1
    assert reader.xmp_metadata is not None
    assert len(paper.xml_sha256) == len(paper.pdf_sha256) == 64


def test_a_file_of_others_is_not_marked() -> None:
    for other in (b"", b"%PDF-1.7 nothing", render(receipt(), BRAND).pdf.replace(b"<pdfaExtension:schemas>", b"")):
        with pytest.raises(ValueError, match="PDF"):
            with_invoice_mark(other)


def test_what_pdf_a_forbids_is_not_there() -> None:
    """Structure alone: every font embedded, colours with their profile, nothing scripted, encrypted or outside."""
    with pikepdf.open(io.BytesIO(render(invoice(buyer=BUYERS[3]), BRAND).pdf)) as pdf:
        assert not pdf.is_encrypted
        assert pdf.Root.OutputIntents[0].S == "/GTS_PDFA1"
        assert pdf.Root.MarkInfo.Marked
        assert "/ID" in pdf.trailer
        fonts_seen = 0
        for one in pdf.objects:
            if not isinstance(one, pikepdf.Dictionary):
                continue
            assert one.get("/S") not in ("/JavaScript", "/Launch")
            assert "/JS" not in one
            if one.get("/Type") == "/FontDescriptor":
                fonts_seen += 1
                assert any(key in one for key in ("/FontFile2", "/FontFile3"))
    assert fonts_seen >= 2


def test_quotes_receipts_and_odd_currencies_carry_no_xml() -> None:
    for what in (invoice(kind=DocumentKind.QUOTE), invoice(currency="KWD"), receipt()):
        paper = render(what, BRAND)
        assert (paper.xml, paper.xml_sha256) == (b"", "")
        assert PdfReader(io.BytesIO(paper.pdf)).attachments == {}


@settings(max_examples=8)
@given(st.integers(0, 2**32))
def test_the_same_document_gives_the_same_file(seed: int) -> None:
    document = made_up_invoice(Random(seed))
    assert render(document, BRAND) == render(document, BRAND)


def test_another_process_another_thread_and_another_hour_give_the_same_file() -> None:
    code = (
        "import random,sys; from craftops.testing.invoices import made_up_invoice; from craftops.papers.brand import Brand;"
        "from craftops.papers.rendering import render; print(render(made_up_invoice(random.Random(5)), Brand()).pdf_sha256)"
    )
    env = {**os.environ, "TZ": "Asia/Tokyo", "PYTHONHASHSEED": "7"}
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=env)
    found: list[str] = [said.stdout.strip()]
    work = lambda: found.append(render(made_up_invoice(Random(5)), Brand()).pdf_sha256)
    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4
    assert len(set(found)) == 1


HOSTILE = (
    '#import "paper.typ": *',
    '#read("/etc/passwd")',
    "$ x^2 $ `code` *bold* _it_ <label> @ref",
    '../../etc/passwd "quotes" \\ back',
    "#panic(1)",
    "{n} {m} {0} {percent}",
    "'); DROP TABLE",
)


@pytest.mark.parametrize("text", HOSTILE)
def test_words_of_strangers_are_printed_as_they_are(text: str) -> None:
    document = invoice(
        DocumentLine(text, 1, 100, NINETEEN, text),
        buyer=Party(text, (text,), "1", text, "DE", contact=text),
        note=text, terms=text, buyer_reference=text, number=text, payment_reference=text,
        bank=BankAccount(text, "DE89370400440532013000"),
    )  # fmt: skip
    said = words(render(document, Brand(website=text)))
    assert said.replace("\n", " ").count(text) >= 7
    assert "root:" not in said


def test_nothing_is_asked_of_a_network_or_written_beside() -> None:
    code = (
        "import socket, random\n"
        "def refuse(*a, **k): raise AssertionError('a socket')\n"
        "from craftops.testing.invoices import made_up_invoice\nfrom craftops.papers.brand import Brand\n"
        "from craftops.papers.rendering import render\nsocket.socket = refuse\nsocket.getaddrinfo = refuse\n"
        "print(len(render(made_up_invoice(random.Random(5)), Brand()).pdf) > 1000)"
    )
    command = [sys.executable, "-c", code]
    if os.geteuid() == 0 and subprocess.run(["unshare", "-n", "true"], check=False).returncode == 0:
        command = ["unshare", "-n", *command]  # no network at all, for libraries that are not Python
    said = subprocess.run(command, capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "True"
    assert socket.socket is not None


@settings(max_examples=25)
@given(st.text(min_size=1, max_size=60), st.sampled_from(["CN", "JP", "KR", "TW", "DE"]))
def test_no_name_is_too_strange_to_print(text: str, country: str) -> None:
    paper = render(receipt(buyer=Party(text, (text,), "1", "X", country), method=text), BRAND)
    assert paper.pdf.startswith(b"%PDF")


@pytest.mark.parametrize(
    "text",
    [
        "Ελληνική Μηχανουργική",
        "深圳市精密制造有限公司",
        "株式会社",
        "주식회사",
        "Привет",
        "Čeština ąęł",
        "👍🏽",
        "हिन्दी",
    ],
)
def test_names_of_the_world_are_text_and_have_their_glyphs(text: str) -> None:
    said = words(render(receipt(buyer=Party(text, (), "1", "X", "DE")), BRAND))
    assert fonts.MISSING not in said
    if text.isalpha():
        assert text in said.replace("\n", "")


def test_arabic_is_joined_and_has_its_glyphs() -> None:
    said = words(render(receipt(buyer=BUYERS[4]), BRAND))
    assert fonts.MISSING not in said
    assert "11564" in said


def test_what_no_font_has_is_a_box_and_no_failure() -> None:
    said = words(render(receipt(buyer=Party("A\U00013000B\ue000C", (), "1", "X", "DE")), BRAND))
    assert f"A{fonts.MISSING}BC" in said


def test_sixty_lines_go_over_pages_with_head_and_carried_sum() -> None:
    lines = tuple(DocumentLine(f"Part {n}", 1, 1000, NINETEEN, "PETG, black") for n in range(1, 61))
    found = pages(render(invoice(*lines), BRAND))
    assert len(found) >= 3
    for number, page in enumerate(found, 1):
        assert f"Page {number} of {len(found)}" in page
        assert ("Carried forward" in page) == ("Part " in page)
        assert ("Unit price" in page) == ("Part " in page)
    last = max(n for n in range(1, 61) if f"Part {n}\n" in found[0])
    carried = f"{last * 10}.00"
    assert carried in found[0]
    assert carried in found[1]
    assert f"Part {last + 1}\n" in found[1]
    assert "Carried forward" not in pages(render(invoice(*lines[:3]), BRAND))[0]


def test_a_text_longer_than_a_page_loses_nothing() -> None:
    story = " ".join(f"word{n}" for n in range(3000))
    said = words(render(invoice(DocumentLine("Bracket", 1, 100, NINETEEN, story)), BRAND))
    assert "word0 " in said
    assert "word2999" in said


def test_logo_and_transfer_code_are_pictures_that_say_what_they_are() -> None:
    drawn = io.BytesIO()
    Image.new("RGBA", (300, 60), (200, 0, 0, 128)).save(drawn, "PNG")
    for code in (
        drawn.getvalue(),
        b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 2 2"><path d="M0 0h1v1z"/></svg>',
    ):
        paper = render(invoice(), Brand(logo=drawn.getvalue()), code)
        assert paper.pdf == render(invoice(), Brand(logo=drawn.getvalue()), code).pdf
        assert "Scan with your banking app" in " ".join(words(paper).split())
        assert b"Logo of Werkstatt" in pikepdf_text(paper.pdf)


def pikepdf_text(pdf: bytes) -> bytes:
    """All strings of a PDF that describe pictures."""
    with pikepdf.open(io.BytesIO(pdf)) as file:
        found = [bytes(one["/Alt"]) for one in file.objects if isinstance(one, pikepdf.Dictionary) and "/Alt" in one]
    return b"\n".join(found)


def test_a_receipt_says_what_came_and_a_refund_what_went() -> None:
    said = words(render(receipt(), BRAND))
    for wanted in ("Zahlungsbeleg ZB-2026-9", "44,63 €", "05.03.2026, 10:12 MEZ", "Visa •••• 4242", "RE-2026-0007"):
        assert wanted in said, wanted
    back = words(render(receipt(amount=Money(-1000, "EUR"), language="en", settles=()), BRAND))
    assert "Refund receipt" in back
    assert "We paid back" in back
    assert "€10.00" in back


def test_a_statement_goes_from_what_was_open_to_what_is() -> None:
    entries = (
        AccountEntry(date(2026, 3, 4), "Invoice", "RE-7", 4463, date(2026, 3, 18)),
        AccountEntry(date(2026, 3, 9), "Payment", "", -5000),
    )
    statement = AccountStatement(
        date(2026, 4, 1), date(2026, 3, 1), date(2026, 3, 31), SHOP, BUYERS[0], "EUR", 100, entries
    )
    said = words(render(statement, BRAND))
    for wanted in (
        "Open on 1 Mar 2026",
        "Invoice RE-7",
        "due 18 Mar 2026",
        "45.63",
        "50.00",
        "Credit on 31 Mar 2026",
        "€4.37",
    ):
        assert wanted in said, wanted
    assert statement.closing == -437
    assert "Nothing was billed" in words(render(replace(statement, entries=()), BRAND))


def test_americans_print_on_their_own_paper() -> None:
    sizes = []
    for country in ("DE", "US"):
        file = pypdfium2.PdfDocument(render(invoice(seller=replace(SHOP, country=country)), BRAND).pdf)
        sizes.append(tuple(round(side) for side in file[0].get_size()))
        file.close()
    assert sizes == [(595, 842), (612, 792)]


def test_both_languages_say_the_same_things() -> None:
    assert CATALOGUES["en"].keys() == CATALOGUES["de"].keys()
    holes = lambda text: sorted(part.split("}")[0] for part in text.split("{")[1:])
    for key, english in CATALOGUES["en"].items():
        assert holes(english) == holes(CATALOGUES["de"][key]), key
    assert Words.of("fr", "FR") == Words("en", "GB")
    assert Words.of("de-AT", "AT").money(Money(-123456, "JPY")).replace("\xa0", " ") in ("−¥ 123.456", "−¥ 123 456")


def test_a_pale_brand_is_no_colour_of_words() -> None:
    assert Brand("#ffcc00").ink != "#ffcc00"
    assert Brand("#0f6e5a").ink == "#0f6e5a"
