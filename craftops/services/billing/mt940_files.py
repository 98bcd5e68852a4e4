"""MT940 (SWIFT's customer statement) as German and Dutch banks still hand it out, read by the package mt-940."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from craftops.domain.billing.money import CURRENCY, Money
from craftops.domain.billing.statements import (
    BankStatement,
    BankTransaction,
    StatementKind,
    given_reference,
    one_line,
    whole_minor,
)
from craftops.errors import IntakeError

BEGIN = re.compile(r"(?m)^(?=:20:)")
logging.getLogger("mt940").addHandler(logging.NullHandler())  # it tells its failures to the error stream otherwise


def read_mt940(raw: bytes) -> tuple[BankStatement, ...]:
    """The statements of one file. Raises IntakeError, also where the package is not installed."""
    try:
        import mt940
        from mt940.options import Options
    except ImportError:
        raise IntakeError(
            "This is an MT940 statement. Download CAMT (XML) or CSV instead, or install craftops[mt940]."
        ) from None
    found = []
    for part in BEGIN.split(_decoded(raw)):
        if not part.startswith(":20:"):
            continue
        try:
            parsed = mt940.parse(part, options=Options.all())
        except Exception as error:  # noqa: BLE001 - the package raises whatever its processors meet
            raise IntakeError(f"This MT940 statement cannot be read ({str(error)[:120]}).") from None
        found.append(_statement(parsed.data, [one.data for one in parsed]))
    if not any(one.account or one.transactions for one in found):
        raise IntakeError("There is no statement in this MT940 file.")
    return tuple(found)


def _decoded(raw: bytes) -> str:
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = raw.decode("cp1252", "replace")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _statement(head: Mapping[str, Any], rows: list[Mapping[str, Any]]) -> BankStatement:
    account = "".join(str(head.get("account_identification") or "").split())
    numbers = [str(head[key]) for key in ("statement_number", "sequence_number") if head.get(key)]
    name = one_line(str(head.get("transaction_reference") or ""), "/".join(numbers))
    statement = one_line(StatementKind.MT940.value, name)
    found = tuple(_transactions(account, statement, rows))
    return BankStatement(StatementKind.MT940, account, name, found)


def _transactions(account: str, statement: str, rows: list[Mapping[str, Any]]) -> Iterator[BankTransaction]:
    for position, row in enumerate(rows, 1):
        number, currency = getattr(row.get("amount"), "amount", None), str(row.get("currency") or "")
        if not isinstance(number, Decimal) or not CURRENCY.fullmatch(currency):
            raise IntakeError(f"Transaction {position} of this MT940 statement says no amount.")
        minor, exact = whole_minor(number, currency)
        yield BankTransaction(
            account=account,
            statement=statement,
            position=str(position),
            amount=Money(minor, currency),
            booked_on=_day(row.get("entry_date")) or _day(row.get("date")),
            value_on=_day(row.get("date")),
            end_to_end=given_reference(_said(row, "end_to_end_reference") or _said(row, "customer_reference")),
            text=one_line(_said(row, "purpose"), _said(row, "additional_purpose"), _plain(row)),
            party=one_line(_said(row, "applicant_name")),
            party_account=_said(row, "applicant_iban") or _said(row, "gvc_applicant_iban"),
            reversal=str(row.get("status") or "").startswith("R"),
            bank_reference=_said(row, "bank_reference"),
            doubt="" if exact else f"Its amount is finer than {currency} goes, and was rounded.",
        )


def _plain(row: Mapping[str, Any]) -> str:
    """What stands in field 86 of banks that do not divide it."""
    return "" if _said(row, "purpose") else one_line(_said(row, "transaction_details"), _said(row, "extra_details"))


def _said(row: Mapping[str, Any], key: str) -> str:
    return str(row.get(key) or "")


def _day(value: object) -> date | None:
    return date(value.year, value.month, value.day) if isinstance(value, date) else None
