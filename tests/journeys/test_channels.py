"""Files that come in by mail or folder: known people order them by one link, strangers wait for staff."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import time_machine
from craftops_plugins.channel_folder.channel import FolderChannel, FolderSettings
from letterbox import Mailbox, enable, next_look, told

from craftops.processes.doctor import examine
from craftops.services.files import receiving
from craftops.services.messages.notifying import TOGETHER
from craftops.services.orders import ordering
from craftops.services.orders.ordering import LineDraft
from craftops.services.shop import demo
from craftops.store.database import utcnow
from craftops.store.models import (
    AccountRow,
    BlobRow,
    DesignFileRow,
    IncomingFileRow,
    IncomingRow,
    NoticeRow,
)
from craftops.testing import Workshop
from craftops.testing.workshop import cube_stl


def test_ada_mails_two_parts_and_orders_them_by_one_link(workshop: Workshop, mailbox: Mailbox) -> None:
    mailbox.send(("bracket.stl", cube_stl()), ("lid.stl", cube_stl(30.0)), ("notes.docx", b"PK\x03\x04word/"))
    workshop.run_due()
    assert [outcome.taken for outcome in mailbox.settled] == [True]
    files = list(DesignFileRow.select().order_by(DesignFileRow.id))
    assert [(row.name, row.owner.email, row.channel) for row in files] == [
        ("bracket.stl", "ada@example.org", "email"), ("lid.stl", "ada@example.org", "email"),
    ]  # fmt: skip
    [notice] = told(workshop)
    assert notice.to_address == "ada@example.org"
    assert notice.subject == "We have your files: bracket.stl and 1 more"
    ids = ",".join(str(row.id) for row in files)
    for text in (notice.text, notice.html):
        assert f"/orders/new?files={ids}" in text
        assert "lid.stl" in text
        assert "notes.docx" in text
        assert "This is an office document" in text or "office" in text
    ada = workshop.browser("ada")
    page = ada.see(f"/orders/new?files={ids}")
    assert re.findall(r'name="file-\w+" value="(\d+)"', page) == ids.split(",")
    sam = workshop.browser("sam")
    assert "bracket.stl and 1 more" in sam.see("/staff/todo/incoming")
    lines = [LineDraft(row.id, 1, "pla", "Black", "as_made") for row in files]
    ordering.place_order(
        workshop.shop, actor=workshop.actor("ada"), customer=workshop.people["ada"], lines=lines,
        delivery=ordering.Delivery.PICKUP, at=utcnow(),
    )  # fmt: skip
    assert "bracket.stl and 1 more" not in sam.see("/staff/todo/incoming")
    assert examine(workshop.shop, at=utcnow()) == []


def test_a_link_never_shows_somebody_elses_file(workshop: Workshop) -> None:
    mine, theirs = workshop.upload("ada", "mine.stl"), workshop.upload("bob", "theirs.stl")
    page = workshop.browser("ada").see(f"/orders/new?files={theirs},{mine},{mine},99999,x,-1,{'9' * 40}")
    assert re.findall(r'name="file-\w+" value="(\d+)"', page) == [str(mine)]
    assert "theirs.stl" not in page


def test_the_link_leads_there_after_signing_in(workshop: Workshop) -> None:
    answer = workshop.browser().get("/orders/new?files=12,13")
    assert answer.status_code == 303
    assert "files%3D12" in answer.headers["Location"] or "files=12" in answer.headers["Location"]


def test_a_stranger_waits_until_staff_say_whose_it_is(workshop: Workshop, mailbox: Mailbox) -> None:
    mailbox.send(("part.stl", cube_stl()), ("evil.exe", b"MZ\x90"), sender="Ada <ada.private@example.net>")
    workshop.run_due()
    assert DesignFileRow.select().count() == 0, "nothing is measured before it has an owner"
    row = IncomingRow.get()
    assert (row.state, row.sender) == ("held", "ada.private@example.net")
    assert examine(workshop.shop, at=utcnow()) == []
    assert workshop.outbox == []
    sam = workshop.browser("sam")
    assert "whose is it?" in sam.see("/staff/")
    page = sam.see(f"/staff/incoming/{row.id}")
    for text in ("ada.private@example.net", "Please make these", "part.stl", "This is a program", "Ada Private"):
        assert text in page
    here = f"/staff/incoming/{row.id}"
    answer = sam.send(f"{here}/assign", {"email": "nobody@example.org", "back": here}, on=here)
    assert answer.status_code == 303
    assert "No customer has the address" in sam.see(here)
    sam.send(f"{here}/assign", {"email": " ADA@example.org "}, on=here)
    workshop.run_due()
    file = DesignFileRow.get()
    assert (file.owner.email, file.verdict) == ("ada@example.org", "accepted")
    page = sam.see(here)
    assert "taken in" in page
    assert "Looks good" in page
    assert "Whose is it?" not in page
    [notice] = told(workshop)
    assert f"/orders/new?files={file.id}" in notice.text
    assert "evil.exe: This is a program" in notice.text
    answer = sam.send(f"{here}/throw", {"back": here}, on=here)
    assert "Somebody has decided about this already" in sam.see(here)
    assert DesignFileRow.select().count() == 1
    assert examine(workshop.shop, at=utcnow()) == []


def test_a_stranger_becomes_a_customer(workshop: Workshop, mailbox: Mailbox) -> None:
    mailbox.send(("part.stl", cube_stl()), sender='"sam@example.org" <eve.king@example.net>')
    workshop.run_due()
    sam, here = workshop.browser("sam"), f"/staff/incoming/{IncomingRow.get().id}"
    page = sam.see(here)
    assert 'value="Eve King"' in page
    sam.send(f"{here}/welcome", {"name": "", "back": here}, on=here)
    assert "Write a name" in sam.see(here)
    sam.send(f"{here}/welcome", {"name": "Eve King"}, on=here)
    eve = AccountRow.get(AccountRow.email == "eve.king@example.net")
    assert (eve.role, DesignFileRow.get().owner_id) == ("customer", eve.id)
    assert told(workshop)[0].to_address == "eve.king@example.net"


def test_what_nobody_wants_is_thrown_away_and_gone_after_a_day(workshop: Workshop, mailbox: Mailbox) -> None:
    content = cube_stl(7.0)
    mailbox.send(("spam.stl", content), sender="spam@example.net")
    workshop.run_due()
    row = IncomingRow.get()
    sha256 = IncomingFileRow.get().blob_id
    sam, here = workshop.browser("sam"), f"/staff/incoming/{row.id}"
    sam.send(f"{here}/throw", on=here)
    assert "spam@example.net" not in sam.see("/staff/todo/incoming")
    sam.send(f"{here}/restore", on=here)
    assert "spam@example.net" in sam.see("/staff/todo/incoming")
    sam.send(f"{here}/throw", on=here)
    receiving.tidy(workshop.shop, utcnow())
    assert workshop.shop.files.path(sha256).exists(), "it may still be taken back"
    with time_machine.travel(utcnow() + timedelta(days=2), tick=False):
        receiving.tidy(workshop.shop, utcnow())
    assert not workshop.shop.files.path(sha256).exists()
    assert BlobRow.get_or_none(BlobRow.sha256 == sha256) is None
    assert "Take it back" not in sam.see(here)
    sam.send(f"{here}/restore", {"back": here}, on=here)
    assert "Its files are deleted." in sam.see(here)
    assert IncomingRow.get().state == "thrown"
    assert examine(workshop.shop, at=utcnow()) == []


def test_the_same_mail_twice_is_taken_once(workshop: Workshop, mailbox: Mailbox) -> None:
    for _ in range(2):
        mailbox.send(("part.stl", cube_stl()), Message_ID="<1@example.org>")
        workshop.run_due()
        next_look(workshop)
    assert len(mailbox.settled) == 2
    assert mailbox.mails == {}
    assert DesignFileRow.select().count() == IncomingRow.select().count() == 1
    assert len(told(workshop)) == 1


def test_who_sends_five_mails_in_a_minute_gets_one(workshop: Workshop, mailbox: Mailbox) -> None:
    for number in range(5):
        mailbox.send((f"part{number}.stl", cube_stl(number + 1.0)))
        next_look(workshop)
    [notice] = told(workshop)
    assert notice.subject == "We have your files: part0.stl and 4 more"
    mailbox.send(("late.stl", cube_stl(9.0)))
    with time_machine.travel(utcnow() + TOGETHER - timedelta(seconds=1), tick=False):
        next_look(workshop)
    assert NoticeRow.select().count() == 2


def test_when_nothing_could_be_taken_the_mail_says_why(workshop: Workshop, mailbox: Mailbox) -> None:
    mailbox.send(("drawing.dwg", b"AC1032" + bytes(50)))
    workshop.run_due()
    assert [outcome.taken for outcome in mailbox.settled] == [False]
    [notice] = told(workshop)
    assert notice.subject == "We could not take your files: drawing.dwg"
    assert "/orders/new\n" in notice.text
    assert "drawing.dwg: " in notice.text


def test_a_disabled_customer_is_held_like_a_stranger(workshop: Workshop, mailbox: Mailbox) -> None:
    AccountRow.update(disabled=True).where(AccountRow.email == "ada@example.org").execute()
    mailbox.send(("part.stl", cube_stl()))
    mailbox.send(("note.stl", cube_stl(3.0)), sender="sam@example.org")
    workshop.run_due()
    assert [row.state for row in IncomingRow.select()] == ["held", "held"]
    page = workshop.browser("sam").see(f"/staff/incoming/{IncomingRow.get().id}")
    assert "Make a new customer" not in page, "there is an account with this address"


def test_files_that_are_not_ordered_can_be_taken_off_the_list(workshop: Workshop, mailbox: Mailbox) -> None:
    mailbox.send(("part.stl", cube_stl()))
    workshop.run_due()
    sam, here = workshop.browser("sam"), f"/staff/incoming/{IncomingRow.get().id}"
    assert "part.stl" in sam.see("/staff/todo/incoming")
    sam.send(f"{here}/close", on=here)
    assert "part.stl" not in sam.see("/staff/todo/incoming")


def test_a_folder_of_a_customer_and_one_of_nobody(workshop: Workshop, tmp_path: Path) -> None:
    watched = tmp_path / "in"
    (watched / "Bob@Example.org").mkdir(parents=True)
    (watched / "Bob@Example.org" / "bobs.stl").write_bytes(cube_stl())
    (watched / "Bob@Example.org" / "bobs.exe").write_bytes(b"MZ")
    (watched / "loose.stl").write_bytes(cube_stl(3.0))
    enable(workshop, FolderChannel(FolderSettings(str(watched))))
    next_look(workshop)
    assert IncomingRow.select().count() == 0, "they may still be written"
    next_look(workshop)
    assert [(row.name, row.owner.email) for row in DesignFileRow.select()] == [("bobs.stl", "bob@example.org")]
    assert [row.subject for row in IncomingRow.select().where(IncomingRow.state == "held")] == ["loose.stl"]
    assert (watched / "taken" / "Bob@Example.org" / "bobs.stl").exists()
    assert (watched / "taken" / "loose.stl").exists()
    assert (watched / "refused" / "Bob@Example.org" / "bobs.exe.txt").read_text().startswith("This is a program")
    page = workshop.browser("sam").see(f"/staff/incoming/{IncomingRow.get(IncomingRow.state == 'held').id}")
    assert "not known" in page
    assert "Make a new customer" not in page
    [notice] = told(workshop)
    assert notice.to_address == "bob@example.org"
    assert "bobs.exe: This is a program" in notice.text


def test_the_end_of_a_demo_takes_what_came_in_with_it(workshop: Workshop, mailbox: Mailbox) -> None:
    mailbox.send(("part.stl", cube_stl()))
    mailbox.send(("other.stl", cube_stl(4.0)), sender="eve@example.net")
    workshop.run_due()
    told(workshop)
    demo.wipe(workshop.shop, actor=workshop.actor("olga"), at=utcnow())
    assert IncomingRow.select().count() == BlobRow.select().count() == 0
    mailbox.send(("new.stl", cube_stl()), sender="eve@example.net")
    workshop.run_due()
    assert IncomingRow.get().state == "held"
    assert examine(workshop.shop, at=utcnow()) == []
