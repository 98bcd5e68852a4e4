"""A small mail server that speaks IMAP4rev1 (RFC 3501) as far as a channel needs it, with the faults that real ones have.

It keeps folders of messages with UIDs and flags. ``faults`` says what it does wrong: hang up before the answer to a
command, or never answer it.
"""

from __future__ import annotations

import base64
import contextlib
import re
import socket
import socketserver
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

WORDS = re.compile(rb'"((?:[^"\\]|\\.)*)"|([^\s"]+)')
LITERAL = re.compile(rb"\{(\d+)\}$")


@dataclass
class Mail:
    """A message of a folder."""

    uid: int
    raw: bytes
    flags: set[bytes] = field(default_factory=set)


@dataclass
class Folder:
    """Messages in their order, and the UID of the next one."""

    mails: list[Mail] = field(default_factory=list)
    next_uid: int = 1

    def add(self, raw: bytes, flags: set[bytes] | None = None) -> int:
        uid, self.next_uid = self.next_uid, self.next_uid + 1
        self.mails.append(Mail(uid, raw, set(flags or ())))
        return uid

    def find(self, numbers: bytes) -> list[Mail]:
        """The messages of a UID set like ``3,5:7,9:*``."""
        found: set[int] = set()
        last = max((mail.uid for mail in self.mails), default=0)
        for part in numbers.split(b","):
            first, _colon, end = part.partition(b":")
            low = last if first == b"*" else int(first)
            high = low if not _colon else last if end == b"*" else int(end)
            found.update(range(min(low, high), max(low, high) + 1))
        return [mail for mail in self.mails if mail.uid in found]


class ImapServer:
    """One account on a free port of the loopback."""

    def __init__(self, *, username: str = "files", password: str = "secret", can_move: bool = True) -> None:
        self.username, self.password = username, password
        self.can_move = can_move
        self.folders: dict[str, Folder] = {"INBOX": Folder()}
        self.faults: dict[str, str] = {}
        """Command (``LOGIN``, ``UID FETCH``, …) -> ``hang up``, ``hang`` or ``no``."""
        self.said: list[str] = []
        """Every command that came, without its arguments."""
        self.context: ssl.SSLContext | None = None
        self.released = threading.Event()
        self.arrived = threading.Condition()
        self.idling = threading.Semaphore(0)
        """One more for each conversation that has begun to idle."""
        self.can_idle = True
        self.tokens: set[str] = set()
        """Access tokens that XOAUTH2 may sign in with."""
        self._lines: set[socket.socket] = set()
        self._lock = threading.RLock()
        self._server: socketserver.ThreadingTCPServer | None = None

    def send(self, raw: bytes) -> int:
        """A mail arrives; its UID."""
        with self._lock:
            uid = self.folders["INBOX"].add(raw)
        with self.arrived:
            self.arrived.notify_all()
        return uid

    def drop(self) -> None:
        """Every conversation ends without a goodbye."""
        for line in list(self._lines):
            with contextlib.suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)

    def lies_in(self, folder: str) -> list[Mail]:
        """What a folder holds now."""
        with self._lock:
            return list(self.folders.get(folder, Folder()).mails)

    @property
    def port(self) -> int:
        assert self._server is not None
        return int(self._server.server_address[1])

    @contextlib.contextmanager
    def running(self) -> Iterator[ImapServer]:
        """Serve until the block ends."""
        outer = self

        class Handler(socketserver.StreamRequestHandler):
            def setup(self) -> None:
                if outer.context is not None:
                    self.request = outer.context.wrap_socket(self.request, server_side=True)
                super().setup()

            def handle(self) -> None:
                outer._lines.add(self.request)
                with contextlib.suppress(OSError, ssl.SSLError):
                    Talk(outer, self).run()

        class Server(socketserver.ThreadingTCPServer):
            daemon_threads = True
            allow_reuse_address = True

            def handle_error(self, request: object, client_address: object) -> None:
                """A client that does not like our certificate is no fault of ours."""

        with Server(("127.0.0.1", 0), Handler) as server:
            self._server = server
            thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
            thread.start()
            try:
                yield self
            finally:
                self.released.set()
                server.shutdown()
                thread.join()


