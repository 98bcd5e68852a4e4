"""The journal as plain text: hledger (hledger.org/hledger.html, Journal), beancount (language syntax), and CSV."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable
from decimal import Decimal

from craftops.domain.billing.journal import JournalEntry, in_order, postings
from craftops.domain.billing.money import Money, exponent

CSV_HEAD = (
    "date", "kind", "number", "refers_to", "customer_number", "customer", "account", "amount", "currency", "text",
)  # fmt: skip
FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for the beginning of a formula (OWASP: CSV injection)."""


def hledger_journal(entries: Iterable[JournalEntry]) -> str:
    """A journal that ``hledger check --strict`` accepts: accounts and commodities are declared, entries balance."""
    rows = in_order(entries)
    accounts = sorted({posting.account for entry in rows for posting in postings(entry)})
    head = [
        "; Made by CraftOps. Amounts: debit positive, credit negative.",
        "decimal-mark .",
        *(f"commodity {_sample(currency)} {currency}" for currency in _currencies(rows)),
        *(f"account {account}" for account in accounts),
    ]
    blocks = ["\n".join(head)]
    for entry in rows:
        about = _words(f"{entry.customer} | {_about(entry)}", ";")
        lines = [f"{entry.on.isoformat()} ({_words(entry.number, ';()')}) {about}"]
        lines += [
            f"    {posting.account}  {Money(posting.minor, entry.currency).major} {entry.currency}"
            for posting in postings(entry)
        ]
        blocks.append("\n".join(lines))
    return "\n\n".join(blocks) + "\n"


def beancount_journal(entries: Iterable[JournalEntry]) -> str:
    """A ledger that ``bean-check`` accepts; accounts open on the day that they are first used."""
    rows = in_order(entries)
    opened: dict[str, str] = {}
    for entry in rows:
        for posting in postings(entry):
            opened.setdefault(posting.account, entry.on.isoformat())
    head = ['option "title" "CraftOps"']
    head += [f'option "operating_currency" "{currency}"' for currency in _currencies(rows)]
    head += [f"{day} open {account}" for account, day in sorted(opened.items())]
    blocks = ["\n".join(head)]
    for entry in rows:
        about = " ".join(_quoted(said) for said in (entry.customer, _about(entry)))
        lines = [
            f"{entry.on.isoformat()} * {about}",
            f"  number: {_quoted(entry.number)}",
            f'  kind: "{entry.kind.value}"',
        ]
        lines += [f"  refers_to: {_quoted(entry.refers_to)}"] if entry.refers_to else []
        lines += [
            f"  {posting.account}  {Money(posting.minor, entry.currency).major} {entry.currency}"
            for posting in postings(entry)
        ]
        blocks.append("\n".join(lines))
    return "\n\n".join(blocks) + "\n"


def journal_csv(entries: Iterable[JournalEntry]) -> str:
    """A row for each posting. Amounts have a decimal point; no cell of text is taken for a formula."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(CSV_HEAD)
    for entry in in_order(entries):
        for posting in postings(entry):
            words = (entry.number, entry.refers_to, entry.customer_number, entry.customer)
            writer.writerow(
                [
                    entry.on.isoformat(), entry.kind.value, *map(harmless_cell, words), posting.account,
                    str(Money(posting.minor, entry.currency).major), entry.currency, harmless_cell(entry.text),
                ]
            )  # fmt: skip
    return out.getvalue()


def harmless_cell(text: str) -> str:
    """Text that no spreadsheet computes."""
    line = _words(text, "")
    return f"'{line}" if line.startswith(FORMULA) else line


def _about(entry: JournalEntry) -> str:
    said = (
        entry.kind.value.replace("_", " "),
        entry.number,
        f"for {entry.refers_to}" if entry.refers_to else "",
        entry.text,
    )
    return " ".join(part for part in said if part)


def _words(text: str, without: str) -> str:
    """One line, without control characters and the given marks."""
    line = re.sub(rf"[\x00-\x1f\x7f\u0085\u2028\u2029{re.escape(without)}]", " ", text)
    return " ".join(line.split())


def _quoted(text: str) -> str:
    line = _words(text, "").replace("\\", "\\\\").replace('"', '\\"')
    return f'"{line}"'


def _sample(currency: str) -> str:
    """How an amount of it looks: 1000.00, and "1000." where there are no decimals."""
    places = exponent(currency)
    return f"{Decimal(1000):.{places}f}" if places else "1000."


def _currencies(rows: Iterable[JournalEntry]) -> list[str]:
    return sorted({entry.currency for entry in rows})
