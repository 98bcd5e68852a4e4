"""People and companies as pages read them: nothing that they sign in with is among it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol


class Account(Protocol):
    """Somebody who has an account, whether they were read to be shown or to be changed."""

    @property
    def id(self) -> int: ...
    @property
    def email(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def phone(self) -> str: ...
    @property
    def role(self) -> str: ...
    @property
    def disabled(self) -> bool: ...
    @property
    def language(self) -> str: ...
    @property
    def browser_language(self) -> str: ...
    @property
    def timezone(self) -> str: ...
    @property
    def notices(self) -> dict[str, Any] | None: ...
    @property
    def created_at(self) -> datetime: ...


@dataclass(frozen=True, slots=True)
class PersonView:
    """An account, without what it signs in with."""

    id: int
    email: str
    name: str
    phone: str
    role: str
    disabled: bool
    language: str
    browser_language: str
    timezone: str
    notices: dict[str, Any] | None = field(hash=False)
    """What they want to be told (``domain.messages.notices``); None: the defaults."""
    created_at: datetime
    has_password: bool


@dataclass(frozen=True, slots=True)
class CompanyView:
    """A company that several people order for."""

    id: int
    name: str
    vat_id: str
    code: str


@dataclass(frozen=True, slots=True)
class MemberView:
    """Somebody in a company, or who asks to be, with both."""

    id: int
    account_id: int
    account_name: str
    account_email: str
    company_id: int
    company_name: str
    role: str
    state: str
    """active, or asked."""
    joined_at: datetime


@dataclass(frozen=True, slots=True)
class InvitationView:
    """An invitation to a company that may still be used."""

    id: int
    email: str
    role: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class TokenView:
    """A token for programs; what it is, only its program knows."""

    id: int
    name: str
    scopes: list[str]
    created_at: datetime
    used_at: datetime | None
    revoked_at: datetime | None
    expires_at: datetime | None
    customer: str | None
    """The name of the one for whom alone it is good; None: the whole shop."""


@dataclass(frozen=True, slots=True)
class AddressView:
    """A postal address of a customer."""

    id: int
    name: str
    company: str
    line1: str
    line2: str
    postcode: str
    city: str
    region: str
    country: str
    phone: str
    is_default: bool


@dataclass(frozen=True, slots=True)
class PasskeyView:
    """A passkey as its owner knows it again."""

    id: int
    name: str
    created_at: datetime
    used_at: datetime | None
    synced: bool


@dataclass(frozen=True, slots=True)
class SessionView:
    """A browser that is signed in."""

    id: int
    token_hash: str
    agent: str
    created_at: datetime
    seen_at: datetime
    second_at: datetime | None


@dataclass(frozen=True, slots=True)
class CalendarFeedView:
    """A secret address that a calendar program reads, without the secret."""

    created_at: datetime
    used_at: datetime | None


@dataclass(frozen=True, slots=True)
class JoinView:
    """An invitation behind its link: to which company, by whom, for which mailbox."""

    email: str
    role: str
    by_name: str
    company: str
    known: PersonView | None
    """Who has this mailbox already."""
