"""Ada answers from her mail program: her words find their thread, and nobody else's do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from email.message import EmailMessage
from typing import Any

import pytest
import time_machine
from samples.pictures import from_a_phone

from craftops.domain.messages.reply_marks import MARKER
from craftops.domain.shop.profile import ShopProfile
from craftops.processes.doctor import examine
from craftops.sandbox import mend
from craftops.sdk.notification import Notice
from craftops.services.messages import conversation, mail_intake, reply_tokens, troubles
from craftops.services.messages.conversation import MessageText
from craftops.store.database import utcnow
from craftops.store.models import (
    AccountRow,
    AttachmentRow,
    HeldMailRow,
    MailTroubleRow,
    MessageRow,
    NoticeRow,
    OrderRow,
    ThreadRow,
)
from craftops.testing import FakePost, Workshop
from craftops.testing.workshop import cube_stl
from craftops.web.messages.mail import make_renderer

ADDRESS = "reply+{token}@werk.example"


@dataclass
class Talk:
    """A shop that reads mail, an order of Ada's, and a mail about it in her mailbox."""

    workshop: Workshop
    order: OrderRow
    post: FakePost
    count: int = 0

    @property
    def mail(self) -> Notice:
        return self.post.sent[-1]

    @property
    def token(self) -> str:
        return self.mail.reply_to.split("+")[1].split("@")[0]

    def take(self, raw: bytes, key: str = "") -> bool:
        self.count += 1
        return mail_intake.take(self.workshop.shop, raw, key or f"email:{self.count}", mend, at=utcnow())

    def said(self) -> list[tuple[str, str, str]]:
        rows = MessageRow.select().where(MessageRow.order == self.order.id).order_by(MessageRow.id)
        return [(row.side, row.via, row.body) for row in rows]


@pytest.fixture
def talk(make_workshop: Callable[[str], Workshop]) -> Talk:
    workshop = make_workshop(f'[mail]\nreply_address = "{ADDRESS}"\n[server]\nbase_url = "https://shop.example"\n')
    workshop.open(ShopProfile(name="Werk Süd", address=("Ring 1",)))
    workshop.worker.render = make_renderer(workshop.app)
    post = FakePost()
    workshop.shop.plugins.notification_channels = (post,)
    order = workshop.place("ada")
    workshop.run_due()
    text = MessageText("Shall we press in M6 inserts?\n\nThey are of brass and hold well in PETG.")
    conversation.post(workshop.shop, order.code, text, actor=workshop.actor("sam"), at=utcnow())
    workshop.run_due()
    with time_machine.travel(utcnow() + timedelta(minutes=3)):
        workshop.run_due()
    return Talk(workshop, order, post)


def answer(text: str, to: str, sender: str = "Ada <ada@example.org>", **headers: str) -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"] = sender, to
    message["Subject"] = headers.pop("Subject", "Re: Feet")
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content(text)
    return message


def test_the_mail_says_where_to_answer_and_who_speaks(talk: Talk) -> None:
    mail = talk.mail
    assert not mail.automatic
    assert mail.reply_to == ADDRESS.replace("{token}", talk.token)
    assert mail.envelope_from == f"reply+b-{talk.token}@werk.example"
    assert mail.message_id.startswith(f"reply-{talk.token}.")
    assert mail.references == (f"reply-{talk.token}@werk.example",)
    assert mail.text.lstrip().startswith(MARKER)
    assert MARKER in mail.html
    assert "https://shop.example/orders/" in mail.text


def test_an_answer_is_a_message_with_its_quote_folded(talk: Talk) -> None:
    quoted = "\n".join(f"> {line}" for line in talk.mail.text.splitlines())
    text = f"Yes please, M6.\n\nOn Mon, Nov 23, 2026 at 9:12 AM Werk Süd <reply@werk.example> wrote:\n{quoted}\n"
    assert talk.take(answer(text, talk.mail.reply_to).as_bytes())
    assert talk.said()[-1] == ("customer", "mail", "Yes please, M6.")
    row = MessageRow.select().order_by(MessageRow.id.desc()).get()
    assert "brass" in row.folded
    assert ThreadRow.get().waiting_since is not None
    page = talk.workshop.browser("ada").see(f"/orders/{talk.order.code}")
    assert "by mail" in page
    assert "Quoted text" in page
    assert examine(talk.workshop.shop, at=utcnow()) == []


