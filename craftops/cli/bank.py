"""``craftops bank``: statements of a bank, read as the shop would."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import click

from craftops.domain.billing.bank_columns import FIELDS, BankColumns
from craftops.domain.billing.statements import LARGEST, BankTransaction
from craftops.errors import IntakeError
from craftops.services.billing.bank_files import read_bank_file


def add_to(cli: click.Group) -> None:
    """Register the command."""
    cli.add_command(bank)


@click.group()
def bank() -> None:
    """Statements that your bank lets you download."""


@bank.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="One JSON line for each booked transaction.")
@click.option(
    "--column", "said", multiple=True, metavar="FIELD=HEADING",
    help=f"Of a CSV: which column is what. FIELD is one of {', '.join(FIELDS)}.",
)  # fmt: skip
@click.option("--currency", default="", help="Of a CSV: the currency of the account, where no column says it.")
@click.option("--account", default="", help="Of a CSV: the IBAN of the account, where no column says it.")
def read(files: tuple[Path, ...], as_json: bool, said: tuple[str, ...], currency: str, account: str) -> None:
    """Say what the bank booked, by FILES: CAMT.052, .053, .054, CSV or MT940. Nothing is kept.

    Amounts are whole minor units (cents), negative where money went; days are those of the bank.
    Exit 1 when a file is refused.
    """
    columns = BankColumns(dict(_pair(one) for one in said), currency.upper(), "".join(account.split()))
    refused = False
    for path in files:
        try:
            booked = [one for statement in read_bank_file(_bytes(path), columns) for one in statement.booked]
        except IntakeError as error:
            refused = True
            row = {"file": str(path), "error": error.sentence}
            click.echo(json.dumps(row, ensure_ascii=False) if as_json else f"{path}: {error.sentence}")
            continue
        for one in booked:
            click.echo(json.dumps(_row(path, one), ensure_ascii=False) if as_json else _said(one))
        if not booked and not as_json:
            click.echo(f"{path}: nothing is booked in it.")
    sys.exit(1 if refused else 0)


def _pair(said: str) -> tuple[str, str]:
    field, equals, heading = said.partition("=")
    if not equals:
        raise click.BadParameter(f'"{said}" is not FIELD=HEADING.')
    return field.strip(), heading.strip()


def _bytes(path: Path) -> bytes:
    """The file, as far as a statement may be long. Raises IntakeError."""
    try:
        with path.open("rb") as file:
            return file.read(LARGEST + 1)
    except OSError as error:
        raise IntakeError(f"{error.strerror}.") from None


def _row(path: Path, one: BankTransaction) -> dict[str, Any]:
    return {
        "file": str(path),
        "account": one.account or None,
        "date": one.booked_on.isoformat() if one.booked_on else None,
        "amount": one.amount.minor,
        "currency": one.amount.currency,
        "reference": one.reference or None,
        "text": one.text or None,
        "party": one.party or None,
        "reversal": one.reversal,
    }


def _said(one: BankTransaction) -> str:
    what = " · ".join(part for part in (one.party, one.reference, one.text) if part)
    back = " (takes an earlier one back)" if one.reversal else ""
    doubt = f"\n    ! {one.doubt}" if one.doubt else ""
    day = one.booked_on.isoformat() if one.booked_on else "no date   "
    return f"{day}  {one.amount.major:>12} {one.amount.currency}  {what}{back}{doubt}"
