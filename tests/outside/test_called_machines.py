"""What others have reported of machines that are called, and the right answers: through the real link, and the bridge
that hears it."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from typing import Any

import orjson
import pytest
from craftops_machines.bambu import BambuDriver
from craftops_machines.bambu import link as bambu_link
from craftops_machines.bambu.link import BambuLink
from craftops_machines.prusalink import PrusaLinkDriver
from craftops_machines.prusalink import link as prusa_link
from samples.outside import Floor, sequence
from samples.played import PlayedLink, Step
from samples.prusalink import KEY, FakePrusaLink

from craftops.domain.machines.readings import MachineState
from craftops.sdk.machine import MachineFacts
from craftops.store.models import JobRow
from craftops.testing import Workshop

FILE = "hand8.gcode"


class Prusa:
    """A Prusa of the shop; one job waits for it."""

    def __init__(self, workshop: Workshop, patch: pytest.MonkeyPatch, *, planned_s: float = 50_000.0) -> None:
        self.machine, self.patch = FakePrusaLink(), patch
        given = {"address": self.machine.address, "api_key": KEY}
        self.floor = Floor(workshop, PrusaLinkDriver(), patch, given=given)
        self.floor.wait_for_machine(1, planned_s=planned_s, file=FILE)
        self.played = PlayedLink(self.floor, prusa_link, PrusaLinkDriver().connect)
        self.seen: list[str] = []
        """The job's state after each step."""

    def says(self, word: str, job: Mapping[str, Any] | None) -> None:
        self.machine.state = word
        self.machine.job = None
        if job is not None:
            file = {"name": FILE, "display_name": FILE, "meta": {"estimated_print_time": 50_000}}
            self.machine.job = {"state": word, "file": file, **job}

    def play(self, words: list[tuple[float, str, Mapping[str, Any] | None]], settle_s: float = 30.0) -> None:
        def step(word: str, job: Mapping[str, Any] | None) -> None:
            self.seen.append(self.floor.states[0])
            self.says(word, job)

        steps: list[Step] = [(after_s, lambda word=word, job=job: step(word, job)) for after_s, word, job in words]  # type: ignore[misc]
        self.played.play(self.patch, steps, settle_s=settle_s)
        self.seen.append(self.floor.states[0])


