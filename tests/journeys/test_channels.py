"""Files that come in by mail or folder: known people order them by one link, strangers wait for staff, nothing is lost."""

from __future__ import annotations

import logging
import re
from collections.abc import Generator
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any, ClassVar

import pytest
import time_machine
from craftops_plugins.channel_email.message import read
from craftops_plugins.channel_folder.channel import FolderChannel, FolderSettings

from craftops.errors import CredentialsRejected, Refused, Unreachable
from craftops.processes.doctor import examine
from craftops.sdk.channel import Incoming, IntakeChannel, Outcome
from craftops.sdk.notification import Notice
from craftops.services import ordering, receiving
from craftops.services.notifying import TOGETHER
from craftops.services.ordering import LineDraft
from craftops.store import work as store_work
from craftops.store.database import utcnow
from craftops.store.models import (
    AccountRow,
    BlobRow,
    DesignFileRow,
    IncomingFileRow,
    IncomingRow,
    NoticeRow,
    WorkRow,
)
from craftops.tasks import channels
from craftops.testing import Workshop
from craftops.testing.workshop import cube_stl
from craftops.web.mail import make_renderer

LINE = {"quantity": "1", "material": "pla", "colour": "Black", "finish": "as_made", "instructions": ""}


class Mailbox(IntakeChannel):
    """A mailbox without a network: mails lie in it until they are settled."""

    name: ClassVar[str] = "email"
    title: ClassVar[str] = "Mail"

    def __init__(self) -> None:
        self.mails: dict[str, bytes] = {}
        self.settled: list[Outcome] = []
        self.broken: Exception | None = None
        self.stuck = False

    @property
    def interval_s(self) -> float:
        return 60.0

    def fetch(self) -> Generator[Incoming, None, None]:
        if self.broken is not None:
            raise self.broken
        for place, raw in list(self.mails.items()):
            self.at = place
            yield read(raw, place)

    def settle(self, key: str, outcome: Outcome) -> None:
        if self.stuck:
            raise Refused("The mail server refused: no room.")
        self.settled.append(outcome)
        del self.mails[self.at]

    def send(self, *files: tuple[str, bytes], sender: str = "Ada <ada@example.org>", **headers: str) -> None:
        message = EmailMessage()
        message["From"] = sender
        message["Subject"] = "Please make these"
        for name, value in headers.items():
            message[name.replace("_", "-")] = value
        message.set_content("Hello")
        for name, content in files:
            message.add_attachment(content, maintype="model", subtype="stl", filename=name)
        self.mails[f"uid:{len(self.mails) + len(self.settled)}"] = message.as_bytes()


def enable(workshop: Workshop, channel: IntakeChannel) -> None:
    workshop.shop.plugins.intake_channels[channel.name] = channel
    workshop.shop.plugins.intake_plugins[channel.name] = f"channel_{channel.name}"


@pytest.fixture
def mailbox(workshop: Workshop) -> Mailbox:
    made = Mailbox()
    enable(workshop, made)
    return made


def next_look(workshop: Workshop) -> None:
    """The channels are due again, and the worker does what there is to do."""
    WorkRow.update(run_after=utcnow(), lease_until=None).where(WorkRow.kind == receiving.FETCH).execute()
    workshop.run_due()


def told(workshop: Workshop) -> list[Notice]:
    """The mails about files that go out two minutes later, as they are written."""
    written: list[Notice] = []
    render = make_renderer(workshop.app)

    def keep(draft: Any) -> Notice:
        notice = render(draft)
        if draft.kind == "files_came":
            written.append(notice)
        return notice

    workshop.worker.render = keep
    with time_machine.travel(utcnow() + TOGETHER + timedelta(seconds=1), tick=False):
        workshop.run_due()
    return written


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


def test_bytes_that_a_customer_has_too_stay_when_a_strangers_copy_goes(workshop: Workshop, mailbox: Mailbox) -> None:
    file_id = workshop.upload("ada")
    mailbox.send(("copy.stl", cube_stl()), sender="spam@example.net")
    workshop.run_due()
    receiving.throw_away(IncomingRow.get().id, actor=workshop.actor("sam"), at=utcnow())
    with time_machine.travel(utcnow() + timedelta(days=2), tick=False):
        receiving.tidy(workshop.shop, utcnow())
    assert workshop.shop.files.path(DesignFileRow.get_by_id(file_id).blob_id).exists()
    assert examine(workshop.shop, at=utcnow()) == []


def test_bytes_that_came_again_just_now_are_not_forgotten(workshop: Workshop) -> None:
    sha256 = workshop.shop.files.put_bytes(b"solid")
    assert not workshop.shop.files.forget(sha256, untouched=timedelta(hours=1))
    assert workshop.shop.files.path(sha256).read_bytes() == b"solid"
    assert workshop.shop.files.forget(sha256, untouched=timedelta(0))
    assert workshop.shop.files.forget(sha256, untouched=timedelta(0)), "gone is gone"


