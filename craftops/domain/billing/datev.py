"""The journal for a German tax adviser: DATEV-Format "Buchungsstapel" (EXTF, header 700, category 21, version 13).

Source: developer.datev.de (DATEV-Format: Einstieg, Header, Zeichensatz, Buchungsstapel). Windows-1252, CRLF,
semicolons; amounts above zero with a comma; the year of a row comes from the fiscal year in the header.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from craftops.domain.billing.datev_columns import COLUMNS, TEXT
from craftops.domain.billing.journal import DOCUMENTS, EntryKind, JournalEntry, PayMeans, in_order
from craftops.errors import IntakeError

MOST_ROWS = 99_999
CROSSED = str.maketrans("ŁłĐđĦħıŦŧ", "LlDdHhiTt")
"""Letters that are no letter with an accent to Unicode."""


@dataclass(frozen=True, slots=True)
class DatevChart:
    """Account numbers of a chart. ``revenue`` maps a tax name ("S19", see ``TaxedAmount``) to an account.

    Accounts of the standard charts know their tax by themselves (Automatikkonten); where one does not, ``tax_keys``
    says its BU-Schlüssel.
    """

    name: str
    """"03" or "04"; empty for one of the shop's own."""
    revenue: Mapping[str, str]
    money: Mapping[PayMeans, str]
    fees: str
    tax_keys: Mapping[str, str]


