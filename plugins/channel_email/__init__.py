"""Files by mail: the attachments of one mailbox come in."""

from __future__ import annotations

from collections.abc import Iterable

from craftops.errors import ConfigError
from craftops.sdk import Plugin, hookimpl
from craftops.sdk.channel import IntakeChannel

from .mailbox import MailChannel, MailSettings


class MailIntake(Plugin[MailSettings]):
    """One mailbox that customers send their files to."""

    name = "channel_email"
    title = "Files by mail"
    summary = "Takes in the attachments of mails to one mailbox (IMAP)."
    settings_type = MailSettings

    def __init__(self, settings: MailSettings) -> None:
        super().__init__(settings)
        if not settings.host:
            raise ConfigError("The settings cannot be used:", ["plugin.channel_email.host: name the mail server"])

    @hookimpl
    def register_intake_channels(self) -> Iterable[IntakeChannel]:
        return [MailChannel(self.settings)]


PLUGIN = MailIntake
