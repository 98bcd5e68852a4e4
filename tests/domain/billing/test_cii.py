"""The XML of invoices: what it says, and that its numbers are the document's."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from random import Random
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from craftops.domain.billing.cii import invoice_xml, is_told_in_xml
from craftops.domain.billing.cii_lines import price_of
from craftops.domain.billing.discounts import discount_lines
from craftops.domain.billing.documents import Document, DocumentKind, DocumentLine, Party, Reference
from craftops.domain.billing.tax import Tax, TaxCategory
from craftops.domain.billing.totals import Rounding
from craftops.errors import RuleError
from craftops.testing.invoices import BANK, BUYERS, SHOP, made_up_invoice

NINETEEN = Tax(TaxCategory.STANDARD, 1900)
SPACES = {
    "ram": "urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100",
    "rsm": "urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100",
    "udt": "urn:un:unece:uncefact:data:standard:UnqualifiedDataType:100",
}


def invoice(*lines: DocumentLine, rounding: Rounding = Rounding.SUM_BY_NET, **changes: object) -> Document:
    one = Document(
        kind=DocumentKind.INVOICE,
        number="RE-2026-0007",
        issued_on=date(2026, 3, 4),
        seller=SHOP,
        buyer=BUYERS[0],
        lines=lines or (DocumentLine("Bracket", 3, 1250, NINETEEN),),
        currency="EUR",
        rounding=rounding,
        due_on=date(2026, 3, 18),
        delivered_on=date(2026, 3, 3),
        bank=BANK,
    )
    return replace(one, **changes)  # type: ignore[arg-type]


def said(document: Document, path: str) -> list[str]:
    root = ElementTree.fromstring(invoice_xml(document))
    return [one.text or "" for one in root.findall(f".//{path}", SPACES)]


def test_an_invoice_says_what_it_comes_to() -> None:
    document = invoice(paid=1000, buyer_reference="PO 4711", payment_reference="RF18539007547034")
    assert said(document, "ram:GrandTotalAmount") == ["44.63"]
    assert said(document, "ram:TaxTotalAmount") == ["7.13"]
    assert said(document, "ram:TotalPrepaidAmount") == ["10.00"]
    assert said(document, "ram:DuePayableAmount") == ["34.63"]
    assert said(document, "ram:IBANID") == ["DE89370400440532013000"]
    assert said(document, "ram:BuyerOrderReferencedDocument/ram:IssuerAssignedID") == ["PO 4711"]
    assert said(document, "ram:DueDateDateTime/udt:DateTimeString") == ["20260318"]


def test_five_times_a_hundred_gross_keeps_its_gross() -> None:
    lines = (DocumentLine("Panel", 1, 10_000, NINETEEN),) * 5
    document = invoice(*lines, rounding=Rounding.SUM_BY_NET_KEEP_GROSS)
    assert said(document, "ram:GrandTotalAmount") == ["500.00"]
    assert said(document, "ram:TaxTotalAmount") == ["79.83"]
    assert said(document, "ram:LineTotalAmount")[:-1] == ["84.04", "84.04", "84.03", "84.03", "84.03"]
    assert said(document, "ram:NetPriceProductTradePrice/ram:ChargeAmount") == [
        "84.04",
        "84.04",
        "84.03",
        "84.03",
        "84.03",
    ]


@given(st.randoms(use_true_random=False))
def test_every_line_is_its_price_times_its_quantity_less_its_discount(draw: Random) -> None:
    root = ElementTree.fromstring(invoice_xml(made_up_invoice(draw)))
    for line in root.iterfind(".//ram:IncludedSupplyChainTradeLineItem", SPACES):
        number = lambda path, line=line: Decimal(line.findtext(f".//{path}", "0", SPACES))
        price, quantity = number("ram:ChargeAmount"), number("ram:BilledQuantity")
        total = number("ram:LineTotalAmount")
        assert price >= 0
        assert abs(price * quantity - number("ram:ActualAmount") - total) <= Decimal("0.5").scaleb(
            total.as_tuple().exponent
        )  # type: ignore[arg-type]


@given(st.integers(0, 10**9), st.integers(1, 10**6), st.sampled_from([0, 2]))
def test_a_price_gives_its_amount_again(amount: int, quantity: int, places: int) -> None:
    price = price_of(amount, quantity, places)
    assert round(price * quantity * 10**places) == amount
    assert -price.as_tuple().exponent >= places  # type: ignore[operator]


def test_no_line_costs_a_million_digits() -> None:
    assert price_of(100, 3, 2) == Decimal("0.333")
    assert price_of(1000, 4, 2) == Decimal("2.50")
    assert price_of(7, 0, 2) == 0


def test_what_takes_off_has_a_quantity_below_zero_and_no_price_below_it() -> None:
    document = invoice(DocumentLine("Bracket", 1, 5000, NINETEEN), DocumentLine("Deposit RE-1", 1, -2000, NINETEEN))
    assert said(document, "ram:BilledQuantity") == ["1", "-1"]
    assert said(document, "ram:NetPriceProductTradePrice/ram:ChargeAmount") == ["50.00", "20.00"]


def test_a_discount_on_all_is_shared_over_the_kinds_of_tax() -> None:
    seven = Tax(TaxCategory.STANDARD, 700)
    lines = (DocumentLine("Bracket", 1, 10_000, NINETEEN), DocumentLine("Book", 2, 2_500, seven))
    off = discount_lines(lines, 1000, "10 % off")
    assert [(one.tax.rate, one.unit) for one in off] == [(700, -500), (1900, -1000)]
    document = invoice(*lines, *off)
    assert said(document, "ram:AllowanceTotalAmount") == ["15.00"]
    assert said(document, "ram:TaxBasisTotalAmount") == ["135.00"]
    assert len(said(document, "ram:LineID")) == 2
    assert discount_lines(lines, 0, "nothing") == ()
    with pytest.raises(ValueError, match="between"):
        discount_lines(lines, 10_001, "more than all")


def test_two_reasons_of_one_exemption_are_one_group() -> None:
    """BR-E-1 allows one breakdown of E."""
    reasons = [Tax(TaxCategory.EXEMPT, reason=why) for why in ("By law A.", "By law B.")]
    document = invoice(*(DocumentLine("Course", 1, 1000, tax) for tax in reasons))
    assert said(document, "ram:ExemptionReason") == ["By law A. By law B."]


def test_what_is_outside_the_scope_tells_no_vat_ids() -> None:
    document = invoice(DocumentLine("Fine", 1, 1000, Tax(TaxCategory.OUTSIDE_SCOPE)), buyer=BUYERS[1])
    assert said(document, "ram:SpecifiedTaxRegistration/ram:ID") == []
    assert said(document, "ram:RateApplicablePercent") == []
    assert said(document, "ram:ExemptionReasonCode") == ["VATEX-EU-O"]


def test_a_seller_without_vat_id_and_register_is_named_by_the_tax_number() -> None:
    small = replace(SHOP, vat_id="", registration="")
    assert said(invoice(seller=small), "ram:SellerTradeParty/ram:ID") == ["29/123/45678"]
    assert said(invoice(), "ram:SellerTradeParty/ram:ID") == []


def test_a_credit_note_names_what_it_corrects_and_no_account_of_ours() -> None:
    credit = invoice(kind=DocumentKind.CREDIT, preceding=(Reference("RE-2026-0001", date(2026, 1, 9)),))
    assert said(credit, "ram:TypeCode")[0] == "381"
    assert said(credit, "ram:InvoiceReferencedDocument/ram:IssuerAssignedID") == ["RE-2026-0001"]
    assert said(credit, "ram:IBANID") == []


def test_words_of_strangers_are_words() -> None:
    title = 'A & B <script> ]]> "q" \x00\x0b\ud800 end'
    document = invoice(DocumentLine(title, 1, 100, NINETEEN), note="<!ENTITY x SYSTEM 'file:///etc/passwd'>")
    assert said(document, "ram:SpecifiedTradeProduct/ram:Name") == ['A & B <script> ]]> "q"  end']
    assert said(document, "ram:IncludedNote/ram:Content") == ["<!ENTITY x SYSTEM 'file:///etc/passwd'>"]


@pytest.mark.parametrize(("title", "name"), [("\ufffe\uffff", "PETG"), ("\x00 \ud800", "PETG"), (" ", "PETG")])
def test_a_title_of_nothing_that_can_be_written_is_no_empty_name(title: str, name: str) -> None:
    line = DocumentLine(title, 1, 100, Tax(TaxCategory.STANDARD, 1900), "PETG")
    document = replace(made_up_invoice(Random(1)), lines=(line, replace(line, detail="\ufffe")))
    names = [one.text for one in ElementTree.fromstring(invoice_xml(document)).iter() if one.tag.endswith("}Name")]
    assert names[:2] == [name, "–"]


def test_a_long_address_loses_no_line() -> None:
    buyer = Party("A", ("one", "two", " ", "three", "four"), "1", "X", "DE")
    names = [
        said(invoice(buyer=buyer), f"ram:BuyerTradeParty/ram:PostalTradeAddress/ram:Line{n}")
        for n in ("One", "Two", "Three")
    ]
    assert names == [["one"], ["two"], ["three, four"]]


def test_what_the_norm_has_no_form_for_is_refused() -> None:
    for document in (invoice(kind=DocumentKind.QUOTE), invoice(currency="KWD")):
        assert not is_told_in_xml(document)
        with pytest.raises(RuleError):
            invoice_xml(document)


@given(st.integers(0, 2**32))
def test_the_same_document_gives_the_same_bytes(seed: int) -> None:
    assert invoice_xml(made_up_invoice(Random(seed))) == invoice_xml(made_up_invoice(Random(seed)))
