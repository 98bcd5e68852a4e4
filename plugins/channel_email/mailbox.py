"""One mailbox over IMAP: TLS unless the settings say otherwise, every word of the server within a time."""

from __future__ import annotations

import contextlib
import imaplib
import re
import ssl
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import ClassVar, Literal

from imap_tools import BaseMailBox, MailBox, MailBoxStartTls, MailBoxUnencrypted
from imap_tools.errors import ImapToolsError, MailboxFolderSelectError, MailboxLoginError, UnexpectedCommandStatusError

from craftops.errors import CraftOpsError, CredentialsRejected, NotUnderstood, Refused, Unreachable
from craftops.sdk.channel import Incoming, IntakeChannel, Outcome
from craftops.sdk.mail_tokens import AccessTokens, sign_in_line
from craftops.sdk.mail_troubles import why_not
from craftops.sdk.settings import setting

from .idling import arrivals
from .message import LONGEST_HEADER, read, too_large

MB = 1_000_000
SIZE = re.compile(rb"RFC822\.SIZE (\d+)")
FIELDS = "(RFC822.SIZE BODY.PEEK[HEADER.FIELDS (FROM SUBJECT MESSAGE-ID AUTO-SUBMITTED PRECEDENCE LIST-ID)]<0.%d>)"


@dataclass(frozen=True, slots=True)
class MailSettings:
    """Which mailbox, and how much of it at once."""

    host: str = setting("", help="Mail server (IMAP); empty reads no mailbox", goes_to=True)
    port: int = setting(993, help="Its port", goes_to=True)
    security: Literal["tls", "starttls", "none"] = setting("tls", help="tls, starttls or none", goes_to=True)
    username: str = setting("", help="Account on the mail server")
    password: str = setting("", help="Password of the account", secret=True)
    token_file: str = setting("", help="File of `craftops mail sign-in`, where the server takes no passwords (XOAUTH2)")
    folder: str = setting("INBOX", help="Folder that mails come into")
    done_folder: str = setting("Taken in", help="Folder that they are moved to, unread; made if it is not there")
    interval: float = setting(60.0, help="Seconds between two looks")
    max_messages: int = setting(20, help="Mails of one look")
    max_mb: int = setting(40, help="Megabytes of one look; a mail that is larger is refused")
    timeout: float = setting(30.0, help="Seconds to wait for an answer of the mail server")
    lmtp_port: int = setting(0, help="Port of this computer that a mail server hands mails over to (LMTP); 0: none")
    lmtp_folder: str = setting("", help="Folder that those mails lie in until they are taken in")


class MailChannel(IntakeChannel):
    """The mails of one folder. Each is moved when it was taken in, and stays unread for whoever reads the mailbox."""

    name: ClassVar[str] = "email"
    title: ClassVar[str] = "Mail"

    def __init__(self, settings: MailSettings) -> None:
        self.settings = settings
        self._tokens = AccessTokens(Path(settings.token_file)) if settings.token_file else None
        self._box: BaseMailBox | None = None
        self._uids: dict[str, str] = {}

    @property
    def interval_s(self) -> float:
        return self.settings.interval

    def fetch(self) -> Generator[Incoming, None, None]:
        """The mails of the folder, oldest first, over one connection. Raises what ``IntakeChannel.fetch`` does."""
        box = self._open()
        self._box, self._uids = box, {}
        try:
            yield from self._mails(box)
        finally:
            self._box = None
            _hang_up(box)

    def _mails(self, box: BaseMailBox) -> Iterator[Incoming]:
        with _translated(self.settings):
            validity = box.client.response("UIDVALIDITY")[1][0]
            uids = box.uids("UNDELETED", charset=None)
        room = self.settings.max_mb * MB
        for uid in sorted(uids, key=int)[: self.settings.max_messages]:
            place = f"uid:{validity!r}:{uid}"
            with _translated(self.settings):
                size, header = _measure(box, uid)
            if size > self.settings.max_mb * MB:
                incoming = too_large(header, place, self.settings.max_mb)
            elif size > room:
                return  # the next look has room for it
            else:
                room -= size
                with _translated(self.settings):
                    raw = _whole(box, uid)
                if raw is None:
                    continue  # somebody moved it while we looked
                incoming = read(raw, place)
            self._uids[incoming.key] = uid
            yield incoming

    def settle(self, key: str, outcome: Outcome) -> None:
        """Move the mail to the done folder, whatever became of it: who sent it is told by us, not by the mailbox."""
        uid = self._uids.get(key)
        if self._box is None or uid is None:
            raise Unreachable("The mailbox is closed.")
        with _translated(self.settings):
            self._box.move([uid], self.settings.done_folder)

    def watch(self, stop: Event) -> Iterator[None]:
        """Whenever the server tells of a new mail (IDLE, RFC 2177), over a connection of its own.

        Ends at once where the server cannot. Raises what ``fetch`` does.
        """
        box = self._open()
        try:
            with _translated(self.settings):
                yield from arrivals(box, stop)
        finally:
            _hang_up(box)

    def _open(self) -> BaseMailBox:
        settings = self.settings
        with _translated(settings):
            box = self._connect()
        try:
            with _translated(settings):
                self._sign_in(box)
                if not box.folder.exists(settings.done_folder):
                    box.folder.create(settings.done_folder)
                box.folder.set(settings.folder)
        except BaseException:
            _hang_up(box)
            raise
        return box

    def _sign_in(self, box: BaseMailBox) -> None:
        settings = self.settings
        if self._tokens is not None:
            _sign_in_by_token(box, settings.username, self._tokens)
            return
        plain = f"{settings.username}{settings.password}".isascii()
        sign_in = box.login if plain else box.login_utf8
        sign_in(settings.username, settings.password, initial_folder=None)

    def _connect(self) -> BaseMailBox:
        settings = self.settings
        if settings.security == "none":
            return MailBoxUnencrypted(settings.host, settings.port, timeout=settings.timeout)
        context = ssl.create_default_context()
        if settings.security == "starttls":
            return MailBoxStartTls(settings.host, settings.port, timeout=settings.timeout, ssl_context=context)
        return MailBox(settings.host, settings.port, timeout=settings.timeout, ssl_context=context)


