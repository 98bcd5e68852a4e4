"""A raw mail taken apart: its words and its files, whatever the program that wrote it has done wrong.

Which part is text and which is a file is decided as RFC 8621 (JMAP), section 4.1.4 does. Parsing is the standard
library's; everything that may go wrong with a stranger's header or charset ends in a guess and never in an error.
"""

from __future__ import annotations

import binascii
import email
import email.header
import email.message
import email.parser
import email.policy
import email.utils
import quopri
import re
from dataclasses import dataclass, field

from craftops.domain.messages.html_text import html_to_text

MOST_PARTS = 1_000
LONGEST_HEAD = 256_000
DEEPEST = 60
LONGEST_HEADER = 20_000
"""Characters of one header that are looked at: the standard library takes long over more."""
LONGEST_PARAMETERS = 4_000
"""The same for headers with parameters, which it reads in quadratic time."""
MOST_TEXT = 1_000_000
"""Characters of text that are kept of one mail."""
TEXTS = ("text/plain", "text/html")
UU_BEGIN = re.compile(rb"^begin [0-7]{3,4} (?P<name>[^\r\n]{1,300})\r?\n", re.MULTILINE)
UU_END = re.compile(rb"end[ \t]*\r?(?:\n|\Z)")
CHARSETS = {
    "unicode-1-1-utf-7": "utf-7", "x-unknown": "latin-1", "unknown-8bit": "", "ansi_x3.110-1983": "latin-1",
    "iso-8859-8-i": "iso-8859-8", "cp-850": "cp850", "x-mac-roman": "mac-roman", "macintosh": "mac-roman",
    "136": "big5", "ks_c_5601-1987": "cp949", "gb2312": "gb18030", "x-gbk": "gb18030",
    "default": "utf-8", "utf8": "utf-8",
}  # fmt: skip
NO_CHARSETS = frozenset({"punycode", "idna", "undefined", "unicode_escape", "raw_unicode_escape"})
"""Codecs that no mail is written in, and that take quadratic time or read escapes."""
HEADERS = frozenset(
    {
        "from", "to", "subject", "date", "received", "return-path", "message-id", "content-type", "mime-version",
        "sender", "delivered-to", "x-original-to", "reply-to", "cc", "in-reply-to", "references",
        "content-transfer-encoding", "content-disposition", "auto-submitted", "x-failed-recipients",
    }
)  # fmt: skip
"""One of them at least is in every mail."""
QUOTED_PAIR = re.compile(r"\\(.)")
Message = email.message.Message


@dataclass(frozen=True, slots=True)
class MailFile:
    """A file of a mail, as it was before it was packed."""

    name: str
    """As its sender calls it; empty where they call it nothing."""
    kind: str
    """Its MIME type in small letters."""
    content: bytes


@dataclass
class MailParts:
    """What is in a mail."""

    text: str = ""
    """Its words; of an HTML mail, what a reader sees of it."""
    files: list[MailFile] = field(default_factory=list)


BOUNDARY = re.compile(
    rb"^content-type:[ \t]*multipart/[\w.+-]+(?P<rest>[^\r\n]*(?:\r?\n[ \t]+[^\r\n]*)*)", re.IGNORECASE | re.MULTILINE
)
NAMED_BOUNDARY = re.compile(rb"boundary[ \t]*=[ \t]*(?:\"(?P<quoted>[^\"]+)\"|(?P<bare>[^\s;\"]+))", re.IGNORECASE)


class _ShortHeaders(email.policy.Compat32):
    """What the standard library makes of old and wrong mails, with headers of a length that a program may write."""

    def header_source_parse(self, sourcelines: list[str]) -> tuple[str, str]:
        name, value = super().header_source_parse(sourcelines)
        described = name.lower().startswith("content-")
        told = str(value)[: LONGEST_PARAMETERS if described else LONGEST_HEADER]
        if not told.isascii():  # bytes as they came (RFC 6532, and whoever does not know better): words, and no puzzle
            raw = told.encode("utf-8", "surrogateescape")
            told = raw.decode("utf-8", "replace") if described else in_charset(raw, "")
        return name, told


class _Messages:
    """Makes the message of each part, up to the most."""

    def __init__(self) -> None:
        self.made = 0

    def __call__(self, policy: email.policy.Compat32 = email.policy.compat32) -> Message:
        self.made += 1
        if self.made > MOST_PARTS:
            raise ValueError(f"a mail of more than {MOST_PARTS} parts")
        return Message(policy=policy)


def _message(raw: bytes) -> Message:
    parser = email.parser.BytesParser(_Messages(), policy=_ShortHeaders())
    return parser.parsebytes(raw)


