"""The journal, judged by hledger and beancount themselves: they accept it, and reckon the same balances to the cent."""

from __future__ import annotations

import csv
import io
import os
import shutil
import subprocess
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from peers import debian
from samples.books import entries

from craftops.domain.billing.journal import JournalEntry, balances
from craftops.domain.billing.money import Money
from craftops.domain.billing.plain_text_books import beancount_journal, hledger_journal

FEW = settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
"""Examples are long journals, so a dozen of them are some hundred entries."""


def expected(journal: list[JournalEntry]) -> dict[tuple[str, str], Decimal]:
    return {key: Money(minor, key[1]).major for key, minor in balances(journal).items() if minor}


@pytest.fixture(scope="session")
def hledger() -> str:
    if shutil.which("hledger") is None:
        if os.environ.get("CRAFTOPS_SERVICES") != "required":
            pytest.skip("hledger is not installed")
        debian.install("hledger")
    return str(shutil.which("hledger"))


def ask(program: str, journal: str, *words: str) -> str:
    here = {**os.environ, "LC_ALL": "C.UTF-8"}  # hledger reads what the locale says
    command = [program, "-f", "-", *words]
    said = subprocess.run(command, input=journal.encode(), capture_output=True, check=False, env=here)
    assert said.returncode == 0, said.stderr.decode()
    return said.stdout.decode()


@FEW
@given(journal=st.lists(entries(), max_size=60))
def test_hledger_accepts_the_journal_and_reckons_the_same(hledger: str, journal: list[JournalEntry]) -> None:
    text = hledger_journal(journal)
    ask(hledger, text, "check", "--strict")
    told = csv.DictReader(io.StringIO(ask(hledger, text, "register", "-O", "csv")))
    found: dict[tuple[str, str], Decimal] = {}
    for row in told:
        if row["amount"] == "0":
            continue
        amount, currency = row["amount"].replace(",", "").split(" ")
        key = (row["account"].strip(), currency)
        found[key] = found.get(key, Decimal(0)) + Decimal(amount)
    assert {key: amount for key, amount in found.items() if amount} == expected(journal)


@FEW
@given(journal=st.lists(entries(), max_size=60))
def test_beancount_accepts_the_journal_and_reckons_the_same(journal: list[JournalEntry]) -> None:
    loader = pytest.importorskip("beancount.loader", reason="beancount belongs to the extra for tests")
    from beancount.core import data
    from beancount.ops.validation import HARDCORE_VALIDATIONS  # what bean-check asks for

    told, errors, _options = loader.load_string(beancount_journal(journal), extra_validations=HARDCORE_VALIDATIONS)
    assert errors == []
    found: dict[tuple[str, str], Decimal] = {}
    for one in told:
        for posting in one.postings if isinstance(one, data.Transaction) else ():
            key = (posting.account, posting.units.currency)
            found[key] = found.get(key, Decimal(0)) + posting.units.number
    assert {key: amount for key, amount in found.items() if amount} == expected(journal)


def test_a_journal_with_a_wrong_sum_is_refused_by_both(hledger: str) -> None:
    """The judges judge: what they accept is not accepted for want of looking."""
    wrong = "account a\naccount b\ncommodity 1.00 EUR\n2026-01-01 x\n    a  1.00 EUR\n    b  -1.01 EUR\n"
    said = subprocess.run(
        [hledger, "-f", "-", "check", "--strict"], input=wrong.encode(), capture_output=True, check=False
    )
    assert said.returncode != 0
    loader = pytest.importorskip("beancount.loader", reason="beancount belongs to the extra for tests")
    head = "2026-01-01 open Assets:A\n2026-01-01 open Assets:B\n"
    _told, errors, _options = loader.load_string(
        f'{head}2026-01-01 * "x"\n  Assets:A  1.00 EUR\n  Assets:B  -1.10 EUR\n'
    )
    assert errors
