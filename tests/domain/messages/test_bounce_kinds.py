"""Notices that mail systems write for people: whom they name, whatever stands before the address, and who writes them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from craftops.domain.messages.incoming import MailKind, read_mail

COPY = "\n------ This is a copy of the message ------\n\nFrom: shop@shop.example\nTo: list@elsewhere.example\n\nHello\n"


def notice(text: str, sender: str = "Mail Delivery System <MAILER-DAEMON@mx.example>", **headers: str) -> bytes:
    told = {"From": sender, "To": "shop@shop.example", "Subject": "Mail delivery failed", "Return-Path": "<>"}
    told |= {name.replace("_", "-"): value for name, value in headers.items()}
    return ("".join(f"{name}: {value}\n" for name, value in told.items()) + f"\n{text}").encode()


def named(raw: bytes) -> list[str]:
    found = read_mail(raw)
    assert found.kind is MailKind.BOUNCE
    return [one.recipient for one in found.bounced]


@pytest.mark.parametrize(
    "local", ["user7", "forest", "tom", "anna", "address.book", "mailbox", "recipient", "550", "to"]
)
@pytest.mark.parametrize(
    "line",
    [
        "  {}\n    550 5.1.1 User unknown", "<{}>: 550 User unknown", "{}: 550 5.1.1 No such user", "550 <{}>... User unknown",
        "Unable to deliver to {}\n550 no such user", "Could not be delivered to: <{}>\n550 unknown user",
        "Invalid final delivery userid: {}\n550", "RCPT TO:<{}>\n550 no such user", "unknown user: {} (550)",
        "Your message\n  To:      list@elsewhere.example\n  Subject: Feet\ndid not reach the following recipient(s):\n{} on Fri\n  550",
        "did not reach:\nc=US;a= ;p=X;dda:SMTP={}; on Fri\n  550 The recipient name is not recognized",
    ],
    ids=range(11),
)  # fmt: skip
def test_the_whole_address_is_named_whatever_word_it_begins_with(line: str, local: str) -> None:
    address = f"{local}@example.org"
    assert named(notice(line.format(address) + COPY)) == [address]


def test_a_report_in_the_mail_that_came_back_is_about_others() -> None:
    def report(recipient: str, inner: str) -> str:
        return (
            f'Content-Type: multipart/report; boundary="{recipient[0]}"\n\n--{recipient[0]}\n'
            "Content-Type: message/delivery-status\n\nReporting-MTA: dns; mx\n\n"
            f"Final-Recipient: rfc822; {recipient}\nAction: failed\nStatus: 5.1.1\n\n{inner}--{recipient[0]}--\n"
        )

    old = "--a\nContent-Type: message/rfc822\n\n" + report("before@example.org", "")
    raw = "From: MAILER-DAEMON@mx.example\n" + report("ada@example.org", old)
    assert named(raw.encode()) == ["ada@example.org"]
    wrapped = "From: MAILER-DAEMON@mx.example\nSubject: Delivery failure\nContent-Type: message/rfc822\n\n"
    assert named((wrapped + report("bob@example.org", "")).encode()) == ["bob@example.org"]


def test_who_surely_is_a_mail_system_needs_no_subject() -> None:
    assert named(notice("Intended recipient: ada@example.org", Subject="Processing Error")) == ["ada@example.org"]
    told = notice("<ada@example.org>: 550 Nobody", sender="MDaemon@mx.example", Subject="Warning: User unknown!")
    assert named(told) == ["ada@example.org"]


def test_a_mail_that_comes_back_from_nobody_is_known_by_what_it_says() -> None:
    text = (
        "--b\nContent-Type: text/plain\n\nCould not be delivered to: <ada@example.org>\nAs their mailbox is full.\n"
        "--b\nContent-Type: message/rfc822\n\nFrom: shop@shop.example\nTo: ada@example.org\n\nHello\n--b--\n"
    )
    headers = {"Subject": "Mail", "Content_Type": 'multipart/mixed; boundary="b"'}
    found = read_mail(notice(text, sender="no-reply@mx.example", **headers))
    assert [(one.recipient, one.hard) for one in found.bounced] == [("ada@example.org", False)]


@pytest.mark.parametrize(
    "raw",
    [
        notice("Mine came back: 550 5.1.1 <bob@example.org> User unknown. Help?", sender="Ada <ada@example.org>",
               Subject="Fwd: Undelivered mail", Return_Path="<ada@example.org>"),
        notice("The invoice of 550 EUR was not delivered, please send it to ada@example.org again.", sender="ada@example.org",
               Subject="Delivery problem", Return_Path="<ada@example.org>"),
        notice("--b\n\nThis could not be delivered, see below.\n--b\nContent-Type: message/rfc822\n\nFrom: a@b\n\nHi\n--b--\n",
               sender="Ada <ada@example.org>", Return_Path="<ada@example.org>", Content_Type='multipart/mixed; boundary="b"'),
        notice("Please unsubscribe me.", sender="ada@example.org", Subject="unsubscribe", Return_Path="<ada@example.org>"),
    ],
)  # fmt: skip
def test_a_person_who_writes_of_a_failure_is_heard(raw: bytes) -> None:
    found = read_mail(raw)
    assert found.kind in (MailKind.NEW, MailKind.REPLY)
    assert found.text


def test_who_presses_unsubscribe_wants_no_mails() -> None:
    text = "Apple Mail sent this email to unsubscribe from the message “Feet”."
    found = read_mail(notice(text, sender="ada@example.org", Subject="unsubscribe", Auto_Submitted="auto-replied"))
    assert found.kind is MailKind.COMPLAINT
    assert [one.recipient for one in found.bounced] == ["ada@example.org"]


def test_a_complaint_names_everybody_it_is_about() -> None:
    raw = (
        'From: abuse@mx.example\nContent-Type: multipart/report; report-type=feedback-report; boundary="b"\n\n--b\n'
        "Content-Type: message/feedback-report\n\nFeedback-Type: abuse\nOriginal-Rcpt-To: ada@example.org\n"
        "Original-Rcpt-To: bob@example.org\n\n--b--\n"
    )
    found = read_mail(raw.encode())
    assert [one.recipient for one in found.bounced] == ["ada@example.org", "bob@example.org"]


PIECES = st.sampled_from(
    [
        "to:",
        "a@b",
        "<",
        ">",
        "550 ",
        "5.1.1",
        "\n",
        " ",
        "user",
        "for ",
        "x" * 70,
        "@",
        ".",
        "host",
        "invalid ",
        "To: x@y",
        "[",
        "(",
    ]
)


@given(st.lists(PIECES, max_size=60))
def test_nothing_makes_a_notice_raise(pieces: list[str]) -> None:
    read_mail(notice("".join(pieces)))


@pytest.mark.parametrize(
    "piece",
    ["a@", "a.", "x" * 64 + "@a.", "to ", "user:\n", "> ", "550 ", "host host ", "To: a@b.c\n", "-" * 50 + "\n", "\n ", "a@b.c ", "a@b.c\n",
     "<a@b.c>: 550\n", "invalid ", "mailbox ", "Final-Recipient: rfc822; a@b.c\n\n", "sender ", "user invalid"],
)  # fmt: skip
def test_a_notice_made_to_take_long_does_not(piece: str) -> None:
    assert read_mail(notice(piece * (4_000_000 // len(piece)))).kind in MailKind


@pytest.mark.parametrize(
    ("said", "hard"),
    [
        ("550 : User unknown", False), ("550: : User unknown", False), ("550 <{}>: User unknown", True),
        ("host mx.example.org said: 554 INVALID IP FOR SENDING MAIL OF DOMAIN shop.example", False),
        ("550 5.7.1 Invalid recipient {}", True), ("550 5.7.1 Unable to relay for {}", False),
        ("550 5.7.1 Recipient address rejected: access denied", False), ("550 5.7.509 DMARC: user unknown", False),
    ],
)  # fmt: skip
def test_what_a_server_says_is_read_for_what_it_means(said: str, hard: bool) -> None:
    address = "kijitora@example.org"
    (one,) = read_mail(notice(f"<{address}>: {said.format(address)}\n" + COPY)).bounced
    assert (one.recipient, one.hard) == (address, hard)


def test_the_packing_of_a_mail_says_nothing_of_an_address() -> None:
    text = (
        "--b\nContent-Type: text/plain; charset=us-ascii\nContent-Disposition: inline\n\nError: Invalid user address\n\n"
        "550 - Requested action not taken: no such user here\n\n  RCPT TO: straycat@example.org\n\n--b--\n"
    )
    (one,) = read_mail(notice(text, Content_Type='multipart/mixed\n boundary: "x"')).bounced
    assert (one.recipient, one.hard) == ("straycat@example.org", True)


ASK = "Send a mail to the address\n\n\tlist-ctl@example.org\n"


@pytest.mark.parametrize(
    ("sender", "more", "kind"),
    [
        ("list-admin@example.org", {"X-MLServer": "fml [fml 4.0.3]"}, MailKind.BOUNCE),
        ("list-bounces@example.org", {"List-Id": "<list.example.org>"}, MailKind.BOUNCE),
        ("Ada <ada@example.org>", {"List-Id": "<list.example.org>"}, None), ("list-admin@example.org", {}, None),
    ],
)  # fmt: skip
def test_a_list_that_takes_no_mail_of_ours_is_no_message(
    sender: str, more: dict[str, str], kind: MailKind | None
) -> None:
    head = {"From": sender, "To": "shop@shop.example", "Subject": "You are not member (list ML)", **more}
    raw = "".join(f"{name}: {value}\n" for name, value in head.items())
    found = read_mail(f"{raw}\nYou are not a member of this mailing list <list@example.org>.\n\n{ASK}".encode())
    assert (found.kind is MailKind.BOUNCE) == (kind is MailKind.BOUNCE)
    assert [(one.recipient, one.hard) for one in found.bounced] == ([("list@example.org", False)] if kind else [])


@pytest.mark.parametrize(
    ("said", "hard"),
    [
        ("Adresse nicht gefunden", True), ("Ihre Nachricht wurde nicht zugestellt, da die Adresse nicht gefunden wurde", True),
        ("ada wurde bei example.org nicht gefunden", True), ("Adresse introuvable", True),
        ("No se ha encontrado la direcci\u00f3n: direcci\u00f3n no encontrada", True), ("Indirizzo non trovato", True),
        ("Adres niet gevonden", True), ("Das Postfach ist voll", False), ("La bo\u00eete est pleine", False),
        ("Wir versuchen es weiter", False),
    ],
)  # fmt: skip
def test_mail_systems_say_it_in_their_readers_language(said: str, hard: bool) -> None:
    raw = notice(f"{said}.\n" + COPY, X_Failed_Recipients="ada@example.org", Content_Type="text/plain; charset=utf-8")
    (one,) = read_mail(raw).bounced
    assert (one.recipient, one.hard) == ("ada@example.org", hard)
