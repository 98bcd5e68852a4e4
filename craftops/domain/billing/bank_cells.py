"""Amounts and dates as banks write them into tables."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from enum import StrEnum

from craftops.errors import IntakeError

WORDS = re.compile(r"[A-Za-z€$£\s\u00a0\u202f'’]")
"""Currencies, spaces and Swiss thousands."""
PLAIN = re.compile(r"[+-]?[0-9][0-9.,]{0,22}|[+-]?[.,][0-9]{1,4}")
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


class DateOrder(StrEnum):
    """Which of two numbers with a slash is the day."""

    DAY_FIRST = "day_first"
    MONTH_FIRST = "month_first"


def decimal_mark(amounts: Iterable[str]) -> str:
    """The mark before the decimals of a file: "." or ",", by the amounts that leave no choice.

    Empty where no amount has a mark. Raises IntakeError where all that have one could be read in two ways (1.234) or
    where two amounts contradict each other.
    """
    marks, open_ones = set(), []
    for said in amounts:
        digits = _signed_digits(said)
        last = max(digits.rfind("."), digits.rfind(","))
        if last < 0:
            continue
        mark, other = digits[last], "," if digits[last] == "." else "."
        if digits.count(mark) > 1:
            marks.add(other)
        elif other in digits or len(digits) - last - 1 != 3 or digits[:last].lstrip("+-") in ("", "0"):
            marks.add(mark)
        else:
            open_ones.append(said)
    if len(marks) > 1:
        raise IntakeError("Some amounts of this file have a decimal comma and some a decimal point.")
    if not marks and open_ones:
        raise IntakeError(f'"{open_ones[0][:40]}" may be thousands or decimals; no amount of this file says which.')
    return marks.pop() if marks else ""


def amount_in(said: str, mark: str) -> Decimal | None:
    """A cell as a number, by the file's decimal mark, or None. Minus may stand behind it, or brackets around it."""
    digits = _signed_digits(said)
    if not PLAIN.fullmatch(digits):
        return None
    other = "," if mark == "." else "."
    plain = digits.replace(other, "") if mark else digits
    number = plain.replace(",", ".")
    return Decimal(number) if re.fullmatch(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)", number) else None


def _signed_digits(said: str) -> str:
    """Without currency and spaces, the sign in front."""
    text = WORDS.sub("", said).replace("\u2212", "-")
    if text.startswith("(") and text.endswith(")"):
        text = f"-{text[1:-1]}"
    if text.endswith(("-", "+")):
        text = f"{text[-1]}{text[:-1]}"
    return text


def date_order(dates: Iterable[str], currency: str) -> DateOrder:
    """Which number is the day, by the dates that leave no choice; else as it is usual where the currency is."""
    pairs = [found for said in dates if (found := re.match(r"(\d{1,2})[/-](\d{1,2})[/-]\d{2}", said))]
    if any(int(found[1]) > 12 for found in pairs):
        return DateOrder.DAY_FIRST
    american = any(int(found[2]) > 12 for found in pairs) or currency == "USD"
    return DateOrder.MONTH_FIRST if american else DateOrder.DAY_FIRST


def date_in(said: str, order: DateOrder) -> date | None:
    """The day in a cell (2026-11-28, 20261128, 28.11.2026, 28.11.26, 28/11/2026, 28 Nov 2026; a time may follow), or
    None."""
    if found := re.match(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?!\d)", said):
        return _day(int(found[1]), int(found[2]), int(found[3]))
    if found := re.fullmatch(r"(20\d{2})(\d{2})(\d{2})", said.strip()):
        return _day(int(found[1]), int(found[2]), int(found[3]))
    if found := re.match(r"(\d{1,2})([./-])(\d{1,2})\2(\d{4}|\d{2})(?!\d)", said):
        first, second, year = int(found[1]), int(found[3]), int(found[4])
        if found[2] != "." and order is DateOrder.MONTH_FIRST:
            first, second = second, first
        return _day(year if year > 99 else 2000 + year, second, first)
    if found := re.match(r"(\d{1,2})[ -]([A-Za-z]{3})[a-z]*[ -](\d{4}|\d{2})(?!\d)", said):
        month, year = found[2].lower(), int(found[3])
        return (
            _day(year if year > 99 else 2000 + year, MONTHS.index(month) + 1, int(found[1]))
            if month in MONTHS
            else None
        )
    return None


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
