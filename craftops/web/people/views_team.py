"""What the pages of people who work here, and of tokens, get."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from craftops.web.frame.views import Choice, FormField
from craftops.web.shop.kept_note import KeptNote


@dataclass(frozen=True, slots=True)
class TeamMember:
    """Somebody who works here."""

    id: int
    name: str
    email: str
    roles: tuple[Choice, ...]
    role: str
    disabled: bool
    is_me: bool
    has_password: bool
    seen_at: datetime | None
    factors: str
    """What they have besides password and mailbox, in words; empty for nothing."""


@dataclass(frozen=True, slots=True)
class TeamPage:
    """``staff/team.html``."""

    members: tuple[TeamMember, ...]
    fields: tuple[FormField, ...]
    errors: Mapping[str, str]
    mail_ready: bool
    second_factor: bool
    """Whether everybody needs one."""
    kept: KeptNote


@dataclass(frozen=True, slots=True)
class TokenLine:
    """A token without its secret; ``tone`` is that of a chip."""

    id: int
    name: str
    scopes: tuple[str, ...]
    of: str
    """The customer whose things alone it sees; empty for the whole shop."""
    word: str
    tone: str
    active: bool
    used_at: datetime | None
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class TokensPage:
    """``staff/tokens.html``. ``fresh`` is a token that was just made, shown this once."""

    lines: tuple[TokenLine, ...]
    name: FormField
    customer: FormField
    days: FormField
    scopes: tuple[tuple[str, str, bool], ...]
    errors: Mapping[str, str]
    fresh: str
    api_url: str
