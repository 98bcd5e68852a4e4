"""Following a PrusaLink by asking it every few seconds, and passing on what staff want."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from craftops.domain.machines.readings import MachineState, Reading
from craftops.sdk import steering
from craftops.sdk.linked import Answer, DriverSession, Link, PendingCommand
from craftops.sdk.machine import CommandKind, MachineFacts
from craftops.sdk.programs import code_in, program_name
from craftops.sdk.steering import PRINTS

from . import messages, runs
from .client import PrusaLinkRest
from .messages import PrusaLinkJob, PrusaLinkStatus
from .runs import Track

LOOK_AT_WORK_S = 3.0
"""It says for twelve seconds how a print ended."""
LOOK_AT_REST_S = 5.0
SPEAK_S = 9.0
"""A printer that does not change is told of so often."""
CONFIRM_S = 10.0
STEP_S = 0.5


class PrusaLinkLink(Link):
    """One connection. ``…_at`` are seconds of ``time.monotonic``."""

    def __init__(self, machine: MachineFacts) -> None:
        self.rest = PrusaLinkRest.of(machine)
        self.track = Track()
        self.job: PrusaLinkJob | None = None
        """What the print was said to be that is seen."""
        self._restarted_s: float | None = None
        """The seconds of the first look that told a print from its beginning again."""
        self._spoken_at = 0.0
        self._spoken = MachineState.UNKNOWN

    def follow(self, session: DriverSession) -> None:
        version = self.rest.version()
        self.track = runs.remember(session.last)
        seen = self._look(session, gap=True)
        session.connected(version)
        while not session.stopping:
            session.wait(LOOK_AT_WORK_S if seen.at_work else LOOK_AT_REST_S)
            if not session.stopping:
                seen = self._look(session)

    def _know_its_job(self, seen: PrusaLinkStatus) -> None:
        if not seen.at_work:
            self.job = None
        elif self.job is None or self.job.id != seen.job or not self.job.file:
            self.job = self.rest.job()

    def _look(self, session: DriverSession, *, gap: bool = False) -> PrusaLinkStatus:
        """One look: begin, go on, or say how a print has ended that is not seen any more."""
        seen, at = self.rest.look(), session.now()
        self._know_its_job(seen)
        if self.track.run is not None and (seen.between or self._may_be_blank(seen)):
            if seen.word == "ATTENTION":
                session.hear(runs.wants_somebody(self.track.run, seen, at))
            return seen  # the next look knows more
        if self.track.run is not None and not runs.continues(self.track, seen, self.job):
            self.track, word = runs.end(self.track, seen, at, session.last if gap else None)
            if word is not None:
                self._say(session, word)
        self._begin(seen, at)
        self.track, reading = runs.reading(self.track, seen, at)
        if reading is not None and (gap or seen.at_work or self._is_news(reading)):
            self._say(session, reading)
        return seen

    def _begin(self, seen: PrusaLinkStatus, at: datetime) -> None:
        if runs.may_begin(self.track, seen) and self.job is not None and self.job.id == seen.job:
            self.track = runs.begin(self.track, self.job, seen, at)

    def _is_news(self, reading: Reading) -> bool:
        """Another state, or the same one after a while."""
        return reading.state is not self._spoken or time.monotonic() - self._spoken_at >= SPEAK_S

    def _say(self, session: DriverSession, reading: Reading) -> None:
        self._spoken, self._spoken_at = reading.state, time.monotonic()
        session.hear(reading)

    def _may_be_blank(self, seen: PrusaLinkStatus) -> bool:
        """It tells a print from its beginning again: another one has begun only if its seconds go on from there."""
        if not runs.restarts(self.track, seen):
            self._restarted_s = None
            return False
        told_s = seen.elapsed_s or 0.0
        if self._restarted_s is None:
            self._restarted_s = told_s
        return told_s <= self._restarted_s

    def obey(self, pending: PendingCommand) -> Answer:
        if pending.command.kind is CommandKind.START:
            return self._start(pending)
        return self._steer(pending, pending.command.kind)

    def _file(self, seen: PrusaLinkStatus) -> str:
        """The name of what is printed, or empty."""
        job = self.rest.job() if seen.at_work else None
        return job.file if job is not None else ""

    def _start(self, pending: PendingCommand) -> Answer:
        program = pending.program
        ending = messages.ending(program.name) if program is not None else ".gcode"
        name = program_name(pending.command.job, pending.command.intent, ending or ".gcode")
        seen = self.rest.look()
        file = self._file(seen)
        if seen.at_work and file == name:
            return PRINTS
        if pending.again:
            return Answer.refused(steering.UNSURE_START)
        if seen.at_work:
            return Answer.refused(f"It is busy with {file or 'something'}.")
        if seen.word in ("BUSY", "ATTENTION", "ERROR"):
            return Answer.refused(seen.message or "The printer is busy. Look at its screen.")
        if program is None:
            return Answer.refused(steering.NO_CODE)
        if not ending:
            return Answer.refused(f"A Prusa prints .gcode and .bgcode files, and not {program.name}.")
        path = self.rest.upload(name, program)
        pending.begin()
        self.rest.start(path)
        return self._confirmed(lambda now: PRINTS if now.at_work and self._file(now) == name else None)

    def _steer(self, pending: PendingCommand, kind: CommandKind) -> Answer:
        seen = self.rest.look()
        if (done := steering.before(pending, replace(seen.doing, job_code=code_in(self._file(seen))))) is not None:
            return done
        pending.begin()
        step = {CommandKind.CANCEL: self.rest.cancel, CommandKind.PAUSE: self.rest.pause}.get(kind, self.rest.resume)
        step(seen.job)
        return self._confirmed(lambda now: steering.obeyed(kind, now.doing))

    def _confirmed(self, so: Callable[[PrusaLinkStatus], Answer | None]) -> Answer:
        return steering.watch(lambda: so(self.rest.look()), for_s=CONFIRM_S, every_s=STEP_S)

    def close(self) -> None:
        self.rest.close()