@pytest.mark.parametrize("killed", [False, True])
def test_the_same_mail_twice_is_one_message(talk: Talk, killed: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    raw = answer("Yes please.", talk.mail.reply_to)
    raw.add_attachment(cube_stl(), maintype="model", subtype="stl", filename="foot.stl")
    if killed:

        def die(*_args: Any, **_more: Any) -> None:
            raise KeyboardInterrupt

        with monkeypatch.context() as broken:
            broken.setattr(conversation, "_turn", die)
            with pytest.raises(KeyboardInterrupt):
                talk.take(raw.as_bytes(), "email:same")
    for _ in range(2):
        assert talk.take(raw.as_bytes(), "email:same")
    assert [one for one in talk.said() if one[1] == "mail"] == [("customer", "mail", "Yes please.")]
    assert AttachmentRow.select().count() == 1


@pytest.mark.parametrize(
    "headers",
    [
        {"to": "shop@werk.example", "References": "<reply-{token}@werk.example>"},
        {"to": "shop@werk.example", "In_Reply_To": "<reply-{token}.0123456789abcdef@werk.example>"},
        {"to": "shop@werk.example", "Delivered_To": "reply+{token}@werk.example"},
        {"to": "shop@werk.example", "Subject": "AW: your order {code}"},
    ],
)
def test_it_finds_its_thread_by_whatever_is_left_of_our_mail(talk: Talk, headers: dict[str, str]) -> None:
    values = {name: text.format(token=talk.token, code=talk.order.code) for name, text in headers.items()}
    assert talk.take(answer("Yes.", values.pop("to"), **values).as_bytes())
    assert talk.said()[-1] == ("customer", "mail", "Yes.")


def test_it_finds_its_thread_by_the_id_that_a_relay_gave(talk: Talk) -> None:
    talk.post.relay_id = "0100018c1234abcd-aaaa-bbbb-000000"
    conversation.post(
        talk.workshop.shop, talk.order.code, MessageText("And?"), actor=talk.workshop.actor("sam"), at=utcnow()
    )
    talk.workshop.run_due()
    with time_machine.travel(utcnow() + timedelta(minutes=3)):
        talk.workshop.run_due()
    assert NoticeRow.select().where(NoticeRow.relay_id == talk.post.relay_id).exists()
    mail = answer("Yes.", "shop@werk.example", In_Reply_To=f"<{talk.post.relay_id}@email.amazonses.com>")
    assert talk.take(mail.as_bytes())
    assert talk.said()[-1][2] == "Yes."


def test_somebody_else_who_was_copied_is_held_and_placed_by_one_click(talk: Talk) -> None:
    mail = answer("I am her colleague: blue, please.", talk.mail.reply_to, "Carl <carl@example.org>")
    mail.add_attachment(cube_stl(), maintype="model", subtype="stl", filename="blue.stl")
    assert talk.take(mail.as_bytes())
    assert all("colleague" not in text for _side, _via, text in talk.said())
    sam = talk.workshop.browser("sam")
    assert "Mails without a place" in sam.see("/staff/messages")
    page = sam.see("/staff/messages/held")
    assert f"Belongs to {talk.order.code}" in page
    held = HeldMailRow.get()
    sam.send(f"/staff/messages/held/{held.id}/place", {"code": talk.order.code}, on="/staff/messages/held")
    row = MessageRow.select().order_by(MessageRow.id.desc()).get()
    assert (row.author_name, row.body, row.side) == ("Carl", "I am her colleague: blue, please.", "customer")
    assert AttachmentRow.get().file.name == "blue.stl"
    again = sam.send(
        f"/staff/messages/held/{held.id}/place",
        {"code": talk.order.code},
        on="/staff/messages/held",
        follow_redirects=True,
    )
    assert "has its place already" in again.get_data(as_text=True)


def test_a_token_that_was_ended_proves_nothing(talk: Talk) -> None:
    token = talk.mail.reply_to
    reply_tokens.revoke(order_id=talk.order.id, at=utcnow())
    assert talk.take(answer("Yes.", token).as_bytes())
    assert talk.said()[-1][0] == "shop"
    assert HeldMailRow.get().why == "revoked"


def test_a_mail_without_any_proof_is_held_and_can_be_thrown_and_taken_back(talk: Talk) -> None:
    assert talk.take(answer("Do you also do brass?", "shop@werk.example", "eve@example.net").as_bytes())
    sam = talk.workshop.browser("sam")
    held = HeldMailRow.get()
    assert "Do you also do brass?" in sam.see("/staff/messages/held")
    sam.send(f"/staff/messages/held/{held.id}/throw", on="/staff/messages/held")
    assert "Every mail has its place." in sam.see("/staff/messages/held")
    sam.send(f"/staff/messages/held/{held.id}/restore", on="/staff/messages/held")
    assert "Do you also do brass?" in sam.see("/staff/messages/held")


def test_an_order_code_with_a_foreign_sender_proves_nothing(talk: Talk) -> None:
    mail = answer("Cancel it!", "shop@werk.example", "eve@example.net", Subject=f"Order {talk.order.code}")
    assert talk.take(mail.as_bytes())
    assert HeldMailRow.select().count() == 1
    assert talk.said()[-1][0] == "shop"


def test_absence_is_shown_once_a_day_and_asks_for_nothing(talk: Talk) -> None:
    for number in range(3):
        mail = answer(
            f"Back on Monday {number}", talk.mail.reply_to, Auto_Submitted="auto-replied", Subject="Out of office"
        )
        assert talk.take(mail.as_bytes())
    away = [row for row in MessageRow.select() if row.away]
    assert [row.away for row in away] == ["Out of office"]
    assert ThreadRow.get().waiting_since is None
    assert ThreadRow.get().unread == 0


def test_our_own_mail_that_comes_round_ends_there(talk: Talk) -> None:
    before = talk.said()
    assert talk.take(answer("x", talk.mail.reply_to, X_CraftOps="notice").as_bytes())
    assert talk.said() == before
    assert HeldMailRow.select().count() == 0


def test_a_loop_is_held_after_twenty(talk: Talk) -> None:
    for number in range(mail_intake.MOST_AN_HOUR + 3):
        talk.take(answer(f"No {number}", talk.mail.reply_to).as_bytes())
    assert sum(via == "mail" for _side, via, _text in talk.said()) == mail_intake.MOST_AN_HOUR
    assert HeldMailRow.select().where(HeldMailRow.why == "too_many").count() == 3


def bounce(to: str, status: str = "5.1.1") -> bytes:
    return (
        f"From: MAILER-DAEMON@mx.example\nTo: {to}\nSubject: Undelivered Mail\nMIME-Version: 1.0\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\n\n'
        "--b\nContent-Type: text/plain\n\nNo.\n\n--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx\n\n"
        f"Final-Recipient: rfc822; somebody@else.example\nAction: failed\nStatus: {status}\n"
        f"Diagnostic-Code: smtp; 550 {status} User unknown\n\n--b--\n"
    ).encode()


def test_a_dead_address_is_shown_and_gets_no_more_mail(talk: Talk) -> None:
    assert talk.take(bounce(talk.mail.envelope_from))
    assert MailTroubleRow.get().address == "ada@example.org"
    assert talk.said()[-1][0] == "shop"
    sam = talk.workshop.browser("sam")
    customer = f"/staff/customers/{talk.workshop.people['ada'].id}"
    assert "come back for good" in sam.see(customer)
    sent = len(talk.post.sent)
    conversation.post(
        talk.workshop.shop, talk.order.code, MessageText("Hello?"), actor=talk.workshop.actor("sam"), at=utcnow()
    )
    talk.workshop.run_due()
    with time_machine.travel(utcnow() + timedelta(minutes=3)):
        talk.workshop.run_due()
    assert len(talk.post.sent) == sent
    sam.send(f"{customer}/mail", on=customer)
    assert "come back for good" not in sam.see(customer)


def test_a_report_that_proves_nothing_silences_nobody(talk: Talk) -> None:
    forged = bounce("shop@werk.example").replace(b"somebody@else.example", b"ada@example.org")
    complaint = forged.replace(b"delivery-status", b"feedback-report").replace(
        b"Final-Recipient: rfc822;", b"Original-Rcpt-To:"
    )
    for raw in (forged, complaint):
        assert talk.take(raw)
    assert MailTroubleRow.get().kind == "soft"
    assert troubles.why_not("ada@example.org") == ""
    given_back = b"--b\nContent-Type: text/rfc822-headers\n\nMessage-ID: <%s>\n\n--b--" % talk.mail.message_id.encode()
    assert talk.take(complaint.replace(b"--b--", given_back))
    assert troubles.why_not("ada@example.org") != ""


def test_a_bounce_about_nobody_of_ours_changes_nothing(talk: Talk) -> None:
    assert talk.take(bounce("shop@werk.example"))
    assert MailTroubleRow.select().count() == 0
    assert HeldMailRow.select().count() == 0


def test_a_photo_by_mail_loses_its_place_too(talk: Talk) -> None:
    mail = answer("It broke here.", talk.mail.reply_to)
    big = from_a_phone() + bytes(30_000)
    mail.add_attachment(big, maintype="image", subtype="jpeg", filename="IMG_1.JPG")
    assert talk.take(mail.as_bytes())
    talk.workshop.run_due()
    assert AttachmentRow.get().state == "ready"
    assert b"Lovelace" not in talk.workshop.content(AttachmentRow.get().file_id)


def test_staff_answer_by_mail_too(talk: Talk) -> None:
    conversation.post(
        talk.workshop.shop, talk.order.code, MessageText("When?"), actor=talk.workshop.actor("ada"), at=utcnow()
    )
    talk.workshop.run_due()
    with time_machine.travel(utcnow() + timedelta(minutes=3)):
        talk.workshop.run_due()
    assert talk.mail.to_address == "olga@example.org"
    assert talk.take(answer("On Friday.", talk.mail.reply_to, "Olga <olga@example.org>").as_bytes())
    assert talk.said()[-1] == ("shop", "mail", "On Friday.")
    assert AccountRow.get_by_id(MessageRow.select().order_by(MessageRow.id.desc()).get().author_id).name == "Olga"
