"""What comes before a step on a machine: no step without a reason, and none twice."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import product

import pytest

from craftops.errors import Unreachable
from craftops.sdk import steering
from craftops.sdk.linked import Answer, Program
from craftops.sdk.machine import Command, CommandKind, JobBrief
from craftops.sdk.steering import Doing

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
STEPS = (CommandKind.PAUSE, CommandKind.RESUME, CommandKind.CANCEL)
DOING = [Doing(at_work, paused, code) for at_work, paused, code in product((True, False), (True, False), ("", "A-1"))]


@dataclass
class Wish:
    command: Command
    again: bool = False
    program: Program | None = None
    begun: list[str] = field(default_factory=list)

    def begin(self) -> None:
        self.begun.append("begun")


def wish(kind: CommandKind, *, again: bool = False, code: str = "A-1") -> Wish:
    return Wish(Command(kind, "0a1b2c3d", NOW, JobBrief(code, "part.gcode", 1, 60.0)), again)


@pytest.mark.parametrize("kind", STEPS)
@pytest.mark.parametrize("doing", DOING)
def test_a_step_is_taken_where_it_changes_something_and_never_twice(kind: CommandKind, doing: Doing) -> None:
    first, again = steering.before(wish(kind), doing), steering.before(wish(kind, again=True), doing)
    changes = doing.at_work and (kind is CommandKind.CANCEL or doing.paused != (kind is CommandKind.PAUSE))
    assert (first is None) == changes
    assert again is not None
    if (done := steering.obeyed(kind, doing)) is not None:
        assert first == again == done


@pytest.mark.parametrize("kind", STEPS)
def test_another_job_than_was_meant_is_left_alone(kind: CommandKind) -> None:
    answer = steering.before(wish(kind, code="B-2"), Doing(at_work=True, job_code="A-1"))
    assert answer == Answer.refused("It runs A-1 by now, and not B-2.")
    assert steering.before(wish(CommandKind.CANCEL, code="B-2"), Doing(at_work=True)) is None


def test_the_step_was_taken_whatever_becomes_of_looking() -> None:
    def broken() -> Answer | None:
        raise Unreachable("It is gone.")

    assert steering.watch(broken, for_s=5.0, every_s=0.0) == steering.NOT_ASKED
    assert steering.watch(lambda: None, for_s=0.0, every_s=0.0) == steering.NOT_SEEN
    looks = iter([None, None, Answer.confirmed("It is paused.")])
    assert steering.watch(lambda: next(looks), for_s=5.0, every_s=0.0) == Answer.confirmed("It is paused.")
