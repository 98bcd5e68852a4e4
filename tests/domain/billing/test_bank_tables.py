"""Tables of banks whose headings, dates and signs are their own; what went out is never read as money that came in."""

from __future__ import annotations

import pytest

from craftops.domain.billing.bank_csv import read_bank_csv

TABLES = {
    "ING NL": (
        """"Datum","Naam / Omschrijving","Rekening","Tegenrekening","Code","Af Bij","Bedrag (EUR)","Mutatiesoort","Mededelingen"
"20261128","A. Janssen","NL69INGB0123456789","NL20INGB0001234567","GT","Bij","119,00","Online bankieren","RF18539007547034"
"20261127","Shell","NL69INGB0123456789","","BA","Af","50,25","Betaalautomaat","tank"
""",
        [("2026-11-28", 11_900, "A. Janssen", "RF18539007547034"), ("2026-11-27", -5_025, "Shell", "tank")],
    ),
    "PostFinance": (
        """Buchungsart:;Alle
Konto:;CH9300762011623852957
Währung:;CHF

Datum;Avisierungstext;Gutschrift in CHF;Lastschrift in CHF;Valuta;Saldo in CHF
28.11.2026;GIRO ABSENDER MUSTER RF18;119.00;;28.11.2026;1119.00
27.11.2026;EINKAUF;;-50.25;27.11.2026;1000.00
""",
        [("2026-11-28", 11_900, "", "GIRO ABSENDER MUSTER RF18"), ("2026-11-27", -5_025, "", "EINKAUF")],
    ),
    "UBS": (
        """Kontonummer:;0234 00103914.40;
IBAN:;CH62 0023 4234 1039 1440 G;

Abschlussdatum;Abschlusszeit;Buchungsdatum;Valutadatum;Währung;Belastung;Gutschrift;Einzelbetrag;Saldo;Transaktions-Nr.;Beschreibung1;Beschreibung2;Beschreibung3;Fussnoten;
2026-11-28;;2026-11-28;2026-11-28;CHF;;119.00;;1119.00;ABC1;"Muster; Bern";RF18;;;
2026-11-27;;2026-11-27;2026-11-27;CHF;-50.25;;;1000.00;ABC2;Shop;;;;
""",
        [("2026-11-28", 11_900, "", "Muster; Bern RF18"), ("2026-11-27", -5_025, "", "Shop")],
    ),
    "IT": (
        """Data;Data valuta;Dare;Avere;Divisa;Descrizione
28/11/2026;28/11/2026;;119,00;EUR;BONIFICO ROSSI RF18
27/11/2026;27/11/2026;50,25;;EUR;POS
""",
        [("2026-11-28", 11_900, "", "BONIFICO ROSSI RF18"), ("2026-11-27", -5_025, "", "POS")],
    ),
    "generic signs": (
        """Date;Text;Amount;Currency;Kind of booking
2026-11-28;RF18;119.00;EUR;C
2026-11-27;Shop;50.25;EUR;D
""",
        [("2026-11-28", 11_900, "", "RF18"), ("2026-11-27", -5_025, "", "Shop")],
    ),
    "George": (
        """Buchungsdatum;Partnername;Partner IBAN;BIC/SWIFT;Partner Kontonummer;Bankleitzahl;Betrag;Währung;Buchungs-Details;Buchungsreferenz
28.11.2026;Max;AT611904300234573201;;;;119,00;EUR;RF18;ref1
""",
        [("2026-11-28", 11_900, "Max", "RF18")],
    ),
}


@pytest.mark.parametrize("name", list(TABLES))
def test_every_row_has_its_day_its_sign_and_its_words(name: str) -> None:
    raw, expected = TABLES[name]
    (statement,) = read_bank_csv(raw.encode())
    found = [(str(one.booked_on), one.amount.minor, one.party, one.text) for one in statement.transactions]
    assert found == expected


def test_a_column_of_other_letters_is_no_sign() -> None:
    raw = "Date;Amount;Currency;Code\n2026-11-28;119.00;EUR;C\n2026-11-27;50.25;EUR;X\n"
    assert [one.amount.minor for one in read_bank_csv(raw.encode())[0].transactions] == [11_900, 5_025]
    signed = "Date;Amount;Currency;Code\n2026-11-28;119.00;EUR;D\n2026-11-27;-50.25;EUR;D\n"
    assert [one.amount.minor for one in read_bank_csv(signed.encode())[0].transactions] == [11_900, -5_025]
