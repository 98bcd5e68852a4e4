"""Invoices made up at random, valid ones only: for property tests, for benchmarks, and for anybody's judge.

Whatever they are drawn from (``random.Random``, Hypothesis' own) decides everything: the same draws, the same invoice.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from random import Random

from craftops.domain.billing.discounts import discount_lines
from craftops.domain.billing.documents import BankAccount, Document, DocumentKind, DocumentLine, Party, Reference
from craftops.domain.billing.tax import Tax, TaxCategory
from craftops.domain.billing.totals import Rounding

SHOP = Party(
    name="Werkstatt am Kanal GmbH",
    address=("Uferstraße 12",),
    postcode="10999",
    city="Berlin",
    country="DE",
    email="rechnung@werkstatt.example",
    phone="+49 30 1234567",
    vat_id="DE123456789",
    tax_number="29/123/45678",
    registration="HRB 12345, Amtsgericht Berlin",
)
BANK = BankAccount("Werkstatt am Kanal GmbH", "DE89 3704 0044 0532 0130 00", "COBADEFF370")
BUYERS = (
    Party("Erika Musterfrau", ("Hauptstraße 1",), "80331", "München", "DE", email="erika@example.org"),
    Party(
        "Gesellschaft für angewandte Feinmechanik und Sondermaschinenbau Süddeutschland mbH & Co. KG",
        ("Werk 4, Tor B", "Industriestraße 100–104"),
        "70565",
        "Stuttgart",
        "DE",
        contact="Dr.-Ing. Anna-Lena Müller-Lüdenscheidt",
        vat_id="DE987654321",
    ),
    Party("Ελληνική Μηχανουργική Α.Ε.", ("Λεωφόρος Συγγρού 45",), "11743", "Αθήνα", "GR", vat_id="EL123456783"),
    Party("深圳市精密制造有限公司", ("南山区科技园 8 号",), "518057", "深圳", "CN"),
    Party("شركة النور للهندسة", ("شارع الملك فهد ١٢",), "11564", "الرياض", "SA"),
    Party(
        "Brown & Sons <Tools>", ("1 High Street", "Unit 2", "Trading Estate", "Near the Lock"), "LN1", "Lincoln", "GB"
    ),
)
TITLES = (
    "Bracket v3",
    "Gehäusedeckel, geschraubt",
    "Plexiglasplatte 3 mm, gelasert",
    'Sign "Open / Offen"',
    "Zahnrad m=1, z=24",
    "Express",
)
DETAILS = ("", "PETG, black, sanded", "Birke 4 mm, geölt", '#import "x": * $a$ `code` ../etc & <b>')
UNTAXED = (
    Tax(TaxCategory.REVERSE_CHARGE, reason="Reverse charge: the recipient owes the tax (Article 196)."),
    Tax(TaxCategory.INTRA_COMMUNITY, reason="Intra-community supply, exempt under Article 138."),
    Tax(TaxCategory.EXPORT, reason="Export, exempt under Article 146."),
    Tax(TaxCategory.OUTSIDE_SCOPE, reason="Not subject to VAT."),
)
RATES = (1900, 700, 2100, 2550, 810, 500)


def made_up_invoice(draw: Random, number: int = 1) -> Document:
    """An invoice, deposit or credit note of 1 to 60 lines that may be issued."""
    kind = draw.choice((DocumentKind.INVOICE, DocumentKind.INVOICE, DocumentKind.DEPOSIT, DocumentKind.CREDIT))
    rounding = draw.choice(tuple(Rounding))
    taxes = _taxes(draw)
    count = draw.choice((1, 2, 3, draw.randint(1, 60)))
    lines = tuple(_line(draw, draw.choice(taxes)) for _ in range(count))
    if draw.random() < 0.3:
        lines += discount_lines(lines, draw.choice((100, 500, 1050, 3333)), "Rabatt")
    if draw.random() < 0.2:
        lines += (DocumentLine("Versand", 1, draw.randint(1, 4990), taxes[0], of_document=True),)
    issued = date(2026, 1, 1) + timedelta(days=draw.randint(0, 364))
    document = Document(
        kind=kind,
        number=f"RE-2026-{number:05d}",
        issued_on=issued,
        seller=SHOP,
        buyer=_buyer(draw, taxes[0].category),
        lines=lines,
        currency=draw.choice(("EUR", "EUR", "EUR", "USD", "CHF", "JPY")),
        rounding=rounding,
        language=draw.choice(("de", "en")),
        order_code=draw.choice(("K7RCX3", "")),
        buyer_reference=draw.choice(("", "PO 4711/26")),
        due_on=issued + timedelta(days=14) if draw.random() < 0.8 else None,
        delivered_on=issued - timedelta(days=1) if kind is not DocumentKind.DEPOSIT or _is_k(taxes) else None,
        bank=BANK if draw.random() < 0.8 else None,
        payment_reference=draw.choice(("", "RF18539007547034")),
        preceding=(Reference("RE-2025-00007", date(2025, 12, 24)),) if kind is DocumentKind.CREDIT else (),
        note=draw.choice(("", "Danke für den Auftrag.")),
        terms=draw.choice(("", "Zahlbar innerhalb von 14 Tagen ohne Abzug.")),
        pay_url=draw.choice(("", "https://shop.example/pay/3fGh7KqPz0")),
    )
    return replace(document, paid=_paid(draw, document.totals.gross))


def _is_k(taxes: tuple[Tax, ...]) -> bool:
    return taxes[0].category is TaxCategory.INTRA_COMMUNITY


def _taxes(draw: Random) -> tuple[Tax, ...]:
    """The kinds of tax of one invoice: rates may stand beside one another and beside what is exempt or zero."""
    if draw.random() < 0.35:
        return (draw.choice(UNTAXED),)
    found = [Tax(TaxCategory.STANDARD, rate) for rate in draw.sample(RATES, draw.randint(1, 3))]
    if draw.random() < 0.2:
        found.append(Tax(TaxCategory.EXEMPT, reason="Steuerfrei nach § 4 UStG."))
    if draw.random() < 0.2:
        found.append(Tax(TaxCategory.ZERO))
    draw.shuffle(found)
    return tuple(found)


def _buyer(draw: Random, category: TaxCategory) -> Party:
    if category in (TaxCategory.REVERSE_CHARGE, TaxCategory.INTRA_COMMUNITY):
        return draw.choice([buyer for buyer in BUYERS if buyer.vat_id])
    return draw.choice(BUYERS)


def _line(draw: Random, tax: Tax) -> DocumentLine:
    unit = draw.choice((draw.randint(1, 99), draw.randint(100, 99_999), draw.randint(100_000, 5_000_000)))
    return DocumentLine(
        title=draw.choice(TITLES),
        quantity=draw.choice((1, draw.randint(1, 12), draw.randint(1, 2500))),
        unit=-unit if draw.random() < 0.05 else unit,
        tax=tax,
        detail=draw.choice(DETAILS),
        discount=draw.choice((0, 0, 0, 500, 333, 1, 10_000)),
        unit_code=draw.choice(("C62", "C62", "HUR")),
    )


def _paid(draw: Random, gross: int) -> int:
    return draw.choice((0, 0, gross, draw.randint(0, max(gross, 0))))
