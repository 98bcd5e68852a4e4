"""Who stands at the other end of a payment in CAMT."""

from __future__ import annotations

from dataclasses import dataclass

from craftops.domain.billing.statement_xml import XmlNode

SIDES = {True: ("Dbtr", "Cdtr"), False: ("Cdtr", "Dbtr")}
"""Which side to ask first: of money that comes in, the debtor."""
NAMES = (
    "Nm", "Pty/Nm", "Agt/FinInstnId/Nm", "Agt/FinInstnId/NmAndAdr/Nm", "Agt/FinInstnId/BICFI", "Agt/FinInstnId/BIC",
)  # fmt: skip
NUMBERS = (
    "Id/IBAN", "Id/Othr/Id", "Id/BBAN", "Id/UPIC", "Id/PrtryAcct/Id",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class BankParty:
    """A name and an account; empty where the bank does not say."""

    name: str = ""
    account: str = ""


def account_number(node: XmlNode | None) -> str:
    """IBAN or other number of an account element, without spaces; empty where there is none."""
    return "".join(node.said(*NUMBERS).split()) if node else ""


def counterparty(parties: XmlNode | None, *, incoming: bool, ours: str) -> BankParty:
    """The other end. Parties of a return stand as in the payment that it takes back, so ask for the way of that one.

    Some banks name one side alone, or the wrong one: then the side that is named is taken, unless its account is ours.
    """
    if parties is None:
        return BankParty()
    sides = [_side(parties, side) for side in SIDES[incoming]]
    theirs = [side for side in sides if side.account != ours or not ours]
    best = [*(side for side in theirs if side.name), *(side for side in sides if side.name), *theirs]
    return best[0] if best else BankParty()


def _side(parties: XmlNode, side: str) -> BankParty:
    """One side; who is behind it where it has no name of its own."""
    number = account_number(parties.first(f"{side}Acct"))
    for name in (side, f"Ultmt{side}"):
        node = parties.first(name)
        if node is not None and (said := node.said(*NAMES)):
            return BankParty(said, number)
    return BankParty("", number)
