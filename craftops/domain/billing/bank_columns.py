"""Which column of a bank's CSV is what: the headings that banks write, and those that a shop says itself.

Headings as in the exports of Sparkasse (CSV-CAMT, CSV-MT940), Atruvia (Volksbank, GLS, …), DKB, ING, Deutsche Bank,
Postbank, Commerzbank, comdirect, N26, Qonto, Lloyds, Halifax, Barclays, NatWest, Starling, Monzo, Wise, Revolut, bunq,
ING and Rabobank of the Netherlands, PostFinance, UBS, ZKB, Erste (George), and plain tables in English, French,
Spanish, Italian, Dutch and Polish.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from craftops.domain.billing.money import CURRENCY
from craftops.errors import IntakeError

HEADINGS: dict[str, tuple[str, ...]] = {
    "date": (
        "buchungstag", "buchungsdatum", "buchung", "booking date", "date", "datum", "transaction date", "posting date",
        "completed date", "date completed (utc)", "operation date (local)", "settlement date (local)", "posted date",
        "date operation", "date de l'operation", "date de comptabilisation", "fecha", "fecha operacion",
        "fecha de operacion", "data", "data operazione", "data contabile", "data operacji", "data ksiegowania",
        "boekdatum", "abschlussdatum",
    ),
    "value_date": (
        "valutadatum", "wertstellung", "wertstellungsdatum", "wert", "valuta", "value date", "date valeur",
        "date de valeur", "fecha valor", "data valuta", "rentedatum", "interest date", "data waluty",
    ),
    "amount": (
        "betrag", "umsatz", "amount", "total amount (incl. vat)", "value", "transaction amount", "importe", "montant",
        "bedrag", "importo", "kwota",
    ),
    "credit": (
        "haben", "credit", "credit amount", "money in", "paid in", "received", "gutschrift", "einnahmen", "abono",
        "avere", "entrate", "bij",
    ),
    "debit": (
        "soll", "debit", "debit amount", "money out", "paid out", "spent", "lastschrift", "ausgaben", "belastung",
        "cargo", "dare", "uscite", "af",
    ),
    "sign": (
        "soll/haben", "s/h", "soll/haben-kennzeichen", "credit/debit", "debit/credit", "cr/dr", "dr/cr",
        "af bij", "debet/credit",
    ),
    "currency": (
        "wahrung", "waehrung", "currency", "ccy", "account currency", "kontowahrung", "whg", "devise",
        "divisa", "munt", "valuta rachunku", "waluta",
    ),
    "party": (
        "beguenstigter/zahlungspflichtiger", "begunstigter/zahlungspflichtiger", "name zahlungsbeteiligter",
        "auftraggeber/empfanger", "begunstigter / auftraggeber", "auftraggeber / begunstigter", "partner name", "payee",
        "auftraggeber/begunstigter", "counter party", "counterparty", "counterparty name", "name", "name / description",
        "empfanger/auftraggeber", "empfanger / auftraggeber", "payer name", "other party",
        "partnername", "naam tegenpartij", "naam / omschrijving", "beneficiario", "nadawca / odbiorca",
    ),
    "payer": ("zahlungspflichtige*r", "zahlungspflichtiger", "auftraggeber", "payer"),
    "payee": ("zahlungsempfanger*in", "zahlungsempfanger", "empfanger", "beneficiary", "payee name"),
    "party_account": (
        "kontonummer/iban", "iban zahlungsbeteiligter", "iban", "iban / kontonummer", "kontonummer", "partner iban",
        "counterparty iban", "counterparty account", "payee account number",
        "tegenrekening", "tegenrekening iban/bban",
    ),
    "text": (
        "verwendungszweck", "vwz", "buchungsdetails", "payment reference", "reference", "description", "memo",
        "details", "transaction description", "notes", "narrative", "text", "remittance information", "buchungstext",
        "buchungs-details", "avisierungstext", "mededelingen", "omschrijving-1", "omschrijving-2", "omschrijving-3",
        "libelle", "libelle operation", "concepto", "descrizione", "causale", "opis operacji", "tytul", "beschreibung1",
        "beschreibung2", "beschreibung3",
    ),
    "kind": ("umsatzart", "vorgang", "umsatztyp", "transaction type", "type", "buchungstext"),
    "end_to_end": (
        "kundenreferenz (end-to-end)", "kundenreferenz", "end-to-end id", "end to end id", "end-to-end reference",
    ),
    "account": (
        "auftragskonto", "iban auftragskonto", "iban auftraggeberkonto", "account", "account number", "account iban",
        "iban/bban", "rekening",
    ),
    "status": ("status", "info", "state", "transaction status"),
    "transaction_id": ("transaction id", "transferwise id", "transaktions-id", "umsatz-id"),
}  # fmt: skip
"""Field -> headings in small letters without accents, the surest first."""
FIELDS = tuple(HEADINGS)
PENDING = ("vorgemerkt", "vormerk", "pending", "ausstehend", "offen", "uncleared", "authorised", "authorized")
"""How banks begin or end what they write of a row that is not booked yet."""
BESIDE = re.compile(r"\s*\(([a-z]{3}|[€$£])\)$|\s+(?:in )?(chf|eur|gbp|usd|pln|czk|dkk|sek|nok|huf)$")
"""A currency behind a heading: "Betrag (€)", "Gutschrift in CHF"."""
VOID = ("storniert", "declined", "cancelled", "canceled", "failed", "rejected", "reverted", "abgelehnt")
"""And of one that moves nothing."""


@dataclass(frozen=True, slots=True)
class BankColumns:
    """What a shop says of its bank's CSV. ``headings`` maps a field (of ``FIELDS``) to the heading of its column."""

    headings: Mapping[str, str]
    currency: str = ""
    """Of the account, where no column says it."""
    account: str = ""
    """Its IBAN, where no column says it."""

    def __post_init__(self) -> None:
        strange = sorted(set(self.headings) - set(FIELDS))
        if strange:
            raise IntakeError(f"A column cannot be {', '.join(strange)}; it can be one of {', '.join(FIELDS)}.")
        if self.currency and not CURRENCY.fullmatch(self.currency):
            raise IntakeError(f'"{self.currency}" is no currency; write it as EUR.')