def parse(raw: bytes) -> Message:
    """The message of these bytes. Raises RecursionError for one that is packed too deep, ValueError for one of more
    than ``MOST_PARTS``."""
    message = _message(raw)
    if not HEADERS & {name.lower() for name in message.keys()}:  # noqa: SIM118 - a message is no mapping
        return _only_words(raw)
    if message.get_content_maintype() == "multipart" and not message.is_multipart():
        mended = _with_boundary(raw)
        if mended != raw:
            return _message(mended)
    return message


def parse_head(raw: bytes) -> Message:
    """The headers of a mail alone: cheap and shallow, whatever follows."""
    return email.message_from_bytes(raw[:LONGEST_HEAD].split(b"\n\n", 1)[0].split(b"\r\n\r\n", 1)[0] + b"\n\n")


def _only_words(raw: bytes) -> Message:
    """A text without the headers of a mail: what it says is all there is."""
    message = Message()
    message["Content-Type"] = "text/plain"
    message.set_payload(in_charset(raw, "utf-8"), "utf-8")
    return message


def _with_boundary(raw: bytes) -> bytes:
    """A mail whose boundary is told in a way that the standard does not know: without a semicolon, or broken over
    lines."""
    end = re.search(rb"\r?\n\r?\n", raw)
    head = raw[: end.start()] if end else raw
    found = BOUNDARY.search(head)
    named = NAMED_BOUNDARY.search(found["rest"]) if found else None
    if found is None or named is None:
        return raw
    boundary = re.sub(rb"\s+", b" ", named["quoted"] or named["bare"])
    kind = found[0].split(b"/", 1)[1].split(b";")[0].split()[0]
    header = b"Content-Type: multipart/" + kind + b'; boundary="' + boundary + b'"'
    return raw[: found.start()] + header + raw[found.end() :]


def decoded(value: object) -> str:
    """A header as text: encoded words are read, what cannot be read is replaced, lines are unfolded."""
    if value is None:
        return ""
    if isinstance(value, str) and "=?" in value:
        value = value[:LONGEST_HEADER]
    raw = str(value)
    try:
        parts = email.header.decode_header(value)  # type: ignore[arg-type]
    except (email.errors.HeaderParseError, binascii.Error, ValueError, IndexError):
        return _one_line(raw)
    return _one_line("".join(_chars(part, charset) for part, charset in parts))


def _one_line(text: str) -> str:
    return " ".join("".join(ch for ch in text.replace("\t", " ") if ch.isprintable() or ch in "\r\n").split())


def _chars(part: object, charset: str | None) -> str:
    if isinstance(part, bytes):
        return in_charset(part, charset)
    return str(part).encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def in_charset(raw: bytes, charset: str | None) -> str:
    """Bytes as text: in the charset that they name if it is one, else UTF-8, else as Windows wrote in the West."""
    named = (charset or "").strip("\"' ").lower()
    named = CHARSETS.get(named, named)
    if named.replace("-", "_") in NO_CHARSETS:
        named = ""
    for one in (named, "utf-8"):
        try:
            return raw.decode(one) if one else raw.decode("utf-8")
        except (LookupError, ValueError):
            continue
    try:
        return raw.decode(named, "replace") if named else raw.decode("cp1252", "replace")
    except (LookupError, ValueError):
        return raw.decode("cp1252", "replace")


def take_apart(message: Message) -> MailParts:
    """Words and files of a mail."""
    found = MailParts()
    plain: list[str] = []
    html: list[str] = []
    _PartWalk(plain, html, found.files).part(message)
    text = "\n".join(plain) if any(one.strip() for one in plain) else ""
    if not text.strip() and html:
        text = "\n".join(html_to_text(one) for one in html)
    found.text = text[:MOST_TEXT]
    return found


class _PartWalk:
    """One pass over the parts, in their order."""

    def __init__(self, plain: list[str], html: list[str], files: list[MailFile]) -> None:
        self.plain = plain
        self.html = html
        self.files = files
        self.seen = 0

    def part(self, part: Message, inside: str = "", index: int = 0, depth: int = 0) -> None:
        self.seen += 1
        if self.seen > MOST_PARTS or depth > DEEPEST:
            return
        kind = part.get_content_type().lower()
        payload = part.get_payload()
        if kind.startswith("multipart/") and isinstance(payload, list):
            for number, one in enumerate(payload):
                self.part(one, kind.removeprefix("multipart/"), number, depth + 1)
            return
        if kind.startswith("multipart/") and not str(payload).strip():
            return  # it says that it holds something, and holds nothing: not even a file
        if kind.startswith("message/") and isinstance(payload, list):
            content = b"\n".join(one.as_bytes() for one in payload if isinstance(one, email.message.Message))
            self.files.append(MailFile(file_name(part), kind, content))
            return
        self._leaf(part, kind, inside, index)

    def _leaf(self, part: Message, kind: str, inside: str, index: int) -> None:
        name = file_name(part)
        attached = disposition(part) == "attachment"
        inline = not attached and kind in TEXTS and (index == 0 or (inside != "related" and not name))
        if not inline:
            self.files.append(MailFile(name, kind, content_of(part)))
            return
        text = in_charset(content_of(part), _charset(part))
        if kind == "text/html":
            self.html.append(text)
        else:
            self.plain.append(self._without_uuencoded(text, part))

    def _without_uuencoded(self, text: str, part: Message) -> str:
        """A plain text less the files that old programs wrote into it."""
        if "\nbegin " not in f"\n{text}":
            return text
        raw = content_of(part)
        kept, at = [], 0
        for begin in UU_BEGIN.finditer(raw):
            if begin.start() < at:
                continue
            content, ends = _uudecoded(raw, begin.end())
            if content is not None:
                name = in_charset(begin["name"].strip(), _charset(part))
                self.files.append(MailFile(name, "application/octet-stream", content))
                kept.append(raw[at : begin.start()])
                at = ends
        return in_charset(b"".join([*kept, raw[at:]]), _charset(part))


