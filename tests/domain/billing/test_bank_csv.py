"""CSV of banks: their own layouts, and refusals that say what to do. Made up rows below real headings."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from craftops.domain.billing.bank_cells import DateOrder, amount_in, date_in, decimal_mark
from craftops.domain.billing.bank_columns import BankColumns
from craftops.domain.billing.bank_csv import read_bank_csv
from craftops.domain.billing.statements import BankTransaction, BookingStatus
from craftops.errors import IntakeError

IBAN = "DE89370400440532013000"
OTHER = "NL91ABNA0417164300"
DAY = date(2026, 11, 27)

SPARKASSE = f"""\
"Auftragskonto";"Buchungstag";"Valutadatum";"Buchungstext";"Verwendungszweck";"Glaeubiger ID";"Mandatsreferenz";\
"Kundenreferenz (End-to-End)";"Sammlerreferenz";"Lastschrift Ursprungsbetrag";"Auslagenersatz Ruecklastschrift";\
"Beguenstigter/Zahlungspflichtiger";"Kontonummer/IBAN";"BIC (SWIFT-Code)";"Betrag";"Waehrung";"Info"
"{IBAN}";"27.11.26";"27.11.26";"GUTSCHR. UEBERWEISUNG";"Rechnung 2026-0001";"";"";"NOTPROVIDED";"";"";"";\
"Bäcker & Söhne";"{OTHER}";"ABNANL2A";"1.234,50";"EUR";"Umsatz gebucht"
"{IBAN}";"27.11.26";"";"GUTSCHR. UEBERWEISUNG";"noch nicht";"";"";"E1";"";"";"";"Ada";"{OTHER}";"";"5,00";"EUR";\
"Umsatz vorgemerkt"
"{IBAN}";"27.11.26";"27.11.26";"RUECKLASTSCHRIFT";"zurück";"";"";"";"";"";"";"Ada";"{OTHER}";"";"-12,00";"EUR";\
"Umsatz gebucht"
"""
VOLKSBANK = f"""\
Bezeichnung Auftragskonto;IBAN Auftragskonto;BIC Auftragskonto;Bankname Auftragskonto;Buchungstag;Valutadatum;\
Name Zahlungsbeteiligter;IBAN Zahlungsbeteiligter;BIC (SWIFT-Code) Zahlungsbeteiligter;Buchungstext;Verwendungszweck;\
Betrag;Waehrung;Saldo nach Buchung;Bemerkung;Gekennzeichneter Umsatz;Glaeubiger ID;Mandatsreferenz
Kontokorrent;{IBAN};GENODEM1GLS;GLS;27.11.2026;27.11.2026;Ada;{OTHER};ABNANL2A;Gutschrift;R 1;1234,5;EUR;99.999,01;;;;
"""
DKB = f"""\
"Girokonto";"{IBAN}"
"Kontostand vom 27.11.2026:";"1.234,56 €"
""
"Buchungsdatum";"Wertstellung";"Status";"Zahlungspflichtige*r";"Zahlungsempfänger*in";"Verwendungszweck";\
"Umsatztyp";"IBAN";"Betrag (€)";"Gläubiger-ID";"Mandatsreferenz";"Kundenreferenz"
"27.11.26";"27.11.26";"Gebucht";"Ada";"Werkstatt";"R 1";"Eingang";"{OTHER}";"1.234,50";"";"";""
"27.11.26";"27.11.26";"Gebucht";"Werkstatt";"Lieferant";"Holz";"Ausgang";"{OTHER}";"-7";"";"";""
"""
ING = """\
Umsatzanzeige;Datei erstellt am: 27.11.2026 10:00

IBAN;DE89 3704 0044 0532 0130 00
Kontoname;Girokonto

