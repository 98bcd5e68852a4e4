"""What a bank says has moved on an account: statements and the transactions in them, whatever file they came in."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

from craftops.domain.billing.money import Money, exponent

LARGEST = 16 * 2**20
"""Bytes of a statement beyond which nobody reads it: it holds 20,000 transactions, and takes 300 MB to read."""
NO_REFERENCE = {"NOTPROVIDED", "NOTAVAILABLE", "NONREF", "NONE"}
"""What banks write where the payer gave no reference, without spaces."""


class StatementKind(StrEnum):
    """Which kind of message a statement came in. Reports and notices tell of money that the statement tells again."""

    REPORT = "camt.052"
    STATEMENT = "camt.053"
    NOTICE = "camt.054"
    MT940 = "mt940"
    CSV = "csv"


class BookingStatus(StrEnum):
    """How sure the bank is; only what is booked is money."""

    BOOKED = "booked"
    PENDING = "pending"
    INFORMATION = "information"


@dataclass(frozen=True, slots=True)
class BankTransaction:
    """One transfer, return or charge on an account. ``amount`` is positive where money came in, else negative."""

    account: str
    """IBAN without spaces, or the bank's own number; empty where the file does not say."""
    statement: str
    """Kind, name and page of the statement; empty kinds of name where the file has none (CSV)."""
    position: str
    """Place in the statement: "3", or "3.2" for the second payment of a batch; of a CSV row, which of its equals."""
    amount: Money
    booked_on: date | None = None
    """As the bank wrote it, in its own zone."""
    value_on: date | None = None
    status: BookingStatus = BookingStatus.BOOKED
    references: tuple[str, ...] = ()
    """Structured creditor references (ISO 11649 and national ones), as written."""
    end_to_end: str = ""
    text: str = ""
    party: str = ""
    """Who paid, or was paid."""
    party_account: str = ""
    reversal: bool = False
    """Whether it takes an earlier one back: a return, a refusal, a chargeback of a direct debit."""
    bank_reference: str = ""
    """The bank's own; the payments of a batch share it, and banks use it twice."""
    transaction_id: str = ""
    """UETR, or the clearing's id."""
    charges: Money | None = None
    """What the bank kept of it: ``amount`` less this has reached the account. None where it kept nothing."""
    doubt: str = ""
    """Why nobody should book it unseen, in a sentence; empty when the file agrees with itself."""

    @property
    def reference(self) -> str:
        """The reference that the payer gave: structured where there is one, else the end-to-end id."""
        return self.references[0] if self.references else self.end_to_end

    @property
    def content(self) -> str:
        """A hash of all that it says, wherever it stands."""
        return _hash(
            self.account, self.booked_on, self.amount.minor, self.amount.currency, *self.references, self.end_to_end,
            self.text, self.party, self.party_account, self.bank_reference, self.transaction_id, self.reversal,
        )  # fmt: skip

    @property
    def key(self) -> str:
        """The same at every import of the same statement: account, statement, position, amount and a hash."""
        return _hash(self.account, self.statement, self.position, self.amount.minor, self.amount.currency, self.content)

    def may_be(self, other: BankTransaction) -> bool:
        """Whether it may be the same money, told once more: account, day and amount, and no id against it."""
        same = (self.account, self.booked_on, self.amount) == (other.account, other.booked_on, other.amount)
        return same and not any(
            mine and theirs and mine != theirs
            for mine, theirs in (
                (self.transaction_id, other.transaction_id),
                (self.end_to_end, other.end_to_end),
                (self.party_account, other.party_account),
            )
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class BankStatement:
    """One statement of one account."""

    kind: StatementKind
    account: str
    name: str
    """What the bank calls it; empty where it does not."""
    transactions: tuple[BankTransaction, ...]

    @property
    def booked(self) -> tuple[BankTransaction, ...]:
        """Those that are money."""
        return tuple(one for one in self.transactions if one.status is BookingStatus.BOOKED)


def whole_minor(amount: Decimal, currency: str) -> tuple[int, bool]:
    """An amount in minor units, half away from zero, and whether nothing was lost by that."""
    scaled = amount.scaleb(exponent(currency))
    minor = scaled.to_integral_value(rounding=ROUND_HALF_UP)
    return int(minor), minor == scaled


def squeezed(text: str) -> str:
    """Letters and digits alone, in capitals: how references are compared that banks break into lines."""
    return re.sub(r"[^0-9A-Z]", "", text.upper())


def one_line(*parts: str) -> str:
    """The parts that say something, once each, with single spaces."""
    lines = (" ".join(part.split()) for part in parts)
    return " ".join(dict.fromkeys(line for line in lines if line))


def given_reference(text: str) -> str:
    """A reference as written, or nothing where the bank only says that there is none."""
    line = " ".join(text.split())
    return "" if squeezed(line) in NO_REFERENCE else line


def _hash(*parts: object) -> str:
    said: Sequence[str] = [str(part) for part in parts]
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()[:32]