NOTHING_SAID = BankColumns({})


def plain(heading: str) -> str:
    """A heading as it is compared: small letters, no accents, single spaces, no currency in brackets."""
    text = " ".join(heading.strip("\ufeff \"'").casefold().split())
    for accent, letter in zip("äöüéèêáàâóíúñç", "aoueeeaaaoiunc", strict=True):
        text = text.replace(accent, letter)
    return BESIDE.sub("", text)


def currency_in(heading: str) -> str:
    """The currency that a heading names: "Betrag (€)", "Amount (GBP)"; empty where it names none."""
    found = BESIDE.search(heading.strip().casefold())
    said = (found[1] or found[2]).upper() if found else ""
    return {"€": "EUR", "£": "GBP", "$": "USD"}.get(said, said)


def _known_places(field: str, known: Sequence[str], headings: Sequence[str], taken: set[int]) -> list[int]:
    """Where a field stands that nobody has told us of: all columns of a text, of others the first; none where there is
    none that is free."""
    places = [headings.index(one) for one in known if one in headings]
    places = [place for place in places if place not in taken or field == "kind"]
    if field == "text" and len(places) > 1:
        places = [place for place in places if headings[place] != "buchungstext"]  # the kind, then
    return places if field == "text" else places[:1]


def columns_of(row: Sequence[str], said: BankColumns) -> dict[str, list[int]] | None:
    """Field -> places of its columns in a row of headings; None when that row is no headings of transactions."""
    headings = [plain(cell) for cell in row]
    found: dict[str, list[int]] = {}
    taken: set[int] = set()
    for field, heading in said.headings.items():
        places = [index for index, one in enumerate(headings) if one == plain(heading)]
        if not places:
            return None
        found[field] = places
        taken.update(places)
    for field, known in HEADINGS.items():
        if field not in found and (places := _known_places(field, known, headings, taken)):
            found[field] = places
            taken.update(places)
    _keep_last_currency(found, headings)
    is_table = "date" in found and ("amount" in found or ("credit" in found and "debit" in found))
    return found if is_table else None


def _keep_last_currency(found: dict[str, list[int]], headings: Sequence[str]) -> None:
    """Where two columns are called "currency", the balance has the other one: take the one beside the amount."""
    if "currency" in found and "amount" in found and headings.count(headings[found["currency"][0]]) > 1:
        name, amount = headings[found["currency"][0]], found["amount"][0]
        places = [index for index, one in enumerate(headings) if one == name]
        found["currency"] = [min(places, key=lambda place: (abs(place - amount), place < amount))]
