"""The bridge looks through cameras: only while somebody watches, once for all of them, beside the machine's link."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from samples.cameras import QUICK_PACE, WatchedDriver, runs, watched
from samples.linked import RunningBridge, add, soon
from samples.pictures import jpeg, jpeg_bomb, png_bomb

from craftops.bridges import bridge
from craftops.bridges.camera_poller import BROKE, HANGS
from craftops.domain.machines.readings import MachineState
from craftops.errors import Unreachable
from craftops.sdk.camera import NoCamera
from craftops.services.machines import cameras
from craftops.store.frames import WANTED
from craftops.store.models import CameraRow, EventRow, JobRow, MachineRow
from craftops.testing import Workshop


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bridge, "LOOK_EVERY_S", 0.05)


@pytest.fixture
def driver(workshop: Workshop) -> Iterator[WatchedDriver]:
    made = watched(workshop)
    yield made
    made.freed.set()


@pytest.fixture
def run(workshop: Workshop) -> Iterator[Callable[..., RunningBridge]]:
    running: list[RunningBridge] = []

    def start(**pace: float) -> RunningBridge:
        running.append(RunningBridge(workshop, pace=replace(QUICK_PACE, **pace)))
        return running[-1]

    yield start
    for one in running:
        one.stop()  # the workshop closes the database, when nobody uses it any more


def machine(workshop: Workshop) -> MachineRow:
    return workshop.machine_row("printer-1")


def seen(workshop: Workshop) -> CameraRow:
    return CameraRow.get_or_none(CameraRow.machine == machine(workshop).id) or CameraRow()


def look(workshop: Workshop) -> None:
    """Somebody opens the machine's page."""
    cameras.watch(workshop.shop, [machine(workshop).id], [])


def test_nobody_watches_so_nobody_looks(
    workshop: Workshop, driver: WatchedDriver, run: Callable[..., RunningBridge]
) -> None:
    add(workshop)
    run()
    soon(workshop, lambda: machine(workshop).state == "idle")
    heard = machine(workshop).heard_at
    soon(workshop, lambda: machine(workshop).heard_at > heard)
    assert driver.shots == 0
    look(workshop)
    soon(workshop, lambda: seen(workshop).frame_sha)
    assert workshop.shop.frames.read(machine(workshop).id, seen(workshop).frame_sha)[:2] == b"\xff\xd8"


def test_all_who_watch_share_one_look(
    workshop: Workshop, driver: WatchedDriver, run: Callable[..., RunningBridge]
) -> None:
    add(workshop)
    run(watched=30.0)
    for _ in range(5):
        look(workshop)
    soon(workshop, lambda: seen(workshop).frame_sha)
    heard = machine(workshop).heard_at
    look(workshop)
    soon(workshop, lambda: machine(workshop).heard_at > heard)
    assert driver.shots == 1


def test_pictures_go_on_while_somebody_watches_and_end_when_nobody_does(
    workshop: Workshop, driver: WatchedDriver, run: Callable[..., RunningBridge]
) -> None:
    add(workshop)
    run()
    look(workshop)
    soon(workshop, lambda: driver.shots >= 3)
    assert EventRow.select().where(EventRow.kind == "camera_seen").count() >= 2
    os.utime(workshop.shop.frames.folder / str(machine(workshop).id) / WANTED, (0, 0))  # nobody has said so for long
    soon(workshop, lambda: rests(workshop, driver))
    shots, heard = driver.shots, machine(workshop).heard_at
    soon(workshop, lambda: machine(workshop).heard_at > heard + timedelta(seconds=0.5))
    assert driver.shots == shots


def rests(workshop: Workshop, driver: WatchedDriver) -> bool:
    """Whether no picture came between two words of the machine."""
    shots, heard = driver.shots, machine(workshop).heard_at
    soon(workshop, lambda: machine(workshop).heard_at > heard + timedelta(seconds=0.3))
    return driver.shots == shots


