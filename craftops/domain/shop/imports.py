"""Tables of another program: customers, past orders, materials; read, and checked row by row."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from decimal import Decimal, InvalidOperation
from enum import StrEnum

from craftops.domain.hours.days import FIRST, LAST
from craftops.errors import IntakeError

MOST_ROWS = 50_000
NAMES: Mapping[str, tuple[str, ...]] = {
    "email": ("email", "e-mail", "mail", "e-mail address", "customer email", "kunde e-mail", "e-mail-adresse"),
    "name": ("name", "customer", "customer name", "full name", "kunde", "kundenname"),
    "phone": ("phone", "telephone", "telefon", "tel"),
    "line1": ("street", "address", "address line 1", "straße", "strasse", "adresse", "line1"),
    "postcode": ("postcode", "postal code", "zip", "plz"),
    "city": ("city", "town", "ort", "stadt"),
    "country": ("country", "country code", "land"),
    "number": ("number", "order", "order number", "code", "bestellung", "auftrag", "bestellnummer", "auftragsnummer"),
    "title": ("title", "part", "item", "description", "titel", "teil", "bezeichnung", "artikel"),
    "placed": ("placed", "date", "order date", "ordered", "datum", "bestellt", "bestelldatum"),
    "finished": ("finished", "completed", "shipped", "fertig", "abgeschlossen"),
    "quantity": ("quantity", "qty", "count", "menge", "anzahl", "stück"),
    "material": ("material", "werkstoff"),
    "colour": ("colour", "color", "farbe"),
    "finish": ("finish", "oberfläche"),
    "note": ("note", "notes", "instructions", "hinweis", "notiz", "bemerkung"),
    "label": ("label", "material name", "anzeigename"),
    "process": ("process", "verfahren"),
    "density": ("density", "dichte"),
    "colours": ("colours", "colors", "farben"),
    "price_kilogram": ("price per kg", "price kg", "preis pro kg"),
}
"""What a column may be called in other programs, English and German; the first is ours."""
DATES = ("%Y-%m-%d", "%d.%m.%Y", "%d.%m.%y", "%Y/%m/%d", "%d %b %Y")


class ImportKind(StrEnum):
    """What a table is of."""

    CUSTOMERS = "customers"
    ORDERS = "orders"
    CATALOGUE = "catalogue"


WANTED: Mapping[ImportKind, tuple[tuple[str, ...], tuple[str, ...]]] = {
    ImportKind.CUSTOMERS: (("email", "name"), ("phone", "line1", "postcode", "city", "country")),
    ImportKind.ORDERS: (
        ("number", "email", "title", "placed"),
        ("finished", "quantity", "material", "colour", "finish", "note"),
    ),
    ImportKind.CATALOGUE: (("label",), ("name", "process", "density", "colours", "note", "price_kilogram")),
}
"""Columns that must be there, and that may."""


@dataclass(frozen=True, slots=True)
class ImportRow:
    """One line of the table."""

    number: int
    """Of the line in the file, the head being 1."""
    values: Mapping[str, str]
    fault: str = ""
    """Why it cannot be taken; empty when it can."""


@dataclass(frozen=True, slots=True)
class ImportTable:
    """A table that was read."""

    kind: ImportKind
    rows: tuple[ImportRow, ...]
    ignored: tuple[str, ...] = field(default=())
    """Columns that nobody knows."""


def read_text(raw: bytes) -> str:
    """The text of a file, whatever its spreadsheet wrote. Raises IntakeError."""
    for encoding in ("utf-8-sig", "utf-16", "cp1252"):
        if encoding == "utf-16" and raw[:2] not in (b"\xff\xfe", b"\xfe\xff"):
            continue
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise IntakeError("This is no text. Save the table as CSV (UTF-8).")


def read_table(kind: ImportKind, text: str) -> ImportTable:
    """The rows of a CSV, each checked. Raises IntakeError when it is no table, or lacks a column."""
    if "\x00" in text:
        raise IntakeError("This is no CSV. Save the table as CSV (UTF-8).")
    lines = text.splitlines()
    if not lines:
        raise IntakeError("The file is empty.")
    mark = max(",;\t", key=lines[0].count)
    try:
        cells = list(csv.reader(io.StringIO(text), delimiter=mark, strict=False))
    except csv.Error as error:
        raise IntakeError(f"This is no CSV: {error}.") from None
    head, *body = cells
    if len(body) > MOST_ROWS:
        raise IntakeError(f"At most {MOST_ROWS} rows at once, and these are {len(body)}.")
    columns, ignored = _columns(kind, head)
    rows = []
    for number, row in enumerate(body, start=2):
        if not any(cell.strip() for cell in row):
            continue
        values = {name: _plain(row[at]) if at < len(row) else "" for name, at in columns.items()}
        rows.append(ImportRow(number, values, _fault(kind, values)))
    return ImportTable(kind, tuple(rows), ignored)


def _plain(cell: str) -> str:
    """The text of a cell; our own export puts an apostrophe before what looks like a formula."""
    text = cell.strip()
    return text[1:] if text[:1] == "'" and text[1:2] in ("=", "+", "-", "@") else text


def _columns(kind: ImportKind, head: Iterable[str]) -> tuple[dict[str, int], tuple[str, ...]]:
    must, may = WANTED[kind]
    found: dict[str, int] = {}
    ignored = []
    for at, title in enumerate(head):
        plain = " ".join(title.strip().lower().replace("_", " ").split())
        name = next((one for one in (*must, *may) if plain == one or plain in NAMES[one]), "")
        if name and name not in found:
            found[name] = at
        elif title.strip():
            ignored.append(title.strip())
    missing = [name for name in must if name not in found]
    if missing:
        known = ", ".join(must + may)
        raise IntakeError(f"A column is missing: {', '.join(missing)}. The first line names the columns: {known}.")
    return found, tuple(ignored)


def _fault(kind: ImportKind, values: Mapping[str, str]) -> str:
    checks: Mapping[ImportKind, Callable[[Mapping[str, str]], str]] = {
        ImportKind.CUSTOMERS: _customer_fault,
        ImportKind.ORDERS: _order_fault,
        ImportKind.CATALOGUE: _material_fault,
    }
    return checks[kind](values)


def _customer_fault(values: Mapping[str, str]) -> str:
    if not values["name"] or len(values["name"]) > 200:
        return "The name is missing, or too long."
    country = values.get("country", "")
    if values.get("line1") and not re.fullmatch(r"[A-Za-z]{2}", country):
        return "An address needs its country as two letters (DE)."
    return ""


def _order_fault(values: Mapping[str, str]) -> str:
    if not values["number"] or len(values["number"]) > 60:
        return "The number is missing, or too long."
    if not values["title"]:
        return "The title is missing."
    try:
        placed = day_of(values["placed"])
        finished = day_of(values["finished"]) if values.get("finished") else placed
    except IntakeError as error:
        return error.sentence
    if finished < placed:
        return "It was finished before it was placed."
    quantity = values.get("quantity") or "1"
    if not quantity.isascii() or not quantity.isdigit() or not 1 <= int(quantity[:6]) <= 10_000:
        return f"{quantity!r} is no number of pieces."
    return ""


def _material_fault(values: Mapping[str, str]) -> str:
    if not values["label"]:
        return "The label is missing."
    for name in ("density", "price_kilogram"):
        if values.get(name):
            try:
                number_of(values[name])
            except IntakeError as error:
                return error.sentence
    return ""


def day_of(text: str) -> datetime:
    """Noon of a written day, UTC. Raises IntakeError."""
    for form in DATES:
        try:
            day: date = datetime.strptime(text.split("T", maxsplit=1)[0].strip(), form).date()
        except ValueError:
            continue
        if FIRST <= day <= LAST:
            return datetime.combine(day, time(12), UTC)
    raise IntakeError(f"{text[:40]!r} is no day; write 2026-03-31.")


def number_of(text: str) -> Decimal:
    """A number above zero, with a point or a comma. Raises IntakeError."""
    try:
        number = Decimal(text.replace(",", "."))
    except InvalidOperation:
        number = Decimal(0)
    if not number.is_finite() or number <= 0:
        raise IntakeError(f"{text[:40]!r} is no number above zero.")
    return number


def short_name(text: str) -> str:
    """A name for ``shop.toml``: small letters, digits, underscores."""
    plain = re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")
    return plain[:40] or "material"
