"""A notice as a MIME message: plain text, HTML, inline pictures, and headers that machines respect."""

from __future__ import annotations

import hashlib
import unicodedata
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import formatdate
from typing import Any

from craftops.errors import Refused
from craftops.sdk.notification import Notice

LONGEST_NAME = 60
"""Characters; with quotes it fits into one line of a header."""
UNQUOTED = {ord('"'): "'", ord("\\"): "/"}


def build(notice: Notice, from_address: str) -> EmailMessage:
    """The message of ``notice``. Raises Refused when an address cannot be written into a header."""
    message = EmailMessage()
    try:
        message["From"] = Address(_name(notice.from_name), addr_spec=from_address)
        message["To"] = Address(_name(notice.to_name), addr_spec=notice.to_address)
        if notice.reply_to:
            message["Reply-To"] = Address(_name(notice.from_name), addr_spec=notice.reply_to)
    except (ValueError, IndexError) as error:
        raise Refused(f"{notice.to_address!r} cannot be written to.") from error
    message["Subject"] = _one_line(notice.subject)
    message["Date"] = formatdate(usegmt=True)
    domain = from_address.rsplit("@", 1)[-1]
    # The same notice has the same id, so that a mail sent twice after a crash is one mail to most readers.
    made = f"{hashlib.sha256(notice.key.encode()).hexdigest()[:32]}@{domain}"
    message["Message-ID"] = f"<{notice.message_id or made}>"
    message["X-CraftOps"] = "notice"
    if notice.automatic:  # RFC 3834; a person's words carry none, else no absence note would ever come
        message["Auto-Submitted"] = "auto-generated"
        message["X-Auto-Response-Suppress"] = "All"
    if notice.references:
        message["In-Reply-To"] = f"<{notice.references[-1]}>"
        message["References"] = " ".join(f"<{one}>" for one in notice.references)
    if notice.list_unsubscribe:
        message["List-Unsubscribe"] = f"<{notice.list_unsubscribe}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content(notice.text)
    if notice.html:
        message.add_alternative(notice.html, subtype="html")
        html: Any = list(message.iter_parts())[1]
        for picture in notice.pictures:
            html.add_related(picture.png, "image", "png", cid=f"<{picture.cid}>", filename=f"{picture.cid}.png")
    return message


def _one_line(text: str) -> str:
    """Words on one line, and nothing that a library or a reader would take for an encoded word (RFC 2047): decoded, it
    could be another line, and so another header."""
    shown = "".join(" " if unicodedata.category(ch) in ("Cc", "Cs", "Zl", "Zp") else ch for ch in text)
    return " ".join(shown.replace("=?", "= ?").split())


def _name(text: str) -> str:
    """A name in front of an address. The library forgets the quotes of one that it has to fold, and then what stands in
    it is an address: so it is short enough for a line, and has nothing that takes two characters in quotes."""
    line = _one_line(text).translate(UNQUOTED)
    return line if len(line) <= LONGEST_NAME else f"{line[: LONGEST_NAME - 1].rstrip()}…"