def _sign_in_by_token(box: BaseMailBox, username: str, tokens: AccessTokens) -> None:
    """Once more with a new token where the server does not like the one we had. Raises CredentialsRejected and kin."""
    for fresh in (False, True):
        line = sign_in_line(username, tokens.token(fresh=fresh)).encode()
        try:
            box.client.authenticate("XOAUTH2", _answers(line))
        except imaplib.IMAP4.abort:
            raise
        except imaplib.IMAP4.error as error:
            refused = error
        else:
            return
    raise CredentialsRejected(
        f"The mail server does not accept the sign-in of {username}. Run `craftops mail sign-in` again."
    ) from refused


def _answers(line: bytes) -> Callable[[bytes], bytes]:
    """A second question holds only why the first answer was refused, and wants an empty one."""
    left = iter([line])
    return lambda _question: next(left, b"")


def _measure(box: BaseMailBox, uid: str) -> tuple[int, bytes]:
    """The size of a mail in bytes, and the few header lines that are needed should it be too large."""
    answer = _checked(box.client.uid("FETCH", uid, FIELDS % LONGEST_HEADER))
    words = b" ".join(one[0] if isinstance(one, tuple) else one for one in answer if one)
    size = SIZE.search(words)
    header = next((one[1] for one in answer if isinstance(one, tuple)), b"")
    return int(size[1]) if size else 0, header


def _whole(box: BaseMailBox, uid: str) -> bytes | None:
    """The mail as it is, still unread."""
    answer = _checked(box.client.uid("FETCH", uid, "(BODY.PEEK[])"))
    return next((one[1] for one in answer if isinstance(one, tuple)), None)


def _checked(answer: tuple[str, list[bytes | tuple[bytes, bytes] | None]]) -> list[bytes | tuple[bytes, bytes] | None]:
    status, data = answer
    if status != "OK":
        raise UnexpectedCommandStatusError((status, data), "OK")
    return data


def _hang_up(box: BaseMailBox) -> None:
    """Say goodbye, if anybody still listens; the socket is closed in any case."""
    with contextlib.suppress(Exception):
        box.client.logout()
    with contextlib.suppress(Exception):
        box.client.shutdown()


@contextlib.contextmanager
def _translated(settings: MailSettings) -> Iterator[None]:
    """What the library and the network raise, in our words."""
    server = f"The mail server {settings.host}"
    try:
        yield
    except CraftOpsError:
        raise
    except MailboxLoginError as error:
        raise CredentialsRejected(
            f"{server} does not accept our user name and password. Set them in Settings, Mail."
        ) from error
    except MailboxFolderSelectError as error:
        raise Refused(f"{server} has no folder {settings.folder!r}.") from error
    except ssl.SSLCertVerificationError as error:
        raise Refused(f"{server} has a certificate that we cannot trust: {error.verify_message}.") from error
    except (OSError, EOFError, imaplib.IMAP4.abort) as error:
        why = why_not(error, settings.host, settings.port, settings.security)
        raise Unreachable(f"{server} cannot be reached: {why}") from error
    except ImapToolsError as error:
        raise Refused(f"{server} refused: {_said(error)}.") from error
    except (imaplib.IMAP4.error, ValueError) as error:
        raise NotUnderstood(f"{server} said something that we do not understand.", str(error)) from error


def _said(error: BaseException) -> str:
    """The library's words, short and on one line."""
    words = (error.strerror if isinstance(error, OSError) else "") or str(error)
    return " ".join(words.split())[:200].rstrip(".") or type(error).__name__
