"""Notices by e-mail: over SMTP, or to the log until a server is set."""

from __future__ import annotations

from collections.abc import Iterable

from craftops.sdk import Plugin, hookimpl
from craftops.sdk.notification import NotificationChannel

from .channel import ConsoleChannel, EmailSettings, SmtpChannel


class EmailNotices(Plugin[EmailSettings]):
    """One channel: SMTP where a host is set, the log otherwise."""

    name = "notify_email"
    title = "E-mail"
    summary = "Tells customers by e-mail; writes to the log until a mail server is set."
    settings_type = EmailSettings

    @hookimpl
    def register_notification_channels(self) -> Iterable[NotificationChannel]:
        return [SmtpChannel(self.settings) if self.settings.host else ConsoleChannel()]


PLUGIN = EmailNotices
