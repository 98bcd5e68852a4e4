"""What the pages of second factors and passkeys get."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from markupsafe import Markup

from craftops.web.frame.views import FormField


@dataclass(frozen=True, slots=True)
class SecondPage:
    """``signin/second.html``: what somebody may prove themselves by, besides what they have shown already."""

    email: str
    app: bool
    passkeys: bool
    error: str


@dataclass(frozen=True, slots=True)
class AppSetUp:
    """An authenticator app that is to be set up: its secret as a picture, and in groups of four to be typed."""

    email: str
    qr: Markup
    secret: str
    address: str
    """For an app on this device: ``otpauth://…``."""
    code: FormField
    proof: FormField | None = None
    """What is asked besides: the password."""


@dataclass(frozen=True, slots=True)
class PasskeyLine:
    """A passkey in the list."""

    id: int
    name: str
    since: datetime
    used: datetime | None
    synced: bool


@dataclass(frozen=True, slots=True)
class FactorsPage:
    """``portal/factors.html``: how somebody signs in. ``app_since``: since when codes of an app count."""

    works_here: bool
    app_since: datetime | None
    codes_left: int
    demanded: bool
    """The shop wants a second factor of everybody who works here."""
    set_up: AppSetUp | None
    passkeys: tuple[PasskeyLine, ...]
    proof: FormField | None
    """What is asked before anything changes; None: nothing."""
    name: FormField
    passkeys_possible: bool
    """Passkeys need HTTPS, or this very computer."""
