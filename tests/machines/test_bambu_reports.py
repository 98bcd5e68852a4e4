"""What a Bambu printer reports: pieces make the whole, a stale minute is no time left, a stopped print is no failed one."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from craftops_machines.bambu import BambuDriver, messages, runs
from craftops_machines.bambu.runs import BambuRun, BambuTrack
from hypothesis import given
from hypothesis import strategies as st
from samples.bambu import IDLE, LOCKED_FUN

from craftops.domain.machines.readings import MachineMemory, MachineState, Reading
from craftops.domain.machines.run_detection import interpret
from craftops.errors import IntakeError, NotUnderstood
from craftops.sdk.fields import split_fields
from craftops.testing.contracts import NOW

M = MachineState
RUNNING: dict[str, Any] = {
    **IDLE, "gcode_state": "RUNNING", "mc_percent": 37, "mc_remaining_time": 81, "layer_num": 12, "total_layer_num": 90,
    "subtask_name": "bracket", "gcode_file": "/sdcard/bracket.gcode.3mf", "task_id": "4711", "stg_cur": 0,
}  # fmt: skip


def seen(**changes: Any) -> messages.BambuStatus:
    return messages.snapshot(messages.merge({}, {**RUNNING, **changes}))


values = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
tables = st.dictionaries(st.sampled_from(["layer_num", "total_layer_num"]), values)
reports = st.dictionaries(st.sampled_from([*messages.KEYS, "hms", "ams"]), values | tables)


@given(st.data())
def test_a_whole_report_in_any_pieces_ends_in_the_same_state(data: st.DataObject) -> None:
    whole = data.draw(reports)
    order = data.draw(st.permutations(list(whole)))
    known = messages.merge({}, data.draw(reports.map(lambda one: {key: one[key] for key in one if key in whole and not isinstance(one[key], dict)})))  # fmt: skip
    while order:
        size = data.draw(st.integers(1, len(order)))
        piece, order = order[:size], order[size:]
        for key in piece:
            if isinstance(whole[key], dict) and data.draw(st.booleans()):
                for inner in whole[key]:
                    known = messages.merge(known, {key: {inner: whole[key][inner]}})
                if not whole[key]:
                    known = messages.merge(known, {key: {}})
            else:
                known = messages.merge(known, {key: whole[key]})
        if data.draw(st.booleans()):
            known = messages.merge(known, {key: whole[key] for key in piece})
    assert repr(messages.snapshot(known)) == repr(messages.snapshot(messages.merge({}, whole)))
    assert sorted(known) == sorted(key for key in whole if key in messages.KEYS)


@given(reports, reports)
def test_a_report_is_merged_without_touching_what_was_known(first: dict[str, Any], second: dict[str, Any]) -> None:
    known = messages.merge({}, first)
    before = json.dumps(known, sort_keys=True)
    once = messages.merge(known, second)
    assert json.dumps(known, sort_keys=True) == before
    assert repr(messages.merge(once, second)) == repr(once)


@given(reports)
def test_no_report_makes_the_reader_break(report: dict[str, Any]) -> None:
    found = messages.snapshot(report)
    for track in (
        BambuTrack(),
        BambuTrack(BambuRun("1", 2, "x"), 0.5),
        BambuTrack(ended=BambuRun("", 2, "y"), ended_state=M.DONE),
    ):
        runs.take(track, found, NOW)
    assert found.percent is None or 0 <= found.percent <= 1
    messages.reply({"print": report})


@given(
    st.recursive(
        values,
        lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["print", "command"]), inner),
    )
)
def test_any_json_is_a_report_a_reply_neither_or_refused(told: object) -> None:
    try:
        content = json.dumps(told, allow_nan=False).encode()
        found = messages.parse(content)
    except (NotUnderstood, ValueError):
        return
    messages.is_report(found)
    messages.reply(found)


def test_a_print_that_goes_on() -> None:
    found = seen()
    assert (found.state, found.percent, found.remaining_s, found.layer, found.layers) == (M.RUNNING, 0.37, 4860, 12, 90)
    assert (found.file, found.task, found.speed) == ("bracket.gcode.3mf", "4711", 1.0)


def test_the_time_left_of_a_print_that_failed_is_not_believed() -> None:
    """A real P1P says FAILED with 759 minutes left."""
    found = seen(gcode_state="FAILED", mc_remaining_time=759)
    assert (found.remaining_s, found.percent) == (None, None)
    assert seen(gcode_state="PREPARE", mc_remaining_time=759).remaining_s is None
    assert seen(gcode_state="PAUSE").remaining_s == 4860


def test_a_nozzle_that_is_cleaned_before_the_first_layer_is_no_printing() -> None:
    """A real H2D says RUNNING, 0 %, layer 0, stage 14, and 115 minutes."""
    found = messages.snapshot({"gcode_state": "RUNNING", "mc_percent": 0, "mc_remaining_time": 115, "stg_cur": 14, "3D": {"layer_num": 0, "total_layer_num": 300}})  # fmt: skip
    assert (found.state, found.message, found.remaining_s, found.layers) == (
        M.PREPARING,
        "It cleans its nozzle.",
        6900,
        300,
    )
    assert seen(stg_cur=4).state is M.RUNNING
    assert seen(stg_cur=14).state is M.RUNNING, "in the middle of a print it is still that print"


@pytest.mark.parametrize(
    ("changes", "state"),
    [({"gcode_state": "PREPARE"}, M.PREPARING), ({"gcode_state": "SLICING"}, M.UNKNOWN), ({"gcode_state": "PAUSE", "stg_cur": 16}, M.PAUSED),
     ({"gcode_state": "PAUSE", "stg_cur": 35}, M.ATTENTION), ({"gcode_state": "FINISH"}, M.DONE), ({"gcode_state": "IDLE"}, M.IDLE),
     ({"gcode_state": "WARPING"}, M.UNKNOWN)],
)  # fmt: skip
def test_the_states(changes: dict[str, Any], state: MachineState) -> None:
    assert seen(**changes).state is state


def ending(stopped: bool = False, **changes: Any) -> Reading:
    track, _ = runs.take(BambuTrack(), seen(), NOW)
    for later in (timedelta(minutes=1), timedelta(minutes=1) + runs.LATE_CODE):
        track, word = runs.take(track, seen(**changes), NOW + later, stopped=stopped)
        if word is not None:
            break
    assert word is not None
    return word


def test_failed_and_cancelled_are_told_apart() -> None:
    assert ending(gcode_state="FAILED", print_error=0x0300400C).state is M.CANCELLED
    assert ending(gcode_state="FAILED", print_error=0, fail_reason="50348044").state is M.CANCELLED
    assert ending(gcode_state="FAILED", print_error=0, stopped=True).state is M.CANCELLED
    failed = ending(gcode_state="FAILED", print_error=0x07008002)
    assert (failed.state, failed.error) == (M.FAILED, "The print failed. The printer's code: 0700-8002.")
    assert ending(gcode_state="FAILED").state is M.FAILED
    assert ending(gcode_state="FINISH").state is M.DONE


def happened(*reports: dict[str, Any]) -> list[str]:
    track, memory, found = BambuTrack(), MachineMemory(), []
    for step, report in enumerate(reports):
        track, word = runs.take(track, messages.snapshot({**RUNNING, **report}), NOW + timedelta(minutes=step))
        if word is not None:
            memory, more = interpret(memory, word)
            found += [event.kind.value for event in more]
    return found


def test_which_print_is_which() -> None:
    done = {"gcode_state": "FINISH", "mc_percent": 100}
    lan = {"task_id": "0"}
    assert happened({}, done, done, {"task_id": "4712"}, {"task_id": "4712", **done}) == [
        "started",
        "done",
        "started",
        "done",
    ]
    assert happened({**lan}, {**lan, **done}, {**lan, "mc_percent": 0}, {**lan, **done}) == ["started", "done"] * 2
    assert happened({}, {"task_id": "4712", "mc_percent": 1}) == ["started", "lost", "started"]
    late = {**lan, "mc_percent": 90, "layer_num": 81, "mc_remaining_time": 8}
    early = {**lan, "mc_percent": 2, "layer_num": 2, "mc_remaining_time": 79}
    assert happened({**lan}, late, early) == ["started", "lost", "started"]
    assert happened({**lan}, late, {**late, "mc_percent": 2}, late) == ["started"], "its layer says that it goes on"
    assert happened({**lan}, {"mc_percent": 38}, {"mc_percent": 39}) == ["started"], (
        "an id that comes late is no new print"
    )
    assert happened(done, done, {"gcode_state": "FAILED"}) == [], "ends of prints that we never saw are no news"
    assert happened({}, {"task_id": "4712", **done}) == ["started", "lost"], "nor is the end of another the end of ours"
    assert happened({}, {"gcode_state": "IDLE"}, {"gcode_state": "IDLE"}) == ["started", "lost"]
    assert happened({}, {"gcode_state": "IDLE"}, {}, done) == ["started", "done"]


@given(st.integers(6, 40), st.data())
def test_one_wrong_percent_loses_no_print_and_does_not_stay(words: int, data: st.DataObject) -> None:
    """A print over the LAN, heard from its beginning to its end; once it says any percent at all."""
    wrong_at, wrong = data.draw(st.integers(1, words - 4)), data.draw(st.integers(0, 100))
    lan = {"task_id": "0", "total_layer_num": words}
    reports: list[dict[str, Any]] = [
        {**lan, "mc_percent": 98 * n // words, "layer_num": n + 1, "mc_remaining_time": words - n} for n in range(words)
    ]
    true = reports[-1]["mc_percent"] / 100
    reports.insert(wrong_at, {**reports[wrong_at - 1], "mc_percent": wrong})
    assert happened(*reports, {**lan, "gcode_state": "FINISH", "mc_percent": 100}) == ["started", "done"]
    track, memory = BambuTrack(), MachineMemory()
    for step, report in enumerate(reports):
        track, word = runs.take(track, messages.snapshot({**RUNNING, **report}), NOW + timedelta(minutes=step))
        assert word is not None
        memory, _ = interpret(memory, word)
    assert memory.last is not None
    assert memory.last.progress == true


@given(st.builds(BambuRun, st.text(alphabet="abc019", max_size=5), st.integers(0, 2 * 10**9), st.text(max_size=20)))
def test_a_run_is_known_again_by_its_id(run: BambuRun) -> None:
    assert runs.run_of(run.id) == run
    last = Reading(M.RUNNING, NOW, run_id=run.id, progress=0.5)
    assert runs.remember(last) == BambuTrack(run, 0.5, before=0.5, clean=True)


@given(st.text(max_size=30))
def test_a_foreign_run_id_is_no_run_of_ours(text: str) -> None:
    found = runs.run_of(text)
    assert found is None or found.id == text


def test_whether_commands_must_be_signed_is_told() -> None:
    assert seen(fun=LOCKED_FUN).locked
    for fun in ("3EC18FFF9CFF", "", None, "nonsense", 7):
        assert not seen(fun=fun).locked


def test_the_form_says_what_is_wrong() -> None:
    driver = BambuDriver()
    address, settings, secrets = split_fields(
        driver.fields, {"address": "192.168.1.30", "serial": "01P00A123456789", "access_code": "12345678"}, {}
    )
    assert (address, secrets) == ("mqtts://192.168.1.30", {"access_code": "12345678"})
    assert driver.faults(settings) == {}
    assert set(driver.faults({"serial": "no/serial#", "fingerprint": "AB:CD"})) == {"serial", "fingerprint"}
    with pytest.raises(IntakeError) as caught:
        split_fields(driver.fields, {"address": "http://192.168.1.30", "serial": "x"}, {})
    assert set(caught.value.fields) == {"address", "access_code"}


CODE = 0x0300400C


def restarted(track: BambuTrack, last: Reading | None) -> BambuTrack:
    """As after a restart: the newest reading of the store is all that is known."""
    return runs.remember(last) if last is not None else track


@given(st.data())
def test_a_stop_is_a_stop_whatever_was_restarted_and_makes_nothing(data: st.DataObject) -> None:
    """A print is heard and stopped, at the printer or by us; its state and the code of the stop come apart, words are
    repeated, and we are restarted in between. No end is told but its being stopped, or that nobody knows; no other print
    begins before one does."""
    lan = {"task_id": data.draw(st.sampled_from(["0", "4711"]))}
    percent = data.draw(st.integers(8, 95))
    working = {**lan, "mc_percent": percent, "print_error": 0}
    coded = {**working, "print_error": CODE}
    over = data.draw(st.sampled_from([
        [{**coded, "gcode_state": "FAILED"}],
        [coded, {**coded, "gcode_state": "FAILED"}],
        [coded, {**working, "gcode_state": "FAILED"}],
        [{**working, "gcode_state": "FAILED"}, {**coded, "gcode_state": "FAILED"}],
        [coded, {**coded, "gcode_state": "IDLE"}],
        [coded, {**working, "gcode_state": "IDLE"}],
    ]))  # fmt: skip
    after = data.draw(st.lists(st.sampled_from([over[-1], coded, {**over[-1], "gcode_state": "IDLE"}]), max_size=4))
    track, memory, last, found, second = BambuTrack(), MachineMemory(), None, [], 0
    for report in [working, {**working, "mc_percent": percent}, *over, *after]:
        for _ in range(data.draw(st.integers(1, 2))):
            if data.draw(st.booleans()):
                track = restarted(track, last)
            second += 2
            track, word = runs.take(track, messages.snapshot({**RUNNING, **report}), NOW + timedelta(seconds=second))
            if word is not None:
                memory, more = interpret(memory, word)
                found += [event.kind.value for event in more]
                last = word
    assert found[0] == "started"
    assert found.count("started") == 1, found
    assert not {"done", "failed"} & set(found), found
    assert len([kind for kind in found if kind in ("cancelled", "lost")]) <= 1, found


def test_our_own_stop_is_known_after_a_restart() -> None:
    track, _ = runs.take(BambuTrack(), seen(), NOW)
    track, word = runs.take(track, seen(), NOW + timedelta(seconds=2), stopped=True)
    assert word is not None
    assert word.message == runs.STOPPING
    _, word = runs.take(runs.remember(word), seen(gcode_state="FAILED", print_error=0), NOW + timedelta(seconds=30))
    assert word is not None
    assert word.state is M.CANCELLED


def test_a_stop_that_had_no_effect_and_a_code_of_the_print_before_are_forgotten() -> None:
    track, _ = runs.take(BambuTrack(), seen(), NOW)
    track, _ = runs.take(track, seen(), NOW, stopped=True)
    track, word = runs.take(track, seen(mc_percent=40), NOW + timedelta(minutes=5))
    assert word is not None
    assert word.message == ""
    track, word = runs.take(track, seen(gcode_state="IDLE"), NOW + timedelta(minutes=6))
    assert word is None, "nobody knows how it ended"
    stale = {"print_error": CODE}
    assert happened({**stale, "mc_percent": 1}, {**stale, "mc_percent": 50}, {"gcode_state": "FINISH"}) == [
        "started",
        "done",
    ]


def test_the_same_print_again_after_a_stop_is_another() -> None:
    lan = {"task_id": "0"}
    stopped = {**lan, "gcode_state": "FAILED", "print_error": CODE}
    again = [{**lan, "mc_percent": n} for n in (0, 20, 37, 60)]
    assert happened(lan, stopped, *again, {**lan, "gcode_state": "FINISH"}) == [
        "started",
        "cancelled",
        "started",
        "done",
    ]
    coded = [{**one, "print_error": CODE} for one in again]
    done = {**lan, "gcode_state": "FINISH"}
    assert happened(lan, stopped, *coded, done)[2:] == ["started", "done"], "even if its code stays for ever"
    assert happened(lan, stopped, {**lan, "print_error": CODE}, {**lan, "mc_percent": 60}, done)[2:] == [
        "started",
        "done",
    ]
