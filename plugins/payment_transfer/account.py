"""The account that payers are told of. Its IBAN is checked: a slip of the keyboard sends nobody's money away."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from stdnum import bic, iban
from stdnum.exceptions import ValidationError

from craftops.sdk.payment import ProviderFacts, TransferDetails, TransferProvider
from craftops.sdk.settings import setting

LONGEST_HOLDER = 70
"""Characters of the payee's name in a transfer and in the code that banking apps scan (EPC069-12)."""


@dataclass(frozen=True, slots=True)
class TransferSettings:
    """The account. Payers' banks compare holder and IBAN, and warn where they do not fit."""

    holder: str = setting("", help="The account's holder, exactly as the bank has it")
    iban: str = setting("", help="The account's IBAN, with or without spaces")
    bic: str = setting("", help="The bank's BIC; only payers outside the euro payments area need it")
    bank: str = setting("", help="The bank's name, for people")


def faults(settings: TransferSettings) -> list[str]:
    """Everything that is wrong, each with its key."""
    found = []
    if settings.iban and not _valid(iban, settings.iban):
        found.append("iban: this is no IBAN; one character is wrong, missing or too many")
    if settings.bic and not _valid(bic, settings.bic):
        found.append("bic: a BIC has 8 or 11 letters and digits, such as COBADEFF370")
    if settings.iban and not settings.holder.strip():
        found.append("holder: name the account's holder, exactly as the bank has it")
    if len(settings.holder.strip()) > LONGEST_HOLDER:
        found.append(f"holder: at most {LONGEST_HOLDER} characters reach the bank")
    return found


def _valid(kind: object, text: str) -> bool:
    try:
        kind.validate(text)  # type: ignore[attr-defined]
    except ValidationError:
        return False
    return True


class BankTransfer(TransferProvider):
    """One account."""

    name: ClassVar[str] = "transfer"
    title: ClassVar[str] = "Bank transfer"

    def __init__(self, settings: TransferSettings) -> None:
        self._details = TransferDetails(
            holder=settings.holder.strip(),
            iban=iban.compact(settings.iban) if settings.iban else "",
            bic=bic.compact(settings.bic) if settings.bic else "",
            bank=settings.bank.strip(),
        )

    @property
    def ready(self) -> bool:
        return bool(self._details.holder and self._details.iban)

    @property
    def facts(self) -> ProviderFacts:
        return ProviderFacts(note="From your own bank; it takes a day or two to arrive.")

    @property
    def details(self) -> TransferDetails:
        return self._details
