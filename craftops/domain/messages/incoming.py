"""What a mail is to the shop: an answer in a thread, something new, an absence note, a bounce, a complaint; and
whose thread.

A thread is found by proof, in this order: a token of ours in the address that the mail was delivered to, the token
in what it refers to, an id that a mail server gave to a mail of ours, an order's code in the subject from a sender
who is known. Anything else is held for a person, never guessed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from craftops.domain.messages.bounces import BouncedRecipient, read_bounce
from craftops.domain.messages.mail_parts import MailFile, Message, decoded, parse, take_apart
from craftops.domain.messages.replies import trim_reply

TOKEN = r"[a-z2-7]{32}"  # noqa: S105 - how a token looks, no secret
REPLY_ADDRESS = re.compile(rf"(?:[+=_.-]|^)(?:r|reply|bounce|b)?[-+.]?(?P<token>{TOKEN})@", re.IGNORECASE)
REPLY_ID = re.compile(rf"<(?:reply-)(?P<token>{TOKEN})(?:[.-][\w.-]{{1,80}})?@[^<>\s]+>", re.IGNORECASE)
BOUNCE_ADDRESS = re.compile(rf"(?:[+=_.-]|^)(?:bounce|b)[-+.](?P<token>{TOKEN})@", re.IGNORECASE)
QUOTED_TOKEN = re.compile(rb"\b(?:reply|bounce|b|r)[-+.]+(?P<token>[a-z2-7]{32})(?![a-z2-7])", re.IGNORECASE)
SEARCHED = 1_000_000
"""Bytes of a report in which the mail that it gives back is looked for."""
ADDRESSED = ("Delivered-To", "X-Original-To", "Envelope-To", "X-Delivered-To", "X-Envelope-To", "To", "Cc")
"""Where the address that a mail was delivered to stands, the surest first."""
REFERRING = ("In-Reply-To", "References")
MESSAGE_ID = re.compile(r"<[^<>\s]{3,250}>")
ADDRESS = re.compile(r"[^\s<>,;:\"()\[\]@]{1,64}@[^\s<>,;:\"()\[\]@]{1,190}")
AWAY_SUBJECT = re.compile(
    r"^(?:\W*)(?:auto(?:matic|matische|mated)?[ -]?(?:reply|response|antwort|svar)|automatische antwort"
    r"|abwesen(?:heit|d\b)|urlaub (?:bis|vom|von)\b|absence ?:|niet aanwezig|otomatik yan|fora do escritório"
    r"|自動応答|休假自动"
    r"|out of (?:the )?office|réponse automatique"
    r"|absence du bureau|respuesta automática|fuera de la oficina|risposta automatica|fuori sede|automatisch antwoord"
    r"|afwezig|resposta automática|autosvar|frånvaro"
    r"|automatyczna odpowiedź|nieobecno|automatická odpověď|автоматический ответ|automaattinen vastaus|poissa"
    r"|away until|on (?:vacation|holiday|leave)|自动回复|自動返信)",
    re.IGNORECASE,
)
OURS = "X-CraftOps"
"""A header of every mail that we send: what comes back with it is our own."""
UNREADABLE_BYTES = 64_000_000


class MailKind(StrEnum):
    """What a mail is."""

    REPLY = "reply"
    """It refers to something: a token, or a mail that came before."""
    NEW = "new"
    AUTO_REPLY = "auto_reply"
    """A program answers: absence, a list, a ticket system. Never a message of a person."""
    BOUNCE = "bounce"
    COMPLAINT = "complaint"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class IncomingMail:
    """A mail, judged."""

    kind: MailKind
    token: str = ""
    """The token of ours that it proves, in small letters."""
    message_id: str = ""
    refers_to: tuple[str, ...] = ()
    """Ids of the mails that it answers, the nearest first, in their brackets."""
    sender: str = ""
    """The address of From, in small letters; empty when there is none."""
    sender_name: str = ""
    subject: str = ""
    text: str = ""
    folded: str = ""
    away: str = ""
    """What an absence note says in its subject; empty for other automatic answers: a receipt asks and says nothing."""
    files: tuple[MailFile, ...] = ()
    bounced: tuple[BouncedRecipient, ...] = field(default=())
    ours: bool = False
    """It carries our own mark: a mail of ours that came back round."""


def read_mail(raw: bytes, sent: Iterable[str] = ()) -> IncomingMail:
    """Judge a mail. ``sent``: texts of ours that it may quote. Never raises, whatever lies in it."""
    if not raw.strip() or len(raw) > UNREADABLE_BYTES:
        return IncomingMail(MailKind.UNREADABLE)
    try:
        return _judged(parse(raw), raw, sent)
    except (RecursionError, ValueError, LookupError, TypeError, AttributeError, AssertionError):
        return IncomingMail(MailKind.UNREADABLE)


def _judged(message: Message, raw: bytes, sent: Iterable[str]) -> IncomingMail:
    token = token_of(message)
    common = {
        "token": token,
        "message_id": _first(MESSAGE_ID.findall(decoded(message.get("Message-ID")))),
        "refers_to": _references(message),
        "sender": sender_of(message),
        "sender_name": _sender_name(message),
        "subject": decoded(message.get("Subject"))[:300],
        "ours": message.get(OURS) is not None,
    }
    report = read_bounce(message)
    if report is not None:
        kind = MailKind.COMPLAINT if report.complaint else MailKind.BOUNCE
        common["token"] = token or _given_back(raw)
        return IncomingMail(kind, bounced=report.recipients, **common)  # type: ignore[arg-type]
    bounced_to = _first(_tokens(message, BOUNCE_ADDRESS))
    if bounced_to:  # only mail systems write to that address
        return IncomingMail(MailKind.BOUNCE, **{**common, "token": bounced_to})  # type: ignore[arg-type]
    parts = take_apart(message)
    trimmed = trim_reply(parts.text, sent)
    kind = MailKind.REPLY if token or common["refers_to"] else MailKind.NEW
    away = ""
    if is_receipt(message):
        kind = MailKind.AUTO_REPLY
    elif is_automatic(message):
        kind, away = MailKind.AUTO_REPLY, str(common["subject"]).strip() or "Away"
    elif not parts.text.strip() and not parts.files and not message.keys():
        return IncomingMail(MailKind.UNREADABLE)
    return IncomingMail(
        kind,
        text=trimmed.own,
        folded=trimmed.folded,
        away=away,
        files=tuple(parts.files),
        **common,  # type: ignore[arg-type]
    )


def _given_back(raw: bytes) -> str:
    """The token in the mail of ours that a report gives back: nobody else can know it."""
    found = QUOTED_TOKEN.search(raw[:SEARCHED])
    return found["token"].decode().lower() if found else ""


def _first(found: Iterable[str]) -> str:
    return next(iter(found), "")


def token_of(message: Message) -> str:
    """The token of ours that a mail proves; empty for none. Addresses that a server wrote come first, then those that
    the sender wrote, then what it refers to."""
    return _first(_tokens(message, REPLY_ADDRESS)) or _first(_referred_tokens(message))


def _tokens(message: Message, pattern: re.Pattern[str]) -> Iterable[str]:
    for name in ADDRESSED:
        for value in message.get_all(name, []):
            for address in ADDRESS.findall(decoded(value)):
                found = pattern.search(address)
                if found:
                    yield found["token"].lower()


def _referred_tokens(message: Message) -> Iterable[str]:
    for name in REFERRING:
        for value in message.get_all(name, []):
            for found in REPLY_ID.finditer(decoded(value)):
                yield found["token"].lower()


def _references(message: Message) -> tuple[str, ...]:
    found = [one for value in message.get_all("In-Reply-To", []) for one in MESSAGE_ID.findall(decoded(value))]
    for value in message.get_all("References", []):
        found += reversed(MESSAGE_ID.findall(decoded(value)))
    return tuple(dict.fromkeys(found))[:50]


def sender_of(message: Message) -> str:
    """The address that a mail says it is from."""
    return _first(ADDRESS.findall(decoded(message.get("From")))).lower()


def _sender_name(message: Message) -> str:
    text = decoded(message.get("From"))
    name = ADDRESS.sub("", text).strip(" <>\"'()")
    return name[:100]


def is_receipt(message: Message) -> bool:
    """Whether a program says that a mail came or was read (RFC 3464, RFC 8098): a report that is no bounce."""
    return message.get_content_type() == "multipart/report"


def is_automatic(message: Message) -> bool:
    """Whether a program has written a mail by itself (RFC 3834, and what programs do that do not know it)."""
    said = decoded(message.get("Auto-Submitted")).lower().split(";")[0].strip()
    if said and said != "no":
        return True
    for name in (
        "X-Autoreply",
        "X-Autorespond",
        "X-AutoReply-From",
        "X-Auto-Reply",
        "X-Mail-Autoreply",
        "X-Auto-Response",
        "X-Auto-Response-Suppress",
    ):
        if message.get(name) is not None:
            return True
    if decoded(message.get("Precedence")).lower() in ("bulk", "auto_reply", "junk", "list"):
        return True
    if message.get("List-Id") or message.get("List-Unsubscribe") or message.get("Feedback-ID"):
        return True
    if decoded(message.get("Return-Path")).strip() == "<>":
        return True
    return bool(AWAY_SUBJECT.search(decoded(message.get("Subject"))))
