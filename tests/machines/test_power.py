"""Smart plugs: watts become runs. Spikes are none, pauses are no ends, and no step of the clock makes a difference."""

from __future__ import annotations

from datetime import timedelta

import pytest
from craftops_machines.power import PowerDriver, limits, watch
from craftops_machines.power.messages import SHELLY, TASMOTA, ZIGBEE, Power, read, topics
from craftops_machines.power.watch import Phase, PowerLimits, Watch
from hypothesis import given
from hypothesis import strategies as st

from craftops.domain.machines.readings import MachineMemory, MachineState, ProcessKind, Reading
from craftops.domain.machines.run_detection import interpret
from craftops.sdk.machine import Availability, MachineFacts, Rejected
from craftops.sdk.mqtt_contract import is_device_topic
from craftops.testing import MqttDriverContract
from craftops.testing.contracts import NOW, RUBBISH

M = MachineState
LIMITS = PowerLimits(40.0, 20.0, timedelta(seconds=20), timedelta(minutes=5))
SETTINGS = {"kind": TASMOTA, "device": "laser-plug", "on_w": "40", "off_w": "20", "start_s": "20", "end_min": "5"}


def laser(**settings: str) -> MachineFacts:
    return MachineFacts("printer-1", "Laser", ProcessKind.LASER, settings={**SETTINGS, **settings})


class TestContract(MqttDriverContract):
    def driver(self) -> PowerDriver:
        return PowerDriver()

    def machine(self) -> MachineFacts:
        return laser(start_s="0")

    def good(self) -> tuple[str, bytes]:
        return "tele/laser-plug/SENSOR", b'{"Time":"2026-11-24T10:00:00","ENERGY":{"Power":312,"Voltage":231}}'

    def test_it_tells_staff_what_to_set(self) -> None:
        assert "tele/laser-plug/SENSOR" in self.driver().advice(laser())


def seconds(value: float) -> timedelta:
    return timedelta(seconds=value)


def run(*steps: tuple[float, float]) -> tuple[list[str], list[Reading]]:
    """Feed (seconds, watts), looking every ten seconds between; the run events and the readings."""
    known, memory, events, said, clock = Watch(), MachineMemory(), [], [], 0.0
    for at, watts in steps:
        while clock + 10 < at:
            clock += 10
            known = watch.pass_time(known, LIMITS, NOW + seconds(clock))
            said.append(watch.reading(known, NOW + seconds(clock)))
        clock = at
        known = watch.measure(known, LIMITS, watts, NOW + seconds(at))
        said.append(watch.reading(known, NOW + seconds(at)))
    for reading in said:
        memory, more = interpret(memory, reading)
        events += [event.kind.value for event in more]
    return events, said


def test_a_cut_with_pauses_between_its_passes_is_one_run() -> None:
    events, said = run((0, 4), (60, 300), (200, 4), (440, 310), (600, 25), (800, 300), (900, 4), (1300, 4))
    assert events == ["started", "done"]
    done = next(reading for reading in said if reading.state is M.DONE)
    assert done.elapsed_s == 840, "it began with its first watt and ended with its last"
    assert done.at >= NOW + seconds(1200), "five quiet minutes later we know"


def test_a_spike_is_no_run_and_a_second_run_is_another() -> None:
    assert run((0, 4), (10, 500), (25, 4), (100, 4))[0] == []
    assert run((0, 100), (100, 0), (500, 100), (600, 0), (1000, 0))[0] == ["started", "done"] * 2


steps = st.lists(st.tuples(st.integers(1, 400), st.sampled_from([0.0, 10.0, 30.0, 50.0, 300.0])), max_size=30)


def walked(course: list[tuple[int, float]], looks: int) -> list[Watch]:
    known, clock, found = Watch(), 0.0, []
    for wait, watts in course:
        for look in range(looks):
            known = watch.pass_time(known, LIMITS, NOW + seconds(clock + wait * (look + 1) / (looks + 1)))
        clock += wait
        known = watch.measure(known, LIMITS, watts, NOW + seconds(clock))
        found.append(known)
    return found


@given(steps, st.integers(1, 9))
def test_how_often_one_looks_makes_no_difference(course: list[tuple[int, float]], looks: int) -> None:
    assert walked(course, looks) == walked(course, 0)


@given(steps)
def test_a_run_lasts_and_ends_only_after_the_quiet_time(course: list[tuple[int, float]]) -> None:
    clock, history = 0, []
    for (wait, watts), known in zip(course, walked(course, 0), strict=True):
        clock += wait
        at = NOW + seconds(clock)
        if known.ended is not None and known.started is not None and known.phase is Phase.REST:
            assert known.ended >= known.started
            assert at - known.ended >= LIMITS.end
            assert all(level < LIMITS.on_w for when, level in history if known.ended <= when < known.ended + LIMITS.end)
        if known.in_a_run:
            assert known.started is not None
            assert at - known.started >= LIMITS.start
            assert any(level >= LIMITS.on_w for when, level in history if when == known.started) or at == known.started
        history.append((at, watts))


@given(steps)
def test_between_the_thresholds_nothing_changes_but_by_time(course: list[tuple[int, float]]) -> None:
    for known in walked(course, 0):
        assert watch.measure(known, LIMITS, 30.0, known.since) == watch.pass_time(known, LIMITS, known.since)


