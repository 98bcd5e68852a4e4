"""Mails that somebody has made to keep us busy are judged in time that grows with their length alone."""

from __future__ import annotations

import pytest

from craftops.domain.messages.html_text import html_to_text
from craftops.domain.messages.incoming import MailKind, read_mail
from craftops.domain.messages.mail_parts import MOST_PARTS, parse, take_apart

HEAD = b"From: ada@a.example\nTo: werk@w.example\nSubject: M6\n"
HTML = HEAD + b"Content-Type: text/html\n\n"
LONG = 1_000_000


def long(piece: bytes) -> bytes:
    return piece * (LONG // len(piece))


@pytest.mark.parametrize(
    "raw",
    [
        HTML + long(b"<"), HTML + long(b"<!"), HTML + long(b"<!--"), HTML + long(b"<?"), HTML + long(b"<a "),
        HTML + long(b"<a b='"), HTML + long(b"<svg></p>"), HTML + long(b"&#9"), HTML + b"&#" + b"9" * LONG + b";",
        HEAD + b"\n" + long(b"begin 644 x\n"), HEAD + b"\n" + long(b"begin 644 x\n#86)C\n`\nend\n"),
        HEAD + b"Content-Type: text/plain" + long(b"; a*0=b") + b"\n\nx",
        HEAD + b"Content-Type: text/plain" + long(b";") + b"\n\nx",
        HEAD + b"Content-Disposition: attachment" + long(b"; filename*0*=b") + b"\n\nx",
        HEAD + b"Content-Type: text/plain; charset=punycode\n\n" + long(b"a"),
        HEAD.replace(b"M6", long(b"=?utf-8?q?a?= ")) + b"\nx",
        HEAD + long(b"Content-Type: message/rfc822\n\n")[:6000] + long(b"x"),
    ],
    ids=lambda raw: repr(raw[len(HEAD) : len(HEAD) + 60]),
)  # fmt: skip
def test_a_mail_made_to_take_long_is_judged(raw: bytes) -> None:
    assert read_mail(raw).kind in (MailKind.NEW, MailKind.UNREADABLE)


def test_a_mail_of_too_many_parts_is_not_taken_apart() -> None:
    parts = HEAD + b"Content-Type: multipart/mixed; boundary=b\n\n"
    assert read_mail(parts + b"--b\n\nx\n" * MOST_PARTS * 3).kind is MailKind.UNREADABLE
    assert read_mail(parts + b"--b\n\nx\n" * (MOST_PARTS - 2)).kind is MailKind.NEW


@pytest.mark.parametrize(
    ("page", "text"),
    [
        ("1 < 2 and 3 > 2", "1 < 2 and 3 > 2"), ("<p title='a > b'>Hi</p>", "Hi"),
        ("a<!-- b > c -->d", "ad"), ("a<!-- never closed > d", "a"), ("<![if !mso]>x<![endif]>", "x"),
        ("<style>p > b {}</style>ok", "ok"), ("<SCRIPT>if (a < b) x</SCRIPT >ok", "ok"), ("x<br/>y", "x\ny"),
        ("<o:p>word</o:p>", "word"), ("Bohrung &Oslash; 6&nbsp;mm &#8804; &#x41;", "Bohrung Ø 6 mm ≤ A"),
        ("<img src='data:" + "A" * 9000 + "' alt=\"x>y\">seen", "seen"),
    ],
)  # fmt: skip
def test_a_page_is_read_as_readers_see_it(page: str, text: str) -> None:
    assert html_to_text(page) == text


def test_a_header_of_any_length_keeps_its_beginning() -> None:
    raw = HEAD + b"References: " + b"<a@b.example> " * 100_000 + b"\n\nYes."
    mail = read_mail(raw)
    assert mail.kind is MailKind.REPLY
    assert mail.text == "Yes."
    assert take_apart(parse(raw)).text.strip() == "Yes."
