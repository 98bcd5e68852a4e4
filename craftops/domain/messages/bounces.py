"""Mails that say that a mail of ours did not arrive, or was taken for spam: who, for good or for now.

Delivery status notifications (RFC 3464) where there are any, else what hundreds of mail systems write instead;
abuse reports by RFC 5965 (ARF). What a server says decides whether an address is dead (``bounce_words``).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from craftops.domain.messages import bounce_words as words
from craftops.domain.messages.bounce_verdict import is_hard
from craftops.domain.messages.mail_parts import Message, content_of, decoded, in_charset, take_apart

ADDRESS = re.compile(
    r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9-]{0,62}\.)*[A-Za-z0-9-]{1,63}(?!\.?[A-Za-z0-9-])"
)
FIELD = re.compile(r"^(?P<name>[A-Za-z][A-Za-z-]{2,40}):[ \t]*(?P<value>.*(?:\n[ \t]+.*)*)", re.MULTILINE)
DAEMON = re.compile(
    r"mail(?:er)?[-_ .]?(?:daemon|delivery|system|administrator)|post[-_ ]?master|mail delivery|bounce"
    r"|delivery (?:subsystem|system|status)"
    r"|^<?mailer@|mail-?deliver|system administrator|no-?reply@.*delivery|symantec|microsoftexchange"
    r"|^<?mdaemon@|smtp[_-]?mail|mail[_-]?service|interscan|\bimss\b",
    re.IGNORECASE,
)
SURELY = re.compile(r"mailer-daemon|mail delivery (?:system|subsystem)", re.IGNORECASE)
"""Names that nobody but a mail system has."""
FAILED = re.compile(
    r"undeliver|un-?deliverable|not (?:be )?deliver|returned? (?:mail|to sender|message)|(?:mail|delivery|message"
    r"|send)[^\n]{0,20}(?:fail|error|problem|delay|status)"
    r"|fail(?:ure|ed)[^\n]{0,20}(?:notice|notification|delivery|mail)|delivery (?:status|report|notification)"
    r"|nondeliver|non-?delivery|warning: (?:could not|message)|user unknown|unknown user"
    r"|could not (?:be )?(?:send|sent|deliver)|rejected|mail system error|unzustellbar|nicht zugestellt|non remis"
    r"|échec|no se (?:pudo|ha podido)|mancata consegna|недоставл|退信|配信(?:不能|エラー)|送信",
    re.IGNORECASE,
)
ORIGINAL = re.compile(
    r"^[ >]*(?:[-_=*]{2,} ?.{0,40}(?:original|copy of (?:the|your) message|returned message|unsent message"
    r"|message follows|header|undelivered)|-{3,} ?below this line"
    r"|(?:original|your) message(?: follows| headers?| details)?[.: ]*$|received: (?:from|by) |return-path: ?<)",
    re.IGNORECASE | re.MULTILINE,
)
LISTS = ("X-MLServer", "X-ML-Info", "Mailing-List", "List-Id", "List-Help", "List-Subscribe", "X-Mailman-Version")
LIST_ROBOT = re.compile(r"[-_.](?:admin|owner|request|bounces)@|\b(?:majordomo|mailman|listserv|ezmlm|sympa)\b", re.I)
NOBODYS = re.compile(r"no-?reply|do-?not-?reply|mailer", re.IGNORECASE)
GIVEN_BACK = re.compile(
    r"(?:could|can) ?not be deliver|unable to deliver|not delivered|was returned|送信できません|無法|nicht zugestellt"
    r"|n'a pas pu|no se pudo|не может быть доставлено",
    re.IGNORECASE,
)
FOR = re.compile(r"\bfor\s+<?([^\s<>;]+@[^\s<>;]+)")
NOTIFICATION = re.compile(r'emailAddress\\*"\s*:\s*\\*"(?P<one>[^"\\]+@[^"\\]+)')
"""Amazon tells of bounces and complaints in JSON."""
RETURNED = ("message/rfc822", "message/global")
HEADER_LINE = re.compile(
    r"^[ \t>*]*(?:to|from|cc|sender|reply-to|subject|sent|date)[ \t]*:.*$", re.IGNORECASE | re.MULTILINE
)
"""A line of the mail that came back, told by the mail system in its own words."""
NOT_FAILED = ("delivered", "relayed", "expanded", "deliverable")
MOST_TEXT = 64_000
AROUND = 700
HOTMAIL = "x-hmxmroriginalrecipient"


@dataclass(frozen=True, slots=True)
class BouncedRecipient:
    """One recipient whom a mail did not reach."""

    recipient: str
    status: str
    """``5.1.1``; empty where nobody said one."""
    hard: bool
    """Whether the address is dead: no waiting mends it."""
    said: str = ""
    """What the server said, in a line."""


@dataclass(frozen=True, slots=True)
class BounceReport:
    """What a mail system tells of a mail of ours. ``complaint``: its reader called it spam."""

    complaint: bool
    recipients: tuple[BouncedRecipient, ...]


def read_bounce(message: Message) -> BounceReport | None:
    """The report that a mail is; None for one that is none."""
    told = _complaint(message) or _unsubscription(message) or _notification(message)
    if told is not None:
        return told
    fields, text = list(_status_blocks(message)), _said(message)
    if not fields:
        if not _may_be_a_report(message):
            return None
        if _is_list_refusal(message):  # it names itself first, then where to ask what
            text = next((one for one in text.split("\n\n") if ADDRESS.search(one)), text)
        fields = _packed_blocks(message, text)
    found = _from_fields(fields, text) or _from_text(message, text)
    if not _says_that_it_failed(fields) or (not found and not fields):
        return None
    return BounceReport(False, tuple(found))


def _may_be_a_report(message: Message) -> bool:
    """Of a mail without the fields of a report. A note that it was read, or thrown away unread, says that it came."""
    if any(part.get_content_type() == "message/disposition-notification" for part in _leaves(message)):
        return False
    return _is_list_refusal(message) or _looks_like_one(message) or _gives_back(message)


def _packed_blocks(message: Message, text: str) -> list[dict[str, str]]:
    """Fields of a report that is packed once more, or that stand in the text itself."""
    fields = [block for part in message.walk() for block in _blocks_of(part)]
    return fields or (list(_blocks(text)) if "final-recipient:" in text.lower() else [])


def _says_that_it_failed(fields: Sequence[Mapping[str, str]]) -> bool:
    return not fields or any(block.get("action", "failed").lower() not in NOT_FAILED for block in fields)


def _leaves(message: Message) -> Iterator[Message]:
    """All parts, and not those of a mail that came back: what was packed into that one is told by nobody now."""
    yield message
    payload = message.get_payload()
    if isinstance(payload, list) and message.get_content_type() not in RETURNED:
        for one in payload:
            if isinstance(one, Message):
                yield from _leaves(one)


def _text_of(part: Message) -> str:
    payload = part.get_payload()
    if isinstance(payload, list):
        return "\n".join(one.as_string() for one in payload[:50] if isinstance(one, Message))
    return in_charset(content_of(part), str(part.get_content_charset() or ""))


# Complaints


def _complaint(message: Message) -> BounceReport | None:
    """Abuse reports, and those of Hotmail, which are a mail in a mail with a header of their own."""
    parts = list(_leaves(message))
    report = next((part for part in parts if part.get_content_type() == "message/feedback-report"), None)
    inner = [part for part in parts if part.get_content_type() in ("message/rfc822", "text/rfc822-headers")]
    originals = [_fields(_text_of(part).replace("\r\n", "\n")) for part in inner]
    if report is None and not any(HOTMAIL in one for one in originals):
        return None
    text = _text_of(report) if report is not None else ""
    found = _who_complained(text, originals) or ADDRESS.findall(decoded(message.get("To")))
    kind = _fields(text).get("feedback-type", "abuse")
    return BounceReport(True, tuple(BouncedRecipient(one.lower(), "", False, kind) for one in dict.fromkeys(found[:5])))


def _who_complained(report: str, originals: Sequence[Mapping[str, str]]) -> list[str]:
    """Addresses, of the first place that has any: what the report names, what our mail went to, what servers noted."""
    fields = _fields(report)
    hotmail = [one[HOTMAIL] for one in originals if HOTMAIL in one]
    several = " ".join(one["value"] for one in FIELD.finditer(report) if one["name"].lower() == "original-rcpt-to")
    told = [*hotmail, several, *(fields.get(name, "") for name in ("removal-recipient", "redacted-address"))]
    kept = [one.get(name, "") for one in originals for name in ("x-original-to", "delivered-to", "to")]
    received = [" ".join(FOR.findall(one.get("received", ""))) for one in originals]
    return next((one for text in (*told, *kept, *received) if (one := ADDRESS.findall(text))), [])


def _unsubscription(message: Message) -> BounceReport | None:
    """What Apple Mail sends for its reader's "Unsubscribe": they want no mails any more."""
    program = decoded(message.get("Auto-Submitted")).lower().startswith("auto-replied")
    if not program or decoded(message.get("Subject")).strip().lower() != "unsubscribe" or message.is_multipart():
        return None
    sender = ADDRESS.findall(decoded(message.get("From")))
    if not sender or "sent this email to unsubscribe" not in " ".join(_text_of(message)[:2000].split()):
        return None
    return BounceReport(True, (BouncedRecipient(sender[-1].lower(), "", False, "unsubscribe"),))


