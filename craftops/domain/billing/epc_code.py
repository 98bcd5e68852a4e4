"""The code that banking apps scan: "Quick Response Code: Guidelines to Enable Data Capture for the Initiation of a SEPA
Credit Transfer", EPC069-12 of the European Payments Council, version 002 (no BIC inside the EEA), error level M.
"""

from __future__ import annotations

from dataclasses import dataclass

from craftops.domain.billing.creditor_reference import is_creditor_reference, valid_iban
from craftops.domain.billing.money import Money
from craftops.domain.billing.statements import squeezed
from craftops.errors import IntakeError

LARGEST_PAYLOAD = 331
"""Bytes: QR version 13 at error level M."""
MOST = 99_999_999_999
"""Cents: 999,999,999.99 EUR."""
LONGEST_NAME = 70
LONGEST_TEXT = 140


@dataclass(frozen=True, slots=True)
class TransferRequest:
    """What somebody is asked to pay by transfer.

    ``holder`` is the account holder exactly as at the bank: since October 2025 the payer's bank compares it and warns.
    Either ``reference`` (ISO 11649) or ``text`` is sent, never both: with a reference the text is left out.
    """

    holder: str
    iban: str
    amount: Money
    reference: str = ""
    text: str = ""


def epc_payload(asked: TransferRequest) -> str:
    """The lines of the code. Raises IntakeError for what a bank would not take: another currency, 0, a wrong IBAN."""
    holder, text = (" ".join(said.split()) for said in (asked.holder, asked.text))
    if not 1 <= len(holder) <= LONGEST_NAME:
        raise IntakeError(f"The account holder needs 1 to {LONGEST_NAME} characters, exactly as at the bank.")
    if asked.amount.currency != "EUR" or not 1 <= asked.amount.minor <= MOST:
        raise IntakeError("A code for a transfer asks for 0.01 to 999999999.99 EUR.")
    reference = squeezed(asked.reference)
    if reference and not is_creditor_reference(reference):
        raise IntakeError(f'"{asked.reference[:40]}" is no creditor reference; its check digits are wrong.')
    if len(text) > LONGEST_TEXT:
        raise IntakeError(f"The text of a transfer has at most {LONGEST_TEXT} characters.")
    lines = [
        "BCD", "002", "1", "SCT", "", holder, valid_iban(asked.iban), f"EUR{asked.amount.major}", "",
        reference, "" if reference else text,
    ]  # fmt: skip
    payload = "\n".join(lines).rstrip("\n")
    if len(payload.encode()) > LARGEST_PAYLOAD:
        raise IntakeError("This is too much for a code; make the text shorter.")
    return payload


def epc_svg(asked: TransferRequest, title: str) -> str:
    """The code as an SVG element without any style, black on white, four modules of quiet zone. Raises IntakeError."""
    import segno  # only pages and papers that ask for money need it

    made = segno.make(epc_payload(asked).encode(), error="m", micro=False, boost_error=False, mode="byte")
    return made.svg_inline(
        border=4, dark="#000", light="#fff", omitsize=True, svgclass="qr", lineclass=None, title=title
    )
