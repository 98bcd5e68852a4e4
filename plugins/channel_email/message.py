"""A mail as what it brings: its sender's address and its attachments. Its text and its HTML are never looked at."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from email.message import Message
from typing import BinaryIO

from imap_tools import MailAttachment, MailMessage

from craftops.sdk.channel import Incoming, IncomingFile, Turned

LONGEST_HEADER = 256 * 1024
"""Bytes of the header; nobody writes so much by hand, and taking it apart is slow."""
SMALL_PICTURE = 60_000
"""Bytes; an inline picture below that is a logo under somebody's name."""
PAPERWORK = frozenset(
    {
        "application/pkcs7-signature", "application/x-pkcs7-signature", "application/pgp-signature",
        "application/pgp-keys", "application/ms-tnef", "text/vcard", "text/x-vcard", "text/calendar",
    }
)  # fmt: skip
"""What mail programs attach by themselves."""


def read(raw: bytes, place: str) -> Incoming:
    """A mail as it lies on the server; ``place`` names it where it has no Message-ID. Never raises."""
    try:
        if len(_header(raw)) > LONGEST_HEADER:
            return _turned(place, "The header of this mail is too long.")
        message = MailMessage.from_bytes(raw)
        files = tuple(_files(message))
        return Incoming(
            _key(message, place),
            _sender(message),
            message.subject,
            files,
            raw=raw,
            automatic=_is_automatic(message.obj),
        )
    except Exception:  # noqa: BLE001 - the parser gives up on hostile mails in many ways (RecursionError, LookupError)
        return _turned(place, "This mail cannot be read.")


def too_large(header: bytes, place: str, most_mb: int) -> Incoming:
    """A mail that is not fetched; ``header`` holds its From, Subject and Message-ID. Never raises."""
    sentence = f"The mail is larger than {most_mb} MB, the most we can take by mail. Please upload the files instead."
    try:
        message = MailMessage.from_bytes(header)
        key, sender, subject = _key(message, place), _sender(message), message.subject
    except Exception:  # noqa: BLE001 - as above
        return _turned(place, sentence)
    turned = (Turned("all of the mail", sentence),)
    return Incoming(key, sender, subject, (), turned, automatic=_is_automatic(message.obj))


def _turned(place: str, sentence: str) -> Incoming:
    return Incoming(place, "", "", (), (Turned("all of the mail", sentence),), automatic=True)


def _header(raw: bytes) -> bytes:
    ends = [at for at in (raw.find(b"\r\n\r\n"), raw.find(b"\n\n")) if at >= 0]
    return raw[: min(ends)] if ends else raw


def _key(message: MailMessage, place: str) -> str:
    """Message-ID and sender: a copy that arrives twice is one mail, and nobody can use up the id of another's."""
    written = " ".join(str(message.obj.get("Message-ID") or "").split())
    if not written:
        return place
    return hashlib.sha256(f"{written}\0{_sender(message)}".encode(errors="replace")).hexdigest()


def _sender(message: MailMessage) -> str:
    """The address, whatever the name in front of it pretends to be."""
    return message.from_.strip().lower()


def _is_automatic(header: Message) -> bool:
    written = str(header.get("Auto-Submitted") or "no").strip().lower()
    bulk = str(header.get("Precedence") or "").strip().lower() in ("bulk", "list", "junk", "auto_reply")
    return written != "no" or bulk or header.get("List-Id") is not None or header.get("Return-Path") == "<>"


def _files(message: MailMessage) -> Iterator[IncomingFile]:
    for part in message.obj.walk():
        if part.is_multipart() or part.get_content_type() in PAPERWORK:
            continue
        name = MailAttachment(part).filename
        attached = part.get_content_disposition() == "attachment"
        if not name and not attached:
            continue
        size = _size(part)
        inline = part.get_content_disposition() == "inline" or part.get("Content-ID") is not None
        if inline and part.get_content_maintype() == "image" and size < SMALL_PICTURE:
            continue
        yield IncomingFile(name or "file", _Opener(part), size)


def _size(part: Message) -> int:
    """In bytes, at most a few too many: what is written as base64 takes a third more than it is."""
    written = part.get_payload()
    length = len(written) if isinstance(written, str) else 0
    is_base64 = str(part.get("Content-Transfer-Encoding") or "").strip().lower() == "base64"
    return length * 3 // 4 if is_base64 else length


class _Opener:
    """Decodes one attachment when it is asked for, so that only one is in memory at a time."""

    def __init__(self, part: Message) -> None:
        self._part = part

    def __call__(self) -> BinaryIO:
        content = self._part.get_payload(decode=True)
        return io.BytesIO(content if isinstance(content, bytes) else b"")
