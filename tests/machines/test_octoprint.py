"""OctoPrint, as it is and as it fails: whatever is lost between us, no print starts twice and no end is made up."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from craftops_machines.octoprint import OctoPrintDriver, link, messages, runs
from craftops_machines.octoprint.messages import Counts, File, OctoPrintStatus
from craftops_machines.octoprint.runs import OctoPrintTrack
from hypothesis import given
from hypothesis import strategies as st
from samples.following import NAME, events, facts, follow, listening, states
from samples.octoprint import READ_KEY, FakeOctoPrint

from craftops.domain.machines.readings import MachineMemory, MachineState, ProgressKind, Reading
from craftops.domain.machines.run_detection import interpret
from craftops.errors import CredentialsRejected, NotUnderstood, Refused, Unreachable
from craftops.sdk.machine import JobBrief, MachineFacts
from craftops.sdk.programs import program_name
from craftops.testing import LinkedDriverContract

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
M = MachineState


class TestContract(LinkedDriverContract):
    octo: FakeOctoPrint

    @pytest.fixture(autouse=True)
    def running(self) -> Iterator[None]:
        self.octo = FakeOctoPrint()
        yield
        self.octo.stop()

    def driver(self) -> OctoPrintDriver:
        return OctoPrintDriver()

    def machine(self) -> MachineFacts:
        return facts(self.octo)


def test_a_print_is_followed_from_its_start_to_its_end(octo: FakeOctoPrint) -> None:
    octo.upload(NAME, b"x" * 1000)
    with follow(octo, READ_KEY) as link:
        listening(octo, link)
        assert link.about == f"OctoPrint {octo.version}"
        octo.print(NAME)
        link.until(lambda: link.readings[-1].state is M.RUNNING)
        octo.go_on(40.0, 60)
        link.until(lambda: link.readings[-1].progress == 0.4)
        seen = link.readings[-1]
        assert (seen.pos_bytes, seen.elapsed_s, seen.job_ref, seen.file) == (400, 60, "K7RCX3-1", NAME)
        if octo.version.startswith("1"):
            assert seen.remaining_s is None, "4196 s left of a job of 703 s, says OctoPrint 1.11"
            assert seen.remaining_origin == "linear"
            assert seen.progress_kind is ProgressKind.BYTES
        else:
            assert (seen.remaining_s, seen.remaining_origin) == (4196, "printer")
        octo.pause()
        link.until(lambda: link.readings[-1].state is M.PAUSED)
        octo.pause(False)
        octo.finish()
        link.until(lambda: link.readings[-1].state is M.DONE)
        octo.tell()
        octo.print(NAME)
        link.until(lambda: states(link)[-1] == "running" and len(octo.starts) == 2)
        octo.finish()
        link.until(lambda: states(link)[-1] == "done")
    assert events(link) == ["started", "paused", "resumed", "done", "started", "done"]
    assert len({reading.run_id for reading in link.readings if reading.run_id}) == 2


def test_a_cancelled_print_is_no_failure(octo: FakeOctoPrint) -> None:
    octo.upload(NAME, b"x")
    with follow(octo) as link:
        listening(octo, link)
        octo.print(NAME)
        link.until(lambda: link.readings[-1].state is M.RUNNING)
        octo.cancel()
        link.until(lambda: "cancelled" in states(link))
        octo.tell()
        link.until(lambda: link.readings[-1].state is M.IDLE)
    assert events(link) == ["started", "cancelled"]


def test_a_failure_is_told_with_its_reason(octo: FakeOctoPrint) -> None:
    octo.upload(NAME, b"x")
    with follow(octo) as link:
        listening(octo, link)
        octo.print(NAME)
        link.until(lambda: link.readings[-1].state is M.RUNNING)
        octo.fail("Thermal Runaway, system stopped!")
        link.until(lambda: "failed" in states(link))
    failed = next(reading for reading in link.readings if reading.state is M.FAILED)
    assert failed.error == "Thermal Runaway, system stopped!"
    assert events(link) == ["started", "failed"]


def last_of(octo: FakeOctoPrint) -> Reading:
    """What we knew before the bridge went down: our print ran, at 70 %."""
    octo.upload(NAME, b"x" * 1000)
    with follow(octo) as link:
        listening(octo, link)
        octo.print(NAME)
        octo.go_on(70.0, 420)
        link.until(lambda: link.readings[-1].progress == 0.7)
    return link.readings[-1]


@pytest.mark.parametrize(("ending", "told"), [("finish", ["done"]), ("cancel", ["cancelled"]), ("fail", ["failed"])])
def test_an_end_while_the_bridge_was_down_is_found_out(octo: FakeOctoPrint, ending: str, told: list[str]) -> None:
    last = last_of(octo)
    if ending == "fail":
        octo.fail("Heating failed", tell=False)
    else:
        getattr(octo, ending)(tell=False)
    with follow(octo, last=last) as link:
        link.until(lambda: len(link.readings) > 1)
    first = link.readings[0]
    assert (first.state.value, first.run_id) == (told[0], last.run_id)
    memory, _ = interpret(MachineMemory(), last)
    assert [event.kind.value for event in interpret(memory, first)[1]] == told
    if ending == "fail":
        assert first.error == "Heating failed"


def test_the_same_run_goes_on_after_the_bridge_was_down(octo: FakeOctoPrint) -> None:
    last = last_of(octo)
    octo.go_on(80.0, 480)
    with follow(octo, last=last) as link:
        link.until(lambda: link.readings)
    assert link.readings[0].run_id == last.run_id


def test_another_run_of_the_same_file_is_another_run(octo: FakeOctoPrint) -> None:
    last = last_of(octo)
    octo.finish(tell=False)
    octo.print(NAME)
    octo.go_on(5.0, 30)
    with follow(octo, last=last) as link:
        link.until(lambda: len(link.readings) > 1)
    assert [reading.state for reading in link.readings[:2]] == [M.DONE, M.RUNNING]
    assert link.readings[0].run_id == last.run_id != link.readings[1].run_id


def test_killed_at_seventy_percent_it_is_lost_and_nothing_is_made_up(octo: FakeOctoPrint) -> None:
    last = last_of(octo)
    with follow(octo, last=last) as link:
        listening(octo, link)
        octo.crash()
        link.until(lambda: link.over, "the end of the link")
    assert isinstance(link.error, Unreachable)
    octo.run()
    with follow(octo, last=link.readings[-1]) as after:
        after.until(lambda: after.readings)
        assert states(after) == ["offline"]
        octo.flag = "operational"
        octo.tell()
        listening(octo, after)
        octo.tell()
        after.until(lambda: after.readings[-1].state is M.IDLE)
    memory, found = MachineMemory(), []
    for reading in (last, *after.readings):
        memory, more = interpret(memory, reading)
        found += [event.kind.value for event in more]
    assert found == ["started", "lost"]


def test_without_a_push_channel_it_is_asked(octo: FakeOctoPrint, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(link, "LOOK_AT_WORK_S", 0.05)
    monkeypatch.setattr(link, "LOOK_AT_REST_S", 0.05)
    octo.push = False
    octo.upload(NAME, b"x")
    with follow(octo) as following:
        following.until(lambda: following.readings)
        octo.print(NAME)
        following.until(lambda: following.readings[-1].state is M.RUNNING)
        octo.finish()
        following.until(lambda: following.readings[-1].state is M.DONE)
        octo.print(NAME)
        following.until(lambda: following.readings[-1].state is M.RUNNING)
        octo.cancel()
        following.until(lambda: "cancelled" in states(following))
    assert events(following) == ["started", "done", "started", "cancelled"]


def test_a_key_that_is_revoked_ends_the_link(octo: FakeOctoPrint, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(link, "LOOK_S", 0.1)
    with follow(octo) as following:
        listening(octo, following)
        octo.keys.clear()
        following.until(lambda: following.over)
    assert isinstance(following.error, CredentialsRejected)


@pytest.mark.parametrize("content", [b"garbage", b"[]", b'{"current":{}}', b'{"current":{"state":7}}'])
def test_a_push_channel_that_lies_ends_the_link_and_says_nothing(octo: FakeOctoPrint, content: bytes) -> None:
    with follow(octo) as following:
        listening(octo, following)
        before = states(following)
        octo.say_raw(content)
        octo.say_raw(b'{"plugin":{}}')
        if content != b"[]":
            following.until(lambda: following.over)
            assert isinstance(following.error, NotUnderstood)
    assert states(following) == before


@pytest.mark.parametrize("decision", ["a-new-key", "no"])
def test_a_key_is_asked_for_and_fetched_once(
    octo: FakeOctoPrint, decision: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import threading

    monkeypatch.setattr("craftops_machines.octoprint.POLL_S", 0.01)
    told: list[str] = []

    def say(sentence: str) -> None:
        told.append(sentence)
        octo.decision = decision

    if decision == "no":
        with pytest.raises(Refused, match="declined"):
            OctoPrintDriver().ask(facts(octo, ""), say, threading.Event())
    else:
        assert OctoPrintDriver().ask(facts(octo, ""), say, threading.Event()) == "a-new-key"
    assert octo.address in told[0]


def test_what_is_no_octoprint_is_told_apart() -> None:
    for answer in (
        {"text": "OctoPrint (Moonraker 0.11.0)", "server": "1.5.0"},
        {"text": "PrusaLink I3MK3S"},
        None,
        [],
        "x",
    ):
        with pytest.raises(NotUnderstood, match="no OctoPrint"):
            messages.check_version(answer)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(["state", "flags", "printing", "job", "file", "path", "size", "date", "progress", "completion",
                         "printTime", "filepos", "prints", "last", "success", "text", "error", "time", "reason"]),
        inner, max_size=5),
    max_leaves=12,
)  # fmt: skip


@given(json_values, json_values, json_values, st.sampled_from([*messages.EVENTS, "Odd"]))
def test_no_answer_makes_the_reader_break(job: object, printer: object, info: object, kind: str) -> None:
    track = OctoPrintTrack("1.11.8", runs.OctoPrintRun(File(NAME, 10, 20), 30))
    counts = messages.counts(info)
    for read in (lambda: messages.snapshot(job, printer), lambda: messages.pushed(job)):
        try:
            seen = read()
        except NotUnderstood:
            continue
        runs.is_over(track, seen)
        runs.begin(OctoPrintTrack(), seen, counts, NOW)
        runs.settle(track, seen, counts, NOW, NOW - timedelta(minutes=1))
        runs.reading(track, seen, NOW)
    runs.heard(track, kind, job, NOW)


files = st.builds(File, st.text(min_size=1, max_size=30), st.integers(0, 10**9), st.integers(0, 2 * 10**9))


@given(
    st.builds(
        runs.OctoPrintRun, files, st.integers(0, 2 * 10**9), st.builds(Counts, st.integers(0, 99), st.integers(0, 99))
    )
)
def test_a_run_is_known_again_by_its_id(run: runs.OctoPrintRun) -> None:
    assert runs.run_of(run.id) == run


@given(st.text(max_size=40))
def test_a_foreign_run_id_is_no_run_of_ours(text: str) -> None:
    found = runs.run_of(text)
    assert found is None or found.id == text


@given(st.text(max_size=40), st.text(max_size=40))
def test_the_name_of_a_program_is_safe_and_tells_the_job(code: str, intent: str) -> None:
    name = program_name(JobBrief(code, "f", 1, 1.0), intent)
    assert name.isascii()
    assert "/" not in name
    assert File(name, 0, 0).job_code == name.split("_")[0]


tails = st.tuples(st.floats(0.0, 3.0), st.floats(0.0, 3.0), st.booleans())


@given(st.floats(1.0, 9000.0), st.sampled_from(["PrintDone", "PrintCancelled", "PrintFailed"]), st.lists(tails))
def test_a_tail_of_an_ended_print_is_no_new_print(
    took: float, kind: str, words: list[tuple[float, float, bool]]
) -> None:
    """Whatever is pushed within three seconds after the end, as of up to three seconds before it."""
    ended, counts = runs.OctoPrintRun(File(NAME, 10, 20), int(NOW.timestamp() - took)), Counts(1)
    track, word = runs.heard(OctoPrintTrack("1.11.8", ended, took), kind, {"path": NAME, "time": took}, NOW)
    assert word is not None
    for after, behind, paused in words:
        state = M.PAUSED if paused else M.RUNNING
        elapsed = float(int(max(0.0, took - behind)))
        seen = OctoPrintStatus(state, "Printing", False, "", File(NAME, 10, 20), 0.98, 10, elapsed, None, "")
        assert runs.begin(track, seen, counts, NOW + timedelta(seconds=after)).run is None


@given(st.floats(1.0, 9000.0), st.floats(0.0, 9000.0), st.floats(0.0, 600.0))
def test_the_next_print_of_the_file_begins(took: float, pause: float, elapsed: float) -> None:
    """At once where OctoPrint announces it, else as soon as it is no tail any more."""
    ended = runs.OctoPrintRun(File(NAME, 10, 20), int(NOW.timestamp() - took))
    track, _ = runs.heard(OctoPrintTrack("1.11.8", ended, took), "PrintDone", {"path": NAME, "time": took}, NOW)
    seen = OctoPrintStatus(M.RUNNING, "Printing", False, "", File(NAME, 10, 20), 0.01, 10, elapsed, None, "")
    at = NOW + timedelta(seconds=pause + elapsed)
    assert runs.begin(runs.announced(track), seen, Counts(2), at).run is not None
    if pause + elapsed >= runs.TAIL_S:
        assert runs.begin(track, seen, Counts(2), at).run is not None


def test_ten_prints_in_a_row_are_ten_prints_though_old_words_are_pushed(octo: FakeOctoPrint) -> None:
    octo.upload(NAME, b"x" * 1000)
    with follow(octo) as link:
        listening(octo, link)
        for number in range(1, 11):
            octo.print(NAME)
            octo.go_on(40.0, 60)
            link.until(lambda: link.readings[-1].progress == 0.4)
            octo.finish()
            octo.flag, octo.completion, octo.elapsed = "printing", 98.0, 59
            octo.tell()
            octo.flag, octo.completion = "operational", None
            octo.tell()
            link.until(lambda: events(link).count("done") == number)  # noqa: B023 - within the round
            link.until(lambda: link.readings[-1].state is M.IDLE)
    assert events(link) == ["started", "done"] * 10


def test_what_it_printed_before_is_told_for_learning(octo: FakeOctoPrint) -> None:
    for name, planned in (("a.gcode", 600.0), ("b.gcode", 900.0), ("c.gcode", 300.0), ("new.gcode", 100.0)):
        octo.upload(name, b"x" * 1000)
        octo.files[name]["gcodeAnalysis"] = {"estimatedPrintTime": planned}
    octo.upload("unplanned.gcode", b"x")
    endings = {"a.gcode": octo.finish, "b.gcode": octo.finish, "c.gcode": octo.cancel, "unplanned.gcode": octo.finish}
    for elapsed, (name, ending) in enumerate(endings.items(), 700):
        octo.print(name)
        octo.go_on(90.0, elapsed)
        ending()
    found = OctoPrintDriver().history(facts(octo))
    assert [(one.file, one.planned_s, one.took_s, one.outcome) for one in found] == [
        ("a.gcode", 600.0, 700.0, M.DONE), ("b.gcode", 900.0, 701.0, M.DONE), ("c.gcode", 300.0, 702.0, M.CANCELLED),
    ]  # fmt: skip
    assert all(one.ended_at.tzinfo is UTC for one in found)


@given(
    st.recursive(
        st.none() | st.floats() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["files", "children", "prints", "last", "date", "success"]), inner, max_size=4
            )
        ),
    )
)
def test_a_list_of_files_may_be_anything(listing: object) -> None:
    assert messages.records(listing) == ()


@pytest.mark.parametrize(
    ("flag", "state"),
    [("pausing", M.RUNNING), ("paused", M.PAUSED), ("resuming", M.RUNNING), ("cancelling", M.FINISHING)],
)
def test_a_print_is_paused_when_it_can_be_told_to_go_on(octo: FakeOctoPrint, flag: str, state: MachineState) -> None:
    """OctoPrint leaves a resume out that comes while it is still pausing, and says nothing of it."""
    octo.flag = flag
    told = {"text": octo.text(), "flags": octo.flags(), "error": ""}
    assert messages.pushed({"state": told}).state is state
    assert messages.snapshot({"state": octo.text(), "job": {}, "progress": {}}, None).state is state