Buchung;Wertstellungsdatum;Auftraggeber/Empfänger;Buchungstext;Verwendungszweck;Saldo;Währung;Betrag;Währung
27.11.2026;27.11.2026;Ada;Gutschrift;R 1;2.000,00;USD;1.234,50;EUR
"""
DEUTSCHE_BANK = f"""\
Umsätze Girokonto;;;Kundennummer: 123
Buchungstag;Wert;Umsatzart;Begünstigter / Auftraggeber;Verwendungszweck;IBAN / Kontonummer;BIC;Kundenreferenz;\
Mandatsreferenz;Gläubiger ID;Fremde Gebühren;Betrag;Abweichender Empfänger;Anzahl der Aufträge;Anzahl der Schecks;\
Soll;Haben;Währung
27.11.2026;27.11.2026;SEPA-Gutschrift;Ada;R 1;{OTHER};ABNANL2A;NOTPROVIDED;;;;;;;;;1.234,50;EUR
26.11.2026;26.11.2026;SEPA-Überweisung;Holz;;{OTHER};ABNANL2A;;;;;;;;;-7,00;;EUR
Kontostand;27.11.2026;;;9.999,00;EUR
"""
N26 = f"""\
"Booking Date","Value Date","Partner Name","Partner Iban",Type,"Payment Reference","Account Name","Amount (EUR)"
2026-11-27,2026-11-27,"Ada, Ltd",{OTHER},"Credit Transfer","R 1","Main",1234.50
"""
LLOYDS = """\
Transaction Date,Transaction Type,Sort Code,Account Number,Transaction Description,Debit Amount,Credit Amount,Balance
27/11/2026,FPI,'30-00-00,12345678,ADA R 1,,1234.50,5000.00
27/11/2026,DD,'30-00-00,12345678,POWER CO,7.00,0.00,3765.50
"""
BARCLAYS = """\
Number,Date,Account,Amount,Subcategory,Memo
 ,27/11/2026,20-00-00 12345678,1234.50,Counter Credit,ADA R 1