class HungUp(Exception):
    """The server ends the conversation without a word."""


class Talk:
    """One conversation."""

    def __init__(self, server: ImapServer, line: socketserver.StreamRequestHandler) -> None:
        self.server = server
        self.line = line
        self.signed_in = False
        self.folder: Folder | None = None

    def say(self, text: bytes | str) -> None:
        self.line.wfile.write((text.encode() if isinstance(text, str) else text) + b"\r\n")

    def run(self) -> None:
        self.say("* OK here")
        while command := self.command():
            tag, name, rest = command
            self.server.said.append(name)
            fault = self.server.faults.get(name, "")
            if fault == "hang up":
                with contextlib.suppress(OSError):
                    self.line.request.shutdown(socket.SHUT_RDWR)
                return
            if fault == "hang":
                self.server.released.wait()
                return
            if fault == "no":
                self.say(tag + b" NO not now")
                continue
            if name == "AUTHENTICATE":
                self.say(tag + b" " + self.authenticate())
                continue
            if name == "IDLE":
                self.idle()
                self.say(tag + b" OK done")
                continue
            with self.server._lock:
                answer = self.answer(name, rest)
            self.say(tag + b" " + answer)
            if name == "LOGOUT":
                return

    def authenticate(self) -> bytes:
        """XOAUTH2: a refusal says why in a question that wants an empty answer."""
        self.say("+ ")
        said = base64.b64decode(self.line.rfile.readline()).decode()
        good = {f"user={self.server.username}\x01auth=Bearer {one}\x01\x01" for one in self.server.tokens}
        self.signed_in = said in good
        if self.signed_in:
            return b"OK welcome"
        self.say("+ " + base64.b64encode(b'{"status":"400"}').decode())
        return b"NO who are you?" if self.line.rfile.readline() == b"\r\n" else b"BAD that was no answer"

    def idle(self) -> None:
        """Tell of what comes until the client says that it is done."""
        folder = self.server.folders["INBOX"]
        known = len(folder.mails)
        self.say("+ idling")
        self.server.idling.release()
        self.line.connection.setblocking(False)
        try:
            while True:
                with self.server.arrived:
                    self.server.arrived.wait(0.02)
                if len(folder.mails) != known:
                    known = len(folder.mails)
                    self.line.connection.setblocking(True)
                    self.say(f"* {known} EXISTS")
                    self.line.connection.setblocking(False)
                with contextlib.suppress(BlockingIOError):
                    if not self.line.connection.recv(6):
                        raise ConnectionResetError
                    return
        finally:
            self.line.connection.setblocking(True)

    def command(self) -> tuple[bytes, str, list[bytes]] | None:
        """The next command: its tag, its name, its words; a literal is one word."""
        words: list[bytes] = []
        while line := self.line.rfile.readline():
            line = line.rstrip(b"\r\n")
            literal = LITERAL.search(line)
            words += [
                quoted.replace(b'\\"', b'"').replace(b"\\\\", b"\\") if quoted or not plain else plain
                for quoted, plain in WORDS.findall(line[: literal.start()] if literal else line)
            ]
            if literal is None:
                break
            self.say("+ go on")
            words.append(self.line.rfile.read(int(literal[1])))
        if len(words) < 2:
            return None
        tag, name, *rest = words
        if name.upper() == b"UID":
            return tag, f"UID {rest[0].decode().upper()}", rest[1:]
        return tag, name.decode().upper(), rest

    def answer(self, name: str, rest: list[bytes]) -> bytes:
        """Untagged answers are sent; the tagged one is given back."""
        if name == "CAPABILITY":
            self.say("* CAPABILITY IMAP4rev1" + " MOVE" * self.server.can_move + " IDLE" * self.server.can_idle)
            return b"OK done"
        if name in ("NOOP", "LOGOUT"):
            if name == "LOGOUT":
                self.say("* BYE see you")
            return b"OK done"
        if name == "LOGIN":
            self.signed_in = [one.decode() for one in rest] == [self.server.username, self.server.password]
            return b"OK welcome" if self.signed_in else b"NO [AUTHENTICATIONFAILED] who are you?"
        if not self.signed_in:
            return b"BAD sign in first"
        return self.of_folders(name, rest)

    def of_folders(self, name: str, rest: list[bytes]) -> bytes:
        if name == "LIST":
            wanted = rest[1].decode()
            for known in self.server.folders:
                if wanted in ("*", known):
                    self.say(f'* LIST () "/" "{known}"')
            return b"OK done"
        if name == "CREATE":
            self.server.folders[rest[0].decode()] = Folder()
            return b"OK made"
        if name == "SELECT":
            self.folder = self.server.folders.get(rest[0].decode())
            if self.folder is None:
                return b"NO there is no such folder"
            self.say(f"* {len(self.folder.mails)} EXISTS")
            self.say("* 0 RECENT")
            self.say("* OK [UIDVALIDITY 7] fine")
            self.say(f"* OK [UIDNEXT {self.folder.next_uid}] fine")
            return b"OK [READ-WRITE] done"
        if self.folder is None:
            return b"BAD select a folder first"
        return self.of_mails(self.folder, name, rest)

    def of_mails(self, folder: Folder, name: str, rest: list[bytes]) -> bytes:
        if name == "UID SEARCH":
            found = [mail for mail in folder.mails if b"\\Deleted" not in mail.flags]
            self.say(" ".join(["* SEARCH", *(str(mail.uid) for mail in found)]))
        elif name == "UID FETCH":
            for mail in folder.find(rest[0]):
                self.fetch(folder, mail, b" ".join(rest[1:]))
        elif name == "UID STORE":
            for mail in folder.find(rest[0]):
                mail.flags |= set(b" ".join(rest[2:]).strip(b"()").split())
        elif name in ("UID COPY", "UID MOVE"):
            target = self.server.folders.get(rest[1].decode())
            if target is None:
                return b"NO [TRYCREATE] there is no such folder"
            for mail in folder.find(rest[0]):
                target.add(mail.raw, mail.flags - {b"\\Deleted"})
                if name == "UID MOVE":
                    self.expunge(folder, mail)
        elif name == "EXPUNGE":
            for mail in [one for one in folder.mails if b"\\Deleted" in one.flags]:
                self.expunge(folder, mail)
        else:
            return b"BAD I do not know this"
        return b"OK done"

    def expunge(self, folder: Folder, mail: Mail) -> None:
        self.say(f"* {folder.mails.index(mail) + 1} EXPUNGE")
        folder.mails.remove(mail)

    def fetch(self, folder: Folder, mail: Mail, wanted: bytes) -> None:
        """SIZE, FLAGS, the whole body, or some header fields with a limit; PEEK or not."""
        parts = [b"UID %d" % mail.uid]
        if b"RFC822.SIZE" in wanted:
            parts.append(b"RFC822.SIZE %d" % len(mail.raw))
        if b"FLAGS" in wanted:
            parts.append(b"FLAGS (%s)" % b" ".join(sorted(mail.flags)))
        fields = re.search(rb"BODY(?:\.PEEK)?\[HEADER\.FIELDS \(([^)]*)\)\]<0\.(\d+)>", wanted)
        if fields:
            text = self.header(mail.raw, fields[1].split())[: int(fields[2])]
            parts.append(b"BODY[HEADER.FIELDS (%s)]<0> {%d}\r\n%s" % (fields[1], len(text), text))
        elif b"[]" in wanted:
            parts.append(b"BODY[] {%d}\r\n%s" % (len(mail.raw), mail.raw))
            if b".PEEK" not in wanted:
                mail.flags.add(b"\\Seen")
        number = folder.mails.index(mail) + 1
        self.say(b"* %d FETCH (%s)" % (number, b" ".join(parts)))

    @staticmethod
    def header(raw: bytes, names: list[bytes]) -> bytes:
        lines = re.sub(rb"\r?\n[ \t]+", b" ", raw.partition(b"\r\n\r\n")[0]).split(b"\r\n")
        wanted = {name.upper() for name in names}
        return b"\r\n".join([*(one for one in lines if one.split(b":")[0].upper() in wanted), b"", b""])
