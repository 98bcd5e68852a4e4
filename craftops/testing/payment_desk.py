"""The other side of an online payment provider in its tests: what ``contracts_payment`` needs to be able to do there."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime

import pytest

from craftops.domain.billing.money import Money
from craftops.sdk import payment as sdk

Letter = tuple[bytes, Mapping[str, str]]
"""Body and headers (lower-case names) of a webhook."""


class PaymentDesk(ABC):
    """The other side of an online provider in its tests: the payer, their bank, and trouble on the way."""

    @abstractmethod
    def pay(self, ref: str) -> None:
        """The payer pays, and the money comes at once."""

    @abstractmethod
    def promise(self, ref: str) -> None:
        """The payer finishes, and the money has not come yet."""

    @abstractmethod
    def settle(self, ref: str, *, paid: bool) -> None:
        """What came of a promise."""

    @abstractmethod
    def may_pay(self, ref: str) -> bool:
        """Whether the payer could pay there now."""

    @abstractmethod
    def returns_to(self, ref: str) -> str:
        """Where the browser is sent after paying."""

    @abstractmethod
    def places(self, intent: str) -> int:
        """How many places to pay were made under an intent."""

    @abstractmethod
    def sent_back(self, ref: str) -> int:
        """What was refunded of a payment, in minor units."""

    @abstractmethod
    def refund_by_hand(self, ref: str, amount: Money) -> None:
        """Somebody sends money back at the provider's own site."""

    @abstractmethod
    def lose_next_answer(self) -> None:
        """The provider does what it is asked next, and its answer is lost on the way."""

    @abstractmethod
    def letters(self, at: datetime | None = None, *, wrong_secret: bool = False) -> list[Letter]:
        """Every webhook so far, the oldest first, signed now or at ``at``, or by somebody who knows no secret."""

    @abstractmethod
    def letter_of_other_mode(self) -> Letter:
        """A webhook that is signed well, and is live where the provider is in test mode, or the reverse."""


@contextmanager
def hasty(seconds: float = 3.0) -> Iterator[None]:
    """Methods of providers may block for so long."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sdk, "BLOCKS_S", seconds)
        yield
