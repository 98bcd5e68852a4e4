"""The two ways: a real SMTP conversation, or the log."""

from __future__ import annotations

import logging
import re
import smtplib
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from craftops.errors import CredentialsRejected, Refused, Unreachable
from craftops.sdk.mail_tokens import AccessTokens, sign_in_line
from craftops.sdk.mail_troubles import why_not
from craftops.sdk.notification import Notice, NotificationChannel
from craftops.sdk.settings import setting

from .message import build

log = logging.getLogger("craftops.mail")
TIMEOUT_S = 15.0
RELAYED = re.compile(r"^\s*(?:2\.\d\.\d\s+)?Ok\s+([0-9a-f]{16}[0-9a-f-]{20,80})\s*$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class EmailSettings:
    """Where mail goes out."""

    host: str = setting("", help="Mail server; empty writes mails to the log instead", goes_to=True)
    port: int = setting(587, help="Its port", goes_to=True)
    security: str = setting("starttls", help="starttls, tls or none", choices=("starttls", "tls", "none"), goes_to=True)
    username: str = setting("", help="Account on the mail server")
    password: str = setting("", help="Password of the account", secret=True)
    token_file: str = setting("", help="File of `craftops mail sign-in`, where the server takes no passwords (XOAUTH2)")
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
        self._tokens = AccessTokens(Path(settings.token_file)) if settings.token_file else None

    @property
    def ready(self) -> bool:
        return True

    def send(self, notice: Notice) -> str | None:
        message = build(notice, self.settings.from_address)
        try:
            with self._connect() as server:
                if self._tokens is not None:
                    _sign_in_by_token(server, self.settings.username, self._tokens)
                elif self.settings.username:
                    server.login(self.settings.username, self.settings.password)
                server.send_message(message, from_addr=notice.envelope_from or None)
                return relay_id(server.said)
        except smtplib.SMTPAuthenticationError as error:
            raise CredentialsRejected("The mail server does not accept our user name and password.") from error
        except (smtplib.SMTPRecipientsRefused, smtplib.SMTPSenderRefused) as error:
            raise Refused(f"The mail server refused the mail: {error}") from error
        except smtplib.SMTPNotSupportedError as error:
            raise Refused(_unsupported(error, self.settings)) from error
        except smtplib.SMTPResponseException as error:
            if 500 <= error.smtp_code < 600:
                raise Refused(f"The mail server refused the mail: {error.smtp_code}.") from error
            raise Unreachable(f"The mail server asks for patience: {error.smtp_code}.") from error
        except (OSError, smtplib.SMTPException) as error:
            settings = self.settings
            why = why_not(error, settings.host, settings.port, settings.security)
            raise Unreachable(f"The mail server cannot be reached: {why}") from error

    def _connect(self) -> _Smtp | _SmtpOverTls:
        settings = self.settings
        if settings.security == "tls":
            context = ssl.create_default_context()
            return _SmtpOverTls(settings.host, settings.port, timeout=TIMEOUT_S, context=context)
        server = _Smtp(settings.host, settings.port, timeout=TIMEOUT_S)
        if settings.security == "starttls":
            server.starttls(context=ssl.create_default_context())
        return server


def _unsupported(error: smtplib.SMTPNotSupportedError, settings: EmailSettings) -> str:
    if "STARTTLS" in str(error):
        return f"{settings.host}, port {settings.port} offers no STARTTLS. Choose TLS, or its port for STARTTLS."
    if "AUTH" in str(error):
        return f"{settings.host}, port {settings.port} takes no sign-in like this. Encrypt, or try its other port."
    return f"The mail server refused the mail: {error}"


def _sign_in_by_token(server: smtplib.SMTP, username: str, tokens: AccessTokens) -> None:
    """Once more with a new token where the server does not like the one we had. Raises SMTPAuthenticationError."""
    server.ehlo_or_helo_if_needed()
    for fresh in (False, True):
        line = sign_in_line(username, tokens.token(fresh=fresh))
        try:
            # A question holds only why it was refused, and wants an empty answer.
            server.auth("XOAUTH2", lambda question=None, line=line: line if question is None else "")
        except smtplib.SMTPAuthenticationError:
            if fresh:
                raise
        else:
            return
