"""References that a payer copies: check digits, free text, and the code that banking apps scan."""

from __future__ import annotations

import string

import pytest
import segno
from hypothesis import given
from hypothesis import strategies as st

from craftops.domain.billing.creditor_reference import (
    creditor_reference,
    in_groups,
    is_creditor_reference,
    names,
    references_in,
    valid_iban,
)
from craftops.domain.billing.epc_code import TransferRequest, epc_payload, epc_svg
from craftops.domain.billing.money import Money
from craftops.errors import IntakeError

codes = st.text(string.ascii_uppercase + string.digits, min_size=1, max_size=21)
ASKED = TransferRequest(
    "Werkstatt Müller GmbH", "DE89 3704 0044 0532 0130 00", Money(123_450, "EUR"), "RF18539007547034"
)


def remainder(reference: str) -> int:
    """ISO 7064 by hand: letters are 10 to 35, the first four signs go to the end, modulo 97 must be 1."""
    moved = reference[4:] + reference[:4]
    return int("".join(str(int(sign, 36)) for sign in moved)) % 97


def test_the_reference_of_the_standard() -> None:
    assert creditor_reference("5390 0754 7034") == "RF18539007547034"
    assert in_groups("RF18539007547034") == "RF18 5390 0754 7034"
    assert not is_creditor_reference("RF19539007547034")


@given(codes)
def test_every_code_gives_a_reference_that_is_found_again(code: str) -> None:
    reference = creditor_reference(code)
    assert remainder(reference) == 1
    assert is_creditor_reference(reference)
    for text in (reference, in_groups(reference), f"Danke! {in_groups(reference).lower()}, Ada", f"SVWZ+ {reference}"):
        assert reference in references_in(text)


@given(codes, st.data())
def test_one_wrong_digit_is_always_seen(code: str, data: st.DataObject) -> None:
    reference = creditor_reference(code)
    at = data.draw(st.sampled_from([place for place, sign in enumerate(reference) if sign.isdigit()]))
    digit = data.draw(st.sampled_from([sign for sign in string.digits if sign != reference[at]]))
    assert not is_creditor_reference(reference[:at] + digit + reference[at + 1 :])


@pytest.mark.parametrize("code", ["", "---", "A" * 22])
def test_what_makes_no_reference_is_said(code: str) -> None:
    with pytest.raises(IntakeError, match="makes no reference"):
        creditor_reference(code)


@pytest.mark.parametrize(
    ("text", "code", "named"),
    [
        ("Invoice 2026-0001", "2026-0001", True), ("invoice2026 0001", "2026-0001", False), ("20260001", "2026-0001", True),
        ("R2026/0001 danke", "R-2026-0001", True), ("12026-0001", "2026-0001", False), ("2026-00012", "2026-0001", False),
        ("order abc789!", "ABC789", True), ("ABC 789", "ABC789", True), ("ABC7890", "ABC789", False), ("", "ABC789", False),
        ("anything", "", False), ("2026 - 0001", "2026-0001", True), ("2026, Posten 0001", "2026-0001", False),
    ],
)  # fmt: skip
def test_a_code_is_named_as_a_word_of_its_own(text: str, code: str, named: bool) -> None:
    assert names(text, code) is named


def test_an_iban_with_a_swapped_digit_is_refused() -> None:
    assert valid_iban("de89 3704 0044 0532 0130 00") == "DE89370400440532013000"
    with pytest.raises(IntakeError, match="is no IBAN"):
        valid_iban("DE89 3704 0044 0532 0130 01")


def test_the_code_for_banking_apps() -> None:
    assert epc_payload(ASKED).split("\n") == [
        "BCD", "002", "1", "SCT", "", "Werkstatt Müller GmbH", "DE89370400440532013000", "EUR1234.50", "",
        "RF18539007547034",
    ]  # fmt: skip
    with_text = TransferRequest(ASKED.holder, ASKED.iban, Money(1, "EUR"), text="Order ABC789")
    assert epc_payload(with_text).split("\n")[7:] == ["EUR0.01", "", "", "Order ABC789"]
    drawn = epc_svg(ASKED, "Pay by app")
    assert drawn.startswith("<svg")
    assert "<title>Pay by app</title>" in drawn
    assert "style" not in drawn
    assert "width=" not in drawn.split(">")[0], "it takes the size that a page gives it"


@given(st.text("äöü", min_size=1, max_size=70), st.integers(1, 99_999_999_999), codes)
def test_every_code_fits_what_the_guideline_allows(holder: str, cents: int, code: str) -> None:
    payload = epc_payload(TransferRequest(holder, ASKED.iban, Money(cents, "EUR"), creditor_reference(code)))
    made = segno.make(payload.encode(), error="m", micro=False, boost_error=False, mode="byte")
    assert int(made.version) <= 13
    assert len(payload.encode()) <= 331


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        (TransferRequest("", ASKED.iban, Money(1, "EUR")), "The account holder needs"),
        (TransferRequest("A", ASKED.iban, Money(0, "EUR")), "0.01 to 999999999.99 EUR"),
        (TransferRequest("A", ASKED.iban, Money(1, "CHF")), "0.01 to 999999999.99 EUR"),
        (TransferRequest("A", "DE00", Money(1, "EUR")), "is no IBAN"),
        (TransferRequest("A", ASKED.iban, Money(1, "EUR"), "RF19539007547034"), "is no creditor reference"),
        (TransferRequest("A", ASKED.iban, Money(1, "EUR"), text="x" * 141), "at most 140"),
        (TransferRequest("ä" * 70, ASKED.iban, Money(1, "EUR"), text="ä" * 100), "too much for a code"),
    ],
)
def test_what_a_bank_would_not_take_is_said(asked: TransferRequest, sentence: str) -> None:
    with pytest.raises(IntakeError, match=sentence):
        epc_payload(asked)
