"""Bank statements of strangers: what another library says of them, and the schemas of ISO 20022."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from craftops.domain.billing.money import Money
from craftops.domain.billing.statements import BankTransaction
from craftops.errors import IntakeError
from craftops.services.billing.bank_files import read_bank_file
from craftops.testing.bank import camt053

FOLDER = Path(__file__).parents[3] / "shared" / "outside" / "camt"


def _given() -> list[Path]:
    if not FOLDER.is_dir():
        pytest.skip("the folder of strangers' bank statements (../shared/outside/camt) is not here")
    return sorted(FOLDER.glob("*.xml"))


def _details(entry: dict[str, Any]) -> Iterator[dict[str, Any] | None]:
    """The payments of an entry. The oracle writes what it has told before as one word."""
    found = entry["getTransactionDetails"] or [None]
    for index, detail in enumerate(found):
        yield entry["getTransactionDetail"] if index == 0 else detail


def _money(said: dict[str, Any]) -> tuple[int, str]:
    return int(said["getAmount"]), said["getCurrency"]["getCode"]


def _wanted(path: Path) -> list[dict[str, Any]]:
    """One row for each booked payment, as the oracle tells it. It leaves the entries of all statements but the last."""
    told = json.loads(path.with_suffix(".json").read_text())["getEntries"]
    rows = []
    for entry in told:
        if entry["getStatus"] != "BOOK":
            continue
        for detail in _details(entry):
            own = detail and detail["getAmount"]
            parties = (detail or {}).get("getRelatedParties") or []
            remitted = (detail or {}).get("getRemittanceInformation") or {}
            reference = remitted.get("getCreditorReferenceInformation") or {}
            first = detail.get("getRelatedParty") if detail else None
            named = [first if one == "__RECURSIVITY__" else one for one in parties]
            rows.append(
                {
                    "money": _money(own or entry["getAmount"]),
                    "on": (entry["getBookingDate"] or {"0": ""})["0"][:10],
                    "reference": reference.get("getRef")
                    or ((detail or {}).get("getReference") or {}).get("getEndToEndId"),
                    "structured": bool(reference),
                    "parties": {one["getRelatedPartyType"]["getName"] for one in named if isinstance(one, dict)},
                    "reversal": entry["getReversalIndicator"],
                }
            )
    return rows


def test_every_statement_says_what_it_says() -> None:
    for path in _given():
        if not path.with_suffix(".json").exists():
            continue
        found = [one for statement in read_bank_file(path.read_bytes()) for one in statement.booked]
        wanted = _wanted(path)
        assert len(found) >= len(wanted), path.name
        for one, row in zip(reversed(found), reversed(wanted), strict=False):
            assert (one.amount.minor, one.amount.currency) == row["money"], path.name
            assert str(one.booked_on or "") == row["on"], path.name
            assert one.reversal == row["reversal"], path.name
            assert not row["parties"] or one.party in row["parties"], path.name
            if row["structured"] or not one.references:
                assert one.reference == (row["reference"] or ""), path.name


def test_the_wrong_one_is_refused() -> None:
    wrong = [path for path in _given() if not path.with_suffix(".json").exists()]
    for path in wrong:
        with pytest.raises(IntakeError, match="holds no statement"):
            read_bank_file(path.read_bytes())
    assert [path.name for path in wrong] == ["camt053.v2.wrong.xml"]


def test_a_version_that_nobody_has_seen_is_read_as_those_before_it() -> None:
    for path in _given():
        raw = path.read_text()
        if path.with_suffix(".json").exists():
            found = read_bank_file(raw.encode())
            for version in (5, 7, 13):
                other = re.sub(r"(camt\.05[234]\.001\.)[0-9]{2}", rf"\g<1>{version:02}", raw)
                assert read_bank_file(other.encode()) == found, path.name
            for encoding in ("utf-16", "iso-8859-1"):
                named = re.sub('encoding="[^"]*"', f'encoding="{encoding}"', raw, count=1)
                assert read_bank_file(named.encode(encoding)) == found, path.name


@pytest.mark.parametrize("version", [2, 8])
def test_our_bank_of_tests_writes_what_iso_allows_and_reads_the_same_back(version: int) -> None:
    etree = pytest.importorskip("lxml.etree", reason="lxml judges by the schema, and belongs to the development tools")
    schema = FOLDER / "xsd" / f"camt.053.001.{version:02d}.xsd"
    if not schema.exists():
        pytest.skip("the schemas of ISO 20022 (../shared/outside/camt/xsd) are not here")
    day = date(2026, 11, 27)
    iban, name = "DE89370400440532013000", f"camt.053 S-{version}"
    written = [
        BankTransaction(
            iban, name, "1", Money(11_900, "EUR"), day, day, references=("RF18539007547034",), party="Ada & Söhne",
            party_account="NL91ABNA0417164300", text="Rechnung 2026-0001 <Danke>", transaction_id="T1",
        ),
        BankTransaction(iban, name, "2", Money(-50, "EUR"), day, day, text="fees", bank_reference="B2"),
        BankTransaction(iban, name, "3", Money(-11_900, "EUR"), day, None, reversal=True, end_to_end="E-3", party="Ada"),
    ]  # fmt: skip
    raw = camt053(written, account=iban, name=f"S-{version}", on=day, version=version)
    etree.XMLSchema(etree.parse(str(schema))).assertValid(etree.fromstring(raw))
    assert list(read_bank_file(raw)[0].transactions) == written
