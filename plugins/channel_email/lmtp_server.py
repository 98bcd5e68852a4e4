"""Mails that a mail server of this computer hands over: LMTP (RFC 2033), on the loopback alone.

A mail is on the disk before its recipients are told so; whatever breaks before that, the mail server keeps it and comes
again. What it said of the envelope stands at the top of the mail, as mail servers write it: ``Return-Path`` and a
``Delivered-To`` for each recipient.
"""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import socketserver
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

LONGEST_COMMAND = 4_096
CHUNK = 65_536
SILENCE_S = 300.0
"""How long a peer may say nothing (RFC 5321, section 4.5.3.2)."""
MOST_RECIPIENTS = 100
MOST_AT_ONCE = 20
PATH = re.compile(rb"(?:FROM|TO)\s*:\s*<([^<>\r\n]{0,500})>([^\r\n]*)$", re.IGNORECASE)
SIZE = re.compile(rb"\bSIZE=(\d{1,12})\b", re.IGNORECASE)
DRAFT = ".draft-"


class Spool:
    """The folder that mails lie in until they are taken in. What begins with a dot is not there yet."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def prepare(self) -> None:
        """Make the folder; what broke off in the middle is thrown away, since its sender has it still."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for draft in self.folder.glob(f"{DRAFT}*"):
            draft.unlink(missing_ok=True)

    @contextlib.contextmanager
    def draft(self) -> Iterator[BinaryIO]:
        """A mail that is being written. It lies in the spool, durably, when the block ends without an error."""
        name = f"{time.time_ns():020d}-{secrets.token_hex(4)}.eml"
        path = self.folder / f"{DRAFT}{name}"
        try:
            with path.open("xb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            path.rename(self.folder / name)
            self._make_durable()
        finally:
            path.unlink(missing_ok=True)

    def _make_durable(self) -> None:
        folder = os.open(self.folder, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def mails(self) -> list[Path]:
        """What lies there, oldest first."""
        return sorted(self.folder.glob("[0-9]*.eml"))


class LmtpServer(socketserver.ThreadingTCPServer):
    """Listens; each mail that was taken sets ``arrived``. Raises OSError when the port is taken."""

    daemon_threads = True
    block_on_close = False
    allow_reuse_address = True

    def __init__(self, port: int, spool: Spool, most: int) -> None:
        self.spool = spool
        self.most = most
        self.arrived = threading.Event()
        self._places = threading.BoundedSemaphore(MOST_AT_ONCE)
        super().__init__(("127.0.0.1", port), _Conversation)
        spool.prepare()

    @contextlib.contextmanager
    def serving(self) -> Iterator[None]:
        """Answer while the block runs."""
        thread = threading.Thread(target=self.serve_forever, args=(0.1,), name="lmtp", daemon=True)
        thread.start()
        try:
            yield
        finally:
            self.shutdown()
            self.server_close()
            thread.join()

    def process_request(self, request: object, client_address: object) -> None:
        self._places.acquire()
        super().process_request(request, client_address)  # type: ignore[arg-type]

    def process_request_thread(self, request: object, client_address: object) -> None:
        try:
            super().process_request_thread(request, client_address)  # type: ignore[arg-type]
        finally:
            self._places.release()

    def handle_error(self, request: object, client_address: object) -> None:
        """A peer that hangs up in the middle comes again; nothing of its mail is here."""


class _Conversation(socketserver.StreamRequestHandler):
    """One peer, which may hand over many mails."""

    timeout = SILENCE_S
    disable_nagle_algorithm = True  # or answers that follow one another are 40 ms apart
    server: LmtpServer

    def handle(self) -> None:
        self.greeted = False
        self._reset()
        self._say("220 CraftOps LMTP")
        while line := self.rfile.readline(LONGEST_COMMAND):
            if not line.endswith(b"\n"):
                self._say("500 5.5.2 That command is too long")
                return
            if self._answer(line.strip()):
                return

    def _reset(self) -> None:
        self.sender: bytes | None = None
        self.recipients: list[bytes] = []

    def _say(self, text: str) -> None:
        self.wfile.write(text.encode("ascii", "replace") + b"\r\n")

    def _answer(self, line: bytes) -> bool:
        """Whether the conversation is over."""
        verb, _space, rest = line.partition(b" ")
        name = verb.upper()
        if name == b"LHLO":
            self.greeted = True
            self._reset()
            self._say(f"250-CraftOps\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250 SIZE {self.server.most}")
        elif name == b"QUIT":
            self._say("221 2.0.0 Bye")
            return True
        elif name in (b"RSET", b"NOOP", b"VRFY"):
            if name == b"RSET":
                self._reset()
            self._say("252 2.1.5 Try it" if name == b"VRFY" else "250 2.0.0 OK")
        elif name in (b"MAIL", b"RCPT", b"DATA"):
            if not self.greeted:
                self._say("503 5.5.1 Say LHLO first")
            else:
                {b"MAIL": self._mail, b"RCPT": self._recipient, b"DATA": self._data}[name](rest)
        else:
            self._say("500 5.5.1 This is LMTP, and no such command of it")
        return False

    def _mail(self, rest: bytes) -> None:
        found = PATH.match(rest)
        size = SIZE.search(found[2]) if found else None
        if self.sender is not None:
            self._say("503 5.5.1 One mail at a time")
        elif found is None:
            self._say("501 5.5.4 MAIL FROM:<address>")
        elif size is not None and int(size[1]) > self.server.most:
            self._say(f"552 5.3.4 No more than {self.server.most} bytes")
        else:
            self.sender = found[1]
            self._say("250 2.1.0 OK")

    def _recipient(self, rest: bytes) -> None:
        found = PATH.match(rest)
        if self.sender is None:
            self._say("503 5.5.1 MAIL first")
        elif found is None or not found[1]:
            self._say("501 5.5.4 RCPT TO:<address>")
        elif len(self.recipients) >= MOST_RECIPIENTS:
            self._say("452 4.5.3 Too many recipients")
        else:
            self.recipients.append(found[1])
            self._say("250 2.1.5 OK")

    def _data(self, _rest: bytes) -> None:
        """The mail, and an answer for each of its recipients."""
        if self.sender is None or not self.recipients:
            self._say("503 5.5.1 Nobody is to get it")
            return
        self._say("354 End with a dot")
        answer = "250 2.0.0 Taken"
        pieces = self._pieces()
        try:
            with self.server.spool.draft() as file:
                file.write(b"Return-Path: <%s>\r\n" % self.sender)
                file.write(b"".join(b"Delivered-To: %s\r\n" % one for one in self.recipients))
                self._copy(pieces, file)
        except _TooLarge:
            answer = f"552 5.3.4 No more than {self.server.most} bytes"
        except _HungUp:
            raise
        except OSError as error:  # a full disk
            if isinstance(error, ConnectionError | TimeoutError):
                raise
            for _ in pieces:  # to the end of the mail
                pass
            answer = "452 4.3.1 No room for it now"
        else:
            self.server.arrived.set()
        for _ in self.recipients:
            self._say(answer)
        self._reset()

    def _copy(self, pieces: Iterator[bytes], file: BinaryIO) -> None:
        """The mail to its end, also where it is too large to be kept. Raises _TooLarge, _HungUp, OSError."""
        size = 0
        for piece in pieces:
            size += len(piece)
            if size <= self.server.most:
                file.write(piece)
        if size > self.server.most:
            raise _TooLarge

    def _pieces(self) -> Iterator[bytes]:
        """What stands before the dot; lines may be of any length. Raises _HungUp."""
        begins = True
        while piece := self.rfile.readline(CHUNK):
            if begins and piece in (b".\r\n", b".\n"):
                return
            yield piece[1:] if begins and piece.startswith(b".") else piece
            begins = piece.endswith(b"\n")
        raise _HungUp


class _TooLarge(Exception):
    """A mail that is larger than we take."""


class _HungUp(ConnectionError):
    """The peer went in the middle of a mail."""
