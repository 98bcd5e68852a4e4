"""What staff want of a Klipper printer: confirmed, refused in a sentence, and never done twice."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from craftops_machines.moonraker import link
from samples.following import INTENT, JOB, NAME
from samples.moonraker import FakeMoonraker, follow, listening

from craftops.domain.machines.readings import MachineState as M
from craftops.errors import CraftOpsError, Refused
from craftops.sdk.linked import AnswerKind, AnswerLost, Program
from craftops.sdk.machine import CommandKind

START = "printer.print.start"


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(link, "LISTEN_S", 0.02)
    monkeypatch.setattr(link, "CONFIRM_S", 0.5)
    monkeypatch.setattr(link, "STEP_S", 0.02)


@pytest.fixture
def moon() -> Iterator[FakeMoonraker]:
    running = FakeMoonraker()
    yield running
    running.stop()


@pytest.mark.parametrize("macro", ["quick", "slow"])
def test_it_is_started_once_and_confirmed(moon: FakeMoonraker, program: Program, macro: str) -> None:
    if macro == "slow":
        moon.slow.add(START)
    with follow(moon) as link:
        listening(moon, link)
        errand, answer = link.tell(CommandKind.START, JOB, program=program, intent=INTENT)
        assert answer.kind is AnswerKind.CONFIRMED
        assert errand.begun == 1
        assert moon.files[NAME] == program.path.read_bytes()
        link.until(lambda: link.readings[-1].run_id)
        assert link.readings[-1].job_ref == JOB.code
        assert link.tell(CommandKind.START, JOB, program=program, intent=INTENT)[1].kind is AnswerKind.CONFIRMED
        _, other = link.tell(CommandKind.START, JOB, program=program, intent="f" * 16)
        assert (other.kind, other.sentence) == (AnswerKind.REFUSED, f"It is busy with {NAME}.")
    assert moon.starts == [NAME]


@pytest.mark.parametrize("after", ["running", "done", "done and another", "klipper restarted", "never"])
def test_a_lost_reply_never_starts_it_twice(moon: FakeMoonraker, program: Program, after: str) -> None:
    (moon.deaf if after == "never" else moon.lose).add(START)
    with follow(moon) as link:
        listening(moon, link)
        with pytest.raises(AnswerLost):
            link.tell(CommandKind.START, JOB, program=program, intent=INTENT)
        link.until(lambda: link.over)
    moon.deaf.clear()
    if after.startswith("done"):
        moon.finish()
        if "another" in after:
            moon.print("other.gcode")
    elif after == "klipper restarted":
        moon.restart_klippy()
    begun = list(moon.starts)
    with follow(moon) as link:
        listening(moon, link)
        _, answer = link.tell(CommandKind.START, JOB, program=program, intent=INTENT, again=True)
    assert moon.starts == begun
    if after == "never":
        assert answer.kind is AnswerKind.REFUSED
        assert answer.sentence.startswith("Nobody knows whether it began")
    else:
        assert answer.kind is AnswerKind.CONFIRMED


@pytest.mark.parametrize(
    ("prepare", "sentence"),
    [
        ("klipper away", "Klipper is not connected to Moonraker."),
        ("klipper never there", "Klipper is not connected to Moonraker."),
        ("shutdown", "Klipper is not ready: MCU 'mcu' shutdown: Stepper too far in past."),
        ("busy", "It is busy with other.gcode"),
        ("no program", "no machine code"),
        ("3mf", "and not plate.3mf"),
        ("busy at the last moment", "Klipper says no: SD busy."),
    ],
)
def test_a_start_that_cannot_be_says_why(moon: FakeMoonraker, program: Program, prepare: str, sentence: str) -> None:
    given = program
    if prepare == "klipper away":
        moon.lose_klippy()
    elif prepare == "klipper never there":
        moon.klippy = "never"
    elif prepare == "shutdown":
        moon.shutdown()
    elif prepare == "busy":
        moon.print("other.gcode")
    elif prepare == "3mf":
        given = Program("plate.3mf", program.size, program.path)
    elif prepare == "busy at the last moment":
        moon.refusals[START] = {"code": 400, "message": "{'error': 'WebRequestError', 'message': 'SD busy'}"}
    with follow(moon) as link:
        link.until(lambda: link.about)
        try:
            _, answer = link.tell(CommandKind.START, JOB, program=None if prepare == "no program" else given)
            assert answer.kind is AnswerKind.REFUSED
            told = answer.sentence
        except CraftOpsError as error:
            assert isinstance(error, Refused)
            told = error.sentence
    assert sentence in told
    assert NAME not in moon.starts


def test_pause_resume_and_cancel_are_confirmed_and_harmless_when_repeated(moon: FakeMoonraker) -> None:
    with follow(moon) as link:
        listening(moon, link)
        assert link.tell(CommandKind.PAUSE, JOB)[1].kind is AnswerKind.REFUSED
        moon.print(NAME)
        for kind in (CommandKind.PAUSE, CommandKind.RESUME, CommandKind.CANCEL):
            for _ in range(2):
                assert link.tell(kind, JOB)[1].kind is AnswerKind.CONFIRMED, kind
        link.until(lambda: link.readings[-1].state is M.IDLE)
    assert len([one for one in moon.asked if one.startswith("printer.print.")]) == 3


def test_a_step_whose_answer_was_lost_is_not_taken_again(moon: FakeMoonraker) -> None:
    moon.print(NAME)
    moon.pause()
    with follow(moon) as link:
        listening(moon, link)
        _, answer = link.tell(CommandKind.RESUME, JOB, again=True)
    assert answer.sentence.startswith("Nobody knows whether it obeyed")
    assert moon.objects["print_stats"]["state"] == "paused"


def test_a_macro_that_is_still_at_it_is_told_as_that(moon: FakeMoonraker, monkeypatch: pytest.MonkeyPatch) -> None:
    moon.print(NAME)
    moon.slow.add("printer.print.pause")
    monkeypatch.setattr(moon, "steer", lambda *_: None)
    with follow(moon) as link:
        listening(moon, link)
        _, answer = link.tell(CommandKind.PAUSE, JOB)
    assert answer.kind is AnswerKind.SENT


def test_a_command_for_a_job_never_touches_another_ones_print(moon: FakeMoonraker) -> None:
    moon.print("ZZZZZZ-9_00000000.gcode")
    with follow(moon) as link:
        listening(moon, link)
        _, answer = link.tell(CommandKind.CANCEL, JOB)
    assert answer.sentence == "It runs ZZZZZZ-9 by now, and not K7RCX3-1."
    assert moon.objects["print_stats"]["state"] == "printing"
