"""A stranger's mail is taken apart in the sandbox child, and comes back as plain values: words, judgement, files.

What goes in and what comes out is one file each: eight bytes with a length, so much JSON, then bytes. The parent
believes nothing of it beyond its shape.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

from craftops.domain.files.designs import BY_HAND, Analysis, FileFormat
from craftops.domain.files.remedies import Ask, Remedy
from craftops.domain.messages.bounces import BouncedRecipient
from craftops.domain.messages.incoming import IncomingMail, MailKind, read_mail
from craftops.domain.messages.mail_parts import MailFile
from craftops.sdk.analyzer import CannotMend, FileAnalyzer, Mended

READER = "craftops.services.messages.mail_reader:MailReader"
MOST_FILES = 100
LARGEST_HEAD = 8_000_000
UNREADABLE = IncomingMail(MailKind.UNREADABLE)
Run = Callable[[str, Path, str, Ask, Callable[[Path], str]], tuple[Mended, str]]
"""(class, path, name, what, keep) -> (what was done, what ``keep`` gave); runs in a sandbox."""


class MailReader(FileAnalyzer):
    """Reads one mail; Outlook's winmail.dat is opened, too."""

    name: ClassVar[str] = "mails"
    formats: ClassVar[frozenset[FileFormat]] = frozenset()
    needs: ClassVar[tuple[str, ...]] = ("email.message", "html.parser", "craftops.domain.messages.incoming")

    def analyse(self, path: Path, name: str) -> Analysis:
        """Nothing is made of mails."""
        return BY_HAND

    def mend(self, path: Path, name: str, ask: Ask, target: Path) -> Mended:
        """Write what is in the mail to ``target``."""
        head, raw = _unpacked(path.read_bytes())
        target.write_bytes(packed(opened(read_mail(raw, head["sent"]))))
        return Mended(name, "Read.")


def opened(mail: IncomingMail) -> IncomingMail:
    """A mail with the files that Outlook had packed into a winmail.dat in its place."""
    files: list[MailFile] = []
    text = mail.text
    for one in mail.files:
        if one.kind not in ("application/ms-tnef", "application/vnd.ms-tnef") and one.name.lower() != "winmail.dat":
            files.append(one)
            continue
        inner = _unpack_tnef(one)
        files += inner[1] if inner else [one]
        text = text or (inner[0] if inner else "")
    return replace(mail, files=tuple(files), text=text)


def _unpack_tnef(packed_file: MailFile) -> tuple[str, list[MailFile]] | None:
    from tnefparse import TNEF  # type: ignore[import-untyped]

    try:
        tnef = TNEF(packed_file.content, do_checksum=False)
        files = [
            MailFile(str(one.long_filename() or one.name or ""), "application/octet-stream", bytes(one.data))
            for one in tnef.attachments
        ]
        body = tnef.body
    except Exception:  # noqa: BLE001 - the library raises anything about bytes that are no TNEF
        return None
    text = body.decode("utf-8", "replace") if isinstance(body, bytes) else str(body or "")
    return text, files


def packed(mail: IncomingMail) -> bytes:
    """What the child leaves."""
    files = mail.files[:MOST_FILES]
    head = {
        "kind": mail.kind.value, "token": mail.token, "message_id": mail.message_id, "refers_to": mail.refers_to,
        "sender": mail.sender, "sender_name": mail.sender_name, "subject": mail.subject, "text": mail.text,
        "folded": mail.folded, "away": mail.away, "ours": mail.ours,
        "files": [[one.name, one.kind, len(one.content)] for one in files],
        "bounced": [[one.recipient, one.status, one.hard, one.said] for one in mail.bounced],
    }  # fmt: skip
    return _packed(head, b"".join(one.content for one in files))


def unpacked(raw: bytes) -> IncomingMail:
    """What the child has left, as values. Raises ValueError, KeyError or TypeError for what is none of its making."""
    head, body = _unpacked(raw)
    files, at = [], 0
    for name, kind, size in head["files"][:MOST_FILES]:
        if not isinstance(size, int) or size < 0 or at + size > len(body):
            raise ValueError("a file of it is longer than what is there")
        files.append(MailFile(str(name), str(kind), body[at : at + size]))
        at += size
    bounced = tuple(BouncedRecipient(str(r), str(s), bool(h), str(w)) for r, s, h, w in head["bounced"][:100])
    texts = {
        name: str(head[name])
        for name in ("token", "message_id", "sender", "sender_name", "subject", "text", "folded", "away")
    }
    refers = tuple(str(one) for one in head["refers_to"][:50])
    return IncomingMail(
        MailKind(head["kind"]), refers_to=refers, files=tuple(files), bounced=bounced, ours=bool(head["ours"]), **texts
    )


def _packed(head: dict[str, Any], body: bytes) -> bytes:
    text = json.dumps(head).encode()
    return len(text).to_bytes(8, "big") + text + body


def _unpacked(raw: bytes) -> tuple[dict[str, Any], bytes]:
    length = int.from_bytes(raw[:8], "big")
    if length > LARGEST_HEAD or 8 + length > len(raw):
        raise ValueError("its head is longer than all of it")
    head = json.loads(raw[8 : 8 + length])
    if not isinstance(head, dict):
        raise TypeError("its head is no table")
    return head, raw[8 + length :]


def read_safely(raw: bytes, run: Run, sent: Iterable[str] = ()) -> IncomingMail:
    """A mail as ``run``'s child judges it; one that takes its child down is unreadable, and that is all."""
    texts: Sequence[str] = list(sent)[:200]
    found: list[bytes] = []

    def keep(path: Path) -> str:
        found.append(path.read_bytes())
        return ""

    with tempfile.NamedTemporaryFile(prefix="craftops-mail-") as file:
        file.write(_packed({"sent": texts}, raw))
        file.flush()
        try:
            run(READER, Path(file.name), "mail.eml", Ask(Remedy.READ), keep)
            return unpacked(found[0])
        except (CannotMend, ValueError, KeyError, TypeError, IndexError):
            return UNREADABLE
