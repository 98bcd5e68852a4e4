"""What staff want of an OctoPrint: confirmed, refused in a sentence, and never done twice."""

from __future__ import annotations

import pytest
from samples.following import INTENT, JOB, NAME, follow, listening
from samples.octoprint import FULL_KEY, READ_KEY, FakeOctoPrint

from craftops.domain.machines.readings import MachineState as M
from craftops.errors import CraftOpsError, CredentialsRejected, Refused
from craftops.sdk.linked import AnswerKind, AnswerLost, Program
from craftops.sdk.machine import CommandKind


def test_it_is_started_once_and_confirmed(octo: FakeOctoPrint, program: Program) -> None:
    with follow(octo) as link:
        listening(octo, link)
        errand, answer = link.tell(CommandKind.START, JOB, program=program, intent=INTENT)
        assert answer.kind is AnswerKind.CONFIRMED
        assert errand.begun == 1
        assert octo.contents[NAME] == program.path.read_bytes()
        link.until(lambda: link.readings[-1].state is M.RUNNING)
        assert link.readings[-1].job_ref == JOB.code
        _, again = link.tell(CommandKind.START, JOB, program=program, intent=INTENT)
        assert again.kind is AnswerKind.CONFIRMED
        _, other = link.tell(CommandKind.START, JOB, program=program, intent="f" * 16)
        assert (other.kind, other.sentence) == (AnswerKind.REFUSED, f"It is busy with {NAME}.")
    assert octo.starts == [NAME]


@pytest.mark.parametrize("after", ["running", "done", "cancelled", "crashed", "never"])
def test_a_lost_reply_never_starts_it_twice(octo: FakeOctoPrint, program: Program, after: str) -> None:
    path = f"/api/files/local/{NAME}"
    (octo.deaf if after == "never" else octo.lose).add(path)
    with follow(octo) as link:
        listening(octo, link)
        with pytest.raises(AnswerLost):
            link.tell(CommandKind.START, JOB, program=program, intent=INTENT)
        link.until(lambda: link.over)
    octo.deaf.clear()
    begun = len(octo.starts)
    if after == "done":
        octo.finish()
    elif after == "cancelled":
        octo.cancel()
    elif after == "crashed":
        octo.crash()
        octo.flag = "operational"
        octo.run()
    with follow(octo) as link:
        listening(octo, link)
        _, answer = link.tell(CommandKind.START, JOB, program=program, intent=INTENT, again=True)
    assert len(octo.starts) == begun
    if after in ("running", "done", "cancelled"):
        assert answer.kind is AnswerKind.CONFIRMED
    else:
        assert answer.kind is AnswerKind.REFUSED
        assert answer.sentence.startswith("Nobody knows whether it began")


@pytest.mark.parametrize(
    ("prepare", "sentence"),
    [
        ("read key", "The key may only follow."),
        ("offline", "not connected to its printer"),
        ("busy", "It is busy with other.gcode"),
        ("no program", "no machine code"),
        ("3mf", "and not plate.3mf"),
        ("busy at the last moment", "did you mean 'restart'?"),
    ],
)
def test_a_start_that_cannot_be_says_why(octo: FakeOctoPrint, program: Program, prepare: str, sentence: str) -> None:
    key, given = FULL_KEY, program
    if prepare == "read key":
        key = READ_KEY
    elif prepare == "offline":
        octo.flag = "closedOrError"
    elif prepare == "busy":
        octo.upload("other.gcode", b"x")
        octo.print("other.gcode")
    elif prepare == "3mf":
        given = Program("plate.3mf", program.size, program.path)
    elif prepare == "busy at the last moment":
        octo.answers[f"/api/files/local/{NAME}"] = (
            409,
            b'{"error":"Printer already has an active print job, did you mean \'restart\'?"}',
        )
    with follow(octo, key) as link:
        link.until(lambda: link.readings)
        try:
            _, answer = link.tell(CommandKind.START, JOB, program=None if prepare == "no program" else given)
            assert answer.kind is AnswerKind.REFUSED
            told = answer.sentence
        except CraftOpsError as error:
            assert isinstance(error, Refused | CredentialsRejected)
            told = error.sentence
    assert sentence in told
    assert NAME not in octo.starts


def test_pause_resume_and_cancel_are_confirmed_and_harmless_when_repeated(octo: FakeOctoPrint) -> None:
    octo.upload(NAME, b"x")
    with follow(octo) as link:
        listening(octo, link)
        assert link.tell(CommandKind.PAUSE, JOB)[1].kind is AnswerKind.REFUSED
        octo.print(NAME)
        for kind in (
            CommandKind.PAUSE,
            CommandKind.PAUSE,
            CommandKind.RESUME,
            CommandKind.RESUME,
            CommandKind.CANCEL,
            CommandKind.CANCEL,
        ):
            assert link.tell(kind, JOB)[1].kind is AnswerKind.CONFIRMED, kind
    posts = [path for path in octo.asked if path == "POST /api/job"]
    assert len(posts) == 3


@pytest.mark.parametrize("kind", [CommandKind.PAUSE, CommandKind.RESUME, CommandKind.CANCEL])
def test_a_step_whose_answer_was_lost_is_not_taken_again(octo: FakeOctoPrint, kind: CommandKind) -> None:
    """A hand may be in it by now; only what is seen to be done already is confirmed."""
    octo.upload(NAME, b"x")
    octo.print(NAME)
    octo.pause(kind is CommandKind.RESUME)
    with follow(octo) as link:
        listening(octo, link)
        errand, answer = link.tell(kind, JOB, again=True)
        assert (errand.begun, answer.kind) == (0, AnswerKind.REFUSED)
        assert answer.sentence.startswith("Nobody knows whether it obeyed")
        assert "POST /api/job" not in octo.asked
        assert link.tell(kind, JOB)[1].kind is AnswerKind.CONFIRMED
        assert link.tell(kind, JOB, again=True)[1].kind is AnswerKind.CONFIRMED, "it is seen to be done"


def test_a_command_for_a_job_never_touches_another_ones_print(octo: FakeOctoPrint) -> None:
    octo.upload("ZZZZZZ-9_00000000.gcode", b"x")
    octo.print("ZZZZZZ-9_00000000.gcode")
    with follow(octo) as link:
        listening(octo, link)
        _, answer = link.tell(CommandKind.CANCEL, JOB)
    assert answer.sentence == "It runs ZZZZZZ-9 by now, and not K7RCX3-1."
    assert octo.flag == "printing"


def test_it_may_live_below_a_path(program: Program) -> None:
    octo = FakeOctoPrint(prefix="/octoprint")
    try:
        with follow(octo) as link:
            listening(octo, link)
            assert link.tell(CommandKind.START, JOB, program=program)[1].kind is AnswerKind.CONFIRMED
    finally:
        octo.stop()