@given(steps)
def test_a_restart_of_ours_in_a_run_is_no_second_run(course: list[tuple[int, float]]) -> None:
    for known in walked(course, 0):
        said = watch.reading(known, NOW + timedelta(days=1))
        again = watch.reading(watch.recall(said), NOW + timedelta(days=1))
        assert (again.state, again.run_id) == (said.state, said.run_id)


def test_a_plug_that_is_gone_ends_nothing_and_its_quiet_begins_anew() -> None:
    driver, machine = PowerDriver(), laser()
    power, link = topics(TASMOTA, "laser-plug")
    driver.look(machine, None, NOW)

    def say(at: float, topic: str, payload: bytes, *, retained: bool = False) -> object:
        return driver.read(machine, topic, payload, retained=retained, received_at=NOW + seconds(at))

    def state(word: object) -> MachineState | None:
        return word.state if isinstance(word, Reading) else None

    assert say(0, power, b'{"ENERGY":{"Power":300}}', retained=True) is None
    assert state(say(1, power, b'{"ENERGY":{"Power":300}}')) is M.IDLE
    assert state(driver.look(machine, None, NOW + seconds(22))) is M.RUNNING
    assert driver.look(machine, None, NOW + seconds(23)) is None, "only what is new is said"
    say(30, power, b'{"ENERGY":{"Power":0}}')
    assert say(40, link, b"Offline") == Availability(False, NOW + seconds(40))
    assert driver.look(machine, None, NOW + seconds(4000)) is None
    say(4010, link, b"Online")
    assert state(say(4020, power, b'{"ENERGY":{"Power":0}}')) is M.RUNNING
    assert state(driver.look(machine, None, NOW + seconds(4321))) is M.DONE


@pytest.mark.parametrize(
    ("kind", "payload", "watts"),
    [(TASMOTA, b'{"ENERGY":{"Power":182}}', 182.0), (TASMOTA, b'{"ENERGY":{"Power":[1,2.5]}}', 3.5), (TASMOTA, b'{"DS18B20":{"Temperature":20}}', None),
     (SHELLY, b'{"id":0,"source":"init","output":true,"apower":8.9,"voltage":237.5}', 8.9), (SHELLY, b'{"apower":-2}', 0.0),
     (ZIGBEE, b'{"power":12,"state":"ON","linkquality":84}', 12.0), (ZIGBEE, b'{"state":"ON"}', None)],
)  # fmt: skip
def test_what_plugs_say(kind: str, payload: bytes, watts: float | None) -> None:
    assert read(kind, payload, NOW, link=False) == (None if watts is None else Power(watts))


@pytest.mark.parametrize(
    ("payload", "online"), [(b"Online", True), (b"Offline", False), (b"true", True), (b'{"state":"offline"}', False)]
)
def test_whether_plugs_are_there(payload: bytes, online: bool) -> None:
    assert read(ZIGBEE, payload, NOW, link=True) == Availability(online, NOW)


@pytest.mark.parametrize("payload", RUBBISH, ids=range(len(RUBBISH)))
def test_rubbish_is_refused_or_nothing(payload: bytes) -> None:
    for kind in (TASMOTA, SHELLY, ZIGBEE):
        for link in (False, True):
            assert isinstance(read(kind, payload, NOW, link=link), Rejected | None)
    for value in (b"true", b'"x"', b"1e999", b"[]", b'[1,"x"]', b"9e9"):
        assert isinstance(read(SHELLY, b'{"apower":' + value + b"}", NOW, link=False), Rejected)


@pytest.mark.parametrize(
    "device",
    [
        "#",
        "+/x",
        "a/#",
        "a b",
        "x\ny",
        "x\nuser server",
        "$SYS",
        "",
        "/",
        "a//b",
        "x" * 200,
        "ä",
        "../x\0",
        "a/b/c/d/e/f/g/h",
    ],
)
def test_a_name_that_would_open_more_than_one_topic_is_refused(device: str) -> None:
    for kind in (TASMOTA, SHELLY, ZIGBEE):
        machine = laser(kind=kind, device=device)
        driver = PowerDriver()
        assert "device" in driver.faults(machine.settings) or all(map(is_device_topic, topics(kind, device)))
        assert all(is_device_topic(topic) for topic in driver.device_topics(machine))
    assert "device" in PowerDriver().faults(laser(kind=SHELLY, device=device).settings)


@given(st.text(max_size=40))
def test_no_text_becomes_a_topic_with_a_second_meaning(text: str) -> None:
    if is_device_topic(text):
        assert not set(text) & set("#+$ \n\r\t\0")
        assert not text.startswith(("craftops/", "homeassistant/"))
        assert text.isascii()


def test_the_ways_of_the_shop_and_of_home_assistant_are_nobodys_device() -> None:
    for device in ("craftops/v1/printer-2", "craftops", "homeassistant/sensor/x"):
        assert "device" in PowerDriver().faults(laser(kind=SHELLY, device=device).settings)


def test_thresholds_that_cannot_be_are_named() -> None:
    faults = PowerDriver().faults({**SETTINGS, "on_w": "10", "start_s": "9999", "end_min": "0.1"})
    assert set(faults) == {"off_w", "start_s", "end_min"}
    assert PowerDriver().faults(SETTINGS) == {}
    assert limits({}) == limits(SETTINGS)
