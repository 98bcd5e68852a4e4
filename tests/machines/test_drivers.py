"""Bundled drivers keep the contract of drivers; the contract's reader agrees with its schema."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import jsonschema
import orjson
import pytest
from craftops_machines.manual import ManualDriver
from craftops_machines.mqtt import ContractDriver
from craftops_machines.simulated import SimulatedDriver, SimulatedSettings
from craftops_machines.simulated.physics import Simulated, from_json, obey, status, tick, to_json
from hypothesis import given
from hypothesis import strategies as st

from craftops.domain.machines.readings import Reading
from craftops.sdk import mqtt_contract
from craftops.sdk.machine import About, Availability, Command, CommandKind, Rejected
from craftops.testing import MachineDriverContract, MqttDriverContract
from craftops.testing.contracts import MACHINE, NOW

SCHEMA = json.loads((Path(__file__).parents[2] / "machines/mqtt/status.schema.json").read_text())
GOOD = ("craftops/v1/printer-1/status", b'{"v":1,"state":"running","progress":0.4}')


class TestMqtt(MqttDriverContract):
    def driver(self) -> ContractDriver:
        return ContractDriver()

    def good(self) -> tuple[str, bytes]:
        return GOOD


class TestSimulated(MqttDriverContract):
    def driver(self) -> SimulatedDriver:
        return SimulatedDriver(SimulatedSettings())

    def good(self) -> tuple[str, bytes]:
        return GOOD


class TestManual(MachineDriverContract):
    def driver(self) -> ManualDriver:
        return ManualDriver()

    def test_every_button_is_a_reading(self) -> None:
        driver = self.driver()
        for kind in driver.commands:
            assert driver.press(Command(kind, "i", NOW), None).at == NOW


def read(payload: bytes, leaf: str = "status", *, retained: bool = False) -> object:
    return mqtt_contract.read("printer-1", f"craftops/v1/printer-1/{leaf}", payload, retained=retained, received_at=NOW)


@pytest.mark.parametrize(
    ("payload", "code", "words"),
    [
        (b'{"v":1,"state":"running","progress":37}', "bad_value", "progress"),
        (b'{"v":1,"state":"runn', "not_json", "JSON"),
        (b"x" * 1_000_000, "too_large", "64 kB"),
        (b'{"state":"running"}', "bad_version", "v"),
        (b'{"v":2,"state":"running"}', "bad_version", "v"),
        (b'{"v":1,"state":"flying"}', "bad_state", "state"),
        (b'{"v":1,"state":"running","remaining_s":1e9}', "bad_value", "remaining_s"),
        (b'{"v":1,"state":"running","progress":true}', "bad_value", "progress"),
        (b'{"v":1,"state":"running","progress":"0.5"}', "bad_value", "progress"),
        (b"[1,2]", "not_json", "object"),
    ],
)
def test_a_breach_is_named(payload: bytes, code: str, words: str) -> None:
    word = read(payload)
    assert isinstance(word, Rejected)
    assert word.code == code
    assert words in word.sentence


def test_the_small_topics() -> None:
    assert read(b"1", "online") == Availability(True, NOW)
    assert read(b"0", "online") == Availability(False, NOW)
    about = read(b'{"v":1,"name":"Prusa","report_interval_s":10}', "meta")
    assert isinstance(about, About)
    assert about.report_interval_s == 10
    assert read(b"") is None


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-5, 200)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
messages = st.fixed_dictionaries(
    {"v": st.sampled_from([1, 1, 1, 2, "1"]), "state": st.sampled_from(["running", "idle", "done", "paused", "flying", 3])},
    optional={
        "progress": st.floats(-0.5, 1.5) | values, "remaining_s": st.floats(-10, 1e6) | values,
        "job": values, "ts": st.floats(0, 2e9) | values, "seq": st.integers(-5, 10**6) | values, "message": values,
        "progress_kind": st.sampled_from(["time", "bytes", "spoons"]), "surprise": values,
    },
)  # fmt: skip


@given(messages)
def test_the_reader_and_the_schema_agree(message: dict[str, object]) -> None:
    word = read(orjson.dumps(message))
    valid = jsonschema.Draft202012Validator(SCHEMA).is_valid(message)
    assert isinstance(word, Reading) == valid, (message, word)


@pytest.mark.parametrize(
    ("leaf", "said"), [("status", b'{"v":1,"state":"running","remaining_s":1e300}'), ("remaining", b"1e300")]
)
def test_a_time_that_no_run_lasts_is_refused(leaf: str, said: bytes) -> None:
    word = read(said, leaf)
    assert isinstance(word, Rejected)
    assert "at most 1e+08" in word.sentence or "and 1e+08" in word.sentence


@pytest.mark.parametrize(
    ("leaf", "said"), [("status", b'{"v":1,"state":"running","progress":1e-300}'), ("progress", b"1e-300")]
)
def test_a_number_that_no_database_keeps_is_nothing(leaf: str, said: bytes) -> None:
    word = read(said, leaf)
    assert isinstance(word, Reading)
    assert word.progress == 0.0


@given(
    st.binary(max_size=300),
    st.sampled_from(["status", "event", "online", "meta", "state", "progress", "remaining", "else"]),
)
def test_no_bytes_make_it_raise(payload: bytes, leaf: str) -> None:
    read(payload, leaf)


commands = st.sampled_from(["start", "pause", "resume", "cancel"])


@given(st.lists(st.tuples(commands, st.integers(0, 120)), max_size=20))
def test_a_simulated_machine_keeps_the_contract_whatever_it_is_told(story: list[tuple[str, int]]) -> None:
    machine, now = Simulated(now=1000.0, since=1000.0), 1000.0
    for number, (word, seconds) in enumerate(story):
        command = {
            "v": 1,
            "cmd": word,
            "intent": f"i{number}",
            "job": {"ref": "K-1", "file": "a.stl", "copies": 2, "planned_s": 60},
        }
        machine = obey(machine, command, now, speed=1.0, hiccups=True)
        assert obey(machine, command, now, speed=1.0, hiccups=True) == machine, "a repeated intent is the same intent"
        now += seconds
        machine = tick(machine, now)
        assert isinstance(read(orjson.dumps(status(machine, NOW.timestamp()))), Reading)
        assert from_json(to_json(machine)) == machine


def test_a_simulated_job_ends_in_about_its_planned_time() -> None:
    job = {"ref": "K-1", "file": "a.stl", "copies": 1, "planned_s": 600}
    machine = obey(Simulated(), {"cmd": "start", "intent": "x", "job": job}, 0.0, speed=10.0, hiccups=False)
    now = 0.0
    while machine.state != "done":
        now += 0.5
        machine = tick(machine, now)
        assert now < 100
    assert 50 < now < 90


def test_commands_of_the_contract_go_to_the_machines_own_topic() -> None:
    said = SimulatedDriver(SimulatedSettings()).command(
        MACHINE, Command(CommandKind.PAUSE, "i", datetime.now(UTC) + timedelta(0))
    )
    assert said is not None
    assert said.topic == "craftops/v1/printer-1/cmd"
