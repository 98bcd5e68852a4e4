"""PrusaLink, as it is and as it fails: an end that is said for twelve seconds, and minutes that are no seconds."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from craftops_machines.prusalink import PrusaLinkDriver, digest, link, messages, runs
from craftops_machines.prusalink.messages import PrusaLinkJob, PrusaLinkStatus
from craftops_machines.prusalink.runs import PrusaLinkRun, Track
from hypothesis import given
from hypothesis import strategies as st
from samples.following import INTENT, JOB, NAME, events, states
from samples.prusalink import FakePrusaLink, facts, follow

from craftops.domain.machines.readings import MachineMemory, MachineState, ProgressKind, Reading
from craftops.domain.machines.run_detection import interpret
from craftops.errors import CraftOpsError, CredentialsRejected, NotUnderstood, Refused, Unreachable
from craftops.sdk.linked import AnswerKind, AnswerLost, Program
from craftops.sdk.machine import CommandKind, MachineFacts
from craftops.testing import LinkedDriverContract
from craftops.testing.links import followed

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
M = MachineState
START = f"/api/v1/files/local/{NAME}"


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, seconds in (("LOOK_AT_WORK_S", 0.02), ("LOOK_AT_REST_S", 0.02), ("CONFIRM_S", 0.5), ("STEP_S", 0.02)):
        monkeypatch.setattr(link, name, seconds)


@pytest.fixture
def prusa() -> Iterator[FakePrusaLink]:
    running = FakePrusaLink()
    yield running
    running.stop()


class TestContract(LinkedDriverContract):
    prusa: FakePrusaLink

    @pytest.fixture(autouse=True)
    def running(self) -> Iterator[None]:
        self.prusa = FakePrusaLink()
        yield
        self.prusa.stop()

    def driver(self) -> PrusaLinkDriver:
        return PrusaLinkDriver()

    def machine(self) -> MachineFacts:
        return facts(self.prusa)


def test_a_print_is_followed_from_its_start_to_its_end(prusa: FakePrusaLink) -> None:
    with follow(prusa) as link:
        link.until(lambda: link.about and link.readings)
        assert link.about == "PrusaLink 0.8.1"
        prusa.print(NAME)
        link.until(lambda: link.readings[-1].state is M.RUNNING)
        assert link.readings[-1].remaining_s is None
        prusa.speed = 120
        prusa.go_on(33.0, 20, 60)
        link.until(lambda: link.readings[-1].elapsed_s == 20)
        seen = link.readings[-1]
        assert (seen.progress, seen.remaining_s, seen.remaining_origin) == (0.33, 60, "printer")
        assert (seen.progress_kind, seen.estimate_s, seen.speed_factor) == (ProgressKind.TIME, 60, 1.2)
        assert (seen.job_ref, seen.file, seen.run_id.split("@")[0]) == ("K7RCX3-1", NAME, "1")
        prusa.go_on(97.0, 58, 0)
        link.until(lambda: link.readings[-1].elapsed_s == 58)
        assert link.readings[-1].remaining_s is None, "0 stands for the whole last minute"
        prusa.set("PAUSED")
        link.until(lambda: link.readings[-1].state is M.PAUSED)
        prusa.set("ATTENTION", "Filament has run out")
        link.until(lambda: link.readings[-1].state is M.ATTENTION)
        assert link.readings[-1].message == "Filament has run out"
        prusa.set("PRINTING")
        link.until(lambda: link.readings[-1].state is M.RUNNING)
        prusa.end("BUSY")
        before = len(prusa.asked)
        link.until(lambda: len(prusa.asked) > before + 2)
        prusa.end("FINISHED")
        link.until(lambda: link.readings[-1].state is M.DONE)
        prusa.end("IDLE")
        link.until(lambda: link.readings[-1].state is M.IDLE)
        prusa.print(NAME)
        link.until(lambda: link.readings[-1].state is M.RUNNING)
        prusa.end("STOPPED")
        link.until(lambda: states(link)[-2:] == ["cancelled", "idle"])
        prusa.print(NAME)
        link.until(lambda: link.readings[-1].state is M.RUNNING)
        prusa.end("ERROR", "Hotend fan error")
        link.until(lambda: states(link)[-2:] == ["failed", "offline"])
    assert events(link) == [
        "started", "paused", "attention", "resumed", "done", "started", "cancelled", "started", "failed",
    ]  # fmt: skip
    assert next(one.error for one in link.readings if one.state is M.FAILED) == "Hotend fan error"
    assert len({one.run_id for one in link.readings if one.run_id}) == 3


def last_of(prusa: FakePrusaLink, left: int | None = 60) -> Reading:
    with follow(prusa) as link:
        prusa.print(NAME)
        prusa.go_on(70.0, 420, left)
        link.until(lambda: link.readings and link.readings[-1].elapsed_s == 420)
    return link.readings[-1]


def what_became(prusa: FakePrusaLink, last: Reading) -> list[str]:
    with follow(prusa, last) as link:
        link.until(lambda: link.about)
    memory, found = MachineMemory(), []
    for reading in (last, *link.readings):
        memory, more = interpret(memory, reading)
        found += [event.kind.value for event in more]
    return found[1:]


@pytest.mark.parametrize(
    ("word", "told"), [("FINISHED", "done"), ("STOPPED", "cancelled"), ("IDLE", "lost"), ("READY", "lost")]
)
def test_an_end_while_the_bridge_was_down(prusa: FakePrusaLink, word: str, told: str) -> None:
    last = last_of(prusa)
    prusa.end(word)
    assert what_became(prusa, last) == [told]


def test_the_end_of_a_later_print_is_not_taken_for_ours() -> None:
    seen = PrusaLinkStatus(M.IDLE, "FINISHED", 0, None, None, None, 1.0, "")
    track = Track(PrusaLinkRun(PrusaLinkJob(1, NAME), 30), 420.0)
    for hours, state in ((0, M.DONE), (3, None)):
        last = Reading(M.RUNNING, NOW - timedelta(hours=hours, minutes=1), remaining_s=60)
        _, word = runs.end(track, seen, NOW, last)
        assert (word.state if word else None) is state


def test_the_same_run_goes_on_and_another_is_another(prusa: FakePrusaLink) -> None:
    last = last_of(prusa)
    prusa.go_on(80.0, 480, 60)
    assert what_became(prusa, last) == []
    prusa.end("FINISHED")
    prusa.print(NAME)
    assert what_became(prusa, last) == ["lost", "started"]


looks = st.tuples(st.floats(0.0, 300.0), st.booleans(), st.floats(0.0, 1.0))


@given(st.lists(looks, min_size=1, max_size=40))
def test_seconds_that_begin_anew_under_a_rising_percent_end_no_print(steps: list[tuple[float, bool, float]]) -> None:
    """However often: the print keeps its name, and its time at work is never more than went by."""
    start = PrusaLinkStatus(M.RUNNING, "PRINTING", 7, 0.1, 0.0, None, 1.0, "")
    track = runs.begin(Track(), PrusaLinkJob(7, NAME), start, NOW)
    track, _ = runs.reading(track, start, NOW)
    at, count, gone, progress = NOW, 0.0, 0.0, 0.1
    for seconds, resets, rest in steps:
        at, gone = at + timedelta(seconds=seconds), gone + seconds
        count = seconds * rest if resets else count + seconds
        progress = min(0.99, progress * 1.01)
        seen = PrusaLinkStatus(M.RUNNING, "PRINTING", 7, progress, count, None, 1.0, "")
        assert runs.continues(track, seen, PrusaLinkJob(7, NAME))
        track, word = runs.reading(track, seen, at)
        assert word is not None
        assert word.elapsed_s is not None
        assert word.elapsed_s <= gone + 0.01


@pytest.mark.parametrize("progress", [0.0, 0.01, None])
def test_seconds_and_percent_that_begin_anew_are_another_print(progress: float | None) -> None:
    track = Track(PrusaLinkRun(PrusaLinkJob(7, NAME), 30), 420.0, progress=0.4, at=NOW)
    seen = PrusaLinkStatus(M.RUNNING, "PRINTING", 7, progress, 5.0, None, 1.0, "")
    assert not runs.continues(track, seen, PrusaLinkJob(7, NAME))


def test_killed_in_the_middle_the_link_ends_and_the_run_does_not(prusa: FakePrusaLink) -> None:
    last = last_of(prusa)
    with follow(prusa, last) as link:
        link.until(lambda: link.about)
        prusa.stop()
        link.until(lambda: link.over)
    assert isinstance(link.error, Unreachable)
    prusa.run()
    assert what_became(prusa, last) == []


def test_with_a_name_and_a_password_it_is_signed_in_by_digest(prusa: FakePrusaLink, program: Program) -> None:
    machine = facts(prusa, "", "maker", "pass:word")
    with followed(PrusaLinkDriver(), machine) as link:
        link.until(lambda: link.about)
        assert link.tell(CommandKind.START, JOB, program=program)[1].kind is AnswerKind.CONFIRMED
        assert prusa.files[NAME] == program.path.read_bytes()
        asked = len(prusa.asked)
        link.until(lambda: len(prusa.asked) > asked + 3)
        prusa.nonce = "another-nonce"
        prusa.counts.clear()
        link.until(lambda: len(prusa.counts) > 3, "an answer to the new challenge")
    assert link.error is None
    assert prusa.asked[:2] == ["GET /api/version"] * 2, "nothing else is asked twice"
    assert prusa.asked[2] == "GET /api/v1/status"


@pytest.mark.parametrize(
    ("key", "name", "password"), [("wrong", "", ""), ("", "maker", "wrong"), ("", "", "pass"), ("", "", "")]
)
def test_what_it_does_not_accept_is_told_as_that(prusa: FakePrusaLink, key: str, name: str, password: str) -> None:
    with followed(PrusaLinkDriver(), facts(prusa, key, name, password)) as link:
        link.until(lambda: link.over)
    assert isinstance(link.error, CredentialsRejected)
    assert len(prusa.asked) <= 2, "a lock-out is worse than a late reading"


def test_the_answer_to_a_challenge_is_that_of_the_standard() -> None:
    """The example of RFC 2617, 3.5, and that of RFC 7616, 3.9.1."""
    challenge = digest.parse(
        'Digest realm="testrealm@host.com", qop="auth,auth-int", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", '
        'opaque="5ccc069c403ebaf9f0171e9517f40e41"'
    )
    assert challenge is not None
    header = digest.answer(challenge, "Mufasa", "Circle Of Life", "GET", "/dir/index.html", cnonce="0a4f113b", count=1)
    assert 'response="6629fae49393a05397450978507c4ef1"' in header
    challenge = digest.parse(
        'Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=SHA-256, '
        'nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"'
    )
    assert challenge is not None
    header = digest.answer(
        challenge, "Mufasa", "Circle of Life", "GET", "/dir/index.html",
        cnonce="f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ", count=1,
    )  # fmt: skip
    assert 'response="753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"' in header


@pytest.mark.parametrize(
    "header",
    ["", "Basic realm=x", "Digest realm=x", 'Digest nonce="n", algorithm=X', 'Digest nonce="n", qop="auth-int"'],
)
def test_a_challenge_that_cannot_be_answered_is_none(header: str) -> None:
    assert digest.parse(header) is None


@given(st.text(max_size=60))
def test_no_challenge_makes_it_break(text: str) -> None:
    found = digest.parse(f"Digest {text}")
    if found is not None:
        digest.answer(found, "maker", "p", "GET", "/", cnonce="c", count=1)


# what staff want


def test_it_is_started_once_and_confirmed(prusa: FakePrusaLink, program: Program) -> None:
    with follow(prusa) as link:
        link.until(lambda: link.about)
        errand, answer = link.tell(CommandKind.START, JOB, program=program, intent=INTENT)
        assert (answer.kind, errand.begun) == (AnswerKind.CONFIRMED, 1)
        assert prusa.files[NAME] == program.path.read_bytes()
        link.until(lambda: link.readings[-1].state is M.RUNNING)
        assert link.readings[-1].job_ref == JOB.code
        assert link.tell(CommandKind.START, JOB, program=program, intent=INTENT)[1].kind is AnswerKind.CONFIRMED
        _, other = link.tell(CommandKind.START, JOB, program=program, intent="f" * 16)
        assert (other.kind, other.sentence) == (AnswerKind.REFUSED, f"It is busy with {NAME}.")
    assert prusa.starts == [NAME]


@pytest.mark.parametrize("after", ["running", "done", "never"])
def test_a_lost_reply_never_starts_it_twice(
    prusa: FakePrusaLink, program: Program, after: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = link.PrusaLinkRest.upload

    def uploaded(rest: link.PrusaLinkRest, name: str, given: Program) -> str:
        path = upload(rest, name, given)
        (prusa.deaf if after == "never" else prusa.lose).add(path)
        return path

    monkeypatch.setattr(link.PrusaLinkRest, "upload", uploaded)
    with follow(prusa) as following:
        following.until(lambda: following.about)
        with pytest.raises(AnswerLost):
            following.tell(CommandKind.START, JOB, program=program, intent=INTENT)
        following.until(lambda: following.over)
    prusa.deaf.clear()
    if after == "done":
        prusa.end("IDLE")
    begun = list(prusa.starts)
    with follow(prusa) as following:
        following.until(lambda: following.about)
        _, answer = following.tell(CommandKind.START, JOB, program=program, intent=INTENT, again=True)
    assert prusa.starts == begun
    assert answer.kind is (AnswerKind.CONFIRMED if after == "running" else AnswerKind.REFUSED)


@pytest.mark.parametrize(
    ("prepare", "sentence"),
    [("busy", "It is busy with other.gcode."), ("moves", "The printer is busy."), ("no program", "no machine code"),
     ("3mf", "and not plate.3mf"), ("no drive", "no place for files"), ("error", "Hotend fan error")],
)  # fmt: skip
def test_a_start_that_cannot_be_says_why(prusa: FakePrusaLink, program: Program, prepare: str, sentence: str) -> None:
    given = Program("plate.3mf", program.size, program.path) if prepare == "3mf" else program
    if prepare == "busy":
        prusa.print("other.gcode")
    elif prepare == "moves":
        prusa.set("BUSY")
    elif prepare == "no drive":
        prusa.storage.pop()
    elif prepare == "error":
        prusa.set("ERROR", "Hotend fan error")
    with follow(prusa) as link:
        link.until(lambda: link.about)
        try:
            _, answer = link.tell(CommandKind.START, JOB, program=None if prepare == "no program" else given)
            told = answer.sentence
        except CraftOpsError as error:
            assert isinstance(error, Refused)
            told = error.sentence
    assert sentence in told
    assert NAME not in prusa.starts


def test_binary_code_keeps_its_ending(prusa: FakePrusaLink, program: Program) -> None:
    with follow(prusa) as link:
        link.until(lambda: link.about)
        given = Program("Bracket.BGCODE", program.size, program.path)
        assert link.tell(CommandKind.START, JOB, program=given, intent=INTENT)[1].kind is AnswerKind.CONFIRMED
        link.until(lambda: link.readings[-1].job_ref == JOB.code)
    assert prusa.starts == [NAME.replace(".gcode", ".bgcode")]


def test_pause_resume_and_cancel_are_confirmed_and_harmless_when_repeated(prusa: FakePrusaLink) -> None:
    with follow(prusa) as link:
        link.until(lambda: link.about)
        assert link.tell(CommandKind.PAUSE, JOB)[1].kind is AnswerKind.REFUSED
        prusa.print(NAME)
        for kind in (CommandKind.PAUSE, CommandKind.RESUME, CommandKind.CANCEL):
            for _ in range(2):
                assert link.tell(kind, JOB)[1].kind is AnswerKind.CONFIRMED, kind
    steps = [one for one in prusa.asked if "/api/v1/job/" in one]
    assert steps == ["PUT /api/v1/job/1/pause", "PUT /api/v1/job/1/resume", "DELETE /api/v1/job/1"]


def test_another_ones_print_and_a_step_that_may_have_been_taken_are_left_alone(prusa: FakePrusaLink) -> None:
    with follow(prusa) as link:
        link.until(lambda: link.about)
        prusa.print("ZZZZZZ-9_00000000.gcode")
        assert link.tell(CommandKind.CANCEL, JOB)[1].sentence == "It runs ZZZZZZ-9 by now, and not K7RCX3-1."
        prusa.end("IDLE")
        prusa.print(NAME)
        prusa.set("PAUSED")
        assert link.tell(CommandKind.RESUME, JOB, again=True)[1].sentence.startswith("Nobody knows whether it obeyed")
    assert not any("/api/v1/job/" in one for one in prusa.asked)


# whatever it says


def test_what_is_no_prusalink_is_told_apart() -> None:
    for answer in ({"text": "OctoPrint 1.11.8"}, {"server": "1.5.0", "text": "OctoPrint (Moonraker 0.11.0)"}, None, []):
        with pytest.raises(NotUnderstood, match="no PrusaLink"):
            messages.version(answer)


keys = st.sampled_from(["printer", "state", "job", "id", "progress", "time_remaining", "time_printing", "speed", "file",
                        "display_name", "meta", "estimated_print_time", "status_printer", "ok", "message", "storage_list", "path"])  # fmt: skip
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9) | st.sampled_from(list(messages.STATES)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=6),
    max_leaves=14,
)  # fmt: skip


@given(json_values, json_values, st.sampled_from(list(messages.STATES)), json_values)
def test_no_answer_makes_the_reader_break(printer: object, job: object, word: str, told: object) -> None:
    found = messages.job(told) or PrusaLinkJob(1, NAME)
    run = PrusaLinkRun(found, 30)
    for answer in (told, {"printer": {**messages.table(printer), "state": word}, "job": job}):
        try:
            seen = messages.snapshot(answer)
        except NotUnderstood:
            continue
        for track in (Track(), Track(run, 10.0), Track(None, 10.0, run, M.DONE)):
            runs.continues(track, seen, found)
            if runs.may_begin(track, seen):
                runs.begin(track, found, seen, NOW)
            runs.end(track, seen, NOW, Reading(M.RUNNING, NOW))
            runs.reading(track, seen, NOW)


@given(st.integers(1, 10**9 - 1), st.integers(0, 10**10), st.text(max_size=10))
def test_a_run_is_known_again_by_its_id(number: int, started: int, text: str) -> None:
    run = PrusaLinkRun(PrusaLinkJob(number, NAME), started)
    assert runs.run_of(Reading(M.RUNNING, NOW, run_id=run.id, file=NAME)) == run
    found = runs.run_of(Reading(M.RUNNING, NOW, run_id=text))
    assert found is None or found.id == text or not text.isascii() or text[0] == "0"
