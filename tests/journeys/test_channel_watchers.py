"""A channel that is told of what comes is looked at without waiting for its interval."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from letterbox import Mailbox, enable

from craftops.errors import CredentialsRejected, Unreachable
from craftops.services.files import receiving
from craftops.store import work as store_work
from craftops.store.database import utcnow
from craftops.store.models import DesignFileRow, WorkRow
from craftops.tasks import channel_watchers
from craftops.tasks.channel_watchers import watching
from craftops.tasks.channels import key_of
from craftops.testing import Workshop
from craftops.testing.workshop import cube_stl


class Bell(Mailbox):
    """A mailbox that tells when something lies in it."""

    def __init__(self) -> None:
        super().__init__()
        self.rung = threading.Semaphore(0)
        self.begun: list[int] = []
        self.raises: list[Exception] = []

    def watch(self, stop: threading.Event) -> Iterator[None]:
        self.begun.append(1)
        if self.raises:
            raise self.raises.pop(0)
        while not stop.is_set():
            if self.rung.acquire(timeout=0.02):
                yield


def until(condition: Callable[[], bool]) -> None:
    for _ in range(500):
        if condition():
            return
        threading.Event().wait(0.02)
    raise AssertionError("it did not come to pass within ten seconds")


def due() -> bool:
    return WorkRow.select().where(WorkRow.kind == receiving.FETCH, WorkRow.run_after <= utcnow()).exists()


def test_a_mail_is_in_the_shop_long_before_the_next_look(workshop: Workshop) -> None:
    bell, stop = Bell(), threading.Event()
    enable(workshop, bell)
    workshop.run_due()
    assert not due(), "the next look is a minute away"
    with watching(workshop.shop.plugins.intake_channels, stop):
        bell.send(("bracket.stl", cube_stl()))
        bell.rung.release()
        until(due)
        workshop.run_due()
        stop.set()
    assert [row.name for row in DesignFileRow.select()] == ["bracket.stl"]


def test_what_comes_during_a_look_is_looked_for_again(workshop: Workshop) -> None:
    bell, stop = Bell(), threading.Event()
    enable(workshop, bell)
    workshop.run_due()
    WorkRow.update(run_after=utcnow()).where(WorkRow.kind == receiving.FETCH).execute()
    [work] = [one for one in store_work.claim(utcnow()) if one.kind == receiving.FETCH]
    assert not store_work.hasten(key_of(bell.name), utcnow()), "somebody is at it"
    with watching(workshop.shop.plugins.intake_channels, stop):
        bell.rung.release()
        store_work.again(work, work.payload, "", utcnow() + timedelta(minutes=1))
        until(due)
        stop.set()


def test_a_channel_that_is_out_of_reach_is_watched_again(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(channel_watchers, "FIRST_PAUSE_S", 0.01)
    bell, stop = Bell(), threading.Event()
    bell.raises = [Unreachable("The mail server cannot be reached."), ValueError("odd")]
    enable(workshop, bell)
    workshop.run_due()
    with watching(workshop.shop.plugins.intake_channels, stop):
        until(lambda: len(bell.begun) == 3)
        bell.rung.release()
        until(due)
        stop.set()


def test_a_wrong_password_is_not_tried_again(workshop: Workshop) -> None:
    bell = Bell()
    bell.raises = [CredentialsRejected("No.")]
    enable(workshop, bell)
    with watching(workshop.shop.plugins.intake_channels, threading.Event()):
        pass
    assert len(bell.begun) == 1


def test_a_channel_that_cannot_know_has_no_thread(workshop: Workshop) -> None:
    enable(workshop, Mailbox())
    before = threading.active_count()
    with watching(workshop.shop.plugins.intake_channels, threading.Event()):
        assert threading.active_count() == before
