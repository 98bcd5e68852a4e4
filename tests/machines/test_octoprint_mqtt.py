"""OctoPrint-MQTT: ends come from events, a retained "Printing" proves nothing, and a cancelled print is no failure."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
from craftops_machines.octoprint_mqtt import OctoPrintMqttDriver
from craftops_machines.octoprint_mqtt.messages import leaves, read
from hypothesis import given
from hypothesis import strategies as st

from craftops.domain.machines.readings import MachineMemory, MachineState, Reading
from craftops.domain.machines.run_detection import interpret
from craftops.sdk.machine import Availability, Rejected, Word
from craftops.testing import MqttDriverContract
from craftops.testing.contracts import MACHINE, NOW

FILE = {"name": "K7RCX3-1_01234567.gcode", "path": "K7RCX3-1_01234567.gcode", "origin": "local", "size": 60227}
M = MachineState


def said(
    leaf: str, told: dict[str, Any], at: datetime = NOW, *, retained: bool = False, sent: datetime | None = None
) -> Word | None:
    stamp = int((sent or at).timestamp())
    return read(leaf, orjson.dumps({**told, "_timestamp": stamp}), retained=retained, received_at=at)


def event(kind: str, at: datetime = NOW, **more: Any) -> Word | None:
    return said(f"event/{kind}", {**FILE, **more, "_event": kind}, at)


def progress(
    percent: float, at: datetime = NOW, *, flag: str = "printing", retained: bool = False, sent: datetime | None = None
) -> Word | None:
    data = {"state": {"text": "Printing", "flags": {flag: True, "operational": True}},
            "progress": {"completion": percent, "filepos": 26326, "printTime": 34, "printTimeLeft": 64, "printTimeLeftOrigin": "analysis"}}  # fmt: skip
    return said(
        "progress/printing",
        {"location": "local", "path": FILE["path"], "progress": int(percent), "printer_data": data},
        at,
        retained=retained,
        sent=sent,
    )


def outcome(words: list[Word | None]) -> list[str]:
    memory, found = MachineMemory(), []
    for word in words:
        if isinstance(word, Reading):
            memory, more = interpret(memory, word)
            found += [one.kind.value for one in more]
    return found


class TestContract(MqttDriverContract):
    def driver(self) -> OctoPrintMqttDriver:
        return OctoPrintMqttDriver()

    def good(self) -> tuple[str, bytes]:
        return "craftops/v1/printer-1/octoprint/event/PrintStarted", orjson.dumps(FILE)

    def test_it_tells_staff_what_to_set(self) -> None:
        assert "craftops/v1/printer-1/octoprint/" in self.driver().advice(MACHINE)
        assert "3.1.1" in self.driver().advice(MACHINE)


def test_a_print_and_its_end() -> None:
    later = [NOW + timedelta(seconds=step * 5) for step in range(9)]
    words = [
        said("event/Connected", {}, later[0]), event("PrintStarted", later[1]), progress(6, later[2]), progress(43.7, later[3]),
        event("PrintPaused", later[4]), event("PrintResumed", later[5]), event("PrintDone", later[6], time=77.1),
        progress(100, later[7], flag="ready"),
    ]  # fmt: skip
    assert outcome(words) == ["started", "paused", "resumed", "done"]
    seen = words[3]
    assert isinstance(seen, Reading)
    assert (seen.progress, seen.job_ref, seen.elapsed_s, seen.remaining_s, seen.remaining_origin) == (
        pytest.approx(0.437), "K7RCX3-1", 34, None, "analysis",
    )  # fmt: skip


def test_the_same_file_twice_is_two_runs() -> None:
    words = [event(kind, NOW + timedelta(seconds=step)) for step, kind in enumerate(["PrintStarted", "PrintDone"] * 2)]
    assert outcome(words) == ["started", "done", "started", "done"]


def test_a_cancelled_print_is_no_failure_though_it_fires_one() -> None:
    words = [event("PrintStarted"), event("PrintCancelling"), event("PrintCancelled", reason="cancelled", progress=4),
             event("PrintFailed", reason="cancelled", progress=4), event("PrinterStateChanged", state_id="OPERATIONAL")]  # fmt: skip
    assert outcome(words) == ["started", "cancelled"]


def test_a_failure_comes_with_its_reason_and_a_progress_that_is_not_believed() -> None:
    error = "Thermal Runaway, system stopped! Heater_ID: 0"
    words = [event("PrintStarted"), event("PrinterStateChanged", state_id="ERROR"), event("PrinterStateChanged", state_id="OFFLINE"),
             event("PrintFailed", reason="error", error=error, progress=0.047)]  # fmt: skip
    assert outcome(words) == ["started", "failed"]
    failed = words[-1]
    assert isinstance(failed, Reading)
    assert (failed.error, failed.progress) == (error, None)


def test_octoprint_that_died_leaves_a_printing_behind_that_nobody_believes() -> None:
    assert read("mqtt", b"disconnected", retained=True, received_at=NOW) == Availability(False, NOW, retained=True)
    assert progress(70, retained=True, sent=NOW - timedelta(hours=2)) is None
    young = progress(70, retained=True, sent=NOW - timedelta(minutes=10))
    assert isinstance(young, Reading)
    assert young.retained
    assert event("PrintDone", NOW) is not None
    assert said("event/PrintDone", FILE, retained=True) is None


def test_a_printer_that_is_found_anew_prints_nothing() -> None:
    words = [event("PrintStarted"), said("event/Connected", {"port": "VIRTUAL"}, NOW + timedelta(minutes=5))]
    assert outcome(words) == ["started", "lost"]


def test_two_point_zero_stays_at_ninety_nine() -> None:
    later = NOW + timedelta(minutes=1)
    words = [event("PrintStarted"), progress(99), event("PrintDone"), progress(99, later, retained=True, sent=NOW)]
    assert outcome(words) == ["started", "done"]


@pytest.mark.parametrize(
    ("leaf", "payload", "code"),
    [("mqtt", b"maybe", "bad_state"), ("progress/printing", b'{"progress":370,"path":"x"}', "bad_value"),
     ("event/PrintDone", b"{", "not_json"), ("event/PrintDone", b"[]", "not_json"), ("progress/printing", b"x" * 70_000, "too_large")],
)  # fmt: skip
def test_a_breach_is_named(leaf: str, payload: bytes, code: str) -> None:
    word = read(leaf, payload, retained=False, received_at=NOW)
    assert isinstance(word, Rejected)
    assert word.code == code


@given(st.sampled_from(leaves()), st.dictionaries(
    st.sampled_from(["path", "progress", "printer_data", "state_id", "reason", "_timestamp", "error"]),
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5) | st.dictionaries(st.sampled_from(["state", "progress"]), st.none() | st.dictionaries(st.sampled_from(["flags", "completion", "printing"]), st.none() | st.floats())),
), st.booleans())  # fmt: skip
def test_nothing_makes_it_break(leaf: str, told: dict[str, Any], retained: bool) -> None:
    content = json.dumps(told).encode()
    read(leaf, content, retained=retained, received_at=NOW)


def test_a_recorded_print_is_one_print(traces: Path) -> None:
    words: list[Word | None] = []
    for line in (traces / "octoprint-raw-uniform.jsonl").read_text().splitlines():
        entry = json.loads(line)
        if entry["src"] != "mqtt":
            continue
        leaf = entry["data"]["topic"].removeprefix("octoPrint/")
        payload = entry["data"]["payload"]
        content = payload.encode() if isinstance(payload, str) else orjson.dumps(payload)
        if leaf in leaves():
            at = datetime.fromtimestamp(entry["t"], UTC)
            words.append(read(leaf, content, retained=bool(entry["data"]["retain"]), received_at=at))
    assert not any(isinstance(word, Rejected) for word in words)
    assert outcome(words) == ["started", "done"]
    assert sum(isinstance(word, Reading) and word.state is M.RUNNING for word in words) > 10