@pytest.fixture
def prusa(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> Iterator[Prusa]:
    found = Prusa(workshop, monkeypatch)
    yield found
    found.machine.stop()


def reported(name: str, gaps: list[float]) -> list[tuple[float, str, Mapping[str, Any] | None]]:
    return [(gap, word, job) for gap, (word, job) in zip(gaps, sequence(name), strict=True)]


@pytest.mark.parametrize("restarts", [False, True], ids=["heard all along", "the bridge restarts in the middle"])
def test_b10_seconds_that_begin_anew_are_the_same_print(prusa: Prusa, restarts: bool) -> None:
    words = reported("b10-prusalink-time_printing-resets", [5.0, 60.0, 60.0, 60.0, 30.0, 12.0])
    if restarts:
        prusa.play(words[:3], settle_s=60.0)
        prusa.says(*words[3][1:])
        words = words[4:]
    prusa.play(words)
    assert prusa.seen[-1] == "done"
    assert set(prusa.seen[1:-2]) == {"running"}
    assert len({one.run_id for one in prusa.played.readings if one.run_id}) == 1
    told = [one.elapsed_s for one in prusa.played.readings if one.elapsed_s is not None]
    assert told == sorted(told), "time at work never falls"
    assert 20_500 < max(told) <= 20_500 + 120, "nor is it counted twice"


def test_b11_who_stops_saying_how_it_ended_is_asked_about(prusa: Prusa) -> None:
    prusa.play(reported("b11-prusalink-idle-without-finished", [5.0, 70.0, 3.0]))
    assert prusa.seen[-1] == "attention"
    assert JobRow.get_by_id(prusa.floor.jobs[0].id).reason == "The run ended without a word."


@pytest.mark.parametrize("word", ["PRINTING", "PAUSED", "BUSY"])
def test_a_print_whose_job_is_not_told_for_a_while_goes_on(prusa: Prusa, word: str) -> None:
    told = {"id": 12, "progress": 97.0, "time_remaining": 60, "time_printing": 8300}
    prusa.play([(5.0, "PRINTING", told), (30.0, word, None), (30.0, "PRINTING", {**told, "time_printing": 8360}),
                (30.0, "FINISHED", {**told, "progress": 100.0})])  # fmt: skip
    assert prusa.seen == ["queued", "running", "running", "running", "done"]


Words = list[tuple[float, str, Mapping[str, Any] | None]]


def at(progress: float | None, seconds: float | None, left: float | None = 600, job: int = 12) -> Mapping[str, Any]:
    return {"id": job, "progress": progress, "time_remaining": left, "time_printing": seconds}


@pytest.mark.parametrize("blank", [at(0.0, 0.0, None), at(None, None, None), at(0.0, 0.0, 0.0)])
def test_numbers_that_are_blank_for_a_while_are_the_same_print(prusa: Prusa, blank: Mapping[str, Any]) -> None:
    prusa.play([(5.0, "PRINTING", blank), (60.0, "PRINTING", at(50.0, 25_000.0)), (30.0, "PRINTING", blank),
                (30.0, "PRINTING", at(60.0, 25_100.0)), (30.0, "FINISHED", at(100.0, 50_000.0))])  # fmt: skip
    assert prusa.seen[-1] == "done"
    assert len({one.run_id for one in prusa.played.readings if one.run_id}) == 1


def test_a_print_of_the_same_number_that_goes_on_from_its_beginning_is_another(prusa: Prusa) -> None:
    prusa.play(
        [(5.0, "PRINTING", at(50.0, 25_000.0)), (30.0, "PRINTING", at(0.0, 3.0)), (30.0, "PRINTING", at(1.0, 40.0))]
    )
    assert prusa.seen[-1] == "attention"
    assert len({one.run_id for one in prusa.played.readings if one.run_id}) == 2


def test_a_print_that_is_seen_again_after_a_moment_of_rest_may_still_be_done(prusa: Prusa) -> None:
    prusa.play([(5.0, "PRINTING", at(10.0, 5000.0)), (60.0, "IDLE", None), (6.0, "PRINTING", at(11.0, 5070.0)),
                (30.0, "FINISHED", at(100.0, 50_000.0))])  # fmt: skip
    assert prusa.seen == ["queued", "running", "attention", "attention", "done"]


def test_a_question_on_its_screen_in_the_middle_of_a_print_is_that_print(prusa: Prusa) -> None:
    """It tells no job while it asks, as between two prints; and goes on."""
    prusa.play([(5.0, "PRINTING", at(10.0, 5000.0)), (30.0, "ATTENTION", at(10.0, 5030.0)), (60.0, "ATTENTION", None),
                (60.0, "PRINTING", at(11.0, 5040.0)), (30.0, "FINISHED", at(100.0, 50_000.0))])  # fmt: skip
    assert prusa.seen == ["queued", "running", "attention", "attention", "running", "done"]


def test_a_print_of_hours_is_not_made_in_five_seconds(prusa: Prusa) -> None:
    prusa.play([(5.0, "PRINTING", at(0.0, 1.0)), (4.0, "FINISHED", at(100.0, 5.0)), (12.0, "IDLE", None)])
    assert prusa.seen[-1] == "attention"
    assert "was it made?" in prusa.floor.job().reason


class Wire:
    """In the place of a Bambu's broker: what it reports is there when the link looks."""

    def __init__(self) -> None:
        self.messages: deque[bytes] = deque()
        self.asked: list[Mapping[str, Any]] = []

    def open(self) -> None:
        """It is there."""

    def pump(self) -> None:
        """It has come already."""

    def close(self) -> None:
        """Nobody minds."""

    def say(self, told: Mapping[str, Any]) -> None:
        self.asked.append(told)

    def reports(self, changes: Mapping[str, Any]) -> None:
        self.messages.append(orjson.dumps({"print": {"command": "push_status", **changes}}))


class Bambu:
    """A Bambu of the shop; jobs wait for it, each with its own machine code."""

    def __init__(self, workshop: Workshop, patch: pytest.MonkeyPatch) -> None:
        self.wire, self.patch = Wire(), patch
        given = {"address": "mqtts://127.0.0.1:9", "serial": "01P00A123456789", "access_code": "12345678"}
        self.floor = Floor(workshop, BambuDriver(), patch, given=given)
        self.played = PlayedLink(self.floor, bambu_link, self.connect)
        self.seen: list[list[str]] = []

    def wait_for(self, *files: str, planned_s: float = 600.0) -> None:
        for file in files:
            self.floor.wait_for_machine(1, planned_s=planned_s, file=file)

    def connect(self, machine: MachineFacts) -> BambuLink:
        link = BambuLink(machine, bambu_link.Memory(), "none")
        link.printer = self.wire  # type: ignore[assignment]
        return link

    def play(self, words: list[Mapping[str, Any]], gap_s: float, settle_s: float = 30.0) -> list[str]:
        """One connection; the states of the jobs when all was heard."""

        def step(changes: Mapping[str, Any]) -> None:
            self.seen.append(self.floor.states)
            self.wire.reports(changes)

        steps: list[Step] = [(gap_s, lambda changes=changes: step(changes)) for changes in words]  # type: ignore[misc]
        self.played.play(self.patch, steps, settle_s=settle_s)
        return self.floor.states


@pytest.fixture
def bambu(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> Bambu:
    return Bambu(workshop, monkeypatch)


def test_b13_four_states_in_a_moment_make_nothing(bambu: Bambu) -> None:
    bambu.wait_for("bracket.gcode")
    assert bambu.play(sequence("b13-bambu-four-states-in-13-ms"), 0.004) == ["attention"]
    assert "was it made?" in bambu.floor.job().reason


CODE = {"print_error": 50348044}
WAYS: dict[str, list[Mapping[str, Any]]] = {
    "with it": [{"gcode_state": "FAILED", **CODE}],
    "before it": [CODE, {"gcode_state": "FAILED"}],
    "before it and gone": [CODE, {"print_error": 0}, {"gcode_state": "FAILED"}],
    "after it": [{"gcode_state": "FAILED"}, CODE, {"print_error": 0}],
    "through IDLE": [CODE, {"gcode_state": "IDLE", "print_error": 0}],
    "IDLE first": [{"gcode_state": "IDLE"}, CODE],
    "after both": [{"gcode_state": "FAILED"}, {"gcode_state": "IDLE"}, CODE],
    "the other code": [{"gcode_state": "FAILED"}, {"print_error": 0x0500400E}],
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("gap_s", [0.01, 1.0, 5.0])
def test_b15_stopped_at_its_screen_is_no_failure(bambu: Bambu, way: str, gap_s: float) -> None:
    begins = sequence("b15-bambu-cancelled-on-the-screen")[:2]
    bambu.wait_for("c3.gcode")
    bambu.play([*begins, *WAYS[way]], gap_s)
    assert bambu.floor.states == ["cancelled"]


@pytest.mark.parametrize("word", ["IDLE", "FAILED"])
def test_a_word_of_rest_in_the_middle_of_a_print_ends_nothing(bambu: Bambu, word: str) -> None:
    begins = sequence("b15-bambu-cancelled-on-the-screen")[:2]
    bambu.wait_for("c3.gcode", planned_s=60.0)
    goes_on = {"gcode_state": "RUNNING", "mc_percent": 31}
    bambu.play([*begins, {"gcode_state": word}, goes_on, {"mc_percent": 99}, {"gcode_state": "FINISH"}], 5.0)
    assert bambu.floor.states == ["done"]
    assert len({one.run_id for one in bambu.played.readings if one.run_id}) == 1


@pytest.mark.parametrize("gap_s", [1.0, 30.0])
@pytest.mark.parametrize("word", ["INIT", "SLICING"])
def test_a_printer_that_starts_up_or_waits_for_its_file_makes_nothing(bambu: Bambu, word: str, gap_s: float) -> None:
    begins = sequence("b15-bambu-cancelled-on-the-screen")[:2]
    bambu.wait_for("c3.gcode", "c3.gcode", planned_s=5 * gap_s)
    ends = [{"mc_percent": 70}, {"gcode_state": "FINISH", "mc_percent": 100}]
    words = [{"gcode_state": word}, *begins, *ends, {"gcode_state": word}, {"gcode_state": word, "mc_percent": 0}]
    assert bambu.play(words, gap_s) == ["done", "queued"]
    assert bambu.floor.machine.unclaimed_run == ""
    in_the_middle = [*begins, {"mc_percent": 40}, {"gcode_state": word}, {"gcode_state": "RUNNING"}, *ends]
    assert bambu.play(in_the_middle, gap_s) == ["done", "done"]


def test_failed_and_finished_in_one_moment_is_asked(bambu: Bambu) -> None:
    bambu.wait_for("c3.gcode", planned_s=5.0)
    begins = sequence("b15-bambu-cancelled-on-the-screen")[:2]
    words = [*begins, {"mc_percent": 70}, {"gcode_state": "FAILED"}, {"gcode_state": "FINISH", "mc_percent": 100}]
    assert bambu.play(words, 1.0) == ["attention"]


@pytest.mark.parametrize("gap_s", [1.0, 30.0])
@pytest.mark.parametrize("again", [{"gcode_state": "RUNNING"}, {"gcode_state": "RUNNING", "mc_percent": 100}])
def test_that_it_runs_said_once_more_after_the_end_is_no_new_print(
    bambu: Bambu, gap_s: float, again: Mapping[str, Any]
) -> None:
    begins = sequence("b15-bambu-cancelled-on-the-screen")[:2]
    bambu.wait_for("c3.gcode", "c3.gcode", planned_s=5 * gap_s)
    ends = [{"mc_percent": 70}, {"gcode_state": "FINISH", "mc_percent": 100}]
    assert bambu.play([*begins, *ends, again, {"gcode_state": "FINISH"}], gap_s) == ["done", "queued"]
    next_one = [again, {"mc_percent": 0}, {"mc_percent": 40}, {"mc_percent": 80}, ends[1]]
    assert bambu.play(next_one, gap_s) == ["done", "done"]


def test_a_print_that_is_gone_without_a_word_is_asked_about_within_seconds(bambu: Bambu) -> None:
    bambu.wait_for("c3.gcode")
    bambu.play([*sequence("b15-bambu-cancelled-on-the-screen")[:2], {"gcode_state": "IDLE"}], 1.0)
    assert bambu.floor.states == ["attention"]


def test_a_print_that_failed_and_says_no_why_is_told_within_seconds(bambu: Bambu) -> None:
    bambu.wait_for("c3.gcode")
    bambu.play([*sequence("b15-bambu-cancelled-on-the-screen")[:2], {"gcode_state": "FAILED"}], 1.0)
    assert bambu.floor.states == ["failed"]


@pytest.mark.parametrize(("gap_s", "planned_s"), [(0.3, 8.0), (20.0, 600.0)], ids=["quick", "slow"])
@pytest.mark.parametrize("prepares", [True, False])
def test_b17_the_percent_of_the_print_before_is_not_that_of_the_next(
    bambu: Bambu, gap_s: float, planned_s: float, prepares: bool
) -> None:
    bambu.wait_for("twice.gcode", "twice.gcode", planned_s=planned_s)
    words = sequence("b17-bambu-stale-100-at-the-next-start")
    if not prepares:
        words = [{**one, "gcode_state": "RUNNING"} if one.get("gcode_state") == "PREPARE" else one for one in words]
    assert bambu.play(words, gap_s) == ["done", "done"]
    assert bambu.seen[6] == ["done", "queued"], "the first of two"
    shown = [one.progress for one in bambu.played.readings if one.state is MachineState.RUNNING]
    assert set(shown) <= ({0.0, 0.5} if prepares else {0.0, 0.5, 1.0})
