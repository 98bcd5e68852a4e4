"""What a notification channel is: a way to tell a person something worth telling."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class InlinePicture:
    """An inline picture; ``cid`` is what the HTML refers to as ``cid:…``."""

    cid: str
    png: bytes
    alt: str


@dataclass(frozen=True, slots=True)
class Notice:
    """Something worth telling one person, rendered by the core in the shop's theme.

    ``key`` is unique per event and recipient; a channel may use it to build a stable message id.
    """

    key: str
    to_address: str
    to_name: str
    from_name: str
    subject: str
    text: str
    html: str
    pictures: tuple[InlinePicture, ...] = ()
    automatic: bool = True
    """Whether a machine wrote it. A person's message that we carry is not automatic: absence notes shall answer it."""
    message_id: str = ""
    """The mail's id without its brackets; empty: made of ``key``."""
    reply_to: str = ""
    """Where an answer is to go, if not to the sender."""
    references: tuple[str, ...] = ()
    """Message ids without their brackets: mails of the same conversation that came before, oldest first."""
    envelope_from: str = ""
    """Where a mail server is to report what it cannot deliver (the envelope's sender), if not to the sender."""
    list_unsubscribe: str = ""
    """An address on the web that ends such notices on a POST (RFC 8058); empty for those that nobody can end."""


class NotificationChannel(ABC):
    """Carries notices. ``send`` blocks for at most 20 seconds."""

    name: ClassVar[str]
    title: ClassVar[str] = ""
    """What people read when they choose their channels: "E-mail"."""
    reaches_person: ClassVar[bool] = False
    """Whether it reaches the very person that ``notice.to_address`` names, and nobody else. Only such a channel ever
    gets what lets somebody in: sign-in links. One that tells a room (a chat, a webhook) says False and still gets
    everything else, besides the channels that reach the person."""

    @property
    @abstractmethod
    def ready(self) -> bool:
        """Whether it leads anywhere; staff see a banner while mail only goes to the log."""

    @abstractmethod
    def send(self, notice: Notice) -> str | None:
        """Hand the notice over. Raises Unreachable (try again), Refused, or CredentialsRejected.

        A mail server that takes it may have given it an id of its own, by which answers will refer to it: that is what
        comes back, if the channel knows it.
        """
