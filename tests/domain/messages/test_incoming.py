"""What a mail is, and whose thread it proves to belong to."""

from __future__ import annotations

from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from craftops.domain.messages.incoming import MailKind, read_mail
from craftops.domain.messages.mail_parts import parse, take_apart
from craftops.domain.messages.reply_tokens import new_token

TOKEN = new_token()
OTHER = new_token()


def mail(text: str = "Yes please.", **headers: str) -> bytes:
    message = EmailMessage()
    message["From"] = headers.pop("From", "Ada <Ada@example.org>")
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content(text)
    return message.as_bytes()


@pytest.mark.parametrize(
    "headers",
    [
        {"To": f"reply+{TOKEN}@shop.example"},
        {"To": f"Werk Süd <reply+{TOKEN.upper()}@shop.example>"},
        {"To": f"{TOKEN}@in.shop.example"},
        {"To": "shop@shop.example", "Delivered_To": f"orders+{TOKEN}@shop.example"},
        {"To": "shop@shop.example", "X_Original_To": f"reply-{TOKEN}@shop.example"},
        {"To": "bob@shop.example", "Cc": f"reply+{TOKEN}@shop.example"},
        {"To": "shop@shop.example", "References": f"<a@b> <reply-{TOKEN}@shop.example>"},
        {"To": "shop@shop.example", "In_Reply_To": f"<reply-{TOKEN}.abc123@shop.example>"},
    ],
)
def test_a_token_is_found_wherever_programs_leave_it(headers: dict[str, str]) -> None:
    found = read_mail(mail(**headers))
    assert (found.kind, found.token) == (MailKind.REPLY, TOKEN)
    assert found.sender == "ada@example.org"


def test_the_address_counts_before_what_a_mail_refers_to() -> None:
    found = read_mail(mail(To=f"reply+{TOKEN}@shop.example", References=f"<reply-{OTHER}@shop.example>"))
    assert found.token == TOKEN
    found = read_mail(mail(To=f"reply+{OTHER}@x.example", Delivered_To=f"reply+{TOKEN}@shop.example"))
    assert found.token == TOKEN


def test_what_refers_to_a_mail_is_an_answer_and_what_does_not_is_new() -> None:
    assert read_mail(mail(To="shop@shop.example", In_Reply_To="<x@y>")).refers_to == ("<x@y>",)
    assert read_mail(mail(To="shop@shop.example", In_Reply_To="<x@y>")).kind is MailKind.REPLY
    assert read_mail(mail(To="shop@shop.example", Subject="Order ABC789")).kind is MailKind.NEW


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto_Submitted": "auto-replied"},
        {"Auto_Submitted": "auto-replied; owner-email=x"},
        {"Precedence": "bulk"},
        {"X_Autoreply": "yes"},
        {"List_Id": "<list.example>"},
        {"Subject": "Automatische Antwort: Feet"},
        {"Subject": "Out of office: back on Monday"},
        {"Subject": "Réponse automatique : Pieds"},
    ],
)
def test_a_program_that_answers_is_no_person(headers: dict[str, str]) -> None:
    found = read_mail(mail(To=f"reply+{TOKEN}@shop.example", **headers))
    assert found.kind is MailKind.AUTO_REPLY
    assert found.token == TOKEN


@pytest.mark.parametrize(
    "headers", [{"Auto_Submitted": "no"}, {"Precedence": "normal"}, {"Subject": "Automatic doors"}]
)
def test_a_person_is_no_program(headers: dict[str, str]) -> None:
    assert read_mail(mail(To=f"reply+{TOKEN}@shop.example", **headers)).kind is MailKind.REPLY


def dsn(status: str = "5.1.1", said: str = "550 5.1.1 User unknown", to: str = "shop@shop.example") -> bytes:
    return (
        f"From: MAILER-DAEMON@mx.example\nTo: {to}\nSubject: Undelivered Mail Returned to Sender\nMIME-Version: 1.0\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\n\n'
        "--b\nContent-Type: text/plain\n\nI could not deliver it.\n\n"
        "--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example\n\n"
        f"Final-Recipient: rfc822; ada@example.org\nAction: failed\nStatus: {status}\nDiagnostic-Code: smtp; {said}\n\n"
        "--b\nContent-Type: message/rfc822\n\nFrom: shop@shop.example\nTo: ada@example.org\nSubject: Feet\n\nHello\n--b--\n"
    ).encode()


@pytest.mark.parametrize(
    ("status", "said", "hard"),
    [
        ("5.1.1", "550 5.1.1 User unknown", True),
        ("5.2.2", "552 5.2.2 Mailbox full", False),
        ("4.4.1", "connection timed out", False),
        ("5.7.1", "550 5.7.1 blocked by spamhaus", False),
        ("5.4.4", "host not found", True),
        ("5.0.0", "550 No such user here", True),
    ],
)
def test_a_bounce_is_no_message_and_says_who_is_dead(status: str, said: str, hard: bool) -> None:
    found = read_mail(dsn(status, said))
    assert found.kind is MailKind.BOUNCE
    assert [(one.recipient, one.hard) for one in found.bounced] == [("ada@example.org", hard)]
    assert (found.text, found.files) == ("", ())


