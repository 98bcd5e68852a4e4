"""The books: balanced, the same sums in every export, and no export that its reader would not take."""

from __future__ import annotations

import csv
import io
import re
from collections import defaultdict
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from samples.books import entries

from craftops.domain.billing.datev import SKR03, SKR04, DatevBatch, datev_batch
from craftops.domain.billing.datev_columns import COLUMNS, TEXT
from craftops.domain.billing.journal import EntryKind, JournalEntry, PayMeans, TaxedAmount, balances, postings
from craftops.domain.billing.money import Money, minor_units
from craftops.domain.billing.plain_text_books import beancount_journal, harmless_cell, hledger_journal, journal_csv
from craftops.errors import IntakeError

DAY = date(2026, 11, 27)
YEAR = DatevBatch(
    1001, 1, date(2026, 1, 1), date(2026, 1, 1), date(2026, 12, 31), datetime(2026, 11, 28, 10, 0, 0, 123_000, UTC)
)
INVOICE = JournalEntry(
    DAY, "2026-0001", EntryKind.INVOICE, "EUR", "Bäcker & Söhne", "10001",
    (TaxedAmount(10_000, 1_900, Decimal(19)), TaxedAmount(1_000, 70, Decimal(7))),
)  # fmt: skip
PAYMENT = JournalEntry(
    DAY, "S1/1", EntryKind.PAYMENT, "EUR", "Bäcker & Söhne", "10001", amount=12_970, refers_to="2026-0001"
)
FEE = JournalEntry(DAY, "F1", EntryKind.FEE, "EUR", amount=45, means=PayMeans.PROVIDER, text="card")
ROW = re.compile(r'\d{1,10},\d{2};"[SH]";"EUR";;;"";\d+;\d+;"\d{0,4}";\d{4};"[0-9A-Za-z$&%*+\-/]{0,36}";.*')


def test_an_invoice_its_payment_and_a_fee() -> None:
    assert [(one.account, one.minor) for one in postings(INVOICE)] == [
        ("Assets:Receivable:10001", 12_970), ("Income:Sales:S19", -10_000), ("Liabilities:Tax:S19", -1_900),
        ("Income:Sales:S7", -1_000), ("Liabilities:Tax:S7", -70),
    ]  # fmt: skip
    sums = balances([INVOICE, PAYMENT, FEE])
    assert sums["Assets:Receivable:10001", "EUR"] == 0
    assert (sums["Assets:Bank", "EUR"], sums["Assets:Provider", "EUR"], sums["Expenses:Fees", "EUR"]) == (
        12_970,
        -45,
        45,
    )


def test_what_is_no_entry_is_refused() -> None:
    for wrong in ({"parts": ()}, {"amount": 5}, {"currency": "eur"}, {"customer_number": "C1"}):
        with pytest.raises(ValueError, match=r"currency|amount|digits"):
            replace(INVOICE, **wrong)  # type: ignore[arg-type]
    for amount in (0, -1):
        with pytest.raises(ValueError, match="above zero"):
            replace(PAYMENT, amount=amount)


@given(entries())
def test_every_entry_balances_and_its_opposite_takes_it_back(entry: JournalEntry) -> None:
    assert sum(one.minor for one in postings(entry)) == 0
    opposite = {
        EntryKind.INVOICE: EntryKind.CREDIT_NOTE, EntryKind.CREDIT_NOTE: EntryKind.INVOICE,
        EntryKind.PAYMENT: EntryKind.REFUND, EntryKind.REFUND: EntryKind.PAYMENT,
    }.get(entry.kind)  # fmt: skip
    if opposite:
        assert set(balances([entry, replace(entry, kind=opposite)]).values()) == {0}


@given(st.lists(entries(), max_size=8))
def test_the_table_has_the_same_sums_and_no_formula(journal: list[JournalEntry]) -> None:
    found: defaultdict[tuple[str, str], int] = defaultdict(int)
    for row in csv.DictReader(io.StringIO(journal_csv(journal), newline="")):
        found[row["account"], row["currency"]] += minor_units(Decimal(row["amount"]), row["currency"])
        for column in ("number", "refers_to", "customer", "text"):
            assert not row[column].startswith(("=", "+", "-", "@", "\t", "\r")), column
    assert dict(found) == balances(journal)


def test_a_cell_that_is_a_formula_is_text() -> None:
    assert [harmless_cell(one) for one in ("=1+1", " @x", "Ada", "-5")] == ["'=1+1", "'@x", "Ada", "'-5"]


def test_plain_text_books_say_what_happened() -> None:
    hledger = hledger_journal([INVOICE, replace(FEE, currency="JPY", text="a;b\nc|d")])
    assert "commodity 1000.00 EUR\ncommodity 1000. JPY\naccount Assets:Provider\n" in hledger
    assert (
        "2026-11-27 (2026-0001) Bäcker & Söhne | invoice 2026-0001\n    Assets:Receivable:10001  129.70 EUR" in hledger
    )
    assert "(F1) | fee F1 a b c|d\n    Expenses:Fees  45 JPY" in hledger
    beancount = beancount_journal([replace(PAYMENT, customer='He said "x\\"')])
    assert '2026-11-27 * "He said \\"x\\\\\\"" "payment S1/1 for 2026-0001"\n  number: "S1/1"' in beancount
    assert "2026-11-27 open Assets:Bank" in beancount
    assert hledger_journal([]).startswith(";")
    assert beancount_journal([]).startswith("option")


