"""Reads the CSV that banks let their customers download: any delimiter, encoding, decimal mark, lines before the table.

What a file leaves open is not guessed where it is money: an amount that could be a thousand times another is refused.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from stdnum import iban

from craftops.domain.billing.bank_cells import DateOrder, amount_in, date_in, date_order, decimal_mark
from craftops.domain.billing.bank_columns import NOTHING_SAID, PENDING, VOID, BankColumns, columns_of, currency_in
from craftops.domain.billing.money import CURRENCY, Money
from craftops.domain.billing.statements import (
    BankStatement,
    BankTransaction,
    BookingStatus,
    StatementKind,
    given_reference,
    one_line,
    squeezed,
    whole_minor,
)
from craftops.errors import IntakeError

DELIMITERS = (";", ",", "\t", "|")
HEAD = 60
"""Lines in which the headings are looked for."""
MOST_ROWS = 200_000
CREDIT = {"H", "HABEN", "C", "CR", "CREDIT", "CRDT", "+", "BIJ", "IN", "EINGANG", "GUTSCHRIFT"}
DEBIT = {"S", "SOLL", "D", "DR", "DEBIT", "DBIT", "-", "AF", "OUT", "AUSGANG", "BELASTUNG", "DEBET"}
RETURNED = ("RUECKLASTSCHRIFT", "RÜCKLASTSCHRIFT", "RETOURE", "RÜCKÜBERWEISUNG", "RUECKUEBERWEISUNG", "RETURNED")
"""Words by which banks call a row that takes another back."""


@dataclass(frozen=True, slots=True)
class _CsvTable:
    """The rows below the headings, with the number of the line that each began in."""

    rows: list[tuple[int, list[str]]]
    places: dict[str, list[int]]
    headings: list[str]

    def cell(self, row: Sequence[str], field: str) -> str:
        """What a row says of a field: all its columns, in their order."""
        return one_line(*(row[place] for place in self.places.get(field, ()) if place < len(row)))


@dataclass(frozen=True, slots=True)
class _Reading:
    """How the amounts and dates of one file are to be read."""

    mark: str
    order: DateOrder
    currency: str
    account: str


def read_bank_csv(raw: bytes, said: BankColumns = NOTHING_SAID) -> tuple[BankStatement, ...]:
    """The one statement in a CSV. Raises IntakeError, which names the columns that it saw where they are not known."""
    text = _decoded(raw)
    table = _table(text, said)
    reading = _reading(table, text, said)
    found = [one for line, row in table.rows if (one := _transaction(table, reading, line, row))]
    account = next((one.account for one in found if one.account), reading.account)
    return (BankStatement(StatementKind.CSV, account, "", _numbered(found)),)


def _decoded(raw: bytes) -> str:
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return raw.decode("utf-16", "replace")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("cp1252", "replace")


def _table(text: str, said: BankColumns) -> _CsvTable:
    """The first row that can be headings, by the delimiter that makes it so. Raises IntakeError."""
    widest: list[str] = []
    for delimiter in DELIMITERS:
        head = _rows(text, delimiter, HEAD)
        for index, (_line, row) in enumerate(head):
            places = columns_of(row, said)
            if places:
                return _with_signs(_CsvTable(_rows(text, delimiter, MOST_ROWS)[index + 1 :], places, row))
            if len(row) > len(widest):
                widest = row
    seen = ", ".join(f'"{one_line(cell)[:40]}"' for cell in widest[:30] if cell.strip())
    if len(widest) < 2:
        raise IntakeError("This is no table of transactions: there are no columns in it.")
    raise IntakeError(
        f"The columns of this file are not known. It has {seen}. Say which of them is the date and which the amount."
    )


def _with_signs(table: _CsvTable) -> _CsvTable:
    """The table with the column that says which way money went, where its heading says so to nobody.

    Where all amounts stand without a sign and a column has nothing but words of two kinds in it, those are the signs:
    what went out must never be read as money that came in.
    """
    if "sign" in table.places or "amount" not in table.places:
        return table
    if any("-" in said or "(" in said for _line, row in table.rows if (said := table.cell(row, "amount"))):
        return table
    taken = {place for places in table.places.values() for place in places}
    for place in range(len(table.headings)):
        if place not in taken and _tells_the_way(table, place):
            return replace(table, places={**table.places, "sign": [place]})
    return table


def _tells_the_way(table: _CsvTable, place: int) -> bool:
    """Whether a column has nothing but words for in and out."""
    words = {_way(row[place]) for _line, row in table.rows if place < len(row) and row[place].strip()}
    return bool(words) and words <= CREDIT | DEBIT


def _way(said: str) -> str:
    return squeezed(said) or said.strip()


def _rows(text: str, delimiter: str, most: int) -> list[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    found: list[tuple[int, list[str]]] = []
    try:
        for row in reader:
            if len(found) >= most:
                break
            found.append((reader.line_num, row))
    except csv.Error as error:
        raise IntakeError(f"Line {reader.line_num} of this table cannot be read ({error}).") from None
    if most == MOST_ROWS and len(found) >= most:
        raise IntakeError(f"This table has more than {MOST_ROWS:,} rows. Download a shorter time.")
    return found


def _reading(table: _CsvTable, text: str, said: BankColumns) -> _Reading:
    amounts = [table.cell(row, field) for _line, row in table.rows for field in ("amount", "credit", "debit")]
    column = next((table.places[field][0] for field in ("amount", "credit") if field in table.places), 0)
    currency = said.currency or currency_in(table.headings[column])
    dates = [table.cell(row, "date") for _line, row in table.rows]
    return _Reading(decimal_mark(amounts), date_order(dates, currency), currency, said.account or _account(text))


def _account(text: str) -> str:
    """The account that the lines before the table name, if that is an IBAN."""
    for line in text.splitlines()[:HEAD]:
        for cell in line.replace("\t", ";").replace(",", ";").split(";"):
            for words in (cell.split(":")[-1], cell.strip(' "').split(" ")[-1]):
                if iban.is_valid(words.strip(' "')):
                    return str(iban.compact(words.strip(' "')))
        if line.count(";") + line.count(",") >= 6:
            break  # the headings, or rows: their IBANs are other people's
    return ""


def _transaction(table: _CsvTable, reading: _Reading, line: int, row: list[str]) -> BankTransaction | None:
    """One row; None for one that is no transaction (empty, a balance, a refused card)."""
    day = date_in(table.cell(row, "date"), reading.order)
    minor_text = [table.cell(row, field) for field in ("amount", "credit", "debit")]
    if day is None:
        if any(minor_text) and table.cell(row, "date"):
            raise IntakeError(f'Line {line}: "{table.cell(row, "date")[:40]}" is no date.')
        return None
    status = _status(table.cell(row, "status"))
    if status is None or not any(minor_text):
        return None
    currency = table.cell(row, "currency").upper() or reading.currency
    if not CURRENCY.fullmatch(currency):
        raise IntakeError(f"Line {line} does not say its currency. Say which one the account is in.")
    money, exact = _amount(table, reading, line, row, currency)
    text = table.cell(row, "text")
    return BankTransaction(
        account=_own(table.cell(row, "account")) or reading.account,
        statement="",
        position="",
        amount=money,
        booked_on=day,
        value_on=date_in(table.cell(row, "value_date"), reading.order),
        status=status,
        end_to_end=given_reference(table.cell(row, "end_to_end")),
        text=text,
        party=_party(table, row, money.minor),
        party_account="".join(table.cell(row, "party_account").split()),
        reversal=any(word in table.cell(row, "kind").upper() for word in RETURNED),
        transaction_id=table.cell(row, "transaction_id"),
        doubt="" if exact else f"Its amount is finer than {currency} goes, and was rounded.",
    )


def _amount(table: _CsvTable, reading: _Reading, line: int, row: list[str], currency: str) -> tuple[Money, bool]:
    """The amount with its sign. Raises IntakeError naming the line."""
    for field in ("amount", "credit", "debit"):
        said = table.cell(row, field)
        if not said:
            continue
        number = amount_in(said, reading.mark)
        if number is None:
            raise IntakeError(f'Line {line}: "{said[:40]}" is no amount.')
        if field != "amount" and number == 0:
            continue  # many write 0.00 into the column that is not meant
        way = _way(table.cell(row, "sign"))
        if field == "debit" or way in DEBIT:
            number = -abs(number)
        elif way in CREDIT or field == "credit":
            number = abs(number)
        minor, exact = whole_minor(number, currency)
        return Money(minor, currency), exact
    return Money(0, currency), True


def _party(table: _CsvTable, row: list[str], minor: int) -> str:
    """The other end: who pays of money that comes in, who is paid of money that goes."""
    side = table.cell(row, "payer" if minor >= 0 else "payee")
    return table.cell(row, "party") or side or table.cell(row, "payee" if minor >= 0 else "payer")


def _own(said: str) -> str:
    """The number of the account without spaces."""
    return "".join(said.split())


def _status(said: str) -> BookingStatus | None:
    words = said.casefold()
    if any(word in words for word in VOID):
        return None
    return BookingStatus.PENDING if any(word in words for word in PENDING) else BookingStatus.BOOKED


def _numbered(found: Sequence[BankTransaction]) -> tuple[BankTransaction, ...]:
    """Each with its number among rows that say the same, so that a longer export of the same days finds them again."""
    seen: Counter[tuple[str, date | None]] = Counter()
    numbered = []
    for one in found:
        seen[(one.content, one.booked_on)] += 1
        numbered.append(replace(one, position=str(seen[(one.content, one.booked_on)])))
    return tuple(numbered)