def test_a_bounce_to_our_own_address_is_known_by_its_token() -> None:
    assert read_mail(dsn(to=f"bounce+{TOKEN}@shop.example")).token == TOKEN
    vague = read_mail(mail("Your mail is lost.", To=f"bounce+{TOKEN}@shop.example"))
    assert (vague.kind, vague.token) == (MailKind.BOUNCE, TOKEN)


@pytest.mark.parametrize(
    "line",
    [
        "Message-ID: <reply-{}.0123456789abcdef@shop.example>",
        "Reply-To: parts+{}@shop.example",
        "References: <reply-{}@x>",
    ],
)
def test_a_bounce_to_a_plain_mailbox_is_known_by_the_mail_that_it_gives_back(line: str) -> None:
    raw = dsn().replace(b"Subject: Feet", line.replace("parts+", "parts-reply+").format(TOKEN.upper()).encode())
    assert read_mail(raw).token == TOKEN
    assert read_mail(dsn()).token == ""


def test_files_of_all_kinds_come_with_their_names() -> None:
    message = EmailMessage()
    message["From"], message["To"] = "ada@example.org", "shop@shop.example"
    message.set_content("Here")
    message.add_alternative("<p>Here</p>", subtype="html")
    message.add_attachment(b"solid x", maintype="model", subtype="stl", filename="Füße für Ada.stl")
    message.add_attachment(b"\x89PNG", maintype="image", subtype="png", filename="photo.png")
    found = read_mail(message.as_bytes())
    assert [(one.name, one.content) for one in found.files] == [
        ("Füße für Ada.stl", b"solid x"),
        ("photo.png", b"\x89PNG"),
    ]
    assert found.text == "Here"


def test_a_mail_of_html_alone_reads_as_its_reader_sees_it() -> None:
    message = EmailMessage()
    message["From"] = "ada@example.org"
    message.set_content(
        "<style>p{}</style><p>Yes,&nbsp;please.</p><ul><li>M6</li></ul><script>x()</script>"
        "<div>On Monday, 23 Nov 2026, Werk &lt;s@w.example&gt; wrote:</div><blockquote>Shall we?</blockquote>",
        subtype="html",
    )
    found = read_mail(message.as_bytes())
    assert found.text == "Yes, please.\n\n- M6"
    assert "> Shall we?" in found.folded


@pytest.mark.parametrize(
    "raw",
    [
        b"Content-Type: text/html\n\n" + b"<" * 4_000_000, b"Content-Type: text/html\n\n" + b"<a b='" * 700_000,
        b"Content-Type: text/html\n\n" + b"<!--" * 1_000_000, b"Content-Type: text/html\n\n" + b"<blockquote>x" * 300_000,
        b"\n" + b"begin 644 x\n" * 300_000, b"\n" + b"begin 644 x\nM\nend\n" * 150_000,
        b"Subject: " + b"=?utf-8?q?x?= " * 300_000 + b"\n\nx",
    ],
    ids=["open", "quote", "comment", "deep", "begin", "files", "words"],
)  # fmt: skip
def test_what_is_made_to_take_long_does_not(raw: bytes) -> None:
    assert read_mail(b"From: a@b\n" + raw).kind is MailKind.NEW


def test_a_comment_is_not_seen_and_a_lonely_bracket_is() -> None:
    html = (
        b"From: a@b\nContent-Type: text/html\n\n<p>5 < 6<!-- no --> and<!--[if mso]>no<![endif]--> a <- b</p><p>end <b"
    )
    assert read_mail(html).text == "5 < 6 and a <- b\n\nend <b"


@given(st.binary(max_size=400))
def test_nothing_makes_it_raise(raw: bytes) -> None:
    read_mail(raw)
    read_mail(b"From: a@b\nContent-Type: multipart/mixed; boundary=x\n\n--x\n" + raw + b"\n--x--")


@given(st.text(max_size=60), st.text(max_size=60), st.text(max_size=200))
def test_headers_may_hold_anything(subject: str, sender: str, text: str) -> None:
    raw = f"From: {sender}\nSubject: {subject}\nContent-Type: text/plain; charset=utf-8\n\n{text}".encode(
        errors="replace"
    )
    found = read_mail(raw)
    assert "\n" not in found.subject
    assert "\n" not in found.sender


def test_a_mail_of_a_thousand_boxes_is_told_and_not_opened_for_ever() -> None:
    raw = b"From: a@b\n" + b"".join(
        b'Content-Type: multipart/mixed; boundary="%d"\n\n--%d\n' % (n, n) for n in range(1500)
    )
    assert read_mail(raw).kind in (MailKind.UNREADABLE, MailKind.NEW)