def test_the_same_mail_twice_is_taken_once(workshop: Workshop, mailbox: Mailbox) -> None:
    for _ in range(2):
        mailbox.send(("part.stl", cube_stl()), Message_ID="<1@example.org>")
        workshop.run_due()
        next_look(workshop)
    assert len(mailbox.settled) == 2
    assert mailbox.mails == {}
    assert DesignFileRow.select().count() == IncomingRow.select().count() == 1
    assert len(told(workshop)) == 1


def test_killed_between_commit_and_settling_it_is_taken_once(workshop: Workshop, mailbox: Mailbox) -> None:
    mailbox.send(("part.stl", cube_stl()))
    mailbox.stuck = True
    workshop.run_due()
    assert "The mail server refused: no room." in workshop.browser("sam").see("/staff/")
    assert len(mailbox.mails) == 1
    mailbox.stuck = False
    next_look(workshop)
    assert mailbox.mails == {}
    assert DesignFileRow.select().count() == 1
    assert "refused: no room" not in workshop.browser("sam").see("/staff/")


def test_killed_before_the_commit_nothing_is_there_and_it_comes_again(
    workshop: Workshop, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    mailbox.send(("a.stl", cube_stl()), ("b.stl", cube_stl(5.0)))
    mailbox.send(("c.stl", cube_stl(6.0)), sender="bob@example.org")
    admit, calls = receiving.intake.admit, []

    def die_at_the_second(*args: Any, **named: Any) -> Any:
        calls.append(args[3])
        if calls == ["a.stl", "b.stl"]:
            raise OSError("power cut")
        return admit(*args, **named)

    monkeypatch.setattr(receiving.intake, "admit", die_at_the_second)
    with caplog.at_level(logging.CRITICAL):
        workshop.run_due()
    assert [row.name for row in DesignFileRow.select()] == ["c.stl"], "the next mail gets its turn"
    assert IncomingRow.select().count() == NoticeRow.select().count() == 1
    assert workshop.shop.plugins.failures["channel_email"] == 1
    next_look(workshop)
    assert sorted(row.name for row in DesignFileRow.select()) == ["a.stl", "b.stl", "c.stl"]


def test_a_hostile_mail_harms_nobody(workshop: Workshop, mailbox: Mailbox) -> None:
    names = [
        "../../x.stl",
        "..\\..\\y.stl",
        "/etc/passwd",
        "evil.exe",
        "\u202egpj.stl",
        "a" * 5000 + ".stl",
        "empty.stl",
    ]
    files = [(name, b"" if name == "empty.stl" else cube_stl(number + 1)) for number, name in enumerate(names)]
    files += [(f"part{number}.stl", cube_stl(100.0 + number)) for number in range(93)]
    mailbox.send(*files, X_Long="x" * 100_000)
    mailbox.send(("huge.stl", cube_stl()), X_Long="x" * 400_000)
    workshop.run_due()
    taken = [row.name for row in DesignFileRow.select().order_by(DesignFileRow.id)]
    assert taken[:2] == ["x.stl", "y.stl"]
    assert len(taken) == 50 - 3, "passwd, the program and the empty one are not among the fifty"
    assert all("/" not in name and "\\" not in name and name.isprintable() and len(name) <= 150 for name in taken)
    sentences = {row.name: row.sentence for row in IncomingFileRow.select().where(IncomingFileRow.sentence != "")}
    assert "program" in sentences["evil.exe"] or "cannot open" in sentences["evil.exe"]
    assert sentences["empty.stl"]
    assert "50 files at once" in sentences["50 more files"]
    assert "header" in IncomingRow.get(IncomingRow.sender == "").sentence
    assert len(mailbox.settled) == 2
    assert not list(Path(workshop.shop.config.data).parent.glob("x.stl"))
    [notice] = told(workshop)
    assert "50 more files" in notice.text
    assert examine(workshop.shop, at=utcnow()) == []


def test_a_machine_is_never_answered(workshop: Workshop, mailbox: Mailbox) -> None:
    mailbox.send(("part.stl", cube_stl()), Auto_Submitted="auto-replied")
    mailbox.send()
    workshop.run_due()
    assert len(mailbox.settled) == 2
    assert DesignFileRow.select().count() == 1
    assert NoticeRow.select().count() == 0


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


def test_strangers_cannot_fill_the_disk(workshop: Workshop, monkeypatch: pytest.MonkeyPatch, mailbox: Mailbox) -> None:
    monkeypatch.setattr(receiving, "MOST_HELD", 3)
    for number in range(5):
        mailbox.send((f"part{number}.stl", cube_stl(number + 1.0)), sender=f"s{number}@example.net")
    workshop.run_due()
    held = IncomingRow.select().where(IncomingRow.state == "held").order_by(IncomingRow.id)
    assert [row.sender for row in held] == [f"s{number}@example.net" for number in (2, 3, 4)]
    assert "oldest" in IncomingRow.get(IncomingRow.sender == "s0@example.net").sentence
    monkeypatch.setattr(receiving.queries, "unowned_bytes", lambda: 5_000_000_000)
    mailbox.send(("more.stl", cube_stl(50.0)), sender="more@example.net")
    mailbox.send(("mine.stl", cube_stl(51.0)))
    next_look(workshop)
    assert "no room" in IncomingRow.get(IncomingRow.sender == "more@example.net").sentence
    assert DesignFileRow.get().name == "mine.stl", "customers have their own room"
    assert examine(workshop.shop, at=utcnow()) == []


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


def test_a_channel_that_fails_is_told_waits_longer_and_stops_no_other(
    workshop: Workshop, mailbox: Mailbox, tmp_path: Path
) -> None:
    (tmp_path / "in" / "ada@example.org").mkdir(parents=True)
    (tmp_path / "in" / "ada@example.org" / "part.stl").write_bytes(cube_stl())
    enable(workshop, FolderChannel(FolderSettings(str(tmp_path / "in"))))
    mailbox.broken = Unreachable("The mail server cannot be reached.")
    waits = []
    for _ in range(3):
        next_look(workshop)
        row = WorkRow.get(WorkRow.dedupe == "channel:email")
        waits.append(round((row.run_after - utcnow()).total_seconds() / 60))
    assert waits == [2, 4, 8]
    assert DesignFileRow.get().name == "part.stl", "the folder works"
    for who, path in (("sam", "/staff/"), ("olga", "/staff/settings")):
        page = workshop.browser(who).see(path)
        assert "No files come in by mail. The mail server cannot be reached." in page
        assert "We try again at" in page
    mailbox.broken = None
    next_look(workshop)
    assert "No files come in" not in workshop.browser("sam").see("/staff/")


def test_a_wrong_password_is_not_tried_before_the_next_start(workshop: Workshop, mailbox: Mailbox) -> None:
    mailbox.broken = CredentialsRejected("The mail server does not accept our password.")
    workshop.run_due()
    mailbox.broken = None
    mailbox.send(("part.stl", cube_stl()))
    next_look(workshop)
    assert DesignFileRow.select().count() == 0
    page = workshop.browser("sam").see("/staff/")
    assert "does not accept our password" in page
    assert "We try again" not in page
    channels.plan(workshop.shop, utcnow(), revive=True)
    workshop.run_due()
    assert DesignFileRow.select().count() == 1


def test_a_channel_that_raises_is_counted(
    workshop: Workshop, mailbox: Mailbox, caplog: pytest.LogCaptureFixture
) -> None:
    mailbox.broken = ZeroDivisionError()
    with caplog.at_level(logging.CRITICAL):
        workshop.run_due()
    assert workshop.shop.plugins.failures["channel_email"] == 1
    assert "the log of the worker says why" in workshop.browser("sam").see("/staff/")


def test_two_workers_never_look_at_once_and_a_dead_one_is_followed(workshop: Workshop, mailbox: Mailbox) -> None:
    channels.plan(workshop.shop, utcnow())
    channels.plan(workshop.shop, utcnow())
    [mine] = store_work.claim(utcnow())
    assert store_work.hold_on(mine, utcnow() + channels.LEASE)
    assert store_work.claim(utcnow() + timedelta(minutes=4)) == []
    [theirs] = store_work.claim(utcnow() + timedelta(minutes=6))
    mailbox.send(("part.stl", cube_stl()))
    channels.look(workshop.shop, mine, utcnow)
    assert len(mailbox.mails) == 1, "who was overtaken keeps off"
    channels.look(workshop.shop, theirs, utcnow)
    assert mailbox.mails == {}


def test_a_channel_that_is_not_enabled_any_more_is_not_looked_at(workshop: Workshop, mailbox: Mailbox) -> None:
    workshop.run_due()
    del workshop.shop.plugins.intake_channels["email"]
    next_look(workshop)
    assert WorkRow.get(WorkRow.dedupe == "channel:email").state == "done"
    enable(workshop, mailbox)
    channels.plan(workshop.shop, utcnow(), revive=True)
    assert WorkRow.get(WorkRow.dedupe == "channel:email").state == "ready"


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
    assert "came by folder" in told(workshop)[0].text.lower()
