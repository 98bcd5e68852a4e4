"""Whatever a bank hands out is told apart by what is in it; MT940; archives; the command line."""

from __future__ import annotations

import builtins
import io
import json
import zipfile
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from craftops.cli import cli
from craftops.domain.billing.money import Money
from craftops.domain.billing.statements import LARGEST, BankTransaction
from craftops.errors import IntakeError
from craftops.services.billing.bank_files import read_bank_file
from craftops.testing.bank import camt053

IBAN = "DE89370400440532013000"
DAY = date(2026, 11, 27)
MT940 = """\
:20:STARTUMS
:25:37040044/0532013000
:28C:7/1
:60F:C261127EUR1000,00
:61:2611271127C119,00NTRFNONREF//BANKREF1
:86:166?00GUTSCHRIFT?20EREF+E-1?21SVWZ+RF18 5390 0754 7034 R?22echnung 2026-0001?30GENODEF1S06\
?31NL91ABNA0417164300?32Muster GmbH?33 und Co
:61:2611271127RC12,5NRTINONREF
:86:159?00RETOURE?20SVWZ+zurueck?32Ada
:62F:C261127EUR1106,50
-
:20:STARTUMS
:25:37040044/0532013000
:28C:8/1
:60F:C261128EUR1106,50
:61:2611281128D5,NTRFNONREF
:86:plain words
:62F:C261128EUR1101,50
"""


def camt(name: str = "S1") -> bytes:
    one = BankTransaction(IBAN, "", "", Money(11_900, "EUR"), DAY, text="R 1", party="Ada")
    return camt053([one], account=IBAN, name=name, on=DAY)


def test_mt940_of_two_days() -> None:
    first, second = read_bank_file(MT940.encode("cp1252"))
    paid, back = first.booked
    assert (paid.amount, paid.booked_on) == (Money(11_900, "EUR"), DAY)
    assert (paid.end_to_end, paid.text) == ("E-1", "RF18 5390 0754 7034 Rechnung 2026-0001")
    assert (paid.party, paid.party_account) == ("Muster GmbH und Co", "NL91ABNA0417164300")
    assert (back.amount.minor, back.reversal, paid.reversal) == (-1250, True, False)
    assert [(one.amount.minor, one.text) for one in second.booked] == [(-500, "plain words")]
    assert len({one.key for one in (*first.booked, *second.booked)}) == 3


def test_mt940_without_its_package_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def missing(name: str, *rest: Any, **named: Any) -> Any:
        if name.startswith("mt940"):
            raise ImportError(name)
        return real(name, *rest, **named)

    monkeypatch.setattr(builtins, "__import__", missing)
    with pytest.raises(IntakeError, match=r"install craftops\[mt940\]"):
        read_bank_file(MT940.encode())


def test_an_archive_of_days() -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in ("S1", "S2"):
            archive.writestr(f"{name}.xml", camt(name))
        archive.writestr("readme.txt", "hello")
    assert [one.name for one in read_bank_file(packed.getvalue())] == ["S1", "S2"]


def test_an_archive_that_grows_is_refused() -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("bomb.xml", b" " * (LARGEST + 10))
    with pytest.raises(IntakeError, match="unpacks to more than 16 MB"):
        read_bank_file(packed.getvalue())


@pytest.mark.parametrize(
    ("raw", "sentence"),
    [
        (b"", "This file is empty."),
        (b"%PDF-1.7", "This is a PDF. Download the statement as CAMT (XML) or CSV."),
        (b"PK\x03\x04rubbish", "This archive cannot be opened (File is not a zip file)."),
        (b"<html/>", 'This is XML, but no bank statement: it says "html", not camt.052, camt.053 or camt.054.'),
        (b"x" * (LARGEST + 1), "A bank statement has at most 16 MB; download a shorter time."),
    ],
)
def test_other_files_are_called_by_their_name(raw: bytes, sentence: str) -> None:
    with pytest.raises(IntakeError) as refused:
        read_bank_file(raw)
    assert refused.value.sentence == sentence


@given(
    st.binary(max_size=400) | st.builds(lambda at, junk: MT940.encode()[:at] + junk, st.integers(0, 700), st.binary())
)
def test_no_bytes_do_more_than_a_sentence(raw: bytes) -> None:
    try:
        read_bank_file(raw)
    except IntakeError as error:
        assert error.sentence


def test_the_command_says_a_line_for_each_and_refuses_by_name(tmp_path: Path) -> None:
    good, bad, gone = tmp_path / "good.xml", tmp_path / "bad.xml", tmp_path / "gone.xml"
    good.write_bytes(camt())
    bad.write_bytes(b"<a/>")
    done = CliRunner().invoke(cli, ["bank", "read", str(good), str(bad), str(gone), "--json"])
    assert done.exit_code == 1
    first, second, third = (json.loads(line) for line in done.output.splitlines())
    assert first == {
        "file": str(good), "account": IBAN, "date": "2026-11-27", "amount": 11_900, "currency": "EUR",
        "reference": None, "text": "R 1", "party": "Ada", "reversal": False,
    }  # fmt: skip
    assert (second["file"], third) == (str(bad), {"file": str(gone), "error": "No such file or directory."})
    said = CliRunner().invoke(cli, ["bank", "read", str(good)])
    assert (said.exit_code, said.output) == (0, "2026-11-27        119.00 EUR  Ada · R 1\n")


def test_the_command_is_told_the_columns_of_a_table(tmp_path: Path) -> None:
    table = tmp_path / "table.csv"
    table.write_text("Tag|Wieviel|Wer\n27.11.2026|5,00|Ada\n")
    asked = [
        "bank",
        "read",
        str(table),
        "--json",
        "--column",
        "date=Tag",
        "--column",
        "amount=Wieviel",
        "--currency",
        "eur",
    ]
    done = CliRunner().invoke(cli, asked)
    assert (done.exit_code, json.loads(done.output)["amount"]) == (0, 500)
    wrong = CliRunner().invoke(cli, ["bank", "read", str(table), "--column", "date"])
    assert '"date" is not FIELD=HEADING.' in wrong.output