def datev_rows(raw: bytes) -> list[dict[str, str]]:
    lines = raw.decode("cp1252").split("\r\n")
    assert lines.pop() == "", "the last line ends as the others do"
    assert all(ROW.fullmatch(line) for line in lines[2:])
    return list(csv.DictReader(lines[1:], delimiter=";"))


def test_the_header_for_the_tax_adviser() -> None:
    head, columns, *rows = datev_batch([INVOICE], YEAR).decode("cp1252").split("\r\n")
    assert head == (
        '"EXTF";700;21;"Buchungsstapel";13;20261128100000123;;"RE";"";"";1001;1;20260101;4;20260101;20261231;"CraftOps";'
        '"";1;0;0;"EUR";;"";;;"03";;;"";""'
    )
    assert (head.count(";"), columns.count(";")) == (30, 124)
    assert len(COLUMNS) == len(set(COLUMNS)) == 125
    assert set(COLUMNS) >= TEXT
    assert rows[0].startswith('119,00;"S";"EUR";;;"";10001;8400;"";2711;"2026-0001";"";;"Bäcker & Söhne";;"";'), (
        "gross, on the customer, in German letters"
    )
    assert rows[1].startswith('10,70;"S";"EUR";;;"";10001;8300;')


def test_payments_credits_and_fees_for_the_tax_adviser() -> None:
    credit = replace(INVOICE, number="2026-0002", kind=EntryKind.CREDIT_NOTE, refers_to="2026-0001")
    refund = replace(PAYMENT, number="R1", kind=EntryKind.REFUND)
    rows = datev_rows(datev_batch([PAYMENT, credit, refund, FEE], replace(YEAR, chart=SKR04)))
    told = [
        (one["Belegfeld 1"], one["Belegfeld 2"], one["Konto"], one["Gegenkonto (ohne BU-Schlüssel)"],
         one["Soll/Haben-Kennzeichen"], one["Umsatz (ohne Soll/Haben-Kz)"])
        for one in rows
    ]  # fmt: skip
    assert told == [
        ("2026-0001", "2026-0002", "10001", "4400", "H", "119,00"),
        ("2026-0001", "2026-0002", "10001", "4300", "H", "10,70"),
        ("F1", "", "6855", "1460", "S", "0,45"),
        ("2026-0001", "R1", "1800", "10001", "H", "129,70"),
        ("2026-0001", "S1/1", "1800", "10001", "S", "129,70"),
    ]
    assert {one["Festschreibung"] for one in rows} == {"0"}


def test_whose_tax_it_is_goes_with_their_number() -> None:
    abroad = replace(INVOICE, parts=(TaxedAmount(5_000, 0, Decimal(0), "K"),), vat_id="NL123456789B01")
    (row,) = datev_rows(datev_batch([abroad], YEAR))
    assert (row["EU-Land u. UStID"], row["Gegenkonto (ohne BU-Schlüssel)"]) == ("NL123456789B01", "8125")


@given(st.lists(entries(currencies=("EUR",)), max_size=8))
def test_what_customers_owe_is_the_same_in_datev(journal: list[JournalEntry]) -> None:
    found: defaultdict[str, int] = defaultdict(int)
    for row in datev_rows(datev_batch(journal, YEAR)):
        minor = int(row["Umsatz (ohne Soll/Haben-Kz)"].replace(",", ""))
        assert minor > 0
        signed = minor if row["Soll/Haben-Kennzeichen"] == "S" else -minor
        found[row["Konto"]] += signed
        found[row["Gegenkonto (ohne BU-Schlüssel)"]] -= signed
    numbers = {"Fees": SKR03.fees, "Bank": "1200", "Provider": "1360", "Cash": "1000"}
    for (account, _currency), minor in balances(journal).items():
        last = account.rsplit(":", 1)[1]
        if account.startswith(("Assets:", "Expenses:")):
            assert found[numbers.get(last, last)] == minor, account


@pytest.mark.parametrize(
    ("entry", "batch", "sentence"),
    [
        (replace(INVOICE, currency="CHF"), YEAR, "2026-0001 is in CHF; the DATEV export takes EUR alone."),
        (replace(INVOICE, on=date(2025, 12, 31)), YEAR, "is not in the days of this file"),
        (replace(INVOICE, customer_number="1"), YEAR, "1 is no number of a customer in DATEV"),
        (replace(INVOICE, parts=(TaxedAmount(100, 16, Decimal(16)),)), YEAR, "no account for sales with S16"),
    ],
)
def test_what_datev_does_not_take_is_said(entry: JournalEntry, batch: DatevBatch, sentence: str) -> None:
    with pytest.raises(IntakeError, match=sentence):
        datev_batch([entry], batch)


def test_a_file_holds_one_fiscal_year() -> None:
    with pytest.raises(IntakeError, match="one fiscal year"):
        replace(YEAR, last=date(2027, 1, 1))
    assert replace(YEAR, fiscal_year=date(2026, 7, 1), first=date(2026, 7, 1), last=date(2027, 6, 30))
    with pytest.raises(IntakeError, match="adviser's number"):
        replace(YEAR, adviser=7)


def test_letters_that_windows_lacks_are_written_nearby() -> None:
    named = replace(INVOICE, customer="Łukasz Škoda 王 “x”", text="\n€")
    (row, _second) = datev_rows(datev_batch([named], YEAR))
    assert row["Buchungstext"] == "Lukasz Škoda ? “x” €"
    assert Money(11_900, "EUR").major == Decimal("119.00")