"""
STARLING = """\
Date,Counter Party,Reference,Type,Amount (GBP),Balance (GBP),Spending Category,Notes
27/11/2026,Ada,R 1,FASTER PAYMENT,1234.50,9999.00,INCOME,
"""
AMERICAN = 'Date,Description,Amount,Currency,Name\n11/27/2026,R 1,"$1,234.50",USD,Ada\n'
SEMICOLON = "Datum;Betrag;Währung;Soll/Haben;Name;Verwendungszweck\n27.11.2026;1234,50;EUR;H;Ada;R 1\n27.11.2026;7,00;EUR;S;B;x\n"


def rows(text: str, said: BankColumns | None = None, encoding: str = "utf-8") -> tuple[BankTransaction, ...]:
    (statement,) = read_bank_csv(text.encode(encoding), said or BankColumns({}))
    return statement.transactions


@pytest.mark.parametrize(
    ("text", "currency"),
    [
        (SPARKASSE, ""), (VOLKSBANK, ""), (DKB, ""), (ING, ""), (DEUTSCHE_BANK, ""), (N26, ""), (LLOYDS, "GBP"),
        (BARCLAYS, "GBP"), (STARLING, ""), (AMERICAN, ""), (SEMICOLON, ""),
    ],
)  # fmt: skip
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_banks_of_three_countries(text: str, currency: str, encoding: str) -> None:
    found = rows(text, BankColumns({}, currency), encoding)
    assert (found[0].amount.minor, found[0].booked_on) == (123_450, DAY)
    assert found[0].amount.currency == currency or found[0].amount.currency in ("EUR", "GBP", "USD")
    assert "1" in found[0].text
    assert all(one.amount.minor < 0 for one in found[1:] if one.status is BookingStatus.BOOKED)


def test_parties_accounts_and_what_is_not_booked_yet() -> None:
    good, pending, back = rows(SPARKASSE, encoding="cp1252")
    assert (good.account, good.party, good.party_account) == (IBAN, "Bäcker & Söhne", OTHER)
    assert good.text == "Rechnung 2026-0001"
    assert (good.end_to_end, good.status, good.reversal) == ("", BookingStatus.BOOKED, False)
    assert (pending.end_to_end, pending.status) == ("E1", BookingStatus.PENDING)
    assert (back.reversal, back.amount.minor) == (True, -1200)
    income, spent = rows(DKB)
    assert (income.party, spent.party, income.account) == ("Ada", "Lieferant", IBAN)
    (ing,) = rows(ING)
    assert (ing.amount.currency, ing.account) == ("EUR", IBAN)


def test_a_word_of_the_payer_makes_no_return() -> None:
    (found,) = rows("Date;Amount;Currency;Reference\n2026-11-27;5,00;EUR;Rücklastschrift Retoure")
    assert not found.reversal


def test_a_longer_export_of_the_same_days_finds_the_same_rows_again() -> None:
    head, row = "Datum;Betrag;Währung;Name;Verwendungszweck\n", "27.11.2026;5,00;EUR;Ada;R 1\n"
    earlier = rows(head + row)
    later = rows(head + "28.11.2026;7,00;EUR;Bob;\n" + row + row)
    assert [one.key for one in earlier] == [later[1].key]
    assert len({one.key for one in later}) == 3, "a second equal transfer is other money"


def test_an_unknown_layout_is_refused_by_its_columns_and_read_once_they_are_told() -> None:
    text = "Tag|Wieviel|Wer\n27.11.2026|5,00|Ada\n"
    with pytest.raises(IntakeError) as refused:
        rows(text)
    assert refused.value.sentence == (
        'The columns of this file are not known. It has "Tag", "Wieviel", "Wer". '
        "Say which of them is the date and which the amount."
    )
    (found,) = rows(text, BankColumns({"date": "Tag", "amount": "wieviel", "party": "Wer"}, "EUR", IBAN))
    assert (found.amount.minor, found.party, found.account) == (500, "Ada", IBAN)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("Date,Amount\n2026-11-27,5.00\n", "Line 2 does not say its currency. Say which one the account is in."),
        ("Date;Amount;Currency\nsoon;5.00;EUR\n", 'Line 2: "soon" is no date.'),
        ("Date;Amount;Currency\n2026-11-27;five;EUR\n", 'Line 2: "five" is no amount.'),
        (
            "Date;Amount;Currency\n2026-11-27;1.234;EUR\n",
            '"1.234" may be thousands or decimals; no amount of this file says which.',
        ),
        (
            "Date;Amount;Currency\n2026-11-27;1.23;EUR\n2026-11-27;1,23;EUR\n",
            "Some amounts of this file have a decimal comma and some a decimal point.",
        ),
        ("hello", "This is no table of transactions: there are no columns in it."),
    ],
)
def test_what_is_not_clear_is_refused_in_a_sentence(text: str, sentence: str) -> None:
    with pytest.raises(IntakeError) as refused:
        rows(text)
    assert refused.value.sentence == sentence


def test_a_column_is_one_of_those_that_there_are() -> None:
    with pytest.raises(IntakeError, match="A column cannot be colour; it can be one of date,"):
        BankColumns({"colour": "x"})


@pytest.mark.parametrize(
    ("said", "mark", "number"),
    [
        ("1.234,56", ",", "1234.56"), ("-1,234.56", ".", "-1234.56"), ("12,50-", ",", "-12.50"), ("(5.00)", ".", "-5.00"),
        ("+5,00 €", ",", "5.00"), ("1'234.50", ".", "1234.50"), ("\u22125,00", ",", "-5.00"), ("EUR 7", "", "7"),
        ("1 234,50", ",", "1234.50"), ("1.234.567", ",", "1234567"),
    ],
)  # fmt: skip
def test_amounts_as_people_write_them(said: str, mark: str, number: str) -> None:
    assert amount_in(said, mark) == Decimal(number)


@given(st.integers(-(10**11), 10**11), st.booleans(), st.booleans())
def test_an_amount_of_two_decimals_is_never_read_as_another(cents: int, german: bool, grouped: bool) -> None:
    amount = Decimal(cents).scaleb(-2)
    said = f"{amount:,.2f}" if grouped else f"{amount:.2f}"
    said = said.translate(str.maketrans(",.", ".,")) if german else said
    assert amount_in(said, decimal_mark([said])) == amount


@given(st.dates(date(1990, 1, 1), date(2089, 12, 31)))
def test_days_in_every_way(day: date) -> None:
    for form in ("%Y-%m-%d", "%d.%m.%Y", "%d/%m/%Y", "%Y/%m/%d", "%Y-%m-%d 10:11:12", "%d %b %Y"):
        assert date_in(day.strftime(form), DateOrder.DAY_FIRST) == day
    assert date_in(day.strftime("%m/%d/%Y"), DateOrder.MONTH_FIRST) == day


@given(st.data())
def test_no_damage_of_a_table_does_more_than_a_sentence(data: st.DataObject) -> None:
    whole = data.draw(st.sampled_from([SPARKASSE, DKB, LLOYDS, SEMICOLON])).encode()
    at = data.draw(st.integers(0, len(whole)))
    raw = whole[:at] + data.draw(st.binary(max_size=12)) + whole[at + data.draw(st.integers(0, 40)) :]
    try:
        read_bank_csv(raw)
    except IntakeError as error:
        assert error.sentence.endswith(".")
