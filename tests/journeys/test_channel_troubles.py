"""What goes wrong with files that come in: hostile mails, floods, dead workers, servers that fail; nothing is lost or twice."""

from __future__ import annotations

import logging
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from craftops_plugins.channel_folder.channel import FolderChannel, FolderSettings
from letterbox import Mailbox, enable, next_look, told

from craftops.errors import CredentialsRejected, Unreachable
from craftops.processes.doctor import examine
from craftops.services.files import receiving
from craftops.store import work as store_work
from craftops.store.database import utcnow
from craftops.store.models import (
    DesignFileRow,
    IncomingFileRow,
    IncomingRow,
    NoticeRow,
    WorkRow,
)
from craftops.tasks import channels
from craftops.testing import Workshop
from craftops.testing.workshop import cube_stl


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
    channels.look(workshop.shop, mine, utcnow, workshop.worker.mend)
    assert len(mailbox.mails) == 1, "who was overtaken keeps off"
    channels.look(workshop.shop, theirs, utcnow, workshop.worker.mend)
    assert mailbox.mails == {}


def test_a_channel_that_is_not_enabled_any_more_is_not_looked_at(workshop: Workshop, mailbox: Mailbox) -> None:
    workshop.run_due()
    del workshop.shop.plugins.intake_channels["email"]
    next_look(workshop)
    assert WorkRow.get(WorkRow.dedupe == "channel:email").state == "done"
    enable(workshop, mailbox)
    channels.plan(workshop.shop, utcnow(), revive=True)
    assert WorkRow.get(WorkRow.dedupe == "channel:email").state == "ready"