@pytest.mark.parametrize(
    ("raised", "sentence"),
    [
        (Unreachable("Nothing answers at this address."), "Nothing answers at this address."),
        (NoCamera("It has none."), "It has none."),
        (ZeroDivisionError("a bug"), BROKE),
    ],
)
def test_a_camera_that_fails_says_why_and_the_last_picture_stays(
    workshop: Workshop, driver: WatchedDriver, run: Callable[..., RunningBridge], raised: Exception, sentence: str
) -> None:
    add(workshop)
    run()
    look(workshop)
    soon(workshop, lambda: seen(workshop).frame_sha)

    def fail() -> bytes:
        raise raised

    driver.shoot = fail
    soon(workshop, lambda: seen(workshop).sentence == sentence)
    assert workshop.shop.frames.read(machine(workshop).id, seen(workshop).frame_sha)
    failed = EventRow.select().where(EventRow.kind == "camera_seen").count()
    shots = driver.shots
    soon(workshop, lambda: driver.shots >= shots + 2)
    assert EventRow.select().where(EventRow.kind == "camera_seen").count() == failed, "said once"
    driver.shoot = driver.next_picture
    soon(workshop, lambda: not seen(workshop).sentence)
    assert machine(workshop).link_state == "connected"


@pytest.mark.parametrize("raw", [b"", b"<html>", jpeg()[:500], png_bomb(), jpeg_bomb()], ids=range(5))
def test_what_is_no_picture_or_a_bomb_never_gets_beyond_the_bridge(
    workshop: Workshop, driver: WatchedDriver, run: Callable[..., RunningBridge], raw: bytes
) -> None:
    add(workshop)
    driver.shoot = lambda: raw
    run()
    look(workshop)
    soon(workshop, lambda: "picture" in seen(workshop).sentence)
    assert not seen(workshop).frame_sha
    page = workshop.browser("sam").see("/staff/machines/printer-1")
    assert seen(workshop).sentence in page
    assert "/camera?v=" not in page


def test_a_camera_that_hangs_is_left_behind_and_the_machine_is_heard(
    workshop: Workshop, driver: WatchedDriver, run: Callable[..., RunningBridge]
) -> None:
    add(workshop)
    driver.shoot = driver.hang
    run(hangs=0.2)
    look(workshop)
    soon(workshop, lambda: seen(workshop).sentence == HANGS)
    heard = machine(workshop).heard_at
    soon(workshop, lambda: machine(workshop).heard_at > heard)
    driver.freed.set()
    soon(workshop, lambda: driver.shots >= 2)
    driver.shoot = driver.next_picture
    soon(workshop, lambda: seen(workshop).frame_sha)


def test_a_picture_belongs_to_the_job_that_ran_all_the_while(
    workshop: Workshop, driver: WatchedDriver, run: Callable[..., RunningBridge]
) -> None:
    add(workshop)
    job = workshop.accept(workshop.place("ada"), "printer-1")
    run()
    look(workshop)
    soon(workshop, lambda: seen(workshop).frame_sha)
    assert seen(workshop).frame_job_id is None
    runs(driver, job.code)
    soon(workshop, lambda: seen(workshop).frame_job_id == job.id)
    runs(driver, job.code, MachineState.PAUSED)
    soon(workshop, lambda: seen(workshop).frame_job_id is None)
    runs(driver, job.code)
    soon(workshop, lambda: seen(workshop).frame_job_id == job.id)
    runs(driver, job.code, MachineState.DONE)
    soon(workshop, lambda: JobRow.get_by_id(job.id).state == "done" and seen(workshop).frame_job_id is None)


def test_a_picture_that_may_be_from_before_the_job_belongs_to_nobody(
    workshop: Workshop, driver: WatchedDriver, run: Callable[..., RunningBridge], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(WatchedDriver, "picture_lag_s", 600.0)
    add(workshop)
    job = workshop.accept(workshop.place("ada"), "printer-1")
    runs(driver, job.code)
    run()
    look(workshop)
    soon(workshop, lambda: JobRow.get_by_id(job.id).state == "running")
    shots = driver.shots
    soon(workshop, lambda: driver.shots >= shots + 2)
    assert seen(workshop).frame_job_id is None


def test_a_shared_run_is_looked_at_without_anybody_watching(
    workshop: Workshop, driver: WatchedDriver, run: Callable[..., RunningBridge]
) -> None:
    add(workshop)
    job = workshop.accept(workshop.place("ada"), "printer-1")
    cameras.share(workshop.shop, job.id, True, actor=workshop.actor("sam"), at=job.order.placed_at)
    run()
    soon(workshop, lambda: machine(workshop).state == "idle")
    assert driver.shots == 0, "it does not run yet"
    runs(driver, job.code)
    soon(workshop, lambda: seen(workshop).frame_job_id == job.id)