def _notification(message: Message) -> BounceReport | None:
    """What Amazon's mail service says by its notification service."""
    if message.is_multipart() or "notificationType" not in (text := _text_of(message)[:MOST_TEXT]):
        return None
    kind = re.search(r'notificationType\\*"\s*:\s*\\*"(\w+)', text)
    if kind is None or kind[1] not in ("Bounce", "Complaint"):
        return None
    found = list(dict.fromkeys(one["one"].lower() for one in NOTIFICATION.finditer(text)))[:20]
    hard = '"Permanent' in text.replace("\\", "") and "Suppress" not in text
    recipients = tuple(BouncedRecipient(one, "", hard and kind[1] == "Bounce", text[:200]) for one in found)
    return BounceReport(kind[1] == "Complaint", recipients)


# Delivery status notifications


def _fields(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for match in FIELD.finditer(text):
        found.setdefault(match["name"].lower(), " ".join(match["value"].split()))
    return found


def _status_blocks(message: Message) -> Iterator[dict[str, str]]:
    """The fields about each recipient, from every part that tells them."""
    for part in _leaves(message):
        yield from _blocks_of(part)


def _blocks_of(part: Message) -> Iterator[dict[str, str]]:
    if part.get_content_type() in ("message/delivery-status", "message/global-delivery-status"):
        yield from _blocks(_text_of(part))


def _blocks(text: str) -> Iterator[dict[str, str]]:
    for block in re.split(r"\n[ \t]*\n", text.replace("\r\n", "\n")):
        fields = _fields(block)
        if "final-recipient" in fields or "original-recipient" in fields:
            yield fields


def _from_fields(blocks: Iterable[dict[str, str]], text: str) -> list[BouncedRecipient]:
    found: dict[str, BouncedRecipient] = {}
    for block in blocks:
        if block.get("action", "failed").lower().split(" ")[0] in NOT_FAILED:
            continue
        names = ("original-recipient", "x-actual-recipient", "final-recipient")
        addresses = [one for name in names for one in ADDRESS.findall(block.get(name, "").split(";")[-1])]
        recipient = addresses[0].lower() if addresses else block.get("final-recipient", "").split(";")[-1].strip()
        if not recipient or recipient in found:
            continue
        said = block.get("diagnostic-code", "")
        near = said if len(said) > 20 else f"{said} {_near(text, recipient) or text[:AROUND]}"
        found[recipient] = _judged(recipient, block.get("status", ""), near, _near(text, recipient))
    return list(found.values())


# Everything else


def _looks_like_one(message: Message) -> bool:
    if message.get("X-Failed-Recipients") or "report" in message.get_content_type():
        return True
    sender = decoded(message.get("From"))
    if SURELY.search(sender) and not message.get("In-Reply-To"):
        return True
    path = decoded(message.get("Return-Path")).strip()
    subject = decoded(message.get("Subject"))
    from_daemon = bool(DAEMON.search(sender))
    empty_path = path in ("<>", "", "<mailer-daemon>") or bool(DAEMON.search(path))
    if from_daemon and (FAILED.search(subject) or empty_path):
        return not _is_automatic_answer(message) and not _is_vague(message)
    return path == "<>" and bool(FAILED.search(subject)) and not _is_automatic_answer(message)


def _is_list_refusal(message: Message) -> bool:
    """A mailing list's program, which says that it does not take our mail."""
    if not any(message.get(name) for name in LISTS) or not LIST_ROBOT.search(decoded(message.get("From"))):
        return False
    return bool(words.NO_MEMBER.search(f"{decoded(message.get('Subject'))} {_said(message)[:500]}"))


def _gives_back(message: Message) -> bool:
    """A mail that nobody is to answer, which says that it could not be delivered, with the mail itself behind it."""
    payload = message.get_payload()
    if not isinstance(payload, list) or not payload or not isinstance(payload[-1], Message):
        return False
    quiet = decoded(message.get("Return-Path")).strip() == "<>" or NOBODYS.search(decoded(message.get("From")))
    if not quiet or payload[-1].get_content_type() not in RETURNED:
        return False
    return bool(GIVEN_BACK.search(_said(message)[:2000]))


def _is_automatic_answer(message: Message) -> bool:
    said = decoded(message.get("Auto-Submitted")).lower()
    return said.startswith("auto-replied") and not DAEMON.search(decoded(message.get("From")))


def _is_vague(message: Message) -> bool:
    """An automatic answer that names no code of any server: a person's mailbox speaks, and no mail system."""
    if not decoded(message.get("Auto-Submitted")).lower().startswith("auto-replied") or message.is_multipart():
        return False
    text = _text_of(message)[:MOST_TEXT]
    return not words.STATUS.search(text) and not words.REPLY.search(text)


def _said(message: Message) -> str:
    """What the mail system wrote itself, before the mail that it sends back."""
    text = take_apart(message).text if not message.is_multipart() else ""
    if not text:
        for part in _leaves(message):
            if part.get_content_type() == "message/rfc822":
                break
            broken = part.get_content_maintype() == "multipart" and isinstance(part.get_payload(), str)
            if (broken or part.get_content_maintype() == "text") and part.get_content_subtype() != "rfc822-headers":
                text += "\n" + (take_apart(part).text if part.get_content_subtype() == "html" else _text_of(part))
    text = words.PACKING.sub("", text[:MOST_TEXT])
    cut = ORIGINAL.search(text)
    return text[: cut.start()] if cut is not None and ADDRESS.search(text[: cut.start()]) else text


def _from_text(message: Message, text: str) -> list[BouncedRecipient]:
    """Addresses that a mail system names, else those that the mail was for that it sends back."""
    ours = {
        one.lower()
        for name in ("To", "Delivered-To", "X-Original-To")
        for one in ADDRESS.findall(decoded(message.get(name)))
    }
    listed = ADDRESS.findall(decoded(message.get("X-Failed-Recipients")))
    named = listed or _named(text, ours) or _meant(message, ours) or _named(text, set())
    unique = dict.fromkeys(one.lower() for one in named)
    return [_judged(one, "", _telling(text, one, alone=len(unique) == 1), text[:4000]) for one in list(unique)[:20]]


def _telling(text: str, recipient: str, *, alone: bool) -> str:
    """What says why: the words around an address, or all of them where those around it hold no code and it is the only
    one."""
    near = _near(text, recipient)
    coded = words.STATUS.search(near) or words.REPLY.search(near)
    elsewhere = words.STATUS.search(text) or words.REPLY.search(text)
    return text[:4000] if not near or (alone and not coded and elsewhere) else near


LISTED = re.compile(
    rf"^[ \t>*|-]*(?:to:|recipient:|rcpt to:|address:|user:|e-?mail:|for"
    rf"(?=[\s<\"'(\[])|\d{{3}}(?:[ -]\d\.\d\.\d+)?(?=[\s<]))?[ \t]*[<\"'(\[]?(?P<one>{ADDRESS.pattern})[>\"')\]]?[ \t]*"
    rf"(?:[:;.,]|\(|\.\.\.|->|$|\s)",
    re.IGNORECASE | re.MULTILINE,
)
TOLD = re.compile(
    rf"\b(?:rcpt to|recipient|address(?:es)?|user(?: ?id)?|mailbox|account|to|for|deliver\w*|an|destinataire)"
    rf"(?:[ \t]{{0,3}}:\s{{0,3}}|\s{{1,3}}|(?=[<\"'(\[]))[<\"'(\[]?(?P<one>{ADDRESS.pattern})",
    re.IGNORECASE,
)


ANY = re.compile(rf"(?:SMTP=)?(?P<one>{ADDRESS.pattern})")


def _named(text: str, ours: set[str]) -> list[str]:
    """Addresses that a mail system tells, those in lines of their own first."""
    bare = HEADER_LINE.sub("", text)
    for pattern, words_of_it in ((LISTED, bare), (TOLD, bare), (ANY, bare), (LISTED, text), (ANY, text)):
        found = [match["one"] for match in pattern.finditer(words_of_it)]
        kept = [one for one in found if one.lower() not in ours and (not ours or not DAEMON.search(one))]
        if kept:
            return kept
    return []


def _meant(message: Message, ours: set[str]) -> list[str]:
    """Whom the mail was for that came back."""
    for part in _leaves(message):
        if part is message or part.get_content_type() not in ("message/rfc822", "text/rfc822-headers"):
            continue
        found = [one for one in ADDRESS.findall(_fields(_text_of(part)).get("to", "")) if one.lower() not in ours]
        if found:
            return found
    whole = take_apart(message).text[:MOST_TEXT]
    fields = _fields(whole.replace("\r\n", "\n"))
    return [
        one
        for name in ("to", "x-original-to", "delivered-to")
        for one in ADDRESS.findall(fields.get(name, ""))
        if one.lower() not in ours
    ]


def _near(text: str, recipient: str) -> str:
    """What stands around the first place where an address is named."""
    place = text.lower().find(recipient.lower())
    if place < 0:
        return ""
    after = text[place + len(recipient) : place + len(recipient) + AROUND]
    other = next((one.start() for one in LISTED.finditer(after) if one["one"].lower() != recipient.lower()), len(after))
    line = max(text.rfind("\n", 0, place) + 1, place - AROUND)
    near = text[line : place + len(recipient)] + after[:other]
    return near if len(near.split()) >= 5 else text[max(0, place - AROUND) : line] + near


def _judged(recipient: str, status: str, said: str, around: str = "") -> BouncedRecipient:
    line = " ".join(said.replace(recipient, "").split())
    codes = words.STATUS.findall(f"{status} {line}")
    code = next((one for one in codes if not one.endswith(".0")), codes[0] if codes else "")
    return BouncedRecipient(recipient, code, is_hard(code, line, around), line[:300])
