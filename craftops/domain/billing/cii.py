"""An invoice as XML for programs: EN 16931 in the syntax of UN/CEFACT Cross Industry Invoice (D22B), as Factur-X and
ZUGFeRD carry it in profile EN 16931. The same document gives the same bytes.

BT-… and BG-… are the terms of EN 16931-1, BR-… its rules. Amounts have the currency's decimals; what a line costs a
piece has as many as it takes to give the line's amount again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from craftops.domain.billing.cii_lines import Priced, priced
from craftops.domain.billing.cii_xml import XmlElement, XmlText, node, optional, text, written
from craftops.domain.billing.documents import Document, DocumentKind, Party
from craftops.domain.billing.money import Money, exponent
from craftops.domain.billing.tax import Tax, TaxCategory
from craftops.domain.billing.totals import TaxGroup, Totals
from craftops.errors import RuleError

PROFILE = "urn:cen.eu:en16931:2017"
"""BT-24 of an invoice that follows the norm and nothing beside it."""
FILE_NAME = "factur-x.xml"
UNTAXED = {
    TaxCategory.EXEMPT: ("Exempt from VAT", ""),
    TaxCategory.REVERSE_CHARGE: ("Reverse charge", "VATEX-EU-AE"),
    TaxCategory.INTRA_COMMUNITY: ("Intra-community supply", "VATEX-EU-IC"),
    TaxCategory.EXPORT: ("Export outside the EU", "VATEX-EU-G"),
    TaxCategory.OUTSIDE_SCOPE: ("Not subject to VAT", "VATEX-EU-O"),
}
"""BT-120 where the document has none of its own, and BT-121 (CEF VATEX)."""
DUE_NOW = {"de": "Sofort fällig, ohne Abzug.", "en": "Payable at once, without deduction."}
ADDRESS_LINES = 3
DAY = "102"
"""UNTDID 2379: CCYYMMDD."""


@dataclass(frozen=True, slots=True)
class _Bill:
    """A document with its totals reckoned once."""

    document: Document
    totals: Totals


@dataclass(frozen=True, slots=True)
class _Group:
    """A VAT breakdown (BG-23): one for each category and rate, whatever the reasons."""

    category: TaxCategory
    rate: int
    net: int
    amount: int
    reasons: tuple[str, ...]


def is_told_in_xml(document: Document) -> bool:
    """Whether EN 16931 has a form for it: an invoice, deposit or credit note in a currency of at most two decimals."""
    return bool(document.kind.code) and exponent(document.currency) <= 2


def invoice_xml(document: Document) -> bytes:
    """The XML of an invoice, deposit or credit note, UTF-8. Raises RuleError where EN 16931 has no form for it."""
    if not document.kind.code:
        raise RuleError("Only invoices, deposits and credit notes are written as an e-invoice.")
    if not is_told_in_xml(document):
        raise RuleError(f"EN 16931 knows amounts of two decimals, and {document.currency} has three.")
    bill = _Bill(document, document.totals)
    return written(
        node(
            "rsm:CrossIndustryInvoice",
            node("rsm:ExchangedDocumentContext", node("ram:GuidelineSpecifiedDocumentContextParameter", _id(PROFILE))),
            node(
                "rsm:ExchangedDocument",
                _id(document.number),
                text("ram:TypeCode", document.kind.code),
                node("ram:IssueDateTime", _day("udt", document.issued_on)),
                optional("ram:IncludedNote", text("ram:Content", document.note)),
            ),
            node(
                "rsm:SupplyChainTradeTransaction",
                *(_line(document, number, one) for number, one in enumerate(_lines(bill), 1)),
                _agreement(document),
                _delivery(document),
                _settlement(bill),
            ),
        )
    )


def _lines(bill: _Bill) -> list[Priced]:
    document = bill.document
    return [
        priced(line, net, document.rounding, document.currency)
        for line, net in zip(document.lines, bill.totals.lines, strict=True)
        if not line.of_document
    ]


def _line(document: Document, number: int, one: Priced) -> XmlElement:
    line = one.line
    return node(
        "ram:IncludedSupplyChainTradeLineItem",
        node("ram:AssociatedDocumentLineDocument", text("ram:LineID", str(number))),
        node(
            "ram:SpecifiedTradeProduct",
            text("ram:Name", line.title) or text("ram:Name", line.detail) or text("ram:Name", "–"),
            text("ram:Description", line.detail),
        ),
        node(
            "ram:SpecifiedLineTradeAgreement",
            node("ram:NetPriceProductTradePrice", text("ram:ChargeAmount", f"{one.price:f}")),
        ),
        node(
            "ram:SpecifiedLineTradeDelivery",
            text("ram:BilledQuantity", str(one.quantity), unitCode=line.unit_code),
        ),
        node(
            "ram:SpecifiedLineTradeSettlement",
            _kind_of_tax("ram:ApplicableTradeTax", line.tax),
            _line_discount(document, one),
            node(
                "ram:SpecifiedTradeSettlementLineMonetarySummation",
                _amount(document, "ram:LineTotalAmount", one.net),
            ),
        ),
    )


def _line_discount(document: Document, one: Priced) -> XmlElement | None:
    """BG-27."""
    if not one.allowance:
        return None
    return node(
        "ram:SpecifiedTradeAllowanceCharge",
        node("ram:ChargeIndicator", text("udt:Indicator", "false")),
        text("ram:CalculationPercent", f"{Decimal(one.line.discount).scaleb(-2):f}"),
        _amount(document, "ram:BasisAmount", one.base),
        _amount(document, "ram:ActualAmount", one.allowance),
        text("ram:ReasonCode", "95"),
        text("ram:Reason", {"de": "Rabatt"}.get(document.language, "Discount")),
    )


def _agreement(document: Document) -> XmlElement:
    """Who sells to whom (BG-4, BG-7), and under which numbers it was ordered (BT-13, BT-14)."""
    tells_ids = all(line.tax.category is not TaxCategory.OUTSIDE_SCOPE for line in document.lines)  # BR-O-02
    return node(
        "ram:ApplicableHeaderTradeAgreement",
        _party("ram:SellerTradeParty", document.seller, is_seller=True, tells_ids=tells_ids),
        _party("ram:BuyerTradeParty", document.buyer, is_seller=False, tells_ids=tells_ids),
        optional("ram:SellerOrderReferencedDocument", text("ram:IssuerAssignedID", document.order_code)),
        optional("ram:BuyerOrderReferencedDocument", text("ram:IssuerAssignedID", document.buyer_reference)),
    )


def _party(name: str, party: Party, *, is_seller: bool, tells_ids: bool) -> XmlElement:
    vat_id = "".join(party.vat_id.split()) if tells_ids else ""
    nameless = is_seller and not vat_id and not party.registration.strip()  # BR-CO-26: one of three must be told
    return node(
        name,
        text("ram:ID", party.tax_number if nameless else ""),
        text("ram:Name", party.name),
        optional("ram:SpecifiedLegalOrganization", text("ram:ID", party.registration)),
        _contact(party),
        _address(party),
        optional("ram:URIUniversalCommunication", text("ram:URIID", party.email, schemeID="EM")),
        _registration("VA", vat_id),
        _registration("FC", party.tax_number if is_seller and tells_ids else ""),
    )


def _contact(party: Party) -> XmlElement | None:
    if not (party.contact.strip() or party.phone.strip()):
        return None
    return node(
        "ram:DefinedTradeContact",
        text("ram:PersonName", party.contact),
        optional("ram:TelephoneUniversalCommunication", text("ram:CompleteNumber", party.phone)),
        optional("ram:EmailURIUniversalCommunication", text("ram:URIID", party.email)),
    )


def _address(party: Party) -> XmlElement:
    lines = [line for line in party.address if line.strip()]
    if len(lines) > ADDRESS_LINES:
        lines = [*lines[: ADDRESS_LINES - 1], ", ".join(lines[ADDRESS_LINES - 1 :])]
    names = ("ram:LineOne", "ram:LineTwo", "ram:LineThree")
    return node(
        "ram:PostalTradeAddress",
        text("ram:PostcodeCode", party.postcode),
        *(text(name, line) for name, line in zip(names, lines, strict=False)),
        text("ram:CityName", party.city),
        text("ram:CountryID", party.country),
    )


def _registration(scheme: str, value: str) -> XmlElement | None:
    return optional("ram:SpecifiedTaxRegistration", text("ram:ID", value, schemeID=scheme))


def _delivery(document: Document) -> XmlElement:
    """Where it went and when (BG-13, BT-72): to the buyer, where nothing else is said and something must be: a supply
    within the EU names the country (BR-IC-12), and no element may be empty."""
    place = document.delivered_to
    in_union = any(line.tax.category is TaxCategory.INTRA_COMMUNITY for line in document.lines)
    if place is None and (in_union or document.delivered_on is None):
        place = document.buyer
    to = node("ram:ShipToTradeParty", text("ram:Name", place.name), _address(place)) if place else None
    on = document.delivered_on
    event = node("ram:OccurrenceDateTime", _day("udt", on)) if on else None
    return node("ram:ApplicableHeaderTradeDelivery", to, optional("ram:ActualDeliverySupplyChainEvent", event))


def _settlement(bill: _Bill) -> XmlElement:
    document = bill.document
    return node(
        "ram:ApplicableHeaderTradeSettlement",
        text("ram:PaymentReference", document.payment_reference),
        text("ram:InvoiceCurrencyCode", document.currency),
        _means(document),
        *(_breakdown(document, group) for group in _groups(bill.totals.groups)),
        *_of_document(bill),
        _terms(bill),
        _sums(bill),
        *(
            node(
                "ram:InvoiceReferencedDocument",
                text("ram:IssuerAssignedID", earlier.number),
                node("ram:FormattedIssueDateTime", _day("qdt", earlier.issued_on)),
            )
            for earlier in document.preceding
        ),
    )


def _means(document: Document) -> XmlElement | None:
    """How it is paid (BG-16): by transfer. What a credit note gives back goes to another account than ours."""
    bank = document.bank
    if bank is None or document.kind is DocumentKind.CREDIT:
        return None
    return node(
        "ram:SpecifiedTradeSettlementPaymentMeans",
        text("ram:TypeCode", "58" if document.currency == "EUR" else "30"),  # UNTDID 4461: SEPA or other transfer
        node(
            "ram:PayeePartyCreditorFinancialAccount",
            text("ram:IBANID", "".join(bank.iban.split())),
            text("ram:AccountName", bank.holder),
        ),
        optional("ram:PayeeSpecifiedCreditorFinancialInstitution", text("ram:BICID", "".join(bank.bic.split()))),
    )


def _groups(groups: tuple[TaxGroup, ...]) -> list[_Group]:
    found: dict[tuple[TaxCategory, int], _Group] = {}
    for one in groups:
        key = (one.tax.category, one.tax.rate)
        before = found.get(key, _Group(*key, 0, 0, ()))
        reasons = (*before.reasons, one.tax.reason) if one.tax.reason.strip() else before.reasons
        found[key] = _Group(*key, before.net + one.net, before.amount + one.amount, reasons)
    return list(found.values())


def _breakdown(document: Document, group: _Group) -> XmlElement:
    reason, code = UNTAXED.get(group.category, ("", ""))
    return node(
        "ram:ApplicableTradeTax",
        _amount(document, "ram:CalculatedAmount", group.amount),
        text("ram:TypeCode", "VAT"),
        text("ram:ExemptionReason", " ".join(group.reasons) or reason) if reason else None,
        _amount(document, "ram:BasisAmount", group.net),
        text("ram:CategoryCode", group.category.value),
        text("ram:ExemptionReasonCode", code),
        _rate(Tax(group.category, group.rate)),
    )


def _kind_of_tax(name: str, tax: Tax) -> XmlElement:
    return node(name, text("ram:TypeCode", "VAT"), text("ram:CategoryCode", tax.category.value), _rate(tax))


def _rate(tax: Tax) -> XmlText | None:
    """BT-119 and its like: what is outside the scope of the tax has none (BR-O-05)."""
    if tax.category is TaxCategory.OUTSIDE_SCOPE:
        return None
    return text("ram:RateApplicablePercent", f"{Decimal(tax.rate).scaleb(-2):f}")


def _of_document(bill: _Bill) -> list[XmlElement]:
    """BG-20 and BG-21."""
    document = bill.document
    return [
        node(
            "ram:SpecifiedTradeAllowanceCharge",
            node("ram:ChargeIndicator", text("udt:Indicator", "true" if net > 0 else "false")),
            _amount(document, "ram:ActualAmount", abs(net)),
            text("ram:Reason", line.title.strip() or "–"),
            _kind_of_tax("ram:CategoryTradeTax", line.tax),
        )
        for line, net in zip(document.lines, bill.totals.lines, strict=True)
        if line.of_document and net
    ]


def _terms(bill: _Bill) -> XmlElement | None:
    """BT-20 and BT-9; what is to be paid must say when (BR-CO-25)."""
    document = bill.document
    said = document.terms
    if not said.strip() and document.due_on is None and bill.totals.gross > document.paid:
        said = DUE_NOW.get(document.language, DUE_NOW["en"])
    due = node("ram:DueDateDateTime", _day("udt", document.due_on)) if document.due_on else None
    return optional("ram:SpecifiedTradePaymentTerms", text("ram:Description", said), due)


def _sums(bill: _Bill) -> XmlElement:
    document, totals = bill.document, bill.totals
    whole = [net for line, net in zip(document.lines, totals.lines, strict=True) if line.of_document]
    put_on = sum(net for net in whole if net > 0)
    off = -sum(net for net in whole if net < 0)
    return node(
        "ram:SpecifiedTradeSettlementHeaderMonetarySummation",
        _amount(document, "ram:LineTotalAmount", totals.net - put_on + off),
        _amount(document, "ram:ChargeTotalAmount", put_on) if put_on else None,
        _amount(document, "ram:AllowanceTotalAmount", off) if off else None,
        _amount(document, "ram:TaxBasisTotalAmount", totals.net),
        _amount(document, "ram:TaxTotalAmount", totals.tax, currencyID=document.currency),
        _amount(document, "ram:GrandTotalAmount", totals.gross),
        _amount(document, "ram:TotalPrepaidAmount", document.paid) if document.paid else None,
        _amount(document, "ram:DuePayableAmount", totals.gross - document.paid),
    )


def _id(value: str) -> XmlText | None:
    return text("ram:ID", value)


def _amount(document: Document, name: str, minor: int, **attributes: str) -> XmlText | None:
    return text(name, f"{Money(minor, document.currency).major:f}", **attributes)


def _day(prefix: str, day: date) -> XmlText | None:
    return text(f"{prefix}:DateTimeString", day.strftime("%Y%m%d"), format=DAY)
