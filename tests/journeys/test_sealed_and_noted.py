"""What Outlook packs into a winmail.dat is found in it; what staff note is found by nobody else, wherever they look."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from datetime import timedelta
from email.message import EmailMessage

import time_machine
from hypothesis import given
from hypothesis import strategies as st
from samples.crawling import Crawl

from craftops.domain.messages.incoming import IncomingMail, MailKind
from craftops.domain.messages.mail_parts import MailFile
from craftops.domain.people.access import Role, Scope
from craftops.sandbox import mend
from craftops.services.messages import conversation, mail_intake, notes, reply_tokens
from craftops.services.messages.conversation import MessageText
from craftops.services.messages.mail_reader import opened
from craftops.services.orders import sharing
from craftops.services.people import accounts
from craftops.store.database import utcnow
from craftops.store.models import AttachmentRow, EventRow, MessageRow
from craftops.testing import Workshop
from craftops.testing.workshop import cube_stl
from craftops.web.messages.mail import make_renderer

SECRET = "Haggles-always-9417"


def attribute(level: int, name: int, data: bytes) -> bytes:
    return struct.pack("<BII", level, name, len(data)) + data + struct.pack("<H", sum(data) & 0xFFFF)


def winmail(body: str, files: dict[str, bytes]) -> bytes:
    """A TNEF stream as Outlook makes it (MS-OXTNEF), as far as words and files go."""
    made = struct.pack("<IH", 0x223E9F78, 1) + attribute(1, 0x00089006, struct.pack("<I", 0x10000))
    made += attribute(1, 0x0002800C, body.encode() + b"\0")
    for name, content in files.items():
        made += attribute(2, 0x00069002, b"\x01\0" + b"\xff" * 4 + bytes(8))
        made += attribute(2, 0x00018010, name.encode() + b"\0")
        made += attribute(2, 0x0006800F, content)
    return made


def test_a_design_inside_of_a_winmail_is_measured_like_any_other(make_workshop: Callable[..., Workshop]) -> None:
    workshop = make_workshop('[mail]\nreply_address = "reply+{token}@werk.example"\n')
    workshop.open(workshop.shop.profile())
    order = workshop.place("ada")
    token = reply_tokens.token_for(order.id, workshop.people["ada"].id, at=utcnow())
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "Ada <ada@example.org>", f"reply+{token}@werk.example", "AW: foot"
    mail.set_content("See the file.\n")
    packed = winmail("See the file.", {"foot.stl": cube_stl(31), "side.stl": cube_stl(32)})
    mail.add_attachment(packed, maintype="application", subtype="ms-tnef", filename="winmail.dat")
    assert mail_intake.take(workshop.shop, mail.as_bytes(), "email:tnef", mend, at=utcnow())
    workshop.run_due()
    assert MessageRow.get().body == "See the file."
    assert sorted(row.file.name for row in AttachmentRow.select()) == ["foot.stl", "side.stl"]
    assert {row.file.verdict for row in AttachmentRow.select()} == {"accepted"}
    assert workshop.content(AttachmentRow.get(AttachmentRow.id == 1).file_id) == cube_stl(31)


@given(st.binary(max_size=300), st.integers(0, 200))
def test_a_winmail_that_is_cut_or_none_stays_a_file(junk: bytes, cut: int) -> None:
    whole = winmail("Words", {"a.stl": cube_stl()})
    for content in (junk, whole[:cut], whole[:cut] + junk):
        found = opened(IncomingMail(MailKind.REPLY, files=(MailFile("winmail.dat", "application/ms-tnef", content),)))
        assert all(isinstance(one.content, bytes) for one in found.files)


def test_no_page_mail_program_or_export_of_others_knows_a_note(make_workshop: Callable[..., Workshop]) -> None:
    """By everything that leads anywhere: links of pages, mails, feeds, tokens, what customers take along."""
    workshop = make_workshop('[mail]\nreply_address = "reply+{token}@werk.example"\n')
    workshop.open(workshop.shop.profile())
    workshop.worker.render = make_renderer(workshop.app)
    order = workshop.place("ada")
    sam = workshop.actor("sam")
    for number in range(3):
        conversation.post(workshop.shop, order.code, MessageText(f"Word {number}"), actor=sam, at=utcnow())
        notes.write(order.code, f"{SECRET} {number}", token=f"n{number}", actor=sam, at=utcnow())
    conversation.post(workshop.shop, order.code, MessageText("And?"), actor=workshop.actor("ada"), at=utcnow())
    with time_machine.travel(utcnow() + timedelta(hours=2)):
        workshop.run_due()
    assert SECRET in workshop.browser("sam").see(f"/staff/orders/{order.code}")
    link = sharing.share(workshop.shop, order.code, "Jonas", "", actor=workshop.actor("ada"), at=utcnow())
    guest = f"/t/{sharing.token_of(workshop.shop, link)}"
    seen: list[tuple[str, bytes]] = []
    for who, begin in (
        ("ada", ("/", f"/orders/{order.code}", "/account", "/account/data.json", "/history")),
        ("bob", ("/", "/account/data.json")), ("", (guest, "/sign-in")),
    ):  # fmt: skip
        walk = Crawl(workshop.browser(who), workshop.app)
        walk.walk(*begin)
        assert walk.pages
        seen += [(path, walk.browser.get(path).get_data()) for path in walk.pages]
        seen += [(path, content) for path, _kind, content, _headers in walk.others]
    ada = workshop.browser("ada")
    seen.append(("/account/data.zip", ada.get("/account/data.zip").get_data()))
    for role in (Role.CUSTOMER, Role.OWNER):
        whose = workshop.people["ada"] if role is Role.CUSTOMER else None
        token = accounts.create_token("x", frozenset(Scope), customer=whose, at=utcnow())
        head = {"Authorization": f"Bearer {token}"}
        for path in (f"/api/v1/orders/{order.code}", f"/api/v1/orders/{order.code}/messages", "/api/v1/orders"):
            answer = workshop.app.test_client().get(path, headers=head)
            assert answer.status_code == 200, path
            seen.append((path, answer.get_data()))
    seen += [(draft.kind, str(draft).encode()) for draft in workshop.outbox]
    seen += [(row.kind, json.dumps(row.data).encode()) for row in EventRow.select()]
    assert len(seen) > 30
    assert [path for path, content in seen if SECRET.encode() in content] == []
