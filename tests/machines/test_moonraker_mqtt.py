"""Moonraker over MQTT: put together value by value, and what a dead one left behind is not believed."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
from craftops_machines.moonraker_mqtt import MoonrakerMqttDriver, messages
from craftops_machines.moonraker_mqtt.messages import Known, leaves, take
from hypothesis import given
from hypothesis import strategies as st

from craftops.domain.machines.readings import MachineMemory, MachineState, Reading
from craftops.domain.machines.run_detection import interpret
from craftops.sdk.machine import Availability, Rejected, Word
from craftops.testing import MqttDriverContract
from craftops.testing.contracts import MACHINE, NOW

NAME = "K7RCX3-1_01234567.gcode"
M = MachineState
READY = {"webhooks": {"state": "ready", "state_message": "Printer is ready"}}
IDLE = {**READY, "print_stats": {"filename": "", "total_duration": 0.0, "print_duration": 0.0, "message": "", "state": "standby"},
        "virtual_sdcard": {"progress": 0.0, "file_position": 0}, "gcode_move": {"speed_factor": 1.0}}  # fmt: skip
SHUTDOWN = {"webhooks": {"state": "shutdown", "state_message": "MCU 'mcu' shutdown: Stepper too far in past\nThis"}}


class Talk:
    """A Moonraker that publishes, and what is made of it."""

    def __init__(self, known: Known | None = None) -> None:
        self.known = known or Known()
        self.at = NOW
        self.words: list[Word] = []

    def server(self, state: str, *, retained: bool = False) -> None:
        self._hear(messages.SERVER, {"server": state}, retained)

    def status(self, status: dict[str, dict[str, Any]], *, retained: bool = False) -> None:
        """One status update, split as Moonraker splits it."""
        self.at += timedelta(seconds=1)
        for name, values in status.items():
            for key, value in values.items():
                if f"{messages.STATE}{name}/{key}" in leaves():
                    self._hear(f"{messages.STATE}{name}/{key}", {"eventtime": 1.0, "value": value}, retained)

    def _hear(self, leaf: str, told: dict[str, Any], retained: bool) -> None:
        self.known, word = take(self.known, leaf, orjson.dumps(told), retained=retained, at=self.at)
        self.words += [word] if word is not None else []

    def print(self, name: str = NAME) -> None:
        self.status(
            {"print_stats": {"filename": name, "total_duration": 0.01, "print_duration": 0.0, "state": "printing"}}
        )

    def go_on(self, position: int, elapsed: float) -> None:
        self.status({"virtual_sdcard": {"progress": position / 1000, "file_position": position},
                     "print_stats": {"print_duration": elapsed, "total_duration": elapsed + 30}})  # fmt: skip

    @property
    def readings(self) -> list[Reading]:
        return [word for word in self.words if isinstance(word, Reading)]

    @property
    def events(self) -> list[str]:
        memory, found = MachineMemory(), []
        for reading in self.readings:
            memory, more = interpret(memory, reading)
            found += [one.kind.value for one in more]
        return found


@pytest.fixture
def talk() -> Talk:
    talk = Talk()
    talk.server("online")
    talk.status(IDLE)
    return talk


class TestContract(MqttDriverContract):
    def driver(self) -> MoonrakerMqttDriver:
        return MoonrakerMqttDriver()

    def good(self) -> tuple[str, bytes]:
        return "craftops/v1/printer-1/klipper/state/print_stats/state", b'{"eventtime":3675.4,"value":"printing"}'

    def test_it_tells_staff_what_to_set(self) -> None:
        said = self.driver().advice(MACHINE)
        assert "instance_name: craftops/v1/printer-1;" in said
        assert "publish_split_status: True" in said
        assert "enable_moonraker_api: False" in said

    def test_two_machines_are_not_mixed_up(self) -> None:
        driver = self.driver()
        other = MACHINE.__class__("printer-2", "Other", MACHINE.process)
        for machine, name in ((MACHINE, "a.gcode"), (other, "b.gcode")):
            topic = f"craftops/v1/{machine.key}/klipper/state/print_stats/filename"
            driver.read(machine, topic, orjson.dumps({"value": name}), retained=False, received_at=NOW)
        word = driver.read(MACHINE, *self.good(), retained=False, received_at=NOW)
        assert isinstance(word, Reading)
        assert word.file == "a.gcode"


def test_a_print_and_its_end(talk: Talk) -> None:
    talk.print()
    assert talk.readings[-1].state is M.PREPARING
    talk.status({"gcode_move": {"speed_factor": 1.2}})
    talk.go_on(400, 60.0)
    talk.status({"print_stats": {"info": {"total_layer": 8, "current_layer": 2}, "total_duration": 91.0}})
    seen = talk.readings[-1]
    assert (seen.state, seen.progress, seen.pos_bytes, seen.elapsed_s) == (M.RUNNING, 0.4, 400, 60.0)
    assert (seen.job_ref, seen.file, seen.layer, seen.layers, seen.speed_factor) == ("K7RCX3-1", NAME, 2, 8, 1.2)
    talk.status({"print_stats": {"state": "paused"}})
    talk.status({"print_stats": {"state": "printing"}})
    talk.status({"print_stats": {"total_duration": 95.0, "print_duration": 65.0, "state": "complete"}})
    assert talk.events == ["started", "paused", "resumed", "done"]


def test_the_next_print_does_not_end_with_the_last_ones_word(talk: Talk) -> None:
    for name in (NAME, NAME, "other.gcode"):
        talk.print(name)
        talk.go_on(10, 5.0)
        talk.status({"print_stats": {"state": "cancelled"}})
    assert talk.events == ["started", "cancelled"] * 3
    talk.print("last.gcode")
    talk.status({"print_stats": {"state": "error", "message": "Heater not heating\nat"}})
    assert talk.events[-1] == "failed"
    assert talk.readings[-1].error == "Heater not heating"


def test_a_shutdown_fails_the_print_and_what_freezes_is_not_believed(talk: Talk) -> None:
    talk.print()
    talk.go_on(10, 5.0)
    talk.status(SHUTDOWN)
    talk.status({"print_stats": {"total_duration": 40.0, "state": "paused"}})
    assert talk.readings[-1].state is M.OFFLINE
    talk.status(IDLE)
    assert talk.readings[-1].state is M.IDLE
    assert talk.events == ["started", "failed"]
    failed = next(one for one in talk.readings if one.state is M.FAILED)
    assert failed.error == "MCU 'mcu' shutdown: Stepper too far in past"


def test_what_a_killed_moonraker_left_behind_is_not_believed(talk: Talk) -> None:
    talk.print()
    left = {"print_stats": {"filename": NAME, "total_duration": 60.0, "print_duration": 30.0, "state": "printing"}}
    for before in ("offline", None):
        late = Talk()
        if before:
            late.server(before, retained=True)
        late.status(left, retained=True)
        assert late.readings == []
    alive = Talk()
    alive.server("online", retained=True)
    alive.status(left, retained=True)
    assert alive.readings[-1].retained
    assert alive.readings[-1].state is M.RUNNING
    talk.server("offline")
    assert talk.words[-1] == Availability(False, talk.at)


def test_klipper_that_comes_back_idle_has_lost_its_print(talk: Talk) -> None:
    talk.print()
    talk.status(IDLE)
    assert talk.events == ["started", "lost"]


@pytest.mark.parametrize(
    ("leaf", "payload", "code"),
    [("moonraker/status", b'{"server":"maybe"}', "bad_state"), ("klipper/state/print_stats/state", b'{"value":"flying"}', "bad_state"),
     ("klipper/state/print_stats/state", b'{"value":[1]}', "bad_state"),
     ("klipper/state/print_stats/state", b"{", "not_json"), ("klipper/state/print_stats/state", b"[]", "not_json"),
     ("klipper/state/webhooks/state", b"{}", "bad_value"), ("klipper/state/webhooks/state", b"x" * 70_000, "too_large")],
)  # fmt: skip
def test_a_breach_is_named(leaf: str, payload: bytes, code: str) -> None:
    _, word = take(Known(), leaf, payload, retained=False, at=NOW)
    assert isinstance(word, Rejected)
    assert word.code == code


values = (
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5) | st.lists(st.integers(), max_size=2)
    | st.sampled_from(["printing", "paused", "complete", "shutdown", "ready", "standby"])
    | st.dictionaries(st.sampled_from(["current_layer", "total_layer"]), st.none() | st.floats())
)  # fmt: skip


@given(st.lists(st.tuples(st.sampled_from(leaves()), values, st.booleans())))
def test_nothing_makes_it_break(said: list[tuple[str, Any, bool]]) -> None:
    known = Known()
    for leaf, value, retained in said:
        content = json.dumps({"value": value, "server": value}).encode()
        known, _ = take(known, leaf, content, retained=retained, at=NOW)


@pytest.mark.parametrize(
    ("name", "told"),
    [("moonraker-raw-cone", ["started", "done"]), ("moonraker-raw-mcu-shutdown", ["started", "failed"])],
)
def test_a_recorded_print_split_is_one_print(traces: Path, name: str, told: list[str]) -> None:
    """Recorded without ``publish_split_status``: split here as Moonraker does it, once a second."""
    talk = Talk()
    talk.server("online", retained=True)
    for line in (traces / f"{name}.jsonl").read_text().splitlines():
        entry = json.loads(line)
        told_now = entry["data"]
        talk.at = datetime.fromtimestamp(entry["t"], UTC)
        if entry["src"] == "ws" and "status" in (told_now.get("result") or {}):
            talk.status(told_now["result"]["status"])
        elif entry["src"] == "ws" and told_now.get("method") == "notify_status_update":
            talk.status(told_now["params"][0])
    assert talk.events == told
    assert sum(one.state is M.RUNNING for one in talk.readings) > 10
