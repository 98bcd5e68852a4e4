"""Somebody else who vouches for people: a directory of the company, an account elsewhere.

The core keeps what has to be kept while the browser is away, binds it to that browser, and decides who may enter. A
provider only says where to send the browser, and, when it comes back, who it is. What it says is believed: so check
everything, and raise rather than guess.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class SentAway:
    """Where the browser goes, and what is needed when it comes back."""

    address: str
    """https, or http to this very computer."""
    kept: Mapping[str, str] = field(default_factory=dict)
    """Secrets of this one sign-in (nonce, code verifier): sealed, used once, never shown."""


@dataclass(frozen=True, slots=True)
class Vouched:
    """Whom the provider vouches for."""

    subject: str
    """Its own name of the person, the same for ever and never somebody else's."""
    email: str
    email_verified: bool
    """Whether it knows that this mailbox is theirs. Without that nobody enters."""
    name: str = ""
    two_factors: bool = False
    """Whether they showed two factors there, and the operator wants that to count."""
    works_here: bool = False
    """Whether the operator has said that such people work here (a group of the directory). Never guess."""


class IdentityProvider(ABC):
    """One way to sign in by somebody else's word. ``name`` stands in addresses and in the database for ever."""

    name: ClassVar[str]
    title: str
    """On the button: "Sign in with …"."""
    ready: bool = True
    customer_domains: tuple[str, ...] = ()
    """Domains of mailboxes whose owners become customers when they come for the first time."""

    @abstractmethod
    def begin(self, back: str, state: str) -> SentAway:
        """Where to send the browser. It comes back to ``back`` with ``state`` as it is here. May ask outside, for at
        most 15 seconds. Raises OutsideError."""

    @abstractmethod
    def finish(self, answer: Mapping[str, str], kept: Mapping[str, str], back: str) -> Vouched:
        """Who came back to ``back``, with the query ``answer``, whose ``state`` the core has checked; ``kept`` is what
        ``begin`` gave. Raises Refused where somebody is not let in or something does not fit, OutsideError."""
