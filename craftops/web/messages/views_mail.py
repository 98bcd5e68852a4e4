"""What the page of the mail settings gets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from craftops.web.files.views import ChannelTrouble
from craftops.web.frame.views import FormField
from craftops.web.shop.kept_note import KeptNote


@dataclass(frozen=True, slots=True)
class MailTrialView:
    """The test mail, in words; ``tone`` is that of a flash."""

    title: str
    sentence: str
    tone: str
    at: datetime
    waiting: bool


@dataclass(frozen=True, slots=True)
class MailPart:
    """Half of the page: the way out, the way in; ``missing`` says why it has no form."""

    title: str
    lead: str
    fields: tuple[FormField, ...]
    kept: KeptNote
    missing: str = ""


@dataclass(frozen=True, slots=True)
class MailSettingsPage:
    """``staff/mail_settings.html``."""

    parts: tuple[MailPart, ...]
    answers: FormField
    kept_answers: KeptNote
    errors: Mapping[str, str]
    trial: MailTrialView | None
    troubles: tuple[ChannelTrouble, ...]
    live_url: str
    trouble: str
    """Why the plugins do not run with what is kept, if they do not."""