def _uudecoded(raw: bytes, at: int) -> tuple[bytes | None, int]:
    """The file whose lines begin here, and where its "end" ends; None where a line comes that is none of a file."""
    out = []
    while not UU_END.match(raw, at):
        ends = raw.find(b"\n", at)
        content = _uu_line(raw[at:ends].rstrip(b"\r")) if ends >= 0 else None
        if content is None:
            return None, at
        out.append(content)
        at = ends + 1
    found = UU_END.match(raw, at)
    return b"".join(out), found.end() if found else at


def _uu_line(line: bytes) -> bytes | None:
    if len(line) > 100:
        return None
    try:
        return binascii.a2b_uu(line)
    except binascii.Error:
        try:  # some programs write spaces at the end that are none
            length = (((line[0] - 32) & 63) * 4 + 5) // 3 if line else 0
            return binascii.a2b_uu(line[: length + 1])
        except (binascii.Error, IndexError):
            return None


def disposition(part: Message) -> str:
    """``inline``, ``attachment``, or empty."""
    try:
        return str(part.get_content_disposition() or "").lower()
    except (ValueError, TypeError, LookupError, AttributeError):
        return ""


def file_name(part: Message) -> str:
    """The name of a file, from either of the two headers that may tell it, in whatever way it is encoded."""
    for header, key in (("Content-Disposition", "filename"), ("Content-Type", "name")):
        if len(str(part.get(header, ""))) > LONGEST_HEADER:
            continue
        try:
            value = part.get_param(key, None, header, unquote=True)
        except (ValueError, TypeError, LookupError, AttributeError, IndexError):
            value = None
        if value is not None:
            name = _parameter(value)
            if name:
                return name
    return ""


def _parameter(value: object) -> str:
    if isinstance(value, tuple):  # RFC 2231: charset, language, percent-encoded bytes
        charset, _language, text = value
        return _one_line(in_charset(str(text).encode("latin-1", "replace"), str(charset or "")))
    return decoded(QUOTED_PAIR.sub(r"\1", str(value)) if "\\" in str(value) else value)


def _charset(part: Message) -> str:
    if len(str(part.get("Content-Type", ""))) > LONGEST_HEADER:
        return ""
    try:
        value = part.get_param("charset")
    except (ValueError, TypeError, LookupError, AttributeError):
        return ""
    return str(value[2] if isinstance(value, tuple) else value or "")


def _as_lines(raw: bytes) -> bytes | None:
    """Text with single line feeds; None for what was not sent as lines, or has bytes that no text has."""
    ends = raw.count(b"\r\n")
    if not ends or b"\0" in raw or raw.count(b"\n") != ends or raw.count(b"\r") != ends:
        return None
    return raw.replace(b"\r\n", b"\n")


def content_of(part: Message) -> bytes:
    """The bytes of a leaf, unpacked; what is no proper base64 or quoted-printable is taken as far as it goes.

    What came as lines of text has single line feeds: CR LF is how a mail travels and not how the file was. The same
    file gives the same bytes, whichever relay or server told it.
    """
    packing, payload = str(part.get("Content-Transfer-Encoding", "")).strip().lower(), part.get_payload()
    if packing == "quoted-printable" and isinstance(payload, str) and payload.isascii():
        lines = _as_lines(payload.encode())
        if lines is not None:
            return quopri.decodestring(lines)
    try:
        content = part.get_payload(decode=True)
    except (ValueError, binascii.Error, LookupError, TypeError, AssertionError):
        content = None
    if isinstance(content, bytes):
        return (_as_lines(content) if packing in ("", "7bit", "8bit") else None) or content
    return payload.encode("utf-8", "surrogateescape") if isinstance(payload, str) else b""
