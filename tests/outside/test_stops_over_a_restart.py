"""A print that was stopped at its machine stays stopped, whenever the bridge is restarted meanwhile and however often the
machine tells its last state again: through each driver and the bridge that hears it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson
import pytest
from craftops_machines.moonraker_mqtt import MoonrakerMqttDriver
from craftops_machines.mqtt import ContractDriver
from craftops_machines.octoprint_mqtt import OctoPrintMqttDriver
from craftops_machines.power import PowerDriver
from outside.test_called_klipper import Klipper
from outside.test_called_machines import Prusa, at
from outside.test_called_octoprint import READY, Octo
from samples.outside import Floor

from craftops.testing import Workshop

FILE = "hand8.gcode"
Say = Callable[[], object]
GAP_S = 90.0


def contract(floor: Floor, job: dict[str, Any]) -> list[Say]:
    words = [{"state": "idle"}, *({"state": "running", "progress": share, "job": job} for share in (0.02, 0.2, 0.4))]
    words += [{"state": "cancelled", "progress": 0.4, "job": job}, {"state": "idle"}]
    return [lambda word=word: floor.status(word) for word in words]  # type: ignore[misc]


def bare(floor: Floor) -> list[Say]:
    words = [("state", b"idle"), ("state", b"running"), ("progress", b"2"), ("progress", b"20"), ("progress", b"40")]
    return [lambda word=word: floor.say(*word) for word in [*words, ("state", b"cancelled"), ("state", b"idle")]]  # type: ignore[misc]


def klipper(floor: Floor) -> list[Say]:
    def says(*values: tuple[str, Any]) -> Say:
        def say() -> None:
            for leaf, value in values:
                floor.say(f"klipper/state/{leaf}", orjson.dumps({"eventtime": 1.0, "value": value}))

        return say

    def on(seconds: float, share: float) -> Say:
        return says(("virtual_sdcard/progress", share), ("print_stats/print_duration", seconds),
                    ("print_stats/total_duration", seconds))  # fmt: skip

    stats = "print_stats"
    return [
        lambda: floor.say("moonraker/status", b'{"server":"online"}'),
        says((f"{stats}/filename", FILE), ("virtual_sdcard/progress", 0.0), (f"{stats}/print_duration", 0.0),
             (f"{stats}/state", "printing"), (f"{stats}/total_duration", 0.5)),
        on(90.0, 0.2), on(180.0, 0.4), says((f"{stats}/state", "cancelled")), says((f"{stats}/state", "standby")),
    ]  # fmt: skip


def octoprint(floor: Floor) -> list[Say]:
    def says(topic: str, **told: Any) -> Say:
        def say() -> None:
            said = {"path": FILE, "location": "local", "_timestamp": floor.now.timestamp(), **told}
            floor.say(f"octoprint/{topic}", orjson.dumps(said), retain="progress" in topic)

        return say

    percents = [says("progress/printing", progress=percent) for percent in (2, 20, 40)]
    over = [says("event/PrintCancelled"), says("event/PrintFailed", reason="cancelled")]
    return [says("event/PrintStarted"), *percents, *over, says("progress/printing", progress=0)]


BROKERED: dict[str, tuple[type, Callable[[Floor], list[Say]]]] = {
    "contract": (ContractDriver, lambda floor: contract(floor, {"id": "r1", "file": FILE})),
    "contract by file": (ContractDriver, lambda floor: contract(floor, {"file": FILE})),
    "contract, nameless": (ContractDriver, lambda floor: contract(floor, {})),
    "bare topics": (ContractDriver, bare),
    "klipper": (MoonrakerMqttDriver, klipper),
    "octoprint": (OctoPrintMqttDriver, octoprint),
}
MOST = 8


def stays_stopped(floor: Floor, *, asked: bool = True) -> None:
    """Nothing was made of it, nothing begins by itself; who did not hear the stop may ask."""
    first, second = floor.states
    assert first in ("cancelled", "attention") if asked else first == "cancelled", floor.states
    assert second == "queued"
    assert floor.machine.state not in ("running", "preparing")


@pytest.mark.parametrize("cut", range(2, MOST))
@pytest.mark.parametrize("kind", BROKERED)
def test_what_the_broker_tells_again_begins_nothing(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch, kind: str, cut: int
) -> None:
    """Restarted after each of its words in turn, and twice more at the end."""
    driver, words = BROKERED[kind]
    floor = Floor(workshop, driver(), monkeypatch, GAP_S)
    floor.wait_for_machine(2, planned_s=600.0, file="" if kind in ("bare topics", "contract, nameless") else FILE)
    for number, say in enumerate(words(floor), 1):
        say()
        if number == cut:
            floor.restart()
    for _ in range(2):
        floor.restart()
    stays_stopped(floor, asked=False)
    assert floor.machine.unclaimed_run == ""


@pytest.mark.parametrize("kind", BROKERED)
def test_a_stop_that_nobody_heard_makes_nothing(workshop: Workshop, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    """The bridge is down while the print is stopped, and the broker has kept what was said last."""
    driver, words = BROKERED[kind]
    floor = Floor(workshop, driver(), monkeypatch, GAP_S)
    floor.wait_for_machine(2, planned_s=600.0, file="" if kind in ("bare topics", "contract, nameless") else FILE)
    said = words(floor)
    stop = 5 if kind == "bare topics" else 4
    for say in said[:stop]:
        say()
    with monkeypatch.context() as deaf:
        deaf.setattr(Floor, "hear", lambda *_args, **_more: None)
        for say in said[stop:]:
            say()
    for _ in range(2):
        floor.restart()
    first, second = floor.states
    assert first not in ("done", "failed")
    assert second == "queued"


@pytest.mark.parametrize("cut", ["while it works", "after its rest", "again and again"])
def test_a_plug_that_went_quiet_begins_nothing_when_it_is_heard_again(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch, cut: str
) -> None:
    given = {"kind": "tasmota", "device": "plug-1", "on_w": "40", "off_w": "20", "start_s": "8", "end_min": "0.5"}
    floor = Floor(workshop, PowerDriver(), monkeypatch, 0.0, given=given)
    floor.wait_for_machine(2, planned_s=60.0)

    def draws(watts: float, *, retained: bool = False) -> None:
        said = orjson.dumps({"Time": f"{floor.now:%Y-%m-%dT%H:%M:%S}", "ENERGY": {"Power": watts}})
        floor.hear("", said, topic="tele/plug-1/SENSOR", retained=retained)

    for watts in (5, *[300] * 8):
        floor.look(9.0)
        draws(watts)
    assert floor.states == ["running", "queued"]
    if cut == "while it works":
        floor.restart()
        draws(300, retained=True)
    for _ in range(6):
        floor.look(9.0)
        draws(4)
    for _ in range({"while it works": 0, "after its rest": 1, "again and again": 3}[cut]):
        floor.restart()
        draws(300, retained=True)
        for _ in range(4):
            floor.look(9.0)
            draws(4)
    assert floor.states == ["done", "queued"], "a plug does not know why it rests"
    assert floor.machine.unclaimed_run == ""


@pytest.mark.parametrize(("version", "pushes"), [("1.11.8", True), ("1.11.8", False), ("2.0.0rc7", True)])
@pytest.mark.parametrize("cut", range(5))
def test_octoprint(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch, version: str, *, pushes: bool, cut: int
) -> None:
    octo = Octo(workshop, monkeypatch, version, pushes=pushes)

    def stopping() -> None:
        octo.flags = frozenset({"operational", "cancelling"})
        octo.tell()

    def stopped() -> None:
        octo.event("PrintCancelled")
        octo.event("PrintFailed", reason="cancelled")
        octo.failure, octo.ended_at = octo.failure + 1, octo.floor.now.timestamp()
        octo.flags, octo.share, octo.seconds = READY, None, None
        octo.tell()

    steps = [*octo.one_print(until=4), (5.0, stopping), (3.0, stopped)]
    played_over_restarts(octo.floor, steps, len(steps) - cut, lambda some: octo.play(*some), forget=octo.news.clear)
    octo.play((5.0, octo.tell))
    first, *others = octo.floor.states
    assert first == "cancelled"
    assert others == ["queued", "queued"]
    assert octo.floor.machine.unclaimed_run == ""


def played_over_restarts(
    floor: Floor, steps: list[Any], cut: int, play: Callable[[list[Any]], object], forget: Say = lambda: None
) -> None:
    """The bridge hears the first steps, is down during the next one, and hears the rest."""
    play(steps[:cut])
    for after_s, happens in steps[cut : cut + 1]:
        floor.now += floor.now.resolution * int(after_s * 1e6)
        happens()
    forget()
    floor.restart()
    play(steps[cut + 1 :])
    floor.restart()


@pytest.mark.parametrize("gone", [False, True], ids=["kept", "blank at once"])
@pytest.mark.parametrize("cut", range(5))
def test_klipper(workshop: Workshop, monkeypatch: pytest.MonkeyPatch, cut: int, *, gone: bool) -> None:
    found = Klipper(workshop, monkeypatch)
    found.floor.wait_for_machine(2, planned_s=600.0, file=FILE)
    wire = found.wire

    def stopped() -> None:
        wire.blanks("standby") if gone else wire.goes_on(180.0, 0.4, "cancelled")

    steps = [(5.0, wire.begins), (90.0, lambda: wire.goes_on(90.0, 0.2)), (90.0, lambda: wire.goes_on(180.0, 0.4)),
             (5.0, stopped), (0.5, lambda: wire.records("cancelled", 180.0))]  # fmt: skip
    played_over_restarts(found.floor, steps, len(steps) - cut, lambda some: found.play(*some), wire.notices.clear)
    found.play((5.0, lambda: None))
    stays_stopped(found.floor, asked=False)


@pytest.mark.parametrize("rests", [False, True], ids=["STOPPED", "then IDLE"])
@pytest.mark.parametrize("cut", range(4))
def test_prusalink(workshop: Workshop, monkeypatch: pytest.MonkeyPatch, cut: int, *, rests: bool) -> None:
    prusa = Prusa(workshop, monkeypatch, planned_s=600.0)
    prusa.floor.wait_for_machine(1, planned_s=600.0, file=FILE)
    try:
        words = [(5.0, "PRINTING", at(1.0, 5.0)), (90.0, "PRINTING", at(20.0, 90.0)), (90.0, "PRINTING", at(40.0, 180.0)),
                 (5.0, "STOPPED", at(40.0, 185.0)), *([(12.0, "IDLE", None)] if rests else [])]  # fmt: skip
        begins = len(words) - cut
        prusa.play(words[:begins])
        for after_s, word, job in words[begins : begins + 1]:
            prusa.floor.now += prusa.floor.now.resolution * int(after_s * 1e6)
            prusa.says(word, job)
        for some in (words[begins + 1 :], [(5.0, words[-1][1], words[-1][2])]):
            prusa.floor.restart()
            prusa.play(some)
        unheard = rests and cut == 1
        stays_stopped(prusa.floor, asked=unheard)
    finally:
        prusa.machine.stop()
