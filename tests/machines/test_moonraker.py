"""Moonraker and Klipper, as they are and as they fail: the history says how a print ended, and nobody else."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from craftops_machines.moonraker import MoonrakerDriver, link, messages, runs
from craftops_machines.moonraker.runs import Track
from hypothesis import given
from hypothesis import strategies as st
from samples.following import NAME, events, states
from samples.moonraker import KEY, FakeMoonraker, follow, listening, ready

from craftops.domain.machines.readings import MachineMemory, MachineState, ProgressKind, Reading
from craftops.domain.machines.run_detection import interpret
from craftops.errors import CredentialsRejected, NotUnderstood, OutsideError, Unreachable
from craftops.sdk.machine import MachineFacts
from craftops.testing import LinkedDriverContract

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
M = MachineState


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(link, "LISTEN_S", 0.02)
    monkeypatch.setattr(link, "SPEAK_AT_WORK_S", 0.0)
    monkeypatch.setattr(link, "GRACE_S", 0.3)


@pytest.fixture
def moon() -> Iterator[FakeMoonraker]:
    running = FakeMoonraker()
    yield running
    running.stop()


class TestContract(LinkedDriverContract):
    moon: FakeMoonraker

    @pytest.fixture(autouse=True)
    def running(self) -> Iterator[None]:
        self.moon = FakeMoonraker()
        yield
        self.moon.stop()

    def driver(self) -> MoonrakerDriver:
        return MoonrakerDriver()

    def machine(self) -> MachineFacts:
        return self.moon.facts(api_key=KEY)


def test_a_print_is_followed_from_its_start_to_its_end(moon: FakeMoonraker) -> None:
    with follow(moon) as link:
        listening(moon, link)
        assert link.about == "Moonraker 0.11.0"
        moon.print(NAME)
        link.until(lambda: link.readings[-1].state is M.PREPARING, "heating")
        moon.change(gcode_move={"speed_factor": 1.5})
        moon.go_on(400, 60.0)
        link.until(lambda: link.readings[-1].progress == 0.4)
        seen = link.readings[-1]
        assert (seen.state, seen.pos_bytes, seen.elapsed_s, seen.estimate_s) == (M.RUNNING, 400, 60.0, 600)
        assert (seen.layer, seen.layers, seen.speed_factor, seen.progress_kind) == (3, 8, 1.5, ProgressKind.BYTES)
        assert seen.lead_s == pytest.approx(1.56)
        assert (seen.job_ref, seen.file, seen.run_id.split("@")[0]) == ("K7RCX3-1", NAME, "000001")
        moon.pause()
        link.until(lambda: link.readings[-1].state is M.PAUSED)
        moon.pause(False)
        moon.finish()
        link.until(lambda: link.readings[-1].state is M.DONE)
        moon.print(NAME)
        link.until(lambda: states(link)[-1] == "preparing")
        moon.cancel()
        link.until(lambda: states(link)[-2:] == ["cancelled", "idle"])
    assert events(link) == ["started", "paused", "resumed", "done", "started", "cancelled"]
    assert len({reading.run_id for reading in link.readings if reading.run_id}) == 2


def test_a_failure_is_told_with_klippers_reason(moon: FakeMoonraker) -> None:
    with follow(moon) as link:
        listening(moon, link)
        moon.print(NAME)
        link.until(lambda: link.readings[-1].run_id)
        moon.fail("Move out of range: 300.000 0.000 0.200 [0.000]")
        link.until(lambda: "failed" in states(link))
    failed = next(reading for reading in link.readings if reading.state is M.FAILED)
    assert failed.error == "Move out of range: 300.000 0.000 0.200 [0.000]"
    assert events(link) == ["started", "failed"]


def test_a_shutdown_of_the_board_fails_the_print_and_its_frozen_words_are_not_believed(moon: FakeMoonraker) -> None:
    with follow(moon) as link:
        listening(moon, link)
        moon.print(NAME)
        moon.go_on(40, 5.0)
        link.until(lambda: link.readings[-1].state is M.RUNNING)
        moon.shutdown()
        link.until(lambda: link.readings[-1].state is M.OFFLINE, "the word that Klipper is not ready")
        assert link.readings[-1].error == "MCU 'mcu' shutdown: Stepper too far in past"
        moon.restart_klippy()
        link.until(lambda: link.readings[-1].state is M.IDLE)
        listening(moon, link)
        moon.print(NAME)
        link.until(lambda: link.readings[-1].run_id.startswith("000002@"), "the print after it, heard again")
    failed = [reading for reading in link.readings if reading.state is M.FAILED]
    assert [reading.error for reading in failed] == ["MCU 'mcu' shutdown: Stepper too far in past"]
    assert "paused" not in states(link)
    assert events(link) == ["started", "failed", "started"]


def test_klipper_that_dies_fails_the_print_and_is_waited_for(moon: FakeMoonraker) -> None:
    with follow(moon) as link:
        listening(moon, link)
        moon.print(NAME)
        link.until(lambda: link.readings[-1].run_id)
        moon.lose_klippy()
        link.until(lambda: states(link)[-2:] == ["failed", "offline"])
        assert link.readings[-1].message == "Klipper is not connected to Moonraker."
    assert events(link) == ["started", "failed"]
    with follow(moon, last=link.readings[-1]) as after:
        after.until(lambda: after.readings)
        assert after.about, "it is let in though Klipper is away"
        moon.restart_klippy()
        after.until(lambda: after.readings[-1].state is M.IDLE)


def last_of(moon: FakeMoonraker) -> Reading:
    """What we knew before the bridge went down: our print ran, at 70 %."""
    with follow(moon) as link:
        listening(moon, link)
        moon.print(NAME)
        moon.go_on(700, 420.0)
        link.until(lambda: link.readings[-1].progress == 0.7)
    return link.readings[-1]


@pytest.mark.parametrize("ending", ["done", "cancelled", "failed"])
def test_an_end_while_the_bridge_was_down_is_found_out(moon: FakeMoonraker, ending: str) -> None:
    last = last_of(moon)
    {"done": moon.finish, "cancelled": moon.cancel, "failed": moon.shutdown}[ending]()
    moon.restart_klippy()
    with follow(moon, last=last) as link:
        link.until(lambda: len(link.readings) > 1)
    first = link.readings[0]
    assert (first.state.value, first.run_id) == (ending, last.run_id)
    assert last.at < first.at <= link.readings[1].at
    memory, _ = interpret(MachineMemory(), last)
    assert [event.kind.value for event in interpret(memory, first)[1]] == [ending]


def test_another_run_of_the_same_file_is_another_run(moon: FakeMoonraker) -> None:
    last = last_of(moon)
    moon.finish()
    moon.print(NAME)
    moon.go_on(800, 480.0)
    with follow(moon, last=last) as link:
        link.until(lambda: len(link.readings) > 1)
    assert [reading.state for reading in link.readings[:2]] == [M.DONE, M.RUNNING]
    assert link.readings[0].run_id == last.run_id != link.readings[1].run_id


def test_moonraker_restarted_in_the_middle_ends_nothing(moon: FakeMoonraker) -> None:
    last = last_of(moon)
    moon.restart()
    moon.go_on(800, 480.0)
    with follow(moon, last=last) as link:
        link.until(lambda: link.readings)
        assert (link.readings[0].state, link.readings[0].run_id) == (M.RUNNING, last.run_id)
        listening(moon, link)
        moon.finish()
        link.until(lambda: link.readings[-1].state is M.DONE, "the end, which only Klipper tells")
    assert link.readings[-1].run_id == last.run_id


def test_both_restarted_in_the_middle_is_lost_and_nothing_is_made_up(moon: FakeMoonraker) -> None:
    last = last_of(moon)
    moon.restart()
    moon.restart_klippy()
    with follow(moon, last=last) as link:
        link.until(lambda: link.readings)
    memory, _ = interpret(MachineMemory(), last)
    assert [event.kind.value for event in interpret(memory, link.readings[0])[1]] == ["lost"]


@pytest.mark.parametrize("history", ["none", "late"])
def test_without_its_history_klippers_own_words_must_do(moon: FakeMoonraker, history: str) -> None:
    moon.mute_history = True
    moon.has_history = history == "late"
    with follow(moon) as link:
        listening(moon, link)
        moon.print(NAME, history=history == "late")
        link.until(lambda: link.readings[-1].run_id, "a name for the print")
        moon.finish()
        link.until(lambda: link.readings[-1].state is M.DONE)
    assert events(link) == ["started", "done"]
    assert link.readings[-1].run_id.startswith("000001@" if history == "late" else "@")


def test_moonraker_that_is_killed_ends_the_link_and_no_print(moon: FakeMoonraker) -> None:
    last = last_of(moon)
    with follow(moon, last=last) as link:
        listening(moon, link)
        moon.stop()
        link.until(lambda: link.over)
    assert isinstance(link.error, Unreachable)
    assert events(link) == ["started"]


def test_a_line_that_has_gone_silent_is_noticed(moon: FakeMoonraker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(link, "LOOK_S", 0.1)
    monkeypatch.setattr("craftops_machines.moonraker.client.CALL_S", 0.2)
    with follow(moon) as following:
        listening(moon, following)
        moon.slow.add("server.info")
        following.until(lambda: following.over)
    assert isinstance(following.error, Unreachable)


@pytest.mark.parametrize("key", ["wrong", ""])
def test_a_key_that_it_does_not_take_is_told_as_that(moon: FakeMoonraker, key: str) -> None:
    with follow(moon, key) as link:
        link.until(lambda: link.over)
    assert isinstance(link.error, CredentialsRejected)
    assert "Traceback" not in link.error.sentence


def test_where_it_trusts_us_no_key_is_needed_and_it_may_live_below_a_path() -> None:
    moon = FakeMoonraker(trusting=True, prefix="/printer-3")
    try:
        with follow(moon, "") as link:
            listening(moon, link)
            assert link.readings[-1].state is M.IDLE
        assert "GET /access/oneshot_token" not in moon.asked
    finally:
        moon.stop()


@pytest.mark.parametrize(
    "content", [b"garbage", b"[]", b'{"id":99,"result":1}', b'{"error":{"code":401,"message":"Unauthorized"}}']
)
def test_a_live_channel_that_lies_ends_the_link_and_says_nothing(moon: FakeMoonraker, content: bytes) -> None:
    with follow(moon) as following:
        listening(moon, following)
        before = states(following)
        moon.say_raw(content)
        following.until(lambda: following.over)
    assert isinstance(following.error, OutsideError)
    assert states(following) == before


def test_its_history_is_told_for_learning(moon: FakeMoonraker) -> None:
    for ending in (moon.finish, moon.cancel, moon.shutdown):
        moon.print(NAME)
        moon.go_on(500, 300.0)
        ending()
        moon.restart_klippy()
    moon.print(NAME)
    moon.history.append({"job_id": "x"})
    found = MoonrakerDriver().history(moon.facts(api_key=KEY))
    assert [(one.file, one.planned_s, one.took_s, one.outcome) for one in found] == [
        (NAME, 600.0, 300.0, outcome) for outcome in (M.DONE, M.CANCELLED, M.FAILED)
    ]
    assert [one.ended_at for one in found] == sorted(one.ended_at for one in found)
    assert all(one.ended_at.tzinfo is UTC for one in found)


def test_what_is_no_moonraker_is_told_apart() -> None:
    for answer in ({"text": "OctoPrint 1.11.8"}, {"result": "ok"}, None, [], "x"):
        with pytest.raises(NotUnderstood, match="no Moonraker"):
            messages.version(answer)


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        ({"code": 503, "message": "Klippy Host not connected"}, "Klipper is not connected to Moonraker."),
        ({"code": 400, "message": "{'error': 'WebRequestError', 'message': 'Must home axis first'}"}, "Klipper says no: Must home axis first."),
        ({"code": 400, "message": "Traceback\n  File"}, "Klipper says no: Traceback."),
        ({"code": 401, "message": "Unauthorized"}, "It does not accept the key."),
        ({"code": -32601, "message": "Method not found"}, "It knows no such thing: Method not found."),
        (7, "Klipper says no."),
    ],
)  # fmt: skip
def test_an_error_is_one_sentence(error: object, sentence: str) -> None:
    assert messages.fault(error).sentence == sentence


keys = st.sampled_from(
    ["webhooks", "state", "print_stats", "filename", "total_duration", "print_duration", "info", "current_layer", "virtual_sdcard",
     "progress", "file_position", "gcode_move", "speed_factor", "toolhead", "print_time", "estimated_print_time", "job_id",
     "start_time", "end_time", "status", "metadata", "estimated_time", "jobs", "message"]
)  # fmt: skip
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9) | st.sampled_from(["ready", "printing"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=6),
    max_leaves=14,
)  # fmt: skip


@given(json_values, json_values, json_values)
def test_no_answer_makes_the_reader_break(first: object, delta: object, told: object) -> None:
    run = messages.MoonrakerJob("000001", NAME, 30)
    seen = messages.snapshot(messages.merge(messages.merge(ready(), first), delta))
    entry = messages.job(told) or run
    for track in (Track(), Track(run, 10.0), Track(ended=run, ended_state=M.DONE)):
        runs.is_over(track, seen)
        runs.is_of(entry, seen)
        runs.by_klipper(track, seen)
        runs.end(track, M.FAILED, seen, NOW, entry, NOW - timedelta(minutes=1))
        runs.reading(track, seen, NOW)
    messages.fault(told)
    messages.sentence(told)


@given(st.lists(st.fixed_dictionaries({}, optional={
    "print_stats": st.fixed_dictionaries({}, optional={"state": st.sampled_from(["printing", "paused"]), "print_duration": st.floats(0, 9e5)}),
    "virtual_sdcard": st.fixed_dictionaries({}, optional={"file_position": st.integers(0, 10**9)}),
})))  # fmt: skip
def test_merged_changes_are_the_whole(deltas: list[dict[str, dict[str, Any]]]) -> None:
    """Change by change is the same as the newest value of every key."""
    known, newest = messages.merge({}, ready()), messages.merge({}, ready())
    for delta in deltas:
        known = messages.merge(known, delta)
    for delta in deltas:
        for name, values in delta.items():
            newest[name] = {**newest[name], **values}
    assert known == newest


@given(st.from_regex(r"[0-9A-F]{6}", fullmatch=True), st.integers(0, 10**10), st.text(max_size=10))
def test_a_run_is_known_again_by_its_id(uid: str, started: int, text: str) -> None:
    run = messages.MoonrakerJob(uid, NAME, started)
    assert runs.job_of(Reading(M.RUNNING, NOW, run_id=run.id, file=NAME)) == run
    found = runs.job_of(Reading(M.RUNNING, NOW, run_id=text))
    assert found is None or found.id == text


def replayed(path: Path) -> list[Reading]:
    """What a recorded live channel comes to, the waiting for the history left out."""
    known: dict[str, Any] = {}
    track, words = Track(), []
    for line in path.read_text().splitlines():
        entry = json.loads(line)
        told, at = entry["data"], datetime.fromtimestamp(entry["t"], UTC)
        if entry["src"] != "ws":
            continue
        seen, word = messages.snapshot(known), None
        if "status" in messages.table(told.get("result")):
            known = messages.status_of(told["result"])
        elif told.get("method") == "notify_status_update":
            known = messages.merge(known, told["params"][0])
        elif told.get("method") == "notify_history_changed":
            job = messages.job(told["params"][0]["job"])
            assert job is not None
            if job.end is None:
                track = runs.begin(track, job)
            else:
                track, word = runs.end(track, job.end, seen, at, job)
        if word is None and not runs.is_over(track, messages.snapshot(known)):
            track, word = runs.reading(track, messages.snapshot(known), at)
        words += [word] if word is not None else []
    return words


@pytest.mark.parametrize(
    ("name", "told"),
    [("moonraker-raw-cone", ["started", "done"]), ("moonraker-raw-mcu-shutdown", ["started", "failed"])],
)
def test_a_recorded_print_is_one_print(traces: Path, name: str, told: list[str]) -> None:
    words = replayed(traces / f"{name}.jsonl")
    memory, found = MachineMemory(), []
    for word in words:
        memory, more = interpret(memory, word)
        found += [event.kind.value for event in more]
    assert found == told
    at_work = [word for word in words if word.state is M.RUNNING]
    assert len(at_work) > 10
    assert {word.run_id for word in at_work} == {at_work[0].run_id}
    places = [word.pos_bytes for word in at_work]
    assert places == sorted(place for place in places if place is not None)
    assert all(word.estimate_s == 71 for word in at_work)
    leads = [word.lead_s for word in at_work if word.lead_s]
    assert 0.5 < sum(leads) / len(leads) < 2.5, "Klipper plans one to two seconds ahead"
    if told[-1] == "failed":
        failed = next(word for word in words if word.state is M.FAILED)
        assert failed.error == "MCU 'mcu' shutdown: Stepper too far in past"