SKR03 = DatevChart(
    "03",
    {"S19": "8400", "S7": "8300", "Z0": "8200", "E0": "8100", "O0": "8200", "AE0": "8337", "K0": "8125", "G0": "8120"},
    {PayMeans.BANK: "1200", PayMeans.PROVIDER: "1360", PayMeans.CASH: "1000"}, "4970", {},
)  # fmt: skip
SKR04 = DatevChart(
    "04",
    {"S19": "4400", "S7": "4300", "Z0": "4200", "E0": "4100", "O0": "4200", "AE0": "4337", "K0": "4125", "G0": "4120"},
    {PayMeans.BANK: "1800", PayMeans.PROVIDER: "1460", PayMeans.CASH: "1600"}, "6855", {},
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class DatevBatch:
    """What the header says. The adviser tells ``adviser`` and ``client``; days are inclusive."""

    adviser: int
    client: int
    fiscal_year: date
    """Its first day."""
    first: date
    last: date
    made_at: datetime
    title: str = "CraftOps"
    chart: DatevChart = SKR03
    account_length: int = 4

    def __post_init__(self) -> None:
        if not 1001 <= self.adviser <= 9_999_999 or not 1 <= self.client <= 99_999 or not 4 <= self.account_length <= 8:
            raise IntakeError(
                "DATEV needs an adviser's number from 1001, a client's from 1, and accounts of 4 to 8 digits."
            )
        if not self.fiscal_year <= self.first <= self.last <= _last_of_year(self.fiscal_year):
            raise IntakeError("A DATEV file holds days of one fiscal year; make one file for each.")


def datev_batch(entries: Iterable[JournalEntry], batch: DatevBatch) -> bytes:
    """The file, to be named ``EXTF_….csv``. Raises IntakeError for what DATEV does not take.

    Rows are not locked (Festschreibung 0), so that the adviser may still correct them.
    """
    rows = [row for entry in in_order(entries) for row in _rows(entry, batch)]
    if len(rows) > MOST_ROWS:
        raise IntakeError(f"A DATEV file holds {MOST_ROWS:,} rows at most; choose a shorter time.")
    lines = [_header(batch), ";".join(COLUMNS), *(";".join(_cell(row, column) for column in COLUMNS) for row in rows)]
    return "".join(f"{line}\r\n" for line in lines).encode("cp1252")


def _header(batch: DatevBatch) -> str:
    made = batch.made_at.strftime("%Y%m%d%H%M%S") + f"{batch.made_at.microsecond // 1000:03}"
    days = [f"{day:%Y%m%d}" for day in (batch.fiscal_year, batch.first, batch.last)]
    return ";".join(
        [
            '"EXTF"', "700", "21", '"Buchungsstapel"', "13", made, "", '"RE"', '""', '""',
            str(batch.adviser), str(batch.client), days[0], str(batch.account_length), days[1], days[2],
            _text(batch.title, 30), '""', "1", "0", "0", '"EUR"', "", '""', "", "",
            _text(batch.chart.name, 2), "", "", '""', '""',
        ]
    )  # fmt: skip


def _rows(entry: JournalEntry, batch: DatevBatch) -> Iterator[dict[str, str]]:
    """A row for each rate of an invoice, one for everything else; rates that add up to nothing have none."""
    if entry.currency != "EUR":
        raise IntakeError(f"{entry.number} is in {entry.currency}; the DATEV export takes EUR alone.")
    if not batch.first <= entry.on <= batch.last:
        raise IntakeError(f"{entry.number} is of {entry.on}, which is not in the days of this file.")
    chart, customer = batch.chart, entry.customer_number
    if customer and not (len(customer) == batch.account_length + 1 and "1" <= customer[0] <= "6"):
        raise IntakeError(f"{entry.number}: {customer} is no number of a customer in DATEV, which are 10000 to 69999.")
    money = chart.money[entry.means]
    for name, minor in _shares(entry):
        if entry.kind in DOCUMENTS:
            account, contra = customer, _revenue(chart, name)
        elif entry.kind is EntryKind.FEE:
            account, contra = chart.fees, money
        else:
            account, contra = money, customer
        is_debit = (entry.kind in (EntryKind.INVOICE, EntryKind.PAYMENT, EntryKind.FEE)) == (minor > 0)
        yield {
            "Umsatz (ohne Soll/Haben-Kz)": f"{abs(minor) // 100},{abs(minor) % 100:02}",
            "Soll/Haben-Kennzeichen": _text("S" if is_debit else "H", 1),
            "WKZ Umsatz": _text("EUR", 3),
            "Konto": account,
            "Gegenkonto (ohne BU-Schlüssel)": contra,
            "BU-Schlüssel": _text(chart.tax_keys.get(name, ""), 4),
            "Belegdatum": f"{entry.on:%d%m}",
            "Belegfeld 1": _text(_document(entry.refers_to or entry.number), 36),
            "Belegfeld 2": _text(_document(entry.number) if entry.refers_to else "", 12),
            "Buchungstext": _text(" ".join(said for said in (entry.customer, entry.text) if said), 60),
            "EU-Land u. UStID": _text(entry.vat_id if name.startswith(("K", "AE")) else "", 15),
            "Festschreibung": "0",
        }


def _shares(entry: JournalEntry) -> list[tuple[str, int]]:
    """Tax name and gross of each rate; of what has no rates, the amount."""
    if not entry.parts:
        return [("", entry.amount)]
    found: dict[str, int] = {}
    for part in entry.parts:
        found[part.tax_name] = found.get(part.tax_name, 0) + part.gross
    return [(name, minor) for name, minor in found.items() if minor]


def _revenue(chart: DatevChart, name: str) -> str:
    if name not in chart.revenue:
        raise IntakeError(f"The chart of accounts has no account for sales with {name}; your tax adviser knows which.")
    return chart.revenue[name]


def _cell(row: Mapping[str, str], column: str) -> str:
    return row.get(column, '""' if column in TEXT else "")


def _document(number: str) -> str:
    """Letters, digits and the marks that DATEV allows in a document's number."""
    return re.sub(r"[^0-9A-Za-z$&%*+\-/]", "-", number)


def _text(said: str, longest: int) -> str:
    """In quotes, one line, in letters that Windows-1252 has: others lose their accents, or become a question mark."""
    line = " ".join(re.sub(r"[\x00-\x1f\x7f-\x9f]", " ", said).split())
    plain = "".join(letter if _is_western(letter) else _nearest(letter) for letter in line)[:longest]
    return '"' + plain.replace('"', '""') + '"'


def _is_western(letter: str) -> bool:
    try:
        letter.encode("cp1252")
    except UnicodeEncodeError:
        return False
    return True


def _nearest(letter: str) -> str:
    return unicodedata.normalize("NFKD", letter.translate(CROSSED)).encode("ascii", "ignore").decode() or "?"


def _last_of_year(first: date) -> date:
    """The last day of a fiscal year that begins on this one; the last that there is where it ends later."""
    if first.year == date.max.year:
        return date.max
    day = min(first.day, 28) if first.month == 2 else first.day
    return first.replace(year=first.year + 1, day=day) - timedelta(days=1)
