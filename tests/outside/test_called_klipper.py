"""Klipper's own words of a print that are lost or come too early, as others have reported them: what Moonraker's history
says of it counts. Told in our own words, through the real link, and the bridge that hears it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from craftops_machines.moonraker import MoonrakerDriver
from craftops_machines.moonraker import link as moon_link
from craftops_machines.moonraker.client import MoonrakerRest
from craftops_machines.moonraker.link import MoonrakerLink
from samples.moonraker import ready
from samples.outside import Floor
from samples.played import PlayedLink, Step

from craftops.sdk.machine import MachineFacts
from craftops.testing import Workshop

FILE = "hand8.gcode"
BLANK: dict[str, Any] = {
    "filename": "", "total_duration": 0.0, "print_duration": 0.0, "filament_used": 0.0, "message": "",
}  # fmt: skip


class Wire:
    """In the place of Moonraker's live channel; Klipper's objects and the history are what the test says."""

    def __init__(self, floor: Floor) -> None:
        self.floor = floor
        self.objects = ready()
        self.history: list[dict[str, Any]] = []
        self.notices: deque[tuple[str, Any]] = deque()

    def take_in(self, within_s: float = 0.0) -> bool:
        return False

    def close(self) -> None:
        """Nobody minds."""

    def call(self, method: str, params: Mapping[str, Any] | None = None) -> Any:
        if method == "server.info":
            return {"klippy_state": "ready"}
        if method == "printer.objects.subscribe":
            return {"status": self.objects}
        if method == "server.history.list":
            return {"jobs": self.history[::-1][:1]}
        if method == "server.history.get_job":
            return {"job": next(job for job in self.history if params and job["job_id"] == params["uid"])}
        return {}

    # what happens

    def change(self, **objects: dict[str, Any]) -> None:
        for name, values in objects.items():
            self.objects[name].update(values)
        self.notices.append(("notify_status_update", objects))

    def goes_on(self, seconds: float, share: float, state: str = "printing") -> None:
        stats = {"filename": FILE, "state": state, "print_duration": seconds, "total_duration": seconds}
        self.change(print_stats=stats, virtual_sdcard={"progress": share, "file_position": int(share * 1000)})

    def begins(self) -> None:
        self.goes_on(0.0, 0.0)
        self.history.append({
            "job_id": f"{len(self.history) + 1:06X}", "filename": FILE, "status": "in_progress", "end_time": None,
            "start_time": self.floor.now.timestamp(), "print_duration": 0.0, "total_duration": 0.0,
        })  # fmt: skip
        self.notices.append(("notify_history_changed", {"job": dict(self.history[-1])}))

    def blanks(self, state: str) -> None:
        self.change(print_stats={**BLANK, "state": state})

    def records(self, status: str, took_s: float) -> None:
        at = self.floor.now.timestamp()
        self.history[-1] |= {"status": status, "end_time": at, "print_duration": took_s, "total_duration": took_s}
        self.notices.append(("notify_history_changed", {"job": dict(self.history[-1])}))


class Klipper:
    """A Klipper of the shop; jobs wait for it."""

    def __init__(self, workshop: Workshop, patch: pytest.MonkeyPatch) -> None:
        self.patch = patch
        patch.setattr(MoonrakerRest, "version", lambda _rest: "0.11.0")
        patch.setattr(MoonrakerRest, "open_channel", lambda _rest: self.wire)
        self.floor = Floor(workshop, MoonrakerDriver(), patch, given={"address": "http://127.0.0.1:9"})
        self.wire = Wire(self.floor)
        self.played = PlayedLink(self.floor, moon_link, self.connect)

    def connect(self, machine: MachineFacts) -> MoonrakerLink:
        return MoonrakerLink(machine)

    def play(self, *steps: tuple[float, Callable[[], object]]) -> list[str]:
        """One connection; the states of the jobs before each step and at the end, one word each."""
        seen: list[str] = []

        def watched(happens: Callable[[], object]) -> Callable[[], object]:
            return lambda: (seen.append(" ".join(self.floor.states)), happens())

        played: list[Step] = [(after_s, watched(happens)) for after_s, happens in steps]
        self.played.play(self.patch, played, settle_s=20.0)
        return [*seen, " ".join(self.floor.states)]


@pytest.fixture
def klipper(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> Klipper:
    return Klipper(workshop, monkeypatch)


@pytest.mark.parametrize("state", ["printing", "standby", ""])
@pytest.mark.parametrize("blank_s", [1.0, 3.5, 12.0])
def test_b24_words_that_are_empty_for_a_while_are_the_same_print(klipper: Klipper, state: str, blank_s: float) -> None:
    klipper.floor.wait_for_machine(1, planned_s=1400.0, file=FILE)
    wire = klipper.wire
    seen = klipper.play(
        (5.0, wire.begins), (60.0, lambda: wire.goes_on(1000.0, 0.4)), (5.0, lambda: wire.blanks(state)),
        (blank_s, lambda: wire.goes_on(1010.0, 0.45)), (9.0, lambda: wire.blanks(state)),
        (blank_s, lambda: wire.goes_on(1020.0, 0.5)), (9.0, lambda: wire.goes_on(1400.0, 1.0, "complete")),
        (0.2, lambda: wire.records("completed", 1400.0)), (1.0, lambda: None),
    )  # fmt: skip
    assert seen[1:7] == ["running"] * 6
    assert seen[-1] == "done"
    assert len({one.run_id for one in klipper.played.readings if one.run_id}) == 1


def test_a_print_that_the_history_still_calls_running_does_not_hang_for_ever(klipper: Klipper) -> None:
    klipper.floor.wait_for_machine(1, planned_s=1400.0, file=FILE)
    wire = klipper.wire
    seen = klipper.play(
        (5.0, wire.begins), (60.0, lambda: wire.goes_on(1000.0, 0.4)), (5.0, lambda: wire.blanks("standby")),
        (600.0, lambda: None),
    )  # fmt: skip
    assert seen[-1] == "attention"


@pytest.mark.parametrize("late_s", [0.1, 0.8, 4.0, 15.0])
def test_b26_everything_is_gone_the_moment_it_is_complete(klipper: Klipper, late_s: float) -> None:
    klipper.floor.wait_for_machine(2, planned_s=1400.0, file=FILE)
    wire = klipper.wire
    one = (
        (5.0, wire.begins), (60.0, lambda: wire.goes_on(1000.0, 0.7)), (30.0, lambda: wire.goes_on(1390.0, 0.99)),
        (5.0, lambda: wire.blanks("standby")), (late_s, lambda: wire.records("completed", 1395.0)),
    )  # fmt: skip
    assert klipper.play(*one)[-1] == "done queued"
    assert klipper.play(*one)[-1] == "done done"


def test_seconds_that_begin_anew_are_the_same_print_while_the_history_has_it(klipper: Klipper) -> None:
    klipper.floor.wait_for_machine(1, planned_s=1400.0, file=FILE)
    wire = klipper.wire
    seen = klipper.play(
        (5.0, wire.begins), (60.0, lambda: wire.goes_on(1000.0, 0.4)), (30.0, lambda: wire.goes_on(5.0, 0.45)),
        (90.0, lambda: wire.goes_on(95.0, 0.6)), (90.0, lambda: wire.goes_on(185.0, 0.9)),
        (30.0, lambda: wire.goes_on(200.0, 1.0, "complete")), (0.2, lambda: wire.records("completed", 1400.0)),
        (1.0, lambda: None),
    )  # fmt: skip
    assert seen[1:6] == ["running"] * 5
    assert seen[-1] == "done"
    assert len({one.run_id for one in klipper.played.readings if one.run_id}) == 1


@pytest.mark.parametrize("way", ["cancelled", "klippy_shutdown", "error"])
def test_an_end_that_only_the_history_tells_is_not_called_done(klipper: Klipper, way: str) -> None:
    klipper.floor.wait_for_machine(2, planned_s=1400.0, file=FILE)
    wire = klipper.wire
    seen = klipper.play(
        (5.0, wire.begins), (60.0, lambda: wire.goes_on(1000.0, 0.4)), (5.0, lambda: wire.blanks("standby")),
        (0.5, lambda: wire.records(way, 1000.0)), (30.0, wire.begins), (60.0, lambda: wire.goes_on(1000.0, 0.8)),
        (200.0, lambda: wire.goes_on(1300.0, 1.0, "complete")), (0.2, lambda: wire.records("completed", 1300.0)),
        (1.0, lambda: None),
    )  # fmt: skip
    assert seen[-1] == ("cancelled done" if way == "cancelled" else "failed done")


@pytest.mark.parametrize("share", [1.0, 0.0])
def test_one_wrong_percent_of_klippers_costs_nothing(klipper: Klipper, share: float) -> None:
    klipper.floor.wait_for_machine(1, planned_s=1400.0, file=FILE)
    wire = klipper.wire
    words = [(600.0, 0.4), (630.0, share), (660.0, 0.46), (690.0, 0.48), (720.0, 0.5), (1300.0, 0.95)]
    seen = klipper.play(
        (5.0, wire.begins), *((60.0, lambda told=told: wire.goes_on(*told)) for told in words),
        (60.0, lambda: wire.goes_on(1400.0, 1.0, "complete")), (0.2, lambda: wire.records("completed", 1400.0)),
        (1.0, lambda: None),
    )  # fmt: skip
    assert seen[-1] == "done"
    assert len({one.run_id for one in klipper.played.readings if one.run_id}) == 1
