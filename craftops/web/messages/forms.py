"""What the forms of messages send."""

from __future__ import annotations

from datetime import time
from typing import Annotated

from pydantic import BeforeValidator, Field

from craftops.web.frame.language.translation import lazy_gettext as __
from craftops.web.frame.sent_form import (
    Line,
    MaybeNumber,
    Number,
    NumberIfAny,
    Numbers,
    Says,
    SentForm,
    Texts,
    Ticked,
    cut,
)


def _clock(text: str) -> time | None:
    try:
        return time.fromisoformat(text)
    except ValueError:
        return None


Clock = Annotated[time | None, BeforeValidator(_clock)]
"""A time of day; None for anything else."""


# Threads


class FilesForm(SentForm):
    """The files that came already, and the one that a button leaves out."""

    file: Numbers = ()
    without: str | None = None


class MessageForm(FilesForm):
    """A message, or its draft."""

    text: str = ""
    token: Annotated[str, cut(100)] = ""
    seen: MaybeNumber = None
    action: str = ""


class ReadForm(SentForm):
    """Up to which message a thread is read; ``quiet``: a script says so."""

    upto: Annotated[Number, Says(__("Say up to which message."))]
    quiet: Ticked = False


class UseForm(SentForm):
    """A file of a message, and the line whose new version it becomes."""

    file: Annotated[Number, Says(__("Choose the file."))]
    line: MaybeNumber = None


class GuestForm(SentForm):
    """A message of somebody who has the link."""

    text: str = ""
    token: Annotated[str, cut(100)] = ""


class AssignForm(SentForm):
    """Whose a thread is; nothing: nobody's."""

    account: Annotated[NumberIfAny, Says(__("Choose somebody who works here."))] = None


class SnoozeForm(SentForm):
    """How long a thread is off the list."""

    until: str = ""


class NoteForm(SentForm):
    """A note for the shop alone."""

    note: str = ""
    token: str = ""


class HeldMailForm(SentForm):
    """The code of the order that a held mail belongs to."""

    code: str = ""


# Questions


class ChoiceForm(SentForm):
    """Which of the answers."""

    choice: Annotated[Number, Says(__("Choose one of the answers."))]


class AskForm(SentForm):
    """A question, its answers line by line."""

    kind: str = ""
    text: str = ""
    choices: str = ""
    due: str = ""
    holds: Ticked = False
    token: Annotated[str, cut(100)] = ""


# Canned responses


class UseCannedForm(SentForm):
    """Which response."""

    canned: Annotated[str, Field(min_length=1), Says(__("Choose an answer."))]


class CannedForm(SentForm):
    """One response."""

    title: str = ""
    body: str = ""
    language: str = ""


class RestoreForm(SentForm):
    """Which response comes back."""

    row: Annotated[Number, Says(__("Say which."))]


# Notices


class NoticesForm(SentForm):
    """What somebody wants to be told, when and where. A page that asks by which channels says so: it may be none."""

    kind: Texts = ()
    channel: Texts = ()
    asks_channels: Ticked = False
    merge: MaybeNumber = None
    quiet_from: Clock = None
    quiet_to: Clock = None
    digest_at: Clock = None


class UsualNoticesForm(SentForm):
    """What customers are told who have chosen nothing."""

    kind: Texts = ()
    merge: MaybeNumber = None
    quiet_from: Annotated[Line, cut(5)] = ""
    quiet_to: Annotated[Line, cut(5)] = ""


class UnsubscribeForm(SentForm):
    """Mails of a kind again or no more; mail programs say that they ask by themselves (RFC 8058)."""

    on: Ticked = False
    by_itself: str = Field(default="", alias="List-Unsubscribe")


class AnswersForm(SentForm):
    """Where answers to mails go."""

    reply_address: Line = ""
