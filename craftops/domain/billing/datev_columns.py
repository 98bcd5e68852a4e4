"""The 125 columns of DATEV's "Buchungsstapel", format version 13 (since February 2024), in their order.

Source: developer.datev.de, DATEV-Format, Buchungsstapel. Text stands in quotes, everything else bare.
"""

from __future__ import annotations


def _pairs(name: str, content: str, count: int) -> list[str]:
    return [f"{title} {number}*" for number in range(1, count + 1) for title in (name, content)]


_NAMES = [
    "Umsatz (ohne Soll/Haben-Kz)", "Soll/Haben-Kennzeichen*", "WKZ Umsatz*", "Kurs", "Basis-Umsatz",
    "WKZ Basis-Umsatz*", "Konto", "Gegenkonto (ohne BU-Schlüssel)",
    "BU-Schlüssel*", "Belegdatum", "Belegfeld 1*", "Belegfeld 2*", "Skonto",
    "Buchungstext*", "Postensperre", "Diverse Adressnummer*", "Geschäftspartnerbank", "Sachverhalt", "Zinssperre",
    "Beleglink*",
    *_pairs("Beleginfo - Art", "Beleginfo - Inhalt", 8),
    "KOST1 - Kostenstelle*", "KOST2 - Kostenstelle*", "Kost-Menge", "EU-Land u. UStID*", "EU-Steuersatz",
    "Abw. Versteuerungsart*", "Sachverhalt L+L", "Funktionsergänzung L+L", "BU 49 Hauptfunktionstyp",
    "BU 49 Hauptfunktionsnummer", "BU 49 Funktionsergänzung",
    *_pairs("Zusatzinformation - Art", "Zusatzinformation- Inhalt", 20),
    "Stück", "Gewicht", "Zahlweise", "Forderungsart*", "Veranlagungsjahr", "Zugeordnete Fälligkeit", "Skontotyp",
    "Auftragsnummer*", "Buchungstyp*", "USt-Schlüssel (Anzahlungen)", "EU-Land (Anzahlungen)*",
    "Sachverhalt L+L (Anzahlungen)", "EU-Steuersatz (Anzahlungen)", "Erlöskonto (Anzahlungen)", "Herkunft-Kz*",
    "Buchungs GUID*", "KOST-Datum", "SEPA-Mandatsreferenz*", "Skontosperre", "Gesellschaftername*", "Beteiligtennummer",
    "Identifikationsnummer*", "Zeichnernummer*", "Postensperre bis", "Bezeichnung SoBil-Sachverhalt*",
    "Kennzeichen SoBil-Buchung", "Festschreibung", "Leistungsdatum", "Datum Zuord. Steuerperiode", "Fälligkeit",
    "Generalumkehr (GU)*", "Steuersatz", "Land*", "Abrechnungsreferenz*", "BVV-Position",
    "EU-Land u. UStID (Ursprung)*", "EU-Steuersatz (Ursprung)", "Abw. Skontokonto",
]  # fmt: skip
"""An asterisk marks text."""

COLUMNS = tuple(name.removesuffix("*") for name in _NAMES)
TEXT = frozenset(name.removesuffix("*") for name in _NAMES if name.endswith("*"))
