"""The two ways: a real SMTP conversation, or the log."""

from __future__ import annotations

import logging
import re
import smtplib
import ssl
from dataclasses import dataclass
from typing import Any, ClassVar

from craftops.errors import CredentialsRejected, Refused, Unreachable
from craftops.sdk.notification import Notice, NotificationChannel
from craftops.sdk.settings import setting

from .message import build

log = logging.getLogger("craftops.mail")
TIMEOUT_S = 15.0
RELAYED = re.compile(r"^\s*(?:2\.\d\.\d\s+)?Ok\s+([0-9a-f]{16}[0-9a-f-]{20,80})\s*$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class EmailSettings:
    """Where mail goes out."""

    host: str = setting("", help="Mail server; empty writes mails to the log instead")
    port: int = setting(587, help="Its port")
    security: str = setting("starttls", help="starttls, tls or none")
    username: str = setting("", help="Account on the mail server")
    password: str = setting("", help="Password of the account", secret=True)
    from_address: str = setting("shop@localhost", help="Sender of all mails")


class _Remembers(smtplib.SMTP):
    """Keeps what the server said when it took the mail."""

    said = ""

    def data(self, msg: Any) -> tuple[int, bytes]:
        code, words = super().data(msg)
        self.said = words.decode(errors="replace")
        return code, words


class _Smtp(_Remembers):
    """In the clear, or by STARTTLS."""


class _SmtpOverTls(_Remembers, smtplib.SMTP_SSL):
    """By TLS from the first byte."""


def relay_id(said: str) -> str | None:
    """The id by which a relay that writes ids of its own names a mail: "Ok 0100018c-…-000000" (Amazon SES)."""
    found = RELAYED.search(said)
    return found[1] if found else None


class ConsoleChannel(NotificationChannel):
    """Mails go to the log: good for a first look, and staff see a banner that says so."""

    name: ClassVar[str] = "console"
    title: ClassVar[str] = "E-mail"
    reaches_person: ClassVar[bool] = True

    @property
    def ready(self) -> bool:
        return False

    def send(self, notice: Notice) -> None:
        log.info("mail to %s: %s\n%s", notice.to_address, notice.subject, notice.text)


class SmtpChannel(NotificationChannel):
    """One SMTP conversation a notice."""

    name: ClassVar[str] = "smtp"
    title: ClassVar[str] = "E-mail"
    reaches_person: ClassVar[bool] = True

    def __init__(self, settings: EmailSettings) -> None:
        self.settings = settings

    @property
    def ready(self) -> bool:
        return True

    def send(self, notice: Notice) -> str | None:
        message = build(notice, self.settings.from_address)
        try:
            with self._connect() as server:
                if self.settings.username:
                    server.login(self.settings.username, self.settings.password)
                server.send_message(message, from_addr=notice.envelope_from or None)
                return relay_id(server.said)
        except smtplib.SMTPAuthenticationError as error:
            raise CredentialsRejected("The mail server does not accept our user name and password.") from error
        except (smtplib.SMTPRecipientsRefused, smtplib.SMTPSenderRefused, smtplib.SMTPNotSupportedError) as error:
            raise Refused(f"The mail server refused the mail: {error}") from error
        except smtplib.SMTPResponseException as error:
            if 500 <= error.smtp_code < 600:
                raise Refused(f"The mail server refused the mail: {error.smtp_code}.") from error
            raise Unreachable(f"The mail server asks for patience: {error.smtp_code}.") from error
        except (OSError, smtplib.SMTPException) as error:
            raise Unreachable(f"The mail server cannot be reached: {error}") from error

    def _connect(self) -> _Smtp | _SmtpOverTls:
        settings = self.settings
        if settings.security == "tls":
            context = ssl.create_default_context()
            return _SmtpOverTls(settings.host, settings.port, timeout=TIMEOUT_S, context=context)
        server = _Smtp(settings.host, settings.port, timeout=TIMEOUT_S)
        if settings.security == "starttls":
            server.starttls(context=ssl.create_default_context())
        return server