@pytest.mark.parametrize(
    ("packing", "sent", "kept"),
    [
        ("7bit", b"G1 X1\r\nG1 X2\r\n", b"G1 X1\nG1 X2"), ("8bit", "ü\r\nö".encode(), "ü\nö".encode()),
        ("quoted-printable", b"one=0D=0Atwo\r\nthree =C3=\r\n=BC", "one\r\ntwo\nthree ü".encode()),
        ("base64", b"YQ0KYg0K", b"a\r\nb\r\n"), ("binary", b"a\r\nb", b"a\r\nb"), ("8bit", b"a\0\r\nb", b"a\0\r\nb"),
    ],
)  # fmt: skip
def test_a_file_that_was_sent_as_lines_is_the_same_however_it_travelled(packing: str, sent: bytes, kept: bytes) -> None:
    head = (
        'From: ada@example.org\nContent-Type: multipart/mixed; boundary="b"\n\n--b\nContent-Type: application/x-thing; '
        f'name="part.gcode"\nContent-Disposition: attachment\nContent-Transfer-Encoding: {packing}\n\n'
    )
    raw = head.replace("\n", "\r\n").encode() + sent + b"\r\n--b--\r\n"
    (one,) = take_apart(parse(raw)).files
    assert (one.name, one.content.rstrip(b"\n") if kept[-1:] != b"\n" else one.content) == ("part.gcode", kept)


def test_a_part_that_says_it_holds_parts_and_holds_none_is_no_file() -> None:
    raw = b'Content-Type: multipart/mixed; boundary="a"\n\n--a\nContent-Type: multipart/mixed; boundary="a"\n\n--a\n\nHi\n'
    found = take_apart(parse(raw))
    assert (found.text.strip(), found.files) == ("Hi", [])


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("disposition-notification", "Disposition: manual-action/MDN-sent-manually; displayed"),
        ("delivery-status", "Action: relayed\nStatus: 2.1.9"), ("delivery-status", "Action: delivered\nStatus: 2.0.0"),
    ],
)  # fmt: skip
def test_a_receipt_is_no_message_and_no_absence(kind: str, fields: str) -> None:
    raw = (
        f"From: Ada <ada@example.org>\nTo: reply+{TOKEN}@shop.example\nSubject: Read: your order\n"
        f'Content-Type: multipart/report; report-type={kind}; boundary="b"\n\n--b\n\nIt came.\n\n--b\n'
        f"Content-Type: message/{kind}\n\nReporting-UA: x\n\nFinal-Recipient: rfc822; ada@example.org\n{fields}\n\n--b--\n"
    )
    found = read_mail(raw.encode())
    assert (found.kind, found.away, found.token) == (MailKind.AUTO_REPLY, "", TOKEN)


def test_an_absence_without_a_subject_is_one_all_the_same() -> None:
    assert read_mail(b"From: a@example.org\nAuto-Submitted: auto-replied\n\nI am away.\n").away == "Away"


@pytest.mark.parametrize("charset", ["utf-8", "cp1252"])
def test_headers_of_bare_bytes_are_words(charset: str) -> None:
    raw = (
        "From: J\u00fcrgen \u00c4 <ada@example.org>\nSubject: R\u00e9ponse automatique : x\n"
        'Content-Type: multipart/mixed; boundary="b"\n\n--b\nContent-Type: application/x; name="\u00e4.stl"\n\nsolid\n'
        '--b\nContent-Type: application/x\nContent-Disposition: attachment; filename="\u00f6l.stl"\n\nsolid\n--b--\n'
    )
    found = read_mail(raw.encode(charset))
    assert (found.kind, found.sender_name, found.sender) == (
        MailKind.AUTO_REPLY,
        "J\u00fcrgen \u00c4",
        "ada@example.org",
    )
    names = ["\u00e4.stl", "\u00f6l.stl"]
    if charset != "utf-8":  # nobody says in which charset it is: what is no UTF-8 is a gap in a name, and no guess
        names = [one.encode(charset).decode("utf-8", "replace") for one in names]
    assert [one.name for one in found.files] == names


@pytest.mark.parametrize(
    "subject",
    [
        "R\u00e9ponse automatique : x", "Absence : x", "\u81ea\u52d5\u5fdc\u7b54: x", "\u4f11\u5047\u81ea\u52a8\u56de\u590d", "Niet aanwezig: x",
        "Otomatik yan\u0131t: x", "Fora do escrit\u00f3rio", "Urlaub bis 3.12.: x", "Abwesend: x",
    ],
)  # fmt: skip
def test_absences_of_many_languages_are_told_by_their_subject(subject: str) -> None:
    assert read_mail(f"From: a@example.org\nSubject: {subject}\n\nx".encode()).kind is MailKind.AUTO_REPLY


@pytest.mark.parametrize(
    "subject", ["Re: away until Monday", "Parts on holiday", "Absence of support", "Urlaubsfotos gravieren"]
)
def test_what_people_write_about_is_no_absence(subject: str) -> None:
    raw = f"From: a@example.org\nSubject: {subject}\n\nPlease.".encode()
    assert read_mail(raw).kind is MailKind.NEW


def test_a_mail_that_asks_programs_for_no_answer_is_a_programs() -> None:
    raw = b"From: a@example.org\nSubject: AW: x\nX-Auto-Response-Suppress: All\n\nI am out."
    assert read_mail(raw).kind is MailKind.AUTO_REPLY
