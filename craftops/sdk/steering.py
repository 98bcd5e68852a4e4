"""Pausing, going on, cancelling: what a machine's state says before a step is taken, and after it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from craftops.errors import OutsideError
from craftops.sdk.linked import Answer, PendingCommand, Program
from craftops.sdk.machine import CommandKind
from craftops.sdk.programs import plain_code

UNSURE_START = (
    "Nobody knows whether it began: the answer was lost, and it is not printing now. Look at it, then start again."
)
UNSURE = "Nobody knows whether it obeyed: the answer was lost. Look at it, then press again."
NO_CODE = "The job has no machine code. Attach it, then start again."
PRINTS = Answer.confirmed("It prints.")
NOT_ASKED = Answer.sent("It was passed on, and the machine could not be asked whether it obeys.")
NOT_SEEN = Answer.sent("It was passed on, and is not seen to be done yet.")


@dataclass(frozen=True, slots=True)
class Doing:
    """What a machine does, as far as a step depends on it."""

    at_work: bool
    """False as soon as it has begun to stop."""
    paused: bool = False
    job_code: str = ""
    """Of the job of ours that it runs; empty for another's, and where nobody knows."""


def before(pending: PendingCommand, doing: Doing) -> Answer | None:
    """The answer that needs no step, or None: then ``errand.begin``, and take it.

    It does already what is wanted; it does something else, or nothing; or the step was taken before, and is not seen.
    """
    job = pending.command.job
    if doing.at_work and doing.job_code and job is not None and doing.job_code != plain_code(job):
        return Answer.refused(f"It runs {doing.job_code} by now, and not {job.code}.")
    if (done := obeyed(pending.command.kind, doing)) is not None:
        return done
    if not doing.at_work:
        return Answer.refused("It does not print.")
    return Answer.refused(UNSURE) if pending.again else None


def obeyed(kind: CommandKind, doing: Doing) -> Answer | None:
    """The good news, or None while the machine does not do what it was told."""
    if kind is CommandKind.CANCEL:
        return None if doing.at_work else Answer.confirmed("It does not print.")
    if doing.at_work and doing.paused == (kind is CommandKind.PAUSE):
        return Answer.confirmed("It is paused." if doing.paused else "It goes on.")
    return None


def watch(look: Callable[[], Answer | None], *, for_s: float, every_s: float) -> Answer:
    """Look until there is an answer, for so many seconds; the step was taken, whatever becomes of looking."""
    until = time.monotonic() + for_s
    while True:
        try:
            found = look()
        except OutsideError:
            return NOT_ASKED
        if found is not None:
            return found
        if time.monotonic() > until:
            return NOT_SEEN
        time.sleep(every_s)


def printable(program: Program | None, who: str) -> Program | Answer:
    """The program, if it is one for whoever prints G-code; else the answer that says why it is not taken."""
    if program is None:
        return Answer.refused(NO_CODE)
    if not program.name.lower().endswith((".gcode", ".gco", ".g")):
        return Answer.refused(f"{who} prints .gcode files, and not {program.name}.")
    return program
