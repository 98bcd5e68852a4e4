"""Files by mail: the attachments of one mailbox come in, or of what a mail server of this computer hands over."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from craftops.errors import ConfigError
from craftops.sdk import Plugin, hookimpl
from craftops.sdk.channel import IntakeChannel

from .lmtp_channel import LmtpChannel
from .mailbox import MailChannel, MailSettings


class MailIntake(Plugin[MailSettings]):
    """Where customers send their files to."""

    name = "channel_email"
    title = "Files by mail"
    summary = "Takes in the attachments of mails to one mailbox (IMAP), or those that a mail server hands over (LMTP)."
    settings_type = MailSettings

    def __init__(self, settings: MailSettings) -> None:
        super().__init__(settings)
        if settings.lmtp_port and not settings.lmtp_folder:
            fault = "plugin.channel_email.lmtp_folder: name the folder that mails lie in until they are taken in"
            raise ConfigError("The settings cannot be used:", [fault])

    @hookimpl
    def register_intake_channels(self) -> Iterable[IntakeChannel]:
        settings = self.settings
        channels: list[IntakeChannel] = [MailChannel(settings)] if settings.host else []
        if settings.lmtp_port:
            channels.append(
                LmtpChannel(
                    settings.lmtp_port,
                    Path(settings.lmtp_folder),
                    interval_s=settings.interval,
                    max_messages=settings.max_messages,
                    max_mb=settings.max_mb,
                )
            )
        return channels


PLUGIN = MailIntake
